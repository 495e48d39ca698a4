"""The life of a flow: claims, leases, fences, moves, and what the sweeper finds."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from discovery import engine, sweeper
from discovery.engine import LeaseLost, NotAllowed, PhaseFailed
from discovery.models import Flow, FlowEvent, PhaseRun
from discovery.phases.order import PHASES
from tests.people import Cast


@pytest.fixture
def flow(cast: Cast):
    with cast.scope():
        yield engine.start(name="f", description="", data_import=None, created_by=None)


def reread(flow: Flow) -> Flow:
    return Flow.objects.get(pk=flow.pk)


def expire_lease(flow: Flow) -> None:
    PhaseRun.objects.filter(flow=flow, status="running").update(
        lease_until=Now() - timedelta(seconds=1)
    )


def run_to_the_end(flow: Flow) -> None:
    while held := engine.claim(flow.pk):
        engine.finish(held, {})


def test_phases_are_claimed_in_order_and_end_the_flow(flow: Flow):
    seen = []
    while held := engine.claim(flow.pk):
        assert reread(flow).current_phase == held.phase
        seen.append(held.phase)
        engine.finish(held, {"phase": held.phase})

    assert seen == list(PHASES)
    done = reread(flow)
    assert (done.status, done.progress_percentage) == ("completed", 100.0)
    assert done.finished_at is not None
    assert done.results == {"phase": "completed"}


def test_a_phase_has_one_worker(flow: Flow):
    assert engine.claim(flow.pk) is not None
    assert engine.claim(flow.pk) is None


def test_a_worker_whose_lease_ran_out_is_replaced_and_cannot_write(flow: Flow):
    dead = engine.claim(flow.pk)
    engine.progress(dead, 3, 10)
    expire_lease(flow)

    heir = engine.claim(flow.pk)

    assert (heir.phase, heir.attempt, heir.done) == (dead.phase, dead.attempt + 1, 3)
    for write in (
        lambda: engine.renew(dead),
        lambda: engine.progress(dead, 4, 10),
        lambda: engine.finish(dead, {}),
        lambda: engine.fail(dead, PhaseFailed("x", "y")),
    ):
        with pytest.raises(LeaseLost):
            write()
    engine.finish(heir, {})
    assert reread(flow).runs[dead.phase].status == "completed"


def test_progress_never_goes_back(flow: Flow):
    held = engine.claim(flow.pk)
    engine.progress(held, 5, 10, "five", {"created": 5})
    engine.progress(held, 2, 10)
    run = reread(flow).runs[held.phase]
    assert (run.done, run.total) == (5, 10)


def test_a_failure_has_a_cause_and_can_be_retried(flow: Flow):
    engine.finish(engine.claim(flow.pk), {})
    held = engine.claim(flow.pk)
    engine.fail(held, PhaseFailed("broken", "It is broken. Mend it.", retryable=True))

    failed = reread(flow)
    assert failed.status == "failed"
    assert failed.failed_run.error == "It is broken. Mend it."
    assert engine.claim(flow.pk) is None

    engine.retry(failed)
    again = engine.claim(flow.pk)
    assert (again.phase, again.attempt) == (held.phase, held.attempt + 1)
    assert reread(flow).runs["initialization"].status == "completed"


def test_a_retry_from_a_later_phase_starts_at_the_failed_one(flow: Flow):
    held = engine.claim(flow.pk)
    engine.fail(held, PhaseFailed("broken", "It is broken."))

    engine.retry(reread(flow), "dependency_analysis")

    assert engine.claim(flow.pk).phase == held.phase


def test_pause_and_cancel_take_the_work_back(flow: Flow):
    held = engine.claim(flow.pk)
    engine.pause(reread(flow))
    assert engine.claim(flow.pk) is None
    with pytest.raises(LeaseLost):
        engine.progress(held, 1, 2)

    engine.resume(reread(flow))
    again = engine.claim(flow.pk)
    assert (again.phase, again.attempt) == (held.phase, held.attempt + 1)
    engine.cancel(reread(flow))
    with pytest.raises(LeaseLost):
        engine.finish(again, {})
    assert reread(flow).status == "cancelled"


MOVES = {
    "pause": engine.pause,
    "resume": engine.resume,
    "cancel": engine.cancel,
    "retry": engine.retry,
}
REACHABLE = {
    "running": {"pause", "cancel"},
    "paused": {"resume", "cancel"},
    "failed": {"retry"},
    "completed": {"retry"},
    "cancelled": set(),
}


@pytest.mark.parametrize("status", REACHABLE)
@pytest.mark.parametrize("move", MOVES)
def test_every_move_from_every_status(flow: Flow, status: str, move: str):
    match status:
        case "paused":
            engine.pause(flow)
        case "cancelled":
            engine.cancel(flow)
        case "failed":
            engine.fail(engine.claim(flow.pk), PhaseFailed("x", "y"))
        case "completed":
            run_to_the_end(flow)

    if move in REACHABLE[status]:
        MOVES[move](reread(flow))
    else:
        with pytest.raises(NotAllowed) as refused:
            MOVES[move](reread(flow))
        assert refused.value.status == status


def test_a_phase_that_ends_its_worker_again_and_again_is_given_up(flow: Flow):
    for _ in range(engine.MAX_TRIES):
        assert engine.claim(flow.pk)
        expire_lease(flow)

    assert engine.claim(flow.pk) is None
    failed = reread(flow)
    assert failed.status == "failed"
    assert failed.failed_run.error_code == "worker_died"


def make_quiet(flow: Flow) -> None:
    Flow.objects.filter(pk=flow.pk).update(nudged_at=Now() - timedelta(minutes=1))


def test_the_sweeper_nudges_flows_that_nobody_works_on(
    flow: Flow, django_capture_on_commit_callbacks
):
    assert sweeper.sweep() == 0, "its message is on the way"
    make_quiet(flow)
    with django_capture_on_commit_callbacks() as messages:
        assert sweeper.sweep() == 1
    assert len(messages) == 1
    assert sweeper.sweep() == 0, "it was nudged a moment ago"

    make_quiet(flow)
    engine.claim(flow.pk)
    assert sweeper.sweep() == 0, "a worker holds its lease"
    expire_lease(flow)
    assert sweeper.sweep() == 1

    make_quiet(flow)
    engine.cancel(reread(flow))
    assert sweeper.sweep() == 0, "it does not run"


def test_events_tell_what_happened(flow: Flow):
    run_to_the_end(flow)
    kinds = list(FlowEvent.objects.filter(flow=flow).values_list("kind", "phase"))
    assert kinds[0] == ("started", "")
    assert kinds[1:3] == [
        ("phase_started", "initialization"),
        ("phase_completed", "initialization"),
    ]
    assert kinds[-1] == ("completed", "")


def test_the_phases_stand_in_one_place():
    """No other list of the phases: whoever needs them imports them from order.py."""
    import re
    from pathlib import Path

    root = Path(engine.__file__).parent.parent
    listing = re.compile(r"[\"']field_mapping[\"'][\s,:\d]+[\"']asset_creation[\"']")
    holders = [
        path.relative_to(root).as_posix()
        for package in ("config", "tenancy", "accounts", "assets", "discovery")
        for path in (root / package).rglob("*.py")
        if "migrations" not in path.parts and listing.search(path.read_text())
    ]
    assert holders == ["discovery/phases/order.py"]
    for phase in PHASES:
        assert (root / "discovery" / "phases" / f"{phase}.py").is_file()
