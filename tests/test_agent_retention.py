"""Prompts and answers are forgotten in time; that somebody was asked, and what it took, stays."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from discovery import engine, sweeper
from discovery.models import AgentCall, Flow
from tests.people import Cast, seen
from tests.test_agent_calls import LONG_AGO, back_in_time, flow, made

__all__ = ["flow"]


def texts(cast: Cast) -> list[tuple[str, str]]:
    with cast.scope():
        return list(AgentCall.objects.values_list("prompt", "answer"))


def test_prompts_and_answers_are_forgotten_in_time(cast: Cast, flow: Flow):
    with cast.scope():
        back_in_time(made(flow), timedelta(days=31))
        back_in_time(made(flow, answer=""), timedelta(days=31))
        back_in_time(made(flow), timedelta(days=29))
    with cast.scope_elsewhere():
        theirs = engine.start(name="g", description="", data_import=None, created_by=None)
        back_in_time(made(theirs), LONG_AGO)

    sweeper.sweep()

    assert texts(cast) == [("", ""), ("", ""), ("Which?", "This.")]
    with cast.scope_elsewhere():
        assert AgentCall.objects.get().prompt == ""
    with cast.scope():
        assert sum(AgentCall.objects.values_list("requests", flat=True)) == 3, "figures stay"


def test_a_sweep_forgets_a_bounded_number(cast: Cast, flow: Flow, monkeypatch: Any):
    monkeypatch.setattr(sweeper, "_AT_ONCE", 2)
    with cast.scope():
        for age in (33, 32, 31):
            back_in_time(made(flow), timedelta(days=age))
    sweeper.sweep()
    assert texts(cast) == [("", ""), ("", ""), ("Which?", "This.")], "the oldest first"
    sweeper.sweep()
    assert texts(cast) == [("", "")] * 3


def test_with_0_days_what_was_kept_before_goes_too(cast: Cast, flow: Flow, settings: Any):
    settings.AGENT_KEEP_DAYS = 0
    with cast.scope():
        back_in_time(made(flow), timedelta(minutes=1))
    sweeper.sweep()
    assert texts(cast) == [("", "")]


def test_forgetting_reads_an_index_of_what_is_kept(db: None):
    """The sweeper looks every 3 seconds: it must not read the ledger for that."""
    with CaptureQueriesContext(connection) as asked:
        sweeper._forget_prompts()
    (query,) = [each["sql"] for each in asked if "agentcall" in each["sql"]]

    plan = seen(lambda: explained(query))

    assert "agent_call_sweep_idx" in plan, plan


def explained(query: str) -> str:
    """How PostgreSQL would run it on a table that is too large to be read."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}")
        return "\n".join(line for (line,) in cursor.fetchall())
