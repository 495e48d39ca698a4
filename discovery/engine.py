"""The life of a flow. Only this module writes flows, phase runs and events.

A worker claims a phase with a lease and an attempt number. Every later write carries that number,
so a worker that was paused, or declared dead, finds its writes refused (`LeaseLost`).
Messages are nudges: what is to be done stands in the database, and the sweeper finds it there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from accounts.models import User
from discovery.models import DataImport, Flow, FlowEvent, PhaseRun
from discovery.phases.order import PHASES
from tenancy.scope import current

MAX_TRIES: Final = 5
_Flow = Flow.Status
_Run = PhaseRun.Status

# From → to. Anything else is refused with the moves that are allowed.
MOVES: Final = MappingProxyType(
    {
        _Flow.RUNNING: (_Flow.PAUSED, _Flow.COMPLETED, _Flow.FAILED, _Flow.CANCELLED),
        _Flow.PAUSED: (_Flow.RUNNING, _Flow.CANCELLED),
        _Flow.FAILED: (_Flow.RUNNING,),
        _Flow.COMPLETED: (_Flow.RUNNING,),
        _Flow.CANCELLED: (),
    }
)


class NotAllowed(Exception):
    """The flow's status does not allow this move. `allowed` holds the statuses it can go to."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.allowed = [str(to) for to in MOVES[Flow.Status(status)]]
        super().__init__(f"A {status} flow can go to: {', '.join(self.allowed) or 'nothing'}.")


class LeaseLost(Exception):
    """Another worker has the phase, or the flow does not run any more: stop without a trace."""


class PhaseFailed(Exception):
    """A phase cannot go on. `message` is a sentence that a user can act on."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one phase, and where the last attempt left off (`done`)."""

    run_id: UUID
    flow_id: UUID
    phase: str
    attempt: int
    done: int


# --- What people and clients do ----------------------------------------------------------------


@transaction.atomic
def start(
    *,
    name: str,
    description: str,
    data_import: DataImport | None,
    created_by: User | None,
    review: str = Flow.Review.NEVER,
) -> Flow:
    flow: Flow = Flow.objects.create(
        name=name,
        description=description,
        data_import=data_import,
        created_by=created_by,
        review=review,
    )
    PhaseRun.objects.bulk_create([PhaseRun(flow=flow, phase=phase) for phase in PHASES])
    _record(flow.pk, "started")
    nudge(flow.pk)
    return flow


@transaction.atomic
def pause(flow: Flow, waiting_for: str = "a person") -> None:
    _move(flow, _Flow.PAUSED, waiting_for=waiting_for)
    _take_back(flow)
    _record(flow.pk, "paused", message=f"Waits for {waiting_for}.")


@transaction.atomic
def resume(flow: Flow) -> None:
    if flow.status != _Flow.PAUSED:
        raise NotAllowed(flow.status)
    _move(flow, _Flow.RUNNING, (_Flow.PAUSED,), waiting_for="")
    _record(flow.pk, "resumed")
    nudge(flow.pk)


@transaction.atomic
def cancel(flow: Flow) -> None:
    _move(flow, _Flow.CANCELLED, finished_at=Now(), waiting_for="")
    _take_back(flow)
    _record(flow.pk, "cancelled")


@transaction.atomic
def retry(flow: Flow, from_phase: str | None = None) -> None:
    """Runs a failed or completed flow again: from the failed phase, or from an earlier one."""
    if flow.status not in {_Flow.FAILED, _Flow.COMPLETED}:
        raise NotAllowed(flow.status)
    failed = flow.failed_run
    first = PHASES.index(from_phase or (failed.phase if failed else PHASES[0]))
    if failed:
        first = min(first, PHASES.index(failed.phase))
    _move(flow, _Flow.RUNNING, (_Flow.FAILED, _Flow.COMPLETED), started_at=Now(), finished_at=None)
    PhaseRun.objects.filter(flow=flow, phase__in=PHASES[first:]).update(
        status=_Run.PENDING,
        tries=0,
        done=0,
        total=0,
        note="",
        result={},
        error="",
        error_code="",
        lease_until=None,
        started_at=None,
        finished_at=None,
    )
    _record(flow.pk, "retried", PHASES[first])
    nudge(flow.pk)


# --- What workers do ---------------------------------------------------------------------------


@transaction.atomic
def claim(flow_id: UUID) -> Claim | None:
    """The next phase of the flow, if it runs and nobody holds a live lease on that phase."""
    flow = _running(flow_id)
    run = next((run for run in flow.runs.values() if not run.is_done), None) if flow else None
    if flow is None or run is None:
        return None
    if run.tries >= MAX_TRIES:
        _give_up(flow, run)
        return None
    claimed = _claimable(run).update(
        status=_Run.RUNNING,
        attempt=F("attempt") + 1,
        tries=F("tries") + 1,
        lease_until=_lease_end(),
        started_at=Now(),
    )
    if not claimed:
        return None
    _record(flow_id, "phase_started" if run.tries == 0 else "phase_resumed", run.phase)
    return Claim(run.pk, flow_id, run.phase, run.attempt + 1, run.done)


@transaction.atomic
def renew(held: Claim) -> None:
    """Lengthens the lease. Raises LeaseLost."""
    _write(held, lease_until=_lease_end())


@transaction.atomic
def tell(held: Claim, note: str) -> None:
    """Says what the phase is at, before something that takes its time. Raises LeaseLost."""
    _write(held, note=note[:200], lease_until=_lease_end())


