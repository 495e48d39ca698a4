"""What the asset classifier is asked and what its verdicts are worth: pure, without a model."""

import json
from typing import Any

import orjson
import polars as pl
import pytest

from assets.fields import BY_NAME
from discovery.agents.asset_classifier import (
    AGENT,
    MOST_LOOKS,
    MOST_QUESTIONS,
    NONE,
    TYPES,
    application_sheets,
    judgement,
    type_sheets,
)
from discovery.agents.asset_classifier.hints import Hints, askable
from discovery.agents.asset_classifier.looks import Look, Looks, alike, looks_of, sites_of
from discovery.agents.verdicts import MOST_ITEMS, Verdict, question


def assets(*rows: dict[str, Any]) -> pl.DataFrame:
    told = [
        {"table": "hosts", "row": place, "attributes": "{}", "asset_type": None} | row
        for place, row in enumerate(rows, start=1)
    ]
    schema = {"row": pl.Int64, "asset_type": pl.String}
    frame = pl.DataFrame(told, schema_overrides=schema, infer_schema_length=None)
    return frame.with_row_index("position")


def looks(*rows: dict[str, Any], samples: bool = True, most: int = MOST_LOOKS) -> Looks:
    told = assets(*rows)
    kind = pl.col("asset_type")
    in_doubt, known = told.filter(kind.is_null()), told.filter(kind.is_not_null())
    sites = sites_of(told)
    return looks_of(in_doubt, known, "asset_type", most, sites=sites, samples=samples)


def look(name: str, known: str | None = None, count: int = 1, **facts: str) -> Look:
    told = {"names": [name], "table": "t", "alike": count, **facts}
    return Look({"alike": name, **facts}, told, count, ("t", 1), name, known)


# --- Looks -------------------------------------------------------------------------------------


def test_digits_environment_and_site_do_not_tell_assets_apart():
    names = ["web-01", "WEB-02.fra.example.com", "prd-web-77", "fra-web-3", "db-01"]
    found = looks(*({"name": name, "location": "FRA 1"} for name in names))
    assert [(each.name, each.count) for each in found.doubtful] == [("web-01", 4), ("db-01", 1)]
    assert found.doubtful[0].facts == {
        "names": ["web-01", "WEB-02.fra.example.com"],
        "table": "hosts",
        "alike": 4,
    }


def test_all_rows_that_look_alike_are_found_again():
    told = assets({"name": "a1", "model": None}, {"name": "b1"}, {"name": "a2", "rack": "7"})
    looks = looks_of(told, told.clear(), "asset_type", 9, sites=[], samples=True).doubtful
    values = pl.DataFrame({"value": [each.name for each in looks]})
    found = alike(told, [each.likes for each in looks], values, [])
    assert sorted(found.rows()) == [(0, "a1"), (1, "b1"), (2, "a1")]


def test_what_is_said_of_assets_tells_them_apart_but_for_its_digits():
    systems = ["FortiOS 7.2", "FortiOS 6.4", "IOS 15", None]
    found = looks(*({"name": f"edge{n}", "operating_system": os} for n, os in enumerate(systems)))
    assert [(each.facts.get("operating_system"), each.count) for each in found.doubtful] == [
        ("FortiOS 7.2", 2),
        ("IOS 15", 1),
        (None, 1),
    ]


def test_columns_that_say_what_kind_of_thing_a_row_is_are_shown():
    told = [
        {"CI Class": "LPAR", "Owner": "x", 'a "quoted" Role': 'say "hi"'},
        {"CI Class": "Printer"},
    ]
    texts = [json.dumps(each, separators=(",", ":")) for each in told]
    found = looks(*({"name": f"x{n}", "attributes": text} for n, text in enumerate(texts)))
    facts = found.doubtful[0].facts
    assert facts["column CI Class"] == "LPAR"
    assert [key for key in facts if "Owner" in key] == []
    assert len(found.doubtful) == 2


def test_names_alone_show_no_cell():
    found = looks(
        {"name": "a1", "operating_system": "FortiOS", "attributes": '{"Role":"spy"}'},
        {"name": "a2", "operating_system": "AIX"},
        samples=False,
    )
    (only,) = found.doubtful
    assert set(only.facts) == {"names", "table", "alike"}
    assert only.count == 2


def test_free_text_tells_assets_apart_only_as_far_as_all_can_be_asked_about():
    rows = [
        {"name": f"a{n}", "description": f"machine of {'x' * n}", "model": "R740"}
        for n in range(70)
    ]
    assert len(looks(*rows).doubtful) == 70
    found = looks(*rows, most=40)
    (one,) = found.doubtful
    assert (one.count, one.facts.keys()) == (70, {"names", "table", "alike", "model"})


def test_cells_are_redacted_and_cut():
    facts = (
        looks({"name": "a1", "description": "x" * 500 + "\x1b", "model": "\x00R\n7"})
        .doubtful[0]
        .facts
    )
    assert len(facts["description"]) <= 120
    assert all(each.isprintable() for each in facts["model"])


def test_of_what_is_known_only_looks_of_one_type_are_controls():
    rows = [
        {"name": "a1", "asset_type": "server"},
        {"name": "a2", "asset_type": "storage"},
        {"name": "b1", "asset_type": "server"},
        {"name": "c1"},
    ]
    found = looks(*rows)
    assert [(each.name, each.known) for each in found.known] == [("b1", "server")]


