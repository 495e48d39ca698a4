"""What people decided before, in the mapping: it wins over the rules, as far as it applies."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from discovery.mapping import ColumnMapping, Lesson, Lessons, map_tables
from discovery.mapping.header import known_as
from discovery.mapping.learned import PRIOR

SERVERS = "asset/server"


def lesson(header: str, target: str | None, day: int = 1, **given: Any) -> Lesson:
    told: dict[str, Any] = {"context": SERVERS, "unit": None, "held": 1, "overruled": 0} | given
    return Lesson(header, target=target, decided_at=datetime(2026, 1, day, tzinfo=UTC), **told)


def mapped(*lessons: Lesson, **columns: list[str] | list[None]) -> dict[str, ColumnMapping]:
    """A list of servers with these columns besides."""
    given = {"server_name": ["a", "b"], "OS": ["Ubuntu", "Windows Server 2019"], **columns}
    frame = pl.DataFrame({key: pl.Series(cells, dtype=pl.String) for key, cells in given.items()})
    (table,) = map_tables([("", frame)], learned=Lessons(lessons))
    return {column.source_field: column for column in table.columns}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (" RAM_Size (GB)", "ramsizegb"),
        ("Speichergröße", "speichergrosse"),
        ("CPU %", "cpu%"),
        ("CPU", "cpu"),
        ("サーバ名", "サーバ名"),
        ("Column 5", ""),
        ("---", ""),
        ("x" * 5000, "x" * 300),
        ("\ufdfa" * 300, known_as("\ufdfa" * 20)),  # one sign that folds into eighteen
    ],
)
def test_a_column_is_known_again_by_its_name(header: str, name: str):
    assert known_as(header) == name
    assert len(name) <= 300


def test_people_win_over_the_rules_for_a_field():
    columns = {"RAM": ["8", "16"], "Zork": ["4", "8"]}
    assert mapped(**columns)["RAM"].target == "memory_gb"

    found = mapped(lesson("zork", "memory_gb"), **columns)

    assert (found["Zork"].target, found["Zork"].learned) == ("memory_gb", True)
    assert (found["RAM"].target, found["RAM"].learned) == (None, False)


def test_of_two_columns_the_last_word_has_the_field():
    columns = {"Zork": ["4", "8"], "Plugh": ["8", "16"]}
    for days, target in (((1, 2), "Plugh"), ((2, 1), "Zork")):
        found = mapped(
            lesson("zork", "memory_gb", days[0]), lesson("plugh", "memory_gb", days[1]), **columns
        )
        assert [name for name, column in found.items() if column.target == "memory_gb"] == [target]


def test_an_empty_column_takes_no_field_from_one_with_values():
    found = mapped(lesson("zork", "memory_gb"), RAM=["8", "16"], Zork=[None, None])
    assert found["RAM"].target == "memory_gb"


def test_of_several_decisions_the_last_one_counts():
    told = [lesson("zork", "department", 3), lesson("zork", "location", 9, overruled=2)]
    told.append(lesson("zork", "serial_number", 20, held=0))
    assert mapped(*told, Zork=["x1", "y2"])["Zork"].target == "location"


def test_decisions_about_other_rows_help_where_the_rules_know_nothing():
    """ "Host" is what a machine runs on, and in a list of hosts their name."""
    of_machines = {"context": "asset/virtual_machine"}
    found = mapped(lesson("zork", "department", **of_machines), Zork=["x1", "y2"])
    assert found["Zork"].target == "department"
    assert found["Zork"].evidence[0].endswith("to department once in tables of other things")

    kept = mapped(lesson("os", "description", **of_machines))
    assert (kept["OS"].target, kept["OS"].learned) == ("operating_system", False)
    kept = mapped(lesson("os", None, **of_machines))
    assert kept["OS"].target == "operating_system"

    of_disks = lesson("zork", "department", context="disk")
    assert mapped(of_disks, Zork=["x1", "y2"])["Zork"].target is None


def test_a_decision_for_these_rows_comes_before_one_for_others():
    told = [
        lesson("zork", "department", 1),
        lesson("zork", "location", 9, context="asset/virtual_machine"),
    ]
    assert mapped(*told, Zork=["x1", "y2"])["Zork"].target == "department"


def test_a_field_that_is_no_more_is_not_heeded():
    assert mapped(lesson("zork", "shoe_size"), Zork=["x1", "y2"])["Zork"].target is None


@pytest.mark.parametrize(
    ("target", "cells"),
    [
        ("memory_gb", ["plenty of it", "very little"]),
        ("ip_address", ["web1", "web2"]),
        ("purchase_date", ["Kiel", "Bonn"]),
        ("cpu_cores", ["-7", "99999"]),
    ],
)
def test_values_that_a_field_cannot_hold_are_not_given_to_it(target: str, cells: list[str]):
    found = mapped(lesson("zork", target, held=9), Zork=cells)["Zork"]
    assert (found.target, found.learned) == (None, False)
    assert found.evidence[1].startswith("not so here: ")
    assert found.evidence[1].endswith(f", which {target} cannot hold")


def test_fields_of_any_text_take_what_people_give_them():
    found = mapped(lesson("zork", "business_owner"), Zork=["10.0.0.1", "10.0.0.2"])["Zork"]
    assert (found.target, found.learned) == ("business_owner", True)


def test_the_rules_count_as_half_a_decision():
    once, often, overruled = (
        lesson("x", "name", held=h, overruled=o) for h, o in ((1, 0), (9, 0), (3, 3))
    )
    assert once.confidence(0.0) == 1 / (1 + PRIOR)
    assert once.confidence(0.0) < once.confidence(0.9) < 1
    assert often.confidence(0.0) > 0.9
    assert overruled.confidence(0.5) == 0.5
