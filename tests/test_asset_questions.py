"""What people answer about assets, and flows in which no agent takes part."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from assets.models import Asset
from discovery import engine
from discovery.models import AgentCall, FlowQuestion, PhaseRun
from discovery.questions import AssetGone
from discovery.questions.assets import apply_answer
from tests.factories import AssetFactory
from tests.people import Cast
from tests.test_decisions import start

JUDGED = {"asset_type": {"agent": "asset_classifier", "import": "one"}}


def question(kind: str, asset_id: Any, options: list[str]) -> FlowQuestion:
    flow = engine.start(name="f", description="", data_import=None, created_by=None)
    made: FlowQuestion = FlowQuestion.objects.create(
        flow=flow, kind=kind, key=kind, text="?", options=options, asset_id=asset_id, agent="a"
    )
    return made


def test_an_answer_is_an_edit(cast: Cast):
    with cast.scope():
        asset = AssetFactory(
            asset_type="server", judged_fields=JUDGED, rack="7", edited_fields=["rack"]
        )
        asked = question("asset_type", asset.pk, ["server", "storage"])
        apply_answer(asked, "storage", cast.users["contributor"])
        asset.refresh_from_db()
    assert (asset.asset_type, asset.edited_fields) == ("storage", ["asset_type", "rack"])
    assert asset.judged_fields is None


@pytest.mark.parametrize(("answer", "expected"), [("Shop", "Shop"), ("none", None)])
def test_a_machine_belongs_to_an_application_or_to_none(cast: Cast, answer: str, expected: Any):
    with cast.scope():
        asset = AssetFactory()
        asked = question("application", asset.pk, ["Shop", "none"])
        apply_answer(asked, answer, cast.users["contributor"])
        asset.refresh_from_db()
    assert (asset.application_name, asset.edited_fields) == (expected, ["application_name"])


def test_an_asset_that_is_gone_is_said_to_be(cast: Cast):
    with cast.scope():
        asked = question("asset_type", uuid4(), ["server"])
        with pytest.raises(AssetGone, match="is gone"):
            apply_answer(asked, "server", cast.users["contributor"])


def test_an_asset_of_somebody_else_is_gone(cast: Cast):
    with cast.scope_elsewhere():
        theirs = AssetFactory(asset_type=None)
    with cast.scope():
        asked = question("asset_type", theirs.pk, ["server"])
        with pytest.raises(AssetGone):
            apply_answer(asked, "server", cast.users["contributor"])


def test_what_is_no_option_is_no_answer(cast: Cast):
    with cast.scope():
        asset = AssetFactory(asset_type=None)
        asked = question("asset_type", asset.pk, ["server"])
        with pytest.raises(ValueError, match="Answer one of: server"):
            apply_answer(asked, "toaster", cast.users["contributor"])
        assert Asset.objects.get().asset_type is None


def test_without_a_key_nobody_is_asked_and_nothing_is_kept(committed: Cast, worker: Any):
    client = committed["contributor"]
    rows = [{"Name": f"vault-{n}", "Type": "", "Serial Number": f"S{n:05}"} for n in range(5)]

    flow = start(client, [*rows, {"Name": "web-1", "Type": "server", "Serial Number": "X00001"}])

    found = client.get("/api/v1/assets/").json()["items"]
    assert [item["name"] for item in found if "asset_type" in item] == ["web-1"]
    assert not any("judged_fields" in item for item in found)
    with committed.scope(), transaction.atomic():
        run = PhaseRun.objects.get(flow=flow["flow_id"], phase="asset_creation")
        assert run.result.keys() == {
            *("assets", "findings", "created", "updated", "unchanged", "removed"),
        }
        assert not FlowQuestion.objects.exists()
        assert not AgentCall.objects.exists()