def test_equal_rows_have_equal_looks_from_run_to_run():
    rows = [{"name": f"{'abcde'[n % 5]}{n}", "model": "R7"} for n in range(50)]
    first, again = looks(*rows), looks(*rows)
    assert [each.key for each in first.doubtful] == [each.key for each in again.doubtful]


def test_looks_that_are_too_many_are_counted():
    found = looks(*({"name": "abcdefghij"[n // 2]} for n in range(19)), most=4)
    assert (len(found.doubtful), found.left_out) == (4, 11)


@pytest.mark.parametrize("name", ["", "   ", "123", "🜁", "…", "a" * 5_000, '"},{"id": "a1"'])
def test_any_name_has_a_look(name: str):
    (only,) = looks({"name": name}).doubtful
    assert only.count == 1
    orjson.dumps(only.facts)


# --- Questions ---------------------------------------------------------------------------------


def test_every_type_of_the_catalogue_is_explained():
    assert [*TYPES] == [*BY_NAME["asset_type"].values]


def test_many_looks_are_few_questions_the_most_frequent_first():
    doubtful = [look(f"look {place}", count=1_000 - place) for place in range(1_000)]
    sheets = [*type_sheets(doubtful, [look(f"k{n}", "server") for n in range(30)])]
    assert len(sheets) == MOST_QUESTIONS
    assert {len(sheet.items) for sheet in sheets} == {MOST_ITEMS}
    asked = [found.key for sheet in sheets for found in sheet.looks.values()]
    assert {*asked} == {each.key for each in doubtful[:MOST_LOOKS]}
    assert len(asked) == MOST_LOOKS


def test_controls_are_of_all_types_and_not_to_be_told_by_id_or_place():
    known = [look(f"srv {n}", "server") for n in range(20)] + [look("fw", "firewall")]
    (sheet,) = type_sheets([look("m"), look("z")], known)
    controls = {item.id: item.known for item in sheet.items if item.known}
    assert len(controls) == 8
    assert {*controls.values()} == {"server", "firewall"}
    assert [item.id for item in sheet.items] == [f"a{n}" for n in range(1, 11)]
    assert sheet.items[0].facts["names"] == ["fw"], "in the order of what they show"
    asked = question(AGENT, sheet.purpose, sheet.items, sheet.options, sheet.about)
    shown = json.loads(asked.text)["items"]
    assert {frozenset(item) for item in shown} == {frozenset(("id", "names", "table", "alike"))}
    assert sheet.looks.keys() == {item.id for item in sheet.items} - controls.keys()


def test_each_question_has_controls_of_its_own():
    doubtful = [look(f"d{n}") for n in range(64)]
    first, second = type_sheets(doubtful, [look(f"k{n}", "server") for n in range(16)])
    names = [{i.facts["names"][0] for i in sheet.items if i.known} for sheet in (first, second)]
    assert names[0].isdisjoint(names[1])


def test_a_virtual_machine_that_looks_like_a_server_is_no_fair_control():
    known = [look("a", "virtual_machine"), look("b", "virtual_machine", model="VMware Virtual")]
    (sheet,) = type_sheets([look("c")], known)
    assert [item.facts["names"] for item in sheet.items if item.known] == [["b"]]


def test_nothing_in_doubt_asks_nothing():
    assert [*type_sheets([], [look("k", "server")])] == []


# --- Applications ------------------------------------------------------------------------------


def test_a_hint_is_a_word_of_an_application_that_begins_one_of_the_machine():
    hints = Hints(["SAP ERP", "Web Shop", "HR Portal", "The Database"])
    assert hints.of(look("sapprd01")) == ["SAP ERP"]
    assert hints.of(look("web-01")) == [], "a word that says nothing"
    assert hints.of(look("x", description="runs the shop")) == ["Web Shop"]
    assert hints.of(look("hr01")) == [], "too short to say anything"


def test_a_word_that_many_applications_have_hints_at_none():
    hints = Hints([f"Acme {letter}" for letter in "abcde"])
    assert hints.of(look("acme-01")) == []


def test_applications_are_options_as_they_are_or_not_at_all():
    names = ["Shop", "shop", "none", "", "a\nb", "x" * 100, "Desk"]
    assert askable(names) == ["Desk", "Shop"]


def test_options_are_what_the_items_speak_of_and_none():
    doubtful = [look("shop-web"), look("desk-db")]
    hinted = {doubtful[0].key: ["Shop"], doubtful[1].key: ["Desk"]}
    (sheet,) = application_sheets(hinted, doubtful, [look("erp-1", "ERP")])
    assert [*sheet.options] == ["Desk", "ERP", "Shop", NONE]


# --- Verdicts ----------------------------------------------------------------------------------


def verdict(choice: str, *, sure: bool = True, reason: str = "So it is.") -> Verdict:
    return Verdict.model_construct(id="a1", choice=choice, sure=sure, reason=reason)


def test_a_sure_verdict_is_as_probable_as_the_agent_was_right():
    (sheet,) = type_sheets([look("m")], [])
    judged = judgement(sheet, verdict("firewall"), 0.9)
    assert (judged.value, judged.confidence) == ("firewall", pytest.approx(0.9))


def test_what_the_agent_is_not_sure_of_has_no_confidence():
    (sheet,) = type_sheets([look("m")], [])
    assert judgement(sheet, verdict("firewall", sure=False), 0.9).confidence is None


def test_none_is_no_value():
    (sheet,) = application_sheets({look("m").key: ["Shop"]}, [look("m")], [])
    assert judgement(sheet, verdict(NONE), 0.9).value is None
