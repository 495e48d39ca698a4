"""What Celery runs. A message names what may be due; the database says whether it is."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)

from discovery import engine, phases, sweeper
from discovery.models import DataImport
from tenancy.actor import Actor, Origin, acting, acts
from tenancy.scope import Scope, current, scope

_log = logging.getLogger(__name__)


@shared_task
def run_phase(client_account_id: str, engagement_id: str, flow_id: str) -> None:
    """Works on the flow's next phase, if there is one that nobody works on."""
    with scope(UUID(client_account_id), UUID(engagement_id)), acts(_for(flow_id)):
        held = engine.claim(UUID(flow_id))
        if held is None:
            return
        try:
            with _kept_alive(held):
                _run(held)
        except (engine.LeaseLost, engine.NotAllowed) as error:
            _log.info("Stopped: %s", error)


def _for(object_id: str) -> Actor:
    """What a worker did, it did for a flow or an import; who started that, their row says."""
    return Actor(Origin.WORKER, request_id=object_id)


def _run(held: engine.Claim) -> None:
    try:
        outcome = phases.run(held)
    except engine.PhaseFailed as error:
        engine.fail(held, error)
    except (engine.LeaseLost, IntegrityError, InterfaceError, OperationalError):
        raise  # no database, or rows that went meanwhile: another worker goes on after the lease
    except Exception:  # noqa: BLE001 - the boundary: whatever a phase raises ends in the flow
        _log.exception("Phase %s of flow %s", held.phase, held.flow_id)
        engine.fail(
            held,
            engine.PhaseFailed(
                "internal",
                f"The phase {held.phase} failed on an error of this application. The worker's "
                f"log holds the cause under the flow's id {held.flow_id}.",
                retryable=True,
            ),
        )
    else:
        engine.finish(
            held, outcome.result, skipped=outcome.skipped, waiting_for=outcome.waiting_for
        )


@contextmanager
def _kept_alive(held: engine.Claim) -> Iterator[None]:
    """Renews the lease from a thread, so that a long statement does not cost it.

    A process that is killed or stopped takes the thread with it, and the lease runs out.
    """
    ended = threading.Event()
    arguments = (ended, current(), acting(), held)
    thread = threading.Thread(target=_renew_until, args=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew_until(ended: threading.Event, tenant: Scope, actor: Actor, held: engine.Claim) -> None:
    with scope(tenant.client_account_id, tenant.engagement_id), acts(actor):
        try:
            while not ended.wait(settings.LEASE_SECONDS / 4):
                engine.renew(held)
        except (engine.LeaseLost, DatabaseError) as error:
            _log.info("The lease is not renewed any more: %s", error)
        finally:
            connection.close()


@shared_task
def read_import(client_account_id: str, engagement_id: str, data_import_id: str) -> None:
    """Reads an upload soon after it came, so that its preview is there before a flow is."""
    from discovery import reading  # noqa: PLC0415 - for the worker alone, it loads Polars

    with scope(UUID(client_account_id), UUID(engagement_id)), acts(_for(data_import_id)):
        try:
            reading.read(UUID(data_import_id))
        except DataImport.DoesNotExist:
            _log.info("The import %s was deleted before it was read", data_import_id)


@shared_task
def sweep() -> None:
    """Nudges the flows that nobody works on: lost messages, dead workers, a restarted broker."""
    sweeper.sweep()
