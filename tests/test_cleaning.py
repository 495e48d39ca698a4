"""Cleaning: tables as a whole, texts and classes; nothing unread is lost or silent."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.fields import BY_NAME, EDGE_FIELDS
from discovery.cleaning import FINDING_SCHEMA, Cleaned, ColumnRule, clean_table
from discovery.cleaning.vocabulary import PLACEHOLDERS, SYNONYMS
from discovery.readers import read_file
from tests.cells import column, kept, table, values

SAMPLES = Path(__file__).parents[1] / "samples"


# The table as a whole


def test_a_table_becomes_typed_columns_attributes_and_findings() -> None:
    frame = table(
        Name=["web01", "db01", None],
        RAM=["4096", "lots", None],
        Notes=['says "hi"\n\\o/', None, "-"],
    )
    rules = [ColumnRule("Name", "name", None), ColumnRule("RAM", "memory_gb", "MiB")]
    cleaned = clean_table(frame, rules)
    assert cleaned.frame.schema == {
        "__row__": pl.Int64,
        "name": pl.String,
        "memory_gb": pl.Float64,
        "attributes": pl.String,
    }
    assert cleaned.frame.drop("attributes").rows() == [(2, "web01", 4.0), (3, "db01", None)]
    assert [json.loads(text) for text in cleaned.frame["attributes"]] == [
        {"Notes": 'says "hi"\n\\o/'},
        {"RAM": "lots"},
    ]
    assert cleaned.findings.schema == FINDING_SCHEMA
    assert cleaned.findings.drop("reason").rows() == [(3, "RAM", "memory_gb", "lots")]
    assert "write one number" in cleaned.findings["reason"][0]


@pytest.mark.parametrize("target", [*BY_NAME, *(edge.name for edge in EDGE_FIELDS)])
def test_every_target_reads_a_column_and_an_empty_one(target: str) -> None:
    full, empty = column(target, "1", "x", None), column(target, None, None)
    assert full.frame.schema[target] == empty.frame.schema[target]
    assert full.frame.height == 3
    assert empty.frame[target].null_count() == 2
    assert clean_table(table(Cell=[]), [ColumnRule("Cell", target, None)]).frame.is_empty()


def test_kinds_decide_the_types() -> None:
    expected = {
        "name": pl.String,
        "environment": pl.String,
        "ip_address": pl.String,
        "cpu_cores": pl.Int64,
        "monthly_cost": pl.Float64,
        "install_date": pl.Date,
        "last_seen_date": pl.Datetime("us", "UTC"),
        "tags": pl.List(pl.String),
        "port": pl.List(pl.Int64),
        "edge.port": pl.Int64,
        "edge.count": pl.Int64,
        "edge.observed_at": pl.Datetime("us", "UTC"),
    }
    assert {name: column(name, None).frame.schema[name] for name in expected} == expected


def test_a_rule_for_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match='"Nmae", which the table does not have'):
        clean_table(table(Name=["a"]), [ColumnRule("Nmae", "name", None)])


def test_a_rule_for_a_target_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match='"nmae", which is no field'):
        clean_table(table(Name=["a"]), [ColumnRule("Name", "nmae", None)])


def test_two_rules_for_a_column_are_refused() -> None:
    rules = [ColumnRule("Name", "name", None), ColumnRule("Name", "hostname", None)]
    with pytest.raises(ValueError, match="twice"):
        clean_table(table(Name=["a"]), rules)


def test_several_columns_of_a_list_are_united_in_order() -> None:
    frame = table(A=["RHEL", None], B=["Java; RHEL", "N/A"], C=["Tomcat", None], D=["x", "x"])
    rules = [ColumnRule(name, "tags", None) for name in "ABC"]
    assert clean_table(frame, rules).frame["tags"].to_list() == [["RHEL", "Java", "Tomcat"], None]


def test_the_first_of_several_columns_wins_and_the_other_text_is_kept() -> None:
    frame = table(A=["web01", None, "c"], B=["other", "db01", "c"])
    cleaned = clean_table(frame, [ColumnRule("A", "name", None), ColumnRule("B", "name", None)])
    assert cleaned.frame["name"].to_list() == ["web01", "db01", "c"]
    assert cleaned.frame["attributes"].to_list() == ['{"B":"other"}', "{}", "{}"]


# Texts


def test_null_tokens_are_null_for_every_field() -> None:
    tokens = [
        "",
        "-",
        "N/A",
        "#N/A",
        "#REF!",
        "<null>",
        "None",
        "nan",
        "[];",
        "TBD",
        "unbekannt",
        "不明",
    ]
    for target in ("name", "cpu_cores", "install_date", "status", "tags", "ip_address", "port"):
        cleaned = column(target, *tokens)
        assert cleaned.frame[target].null_count() == len(tokens)
        assert cleaned.findings.is_empty()
        assert kept(cleaned) == [None] * len(tokens)


def test_names_lose_what_cannot_be_seen() -> None:
    cells = [
        '"web01"',
        "web\u00a001",
        "\ufeffweb\u200b01\x00",
        " web01 ",
        "'0012",
        '="0012"',
        "a\r\nb",
    ]
    assert values("name", *cells) == ["web01", "web 01", "web01", "web01", "0012", "0012", "a b"]


def test_an_address_in_a_name_column_stays_a_name() -> None:
    assert values("name", "10.0.0.5", "web01.corp.example", "59") == [
        "10.0.0.5",
        "web01.corp.example",
        "59",
    ]


def test_long_texts_are_cut_reported_and_kept() -> None:
    cleaned = column("operating_system", "x" * 12_000, "short")
    assert [len(text) for text in cleaned.frame["operating_system"]] == [1_000, 5]
    assert len(kept(cleaned)[0] or "") == 10_000
    assert "longer than 1,000 characters" in cleaned.findings["reason"][0]
    assert len(cleaned.findings["value"][0]) == 200


def test_a_description_keeps_its_lines_and_ten_thousand_characters() -> None:
    assert values("description", "one\r\ntwo", "x" * 9_999) == ["one\ntwo", "x" * 9_999]


@pytest.mark.parametrize(
    ("cell", "elements"),
    [
        ("a;b", ["a", "b"]),
        ("[a;b];", ["a", "b"]),
        ('"a, b"', ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ("k:v, k2:v2", ["k:v", "k2:v2"]),
        ("Billing, old; CRM", ["Billing, old", "CRM"]),
        ("a\nb", ["a", "b"]),
        ("a;N/A;a; ", ["a"]),
        ("Office (old)", ["Office (old)"]),
    ],
)
def test_lists(cell: str, elements: list[str]) -> None:
    assert values("depends_on", cell) == [elements]


# Enumerations


@pytest.mark.parametrize(
    ("target", "cell", "value"),
    [
        ("asset_type", "VM", "virtual_machine"),
        ("asset_type", "virtual-machine", "virtual_machine"),
        ("asset_type", "Linux Server", "server"),
        ("asset_type", "cmdb_ci_linux_server", "server"),
        ("asset_type", "Router", "network"),
        ("asset_type", "SAN", "storage"),
        ("asset_type", "Oracle Instance", "database"),
        ("asset_type", "サーバー", "server"),
        ("status", "poweredOn", "active"),
        ("status", "Powered Off", "inactive"),
        ("status", "Installed", "active"),
        ("status", "in Betrieb", "active"),
        ("status", "decommissioned", "retired"),
        ("criticality", "1 - Critical", "critical"),
        ("criticality", "Tier 4", "low"),
        ("criticality", "High (P2)", "high"),
        ("criticality", "Silver", "medium"),
        ("environment", "PRD", "prod"),
        ("environment", "Pre-Production", "staging"),
        ("environment", "UAT", "qa"),
        ("environment", "d", "dev"),
        ("environment", "standby", "dr"),
        ("environment", "\uff30\uff32\uff2f\uff24", "prod"),
        ("six_r_strategy", "Lift & Shift", "rehost"),
        ("six_r_strategy", "Re-Platform", "replatform"),
    ],
)
def test_enumerations(target: str, cell: str, value: str) -> None:
    assert values(target, cell) == [value]


def test_a_value_outside_the_enumeration_is_kept_and_never_guessed() -> None:
    cleaned = column("status", "Actve", "active")
    assert cleaned.frame["status"].to_list() == [None, "active"]
    assert kept(cleaned) == ["Actve", None]
    reason = cleaned.findings["reason"][0]
    assert '"Actve" is not one of active, inactive, planned, retired' in reason


def test_synonyms_and_placeholders_speak_of_the_catalogue() -> None:
    enumerations = {name: set(field.values) for name, field in BY_NAME.items() if field.values}
    assert {name: set(table.values()) for name, table in SYNONYMS.items()} == enumerations
    assert set(PLACEHOLDERS) <= set(BY_NAME)


# The sample inventory


@pytest.fixture(scope="module")
def listed() -> tuple[dict[str, Any], Cleaned]:
    """The truth about the sample list, and the list cleaned by its labelled columns."""
    truth = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["cmdb.csv"]
    (source,) = read_file(SAMPLES / "cmdb.csv", "cmdb.csv")
    columns = truth["table"]["columns"]
    rules = [ColumnRule(c["header"], c["target"], c.get("unit")) for c in columns]
    return truth, clean_table(source.rows.collect(), rules)


def test_records_of_the_sample_list(listed: tuple[dict[str, Any], Cleaned]) -> None:
    truth, cleaned = listed
    rows = {row["__row__"]: row for row in cleaned.frame.to_dicts()}
    for record in truth["records"]:
        found = rows[record.pop("row")]
        seen = found["last_seen_date"]
        found |= {"warranty_end_date": str(found["warranty_end_date"] or "") or None}
        found |= {"last_seen_date": str(seen.date()) if seen else None}
        record["depends_on"] = list(dict.fromkeys(record["depends_on"] or [])) or None
        assert {name: found.get(name) for name in record} == record


def test_unreadable_cells_of_the_sample_list(listed: tuple[dict[str, Any], Cleaned]) -> None:
    truth, cleaned = listed
    found = {(row, column): value for row, column, _, value, _ in cleaned.findings.iter_rows()}
    unreadable = {(cell["row"], cell["column"]): cell["raw"] for cell in truth["unreadable"]}
    judged = {(cell["row"], cell["column"]) for cell in truth["judgement"]["values"]}
    assert unreadable.items() <= found.items()
    assert found.keys() - unreadable.keys() <= judged


def test_doubtful_cells_of_the_sample_list(listed: tuple[dict[str, Any], Cleaned]) -> None:
    truth, cleaned = listed
    targets = {column["header"]: column["target"] for column in truth["table"]["columns"]}
    rows = {row["__row__"]: row for row in cleaned.frame.to_dicts()}
    for cell in truth["judgement"]["values"]:
        value = rows[cell["row"]][targets[cell["column"]]]
        value = value.isoformat() if isinstance(value, date) else value
        assert value in cell["acceptable"], cell
