"""What the field mapping analyst is asked, and what becomes of the answers."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from discovery.agents import field_mapping_analyst as analyst
from discovery.agents.field_mapping_analyst import Batch, Opinion, Part
from discovery.agents.verdicts import MOST_ITEMS, Verdict, question
from discovery.grains import Grain
from discovery.mapping import ColumnMapping, TableMapping


def column(
    header: str, target: str | None = None, sure: float = 0.7, **other: Any
) -> ColumnMapping:
    """With `sure` for its target, or for none; `beliefs` add what the rules hold of others."""
    return ColumnMapping(
        source_field=header,
        header=header.casefold(),
        target=target,
        unit=None,
        confidence=sure,
        evidence=(),
        sample_values=other.pop("values", ("a", "b")),
        beliefs={target or "none": sure} | other.pop("beliefs", {}),
        **other,
    )


def table(
    *columns: ColumnMapping, name: str = "servers", grain: Grain = Grain.ASSET
) -> TableMapping:
    return TableMapping(name, grain, (), "server", str(grain), columns)


# Of which the rules are sure: whatever is asked beside them has controls.
KNOWN = (
    column("Serial No", "serial_number", 0.98),
    column("OS", "operating_system", 0.99),
    column("Cost Centre Code", "cost_center", 0.975),
    column("Vendor", "manufacturer", 0.985),
    column("Checksum", None, 0.94, listed=True),
    column("Row colour", None, 0.94, listed=True),
)


def batches(*tables: TableMapping, samples: bool = True, **other: Any) -> list[Batch]:
    return list(analyst.batches(tables, other.get("settled", ()), shows_samples=samples))


def asked(*batches: Batch) -> list[str]:
    return sorted(i.facts["column"] for batch in batches for i in batch.items if i.known is None)


def controls(batch: Batch) -> dict[str, str | None]:
    return {i.facts["column"]: i.known for i in batch.items if i.known is not None}


def text(batch: Batch) -> str:
    """All that an agent reads."""
    return question(analyst.NAME, "", batch.items, batch.options, batch.about).text


# --- Which columns are asked ---------------------------------------------------------------------


def test_what_is_in_doubt_is_asked_and_nothing_else() -> None:
    doubtful = table(
        column("Owner", "business_owner", 0.89),
        column("Owner 2", "technical_owner", 0.9),
        column("Usage", None, 0.6, beliefs={"environment": 0.3}),
        column("Lessons", "department", 0.7, learned=True),
        column("Kürzel", None, 0.94),
        column("Custom 1", None, 0.94, beliefs={"tags": 0.04}),
        column("Custom 2", None, 0.92, beliefs={"tags": 0.06}),
        column("Empty", None, 0.94, values=()),
        column("Checksum", None, 0.94, listed=True),
    )
    assert asked(*batches(doubtful)) == ["Custom 1", "Kürzel", "Owner", "Usage"]


def test_what_people_decided_is_not_asked() -> None:
    doubtful = table(column("Owner", "business_owner"), column("Usage"))
    assert asked(*batches(doubtful, settled={(0, 0)})) == ["Usage"]


@pytest.mark.parametrize("grain", [Grain.REFERENCE, Grain.FINDING])
def test_tables_that_nobody_uses_are_not_asked_about(grain: Grain) -> None:
    assert batches(table(column("Usage"), grain=grain)) == []


def test_nothing_in_doubt_is_no_question() -> None:
    assert batches(table(*KNOWN)) == []


def test_a_question_has_forty_items_at_most_and_each_column_is_asked_once() -> None:
    wide = table(*KNOWN, *(column(f"Custom {n}") for n in range(70)))
    found = batches(wide)
    assert len(found) == 3
    assert max(len(batch.items) for batch in found) <= MOST_ITEMS
    assert asked(*found) == sorted(f"Custom {n}" for n in range(70))
    assert all(len(controls(batch)) == 6 for batch in found)


def test_tables_of_one_grain_share_a_question() -> None:
    found = batches(
        table(column("Usage"), name="prod"),
        table(column("Kind"), name="links", grain=Grain.CONNECTION),
        table(column("Purpose"), name="test"),
    )
    assert [asked(batch) for batch in found] == [["Purpose", "Usage"], ["Kind"]]
    assert found[0].about["tables"] == {
        "t1": {"name": "prod", "its rows are": "server"},
        "t3": {"name": "test", "its rows are": "server"},
    }
    assert {item.facts["table"] for item in found[0].items} == {"t1", "t3"}


def test_a_link_can_be_other_fields_than_an_asset() -> None:
    of_asset, of_link = batches(table(column("Kind")), table(column("Kind"), grain=Grain.RELATION))
    assert {"name", "memory_gb", "none"} <= set(of_asset.options)
    assert "edge.source" not in of_asset.options
    assert {"edge.source", "edge.type", "none"} <= set(of_link.options)
    assert "memory_gb" not in of_link.options


def test_what_the_rules_hold_possible_is_an_option() -> None:
    (batch,) = batches(table(column("Partner", "edge.target", 0.6)))
    assert "edge.target" in batch.options


# --- What is told --------------------------------------------------------------------------------


def test_the_agent_reads_names_and_samples_and_no_guess() -> None:
    (batch,) = batches(table(*KNOWN, column("Usage", "environment", 0.7), column("Purpose")))
    (usage,) = [item for item in batch.items if item.facts["column"] == "Usage"]
    assert usage.facts == {
        "table": "t1",
        "column": "Usage",
        "beside": ["Checksum", "Row colour", "Purpose"],
        "samples": ["a", "b"],
    }
    assert {frozenset(item.facts) for item in batch.items} == {frozenset(usage.facts)}
    assert "0.7" not in text(batch)


def test_samples_stay_in_the_house_where_names_alone_are_shared() -> None:
    (batch,) = batches(table(*KNOWN, column("Usage", values=("secret-value",))), samples=False)
    assert "samples" not in text(batch)
    assert "secret-value" not in text(batch)


def test_hostile_cells_are_redacted_and_cut() -> None:
    cells = ("password=hunter2hunter2", "ada@example.com", "x" * 500, "a\x00\x1b[31m\nb")
    (batch,) = batches(table(column("He\nader\x07" + "y" * 500, values=cells), name="n" * 500))
    told = text(batch)
    assert "hunter2" not in told
    assert "ada@" not in told
    assert "x" * 81 not in told
    assert "y" * 101 not in told
    assert "n" * 101 not in told
    facts = orjson.loads(told)["items"][0]
    assert all(str(fact).isprintable() for fact in (*facts["samples"], facts["column"]))


# --- Controls ------------------------------------------------------------------------------------


def test_controls_are_what_the_rules_are_sure_of_some_of_them_without_a_field() -> None:
    called_so = column("Asset Tag", "asset_tag", 0.995)
    twice = column("Serial 2", "serial_number", 0.98)
    (batch,) = batches(table(called_so, twice, *KNOWN, column("Usage")))
    assert controls(batch) == {
        "Serial 2": "serial_number",
        "OS": "operating_system",
        "Cost Centre Code": "cost_center",
        "Vendor": "manufacturer",
        "Asset Tag": "asset_tag",
        "Checksum": "none",
        "Row colour": "none",
    }


def test_what_is_called_as_its_field_is_the_last_choice() -> None:
    names = ("name", "hostname", "fqdn", "rack", "model", "status")
    easy = [column(name, name, 0.971) for name in names]
    (batch,) = batches(table(*easy, *KNOWN, column("Usage")))
    assert len(controls(batch)) == 8
    assert {"Serial No", "OS", "Cost Centre Code", "Vendor"} <= set(controls(batch))


def test_none_is_no_good_answer_to_all_controls() -> None:
    (batch,) = batches(table(*KNOWN[-2:], KNOWN[0], column("Usage")))
    assert controls(batch) == {"Serial No": "serial_number"}


def test_the_numbers_do_not_tell_the_controls() -> None:
    first, last = column("Usage"), column("Purpose")
    (batch,) = batches(table(first, *KNOWN, last))
    ids = {item.facts["column"]: item.id for item in batch.items}
    assert (ids["Usage"], ids["Serial No"], ids["Purpose"]) == ("c1", "c2", "c8")


# --- What becomes of an answer -------------------------------------------------------------------


def verdict(id_: str, choice: str, sure: bool = True) -> Verdict:
    return Verdict.model_construct(id=id_, choice=choice, sure=sure, reason="It reads so.")


def advised(
    *columns: ColumnMapping, said: dict[str, str], accuracy: float = 0.97, sure: bool = True
) -> dict[str, tuple[Part, str | None]]:
    """What becomes of these answers by header, of those that become anything."""
    tables = [table(*columns)]
    found: dict[analyst.Place, Opinion] = {}
    for batch in analyst.batches(tables, (), shows_samples=True):
        verdicts = {
            item.id: verdict(item.id, said[item.facts["column"]], sure)
            for item in batch.items
            if item.known is None and item.facts["column"] in said
        }
        found |= analyst.opinions(batch, tables, verdicts, accuracy)
    return {
        columns[position].source_field: (advice.part, advice.opinion.target)
        for (_, position), advice in analyst.advice(tables, found).items()
    }


def opinion(of: ColumnMapping, choice: str, accuracy: float, sure: bool = True) -> Opinion:
    tables = [table(of)]
    (batch,) = analyst.batches(tables, (), shows_samples=True)
    found = analyst.opinions(batch, tables, {"c1": verdict("c1", choice, sure)}, accuracy)
    return found[0, 0]


OWNER = column("Owner", "business_owner", 0.74, beliefs={"technical_owner": 0.09, "none": 0.17})
USAGE = column("Usage", None, 0.6, beliefs={"environment": 0.35})


def test_a_right_agent_decides_what_the_rules_doubted() -> None:
    said = {"Owner": "technical_owner", "Usage": "environment"}
    assert advised(OWNER, USAGE, said=said) == {
        "Owner": (Part.DECIDES, "technical_owner"),
        "Usage": (Part.DECIDES, "environment"),
    }
    assert opinion(OWNER, "technical_owner", 0.97).confidence > 0.8


def test_a_mediocre_agent_only_suggests_against_what_the_rules_hold_likely() -> None:
    assert advised(OWNER, said={"Owner": "technical_owner"}, accuracy=0.7) == {
        "Owner": (Part.SUGGESTS, "technical_owner")
    }


def test_a_bad_agent_is_not_heard() -> None:
    said = {"Owner": "location", "Usage": "memory_gb", "Kürzel": "name"}
    assert advised(OWNER, USAGE, column("Kürzel", None, 0.94), said=said, accuracy=0.1) == {}


def test_what_the_agent_is_not_sure_of_changes_nothing() -> None:
    assert advised(USAGE, said={"Usage": "environment"}, sure=False) == {
        "Usage": (Part.SUGGESTS, "environment")
    }


def test_a_doubtful_field_can_be_taken_away() -> None:
    assert advised(OWNER, said={"Owner": "none"}) == {"Owner": (Part.DECIDES, None)}


def test_agreement_makes_surer() -> None:
    said = {"Owner": "business_owner", "Usage": "none"}
    assert advised(OWNER, USAGE, said=said) == {
        "Owner": (Part.AGREES, "business_owner"),
        "Usage": (Part.AGREES, None),
    }
    assert 0.74 < opinion(OWNER, "business_owner", 0.9).confidence < 1


def test_agreement_of_a_liar_makes_nothing_less_sure() -> None:
    assert advised(OWNER, said={"Owner": "business_owner"}, accuracy=0.05) == {}


def test_what_the_rules_know_nothing_of_takes_a_proven_agent() -> None:
    columns = [column(f"Custom {n}", None, 0.93) for n in range(10)]
    said = dict.fromkeys([f"Custom {n}" for n in range(10)], "none") | {"Custom 3": "department"}
    assert advised(*columns, said=said, accuracy=0.8)["Custom 3"][0] is Part.SUGGESTS
    assert advised(*columns, said=said, accuracy=0.97)["Custom 3"][0] is Part.DECIDES


def test_a_field_of_a_column_that_was_not_asked_stays_there() -> None:
    sure = column("Deployed in", "environment", 0.95)
    assert advised(sure, USAGE, said={"Usage": "environment"}) == {}


def test_a_column_loses_its_field_only_by_an_opinion_about_itself() -> None:
    assert advised(OWNER, USAGE, said={"Usage": "business_owner"}) == {}


def test_a_field_moves_on_when_its_column_gets_another() -> None:
    beliefs = {"business_owner": 0.3}
    boss = column("Boss", None, 0.69, beliefs=beliefs)
    assert advised(OWNER, boss, said={"Owner": "technical_owner", "Boss": "business_owner"}) == {
        "Owner": (Part.DECIDES, "technical_owner"),
        "Boss": (Part.DECIDES, "business_owner"),
    }


def test_who_does_not_get_the_new_field_keeps_the_old_one() -> None:
    """And the column that had claimed it then is left without."""
    taken = column("Engineer", "technical_owner", 0.95)
    boss = column("Boss", None, 0.69, beliefs={"business_owner": 0.3})
    said = {"Owner": "technical_owner", "Boss": "business_owner"}
    assert advised(taken, OWNER, boss, said=said) == {}


def test_of_two_claims_to_one_field_the_surer_one_holds() -> None:
    surer = replace(USAGE, source_field="Purpose", beliefs={"none": 0.5, "environment": 0.45})
    said = {"Usage": "environment", "Purpose": "environment"}
    assert advised(USAGE, surer, said=said) == {"Purpose": (Part.DECIDES, "environment")}


def test_a_list_takes_several() -> None:
    columns = [column(f"Label {n}", None, 0.6, beliefs={"tags": 0.35}) for n in range(2)]
    assert advised(*columns, said={"Label 0": "tags", "Label 1": "tags"}) == {
        "Label 0": (Part.DECIDES, "tags"),
        "Label 1": (Part.DECIDES, "tags"),
    }


def test_who_answers_the_controls_rightly_and_all_else_wrongly_is_found_out() -> None:
    columns = [column(f"Owner {n}", f, 0.85) for n, f in enumerate(_fields(20))]
    found = advised(*columns, said={each.source_field: "none" for each in columns})
    assert {part for part, _ in found.values()} <= {Part.SUGGESTS}


def test_who_agrees_as_often_as_can_be_expected_is_believed() -> None:
    fields = _fields(20)
    columns = [column(f"Owner {n}", field, 0.85) for n, field in enumerate(fields)]
    said = {f"Owner {n}": field for n, field in enumerate(fields)} | {"Owner 3": "none"}
    found = advised(*columns, said=said)
    assert found["Owner 3"] == (Part.DECIDES, None)
    assert len([part for part, _ in found.values() if part is Part.AGREES]) == 19


def _fields(count: int) -> list[str]:
    from assets.fields import FIELDS, takes_several

    return [field.name for field in FIELDS if not takes_several(field.name)][:count]


def test_an_answer_that_leaves_all_out_says_nothing() -> None:
    assert advised(OWNER, said={}) == {}


def test_the_reason_is_one_line_without_control_characters() -> None:
    said = Verdict.model_validate(
        {"id": "c1", "choice": "none", "sure": True, "reason": "a\x00b\nc\u202e"},
        context={"ids": {"c1"}, "choices": {"none"}},
    )
    tables = [table(OWNER)]
    (batch,) = analyst.batches(tables, (), shows_samples=True)
    found = analyst.opinions(batch, tables, {"c1": said}, 0.9)
    assert found[0, 0].reason.isprintable()
