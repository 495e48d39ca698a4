"""What agents judged of assets: it stands where nobody states the field, and only there."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from assets.models import Asset
from assets.retelling import Other, Telling
from assets.writer import Merged, forget_assets, merge_assets
from tests.factories import AssetFactory
from tests.people import Cast


@pytest.fixture(autouse=True)
def _inside(cast: Cast) -> Iterator[None]:
    with cast.scope():
        yield


def judged(import_id: str, value: str = "server", **said: Any) -> dict[str, Any]:
    word = {"agent": "asset_classifier", "confidence": 0.9, "reason": "Looks like it."}
    return {"asset_type": value, "judged": {"asset_type": word | said | {"import": import_id}}}


def row(import_id: str, reading: str = "r", **fields: Any) -> pl.DataFrame:
    """One row of an import, of the machine a."""
    said = fields.pop("judged", None)
    place = {import_id: {"table": "t", "row": 1, "reading": reading}}
    told = {"name": "a", "asset_type": None, "attributes": "{}", "sources": json.dumps(place)}
    texts = told | fields | {"judged_fields": json.dumps(said) if said else None}
    return pl.DataFrame({name: [value] for name, value in texts.items()}).cast(pl.String)


def merge(import_id: str, reading: str = "r", *, others: Any = None, **fields: Any) -> Merged:
    telling = Telling(import_id, reading, others or {})
    return merge_assets(row(import_id, reading, **fields), telling)


def found() -> Asset:
    asset: Asset = Asset.objects.get()
    return asset


def test_a_judgement_says_whose_it_is():
    merge("one", **judged("one"))
    asset = found()
    assert (asset.asset_type, asset.edited_fields) == ("server", [])
    assert asset.judged_fields == {
        "asset_type": {
            "agent": "asset_classifier",
            "confidence": 0.9,
            "reason": "Looks like it.",
            "import": "one",
        }
    }


def test_where_no_agent_had_a_say_nothing_is_shown_of_it(cast: Cast):
    merge("one")
    assert found().judged_fields is None
    asset_id = str(found().pk)
    shown = cast["viewer"].get(f"/api/v1/assets/{asset_id}").json()
    assert "judged_fields" not in shown


def test_the_same_rows_again_keep_it_with_an_agent_and_without():
    merge("one", **judged("one"))
    before = found()
    again = merge("one", **judged("one", confidence=0.95, reason="In other words."))
    assert (again.updated, again.unchanged) == (0, 1)
    without = merge("one")
    assert (without.updated, without.unchanged) == (0, 1)
    elsewhere = merge("two")
    assert (elsewhere.updated, elsewhere.unchanged) == (0, 1)
    after = found()
    assert (after.asset_type, after.judged_fields) == (before.asset_type, before.judged_fields)
    assert after.updated_at == before.updated_at


def test_another_judgement_of_the_same_import_replaces_it_that_of_another_import_does_not():
    merge("one", **judged("one"))
    merge("two", **judged("two", "database"))
    assert (found().asset_type, found().judged_fields["asset_type"]["import"]) == ("server", "one")
    merge("one", **judged("one", "database"))
    assert found().asset_type == "database"


@pytest.mark.parametrize("by", ["one", "two"])
def test_an_import_that_states_the_field_ends_it(by: str):
    merge("one", **judged("one", "application"))
    merge(by, asset_type="database")
    assert (found().asset_type, found().judged_fields) == ("database", None)


def test_what_is_stated_is_not_judged_away():
    merge("one", asset_type="database")
    merge("two", **judged("two"))
    assert (found().asset_type, found().judged_fields) == ("database", None)


def test_who_says_virtual_machine_knows_more_than_who_says_server_but_a_judgement_knows_nothing():
    merge("one", **judged("one", "virtual_machine"))
    merge("two", asset_type="server")
    assert found().asset_type == "server"


def test_what_a_person_edited_stays_and_no_finding_is_made_of_it(cast: Cast):
    merge("one", **judged("one"))
    path = f"/api/v1/assets/{found().pk}"
    assert cast["viewer"].get(path).json()["judged_fields"]["asset_type"]["confidence"] == 0.9
    edited = cast["contributor"].patch(path, {"asset_type": "storage"}).json()
    assert "judged_fields" not in edited

    with cast.scope():
        merged = merge("one", **judged("one"))
        assert merged.kept.is_empty()
        assert (found().asset_type, found().judged_fields) == ("storage", None)


def test_an_edit_of_another_field_leaves_it(cast: Cast):
    merge("one", **judged("one"))
    answer = cast["contributor"].patch(f"/api/v1/assets/{found().pk}", {"rack": "7"}).json()
    assert answer["judged_fields"]["asset_type"]["agent"] == "asset_classifier"


def test_nobody_sets_it_by_hand(cast: Cast):
    asset = AssetFactory(asset_type=None)
    path = f"/api/v1/assets/{asset.pk}"
    answer = cast["contributor"].patch(path, {"judged_fields": {"asset_type": {}}})
    assert answer.status_code == 200
    with cast.scope():
        assert found().judged_fields is None


def test_no_judgement_decides_which_asset_a_row_describes():
    merge("one", **judged("one", "application"))
    merge("two", asset_type="database")  # another class would be another asset
    assert Asset.objects.count() == 1
    AssetFactory(name="b", asset_type="database")
    merge("three", name="b", **judged("three", "application"))
    assert Asset.objects.get(name="b").asset_type == "database"


def test_a_value_like_the_judged_one_that_is_stated_is_no_judgement_any_more():
    merge("one", **judged("one"))
    assert merge("one", asset_type="server").updated == 1
    assert (found().asset_type, found().judged_fields) == ("server", None)


def test_read_anew_a_judgement_goes_with_the_reading_that_it_was_of():
    merge("one", **judged("one"))
    merge("one", "another reading")
    assert (found().asset_type, found().judged_fields) == (None, None)
    merge("one", "a third reading", **judged("one", "database"))
    assert found().asset_type == "database"
    assert found().judged_fields["asset_type"]["import"] == "one"


def test_read_anew_the_judgement_of_another_import_stays():
    merge("two", **judged("two", "database"))
    merge("one")
    others = {"two": Other(lambda: row("two"), is_older=True)}
    merge("one", "another reading", others=others)
    assert found().asset_type == "database"
    assert found().judged_fields["asset_type"]["import"] == "two"


def test_read_anew_what_another_import_states_wins_over_a_new_judgement():
    merge("one", asset_type="database")
    merge("two", asset_type="database")
    others = {"two": Other(lambda: row("two", asset_type="database"), is_older=True)}
    merge("one", "another reading", others=others, **judged("one", "storage"))
    assert (found().asset_type, found().judged_fields) == ("database", None)


def test_a_judgement_of_an_import_read_anew_survives_that_others_are_asked():
    merge("two", rack="7")
    merge("one")
    others = {"two": Other(lambda: row("two", rack="7"), is_older=True)}
    merge("one", "another reading", others=others, **judged("one", "storage"))
    assert (found().asset_type, found().rack) == ("storage", "7")
    assert found().judged_fields["asset_type"]["import"] == "one"


def test_what_an_import_describes_no_more_it_judges_no_more():
    merge("one", **judged("one"))
    merge("two")
    others = {"two": Other(lambda: row("two"), is_older=True)}
    assert forget_assets(Telling("one", "another reading", others), 10) == (1, 0)
    assert (found().asset_type, found().judged_fields) == (None, None)


def test_a_judged_application_is_no_judged_type():
    word = {"application_name": {"agent": "asset_classifier", "import": "one"}}
    merge("one", application_name="Shop", asset_type="server", judged=word)
    merge("two", application_name="Desk")
    assert (found().application_name, found().asset_type) == ("Desk", "server")
    assert found().judged_fields is None
