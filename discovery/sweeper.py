"""Finds, across tenants, flows and imports that have work to do and nobody who does it.

On the way it removes what was kept long enough.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.models.kept_answers import KeptAnswer, expired
from discovery import engine, imports
from discovery.models import AgentCall, DataImport, Flow, PhaseRun
from tenancy.scope import all_tenants, scope

_AT_ONCE: Final = 200  # a sweep, so that a backlog does not flood the queue
_QUIET_SWEEPS: Final = 20  # until an import counts as forgotten: reading it may well take that long
_MOST_NUDGES: Final = 4  # a file that ends its worker must not end workers for ever
_UNREAD: Final = Q(status=DataImport.Status.UPLOADED)


def sweep() -> int:
    """Returns how many flows and imports were nudged."""
    nudged = _sweep_flows() + _sweep_imports()
    _forget_answers()
    _forget_prompts()
    return nudged


def _forget_answers() -> None:
    with all_tenants(), transaction.atomic():
        KeptAnswer.objects.filter(expired()).delete()


def _forget_prompts() -> None:
    """What agents were asked and said; that they were, and what it took, stays in the ledger."""
    old = Now() - timedelta(days=settings.AGENT_KEEP_DAYS)
    with all_tenants(), transaction.atomic():
        told = AgentCall.objects.exclude(prompt="", answer="").filter(asked_at__lt=old)
        forgotten = list(told.order_by("asked_at").values_list("pk", flat=True)[:_AT_ONCE])
        if forgotten:
            AgentCall.objects.filter(pk__in=forgotten).update(prompt="", answer="")


def _sweep_flows() -> int:
    with all_tenants(), transaction.atomic():
        alive = PhaseRun.objects.filter(
            flow=OuterRef("pk"), status=PhaseRun.Status.RUNNING, lease_until__gte=Now()
        )
        quiet = Now() - timedelta(seconds=2 * settings.SWEEP_SECONDS)
        waiting = list(
            Flow.objects.filter(~Exists(alive), status=Flow.Status.RUNNING, nudged_at__lt=quiet)
            .order_by("nudged_at")
            .values_list("client_account_id", "engagement_id", "pk")[:_AT_ONCE]
        )
    for client_account_id, engagement_id, flow_id in waiting:
        with scope(client_account_id, engagement_id), transaction.atomic():
            engine.nudge(flow_id)
    return len(waiting)


def _sweep_imports() -> int:
    """Only for the preview's sake: a flow reads an import that is still unread."""
    quiet = Now() - timedelta(seconds=_QUIET_SWEEPS * settings.SWEEP_SECONDS)
    with all_tenants(), transaction.atomic():
        forgotten = list(
            DataImport.objects.filter(_UNREAD, nudged_at__lt=quiet, nudges__lt=_MOST_NUDGES)
            .order_by("nudged_at")
            .values_list("client_account_id", "engagement_id", "pk")[:_AT_ONCE]
        )
    return sum(_nudge_import(*keys) for keys in forgotten)


def _nudge_import(client_account_id: UUID, engagement_id: UUID, import_id: UUID) -> bool:
    """Whether nobody is reading it: its reader holds the lock."""
    with scope(client_account_id, engagement_id), transaction.atomic():
        unlocked = DataImport.objects.select_for_update(skip_locked=True, no_key=True)
        is_free: bool = unlocked.filter(_UNREAD, pk=import_id).exists()
        if is_free:
            imports.nudge(import_id)
    return is_free