@transaction.atomic
def progress(
    held: Claim, done: int, total: int, note: str = "", so_far: Mapping[str, Any] | None = None
) -> None:
    """Writes how far the phase is; inside a chunk's transaction it commits with the chunk.

    `so_far` is the result until here, for a later attempt to go on from. Progress never goes
    back, also not when a later attempt counts anew. Raises LeaseLost.
    """
    _write(
        held,
        done=Greatest(F("done"), done),
        total=Greatest(F("total"), total),
        note=note,
        result=dict(so_far or {}),
        lease_until=_lease_end(),
    )


@transaction.atomic
def finish(
    held: Claim, result: Mapping[str, Any], *, skipped: bool = False, waiting_for: str = ""
) -> None:
    """Ends the phase and makes the next one claimable, in one transaction. Raises LeaseLost.

    With `waiting_for` the flow pauses until somebody resumes it.
    """
    flow = _running(held.flow_id)
    _write(
        held,
        status=_Run.SKIPPED if skipped else _Run.COMPLETED,
        result=dict(result),
        lease_until=None,
        finished_at=Now(),
    )
    _record(held.flow_id, "phase_skipped" if skipped else "phase_completed", held.phase)
    if flow and held.phase == PHASES[-1]:
        _move(flow, _Flow.COMPLETED, finished_at=Now())
        _record(held.flow_id, "completed")
    elif flow and waiting_for:
        pause(flow, waiting_for)
    else:
        nudge(held.flow_id)


@transaction.atomic
def fail(held: Claim, error: PhaseFailed) -> None:
    """Ends the phase and the flow with a cause. Raises LeaseLost."""
    flow = _running(held.flow_id)
    _write(
        held,
        status=_Run.FAILED,
        error_code=error.code,
        error=error.message,
        retryable=error.retryable,
        lease_until=None,
        finished_at=Now(),
    )
    if flow:
        _move(flow, _Flow.FAILED, finished_at=Now())
    _record(held.flow_id, "failed", held.phase, error.message)


def nudge(flow_id: UUID) -> None:
    """Tells the workers, once the transaction is committed, that the flow has work to do."""
    scope = current()
    arguments = [str(scope.client_account_id), str(scope.engagement_id), str(flow_id)]
    Flow.objects.filter(pk=flow_id).update(nudged_at=Now())
    transaction.on_commit(_sender("discovery.tasks.run_phase", arguments), robust=True)


def _sender(task: str, arguments: list[str]) -> Callable[[], object]:
    return lambda: current_app.send_task(task, args=arguments)


# --- The statements ----------------------------------------------------------------------------


def _lease_end() -> Any:
    """By the database's clock, the only one that all workers share."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


def _running(flow_id: UUID) -> Flow | None:
    """The flow, locked. Whoever locks a flow and its phases takes the flow first."""
    flows = Flow.objects.select_for_update(no_key=True)
    flow: Flow | None = flows.filter(pk=flow_id, status=_Flow.RUNNING).first()
    return flow


def _claimable(run: PhaseRun) -> Any:
    """Compare-and-set: nobody else can have claimed since `run` was read."""
    free = Q(status=_Run.PENDING) | Q(status=_Run.RUNNING, lease_until__lt=Now())
    return PhaseRun.objects.filter(free, pk=run.pk, attempt=run.attempt)


def _write(held: Claim, **changes: Any) -> None:
    """The fenced update: heartbeat, cancel check and write in one statement."""
    running = Flow.objects.filter(pk=held.flow_id, status=_Flow.RUNNING)
    written = PhaseRun.objects.filter(
        pk=held.run_id, attempt=held.attempt, status=_Run.RUNNING, flow__in=running
    ).update(**changes)
    if not written:
        raise LeaseLost(f"{held.phase} of flow {held.flow_id}, attempt {held.attempt}")


def _move(
    flow: Flow, to: Flow.Status, sources: tuple[Flow.Status, ...] = (), **changes: Any
) -> None:
    """Compare-and-set from `sources`, or from wherever the move is allowed. Raises NotAllowed."""
    sources = sources or tuple(source for source, targets in MOVES.items() if to in targets)
    moved = Flow.objects.filter(pk=flow.pk, status__in=sources).update(status=to, **changes)
    if not moved:
        raise NotAllowed(Flow.objects.values_list("status", flat=True).get(pk=flow.pk))


def _take_back(flow: Flow) -> None:
    """The phase that runs becomes claimable again; its worker's next write is refused."""
    PhaseRun.objects.filter(flow=flow, status=_Run.RUNNING).update(
        status=_Run.PENDING, lease_until=None, tries=0
    )


def _give_up(flow: Flow, run: PhaseRun) -> None:
    message = (
        f"The phase {run.phase} ended its worker {MAX_TRIES} times, most likely for want of "
        "memory. Split the import into smaller files, or give the workers more memory; then retry."
    )
    free = _claimable(run).update(
        status=_Run.FAILED, error_code="worker_died", error=message, finished_at=Now()
    )
    if free:
        _move(flow, _Flow.FAILED, finished_at=Now())
        _record(flow.pk, "failed", run.phase, message)


def _record(flow_id: UUID, kind: str, phase: str = "", message: str = "") -> None:
    FlowEvent.objects.create(flow_id=flow_id, kind=kind, phase=phase, message=message)
