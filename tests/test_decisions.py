"""What people decide about mappings, before the assets are made: one by one, together, in time."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from discovery import engine
from discovery.models import FieldMapping, Flow, TableReading
from tests.people import Cast
from tests.test_contract_errors import field_error, problem
from tests.test_contract_flows import FLOWS, IMPORTS, run_flow, wait_for_flow

MAPPINGS = "/api/v1/field-mappings/"
# Release is a guess of half a chance, Contact one of seven in ten, Colour none at all.
ROWS = [
    {"Hostname": "web1", "RAM": "4096", "Release": "1", "Contact": "Ada", "Colour": "red"},
    {"Hostname": "web2", "RAM": "8192", "Release": "2", "Contact": "Bob", "Colour": "red"},
    {"Hostname": "web3", "RAM": "16384", "Release": "3", "Contact": "Ada", "Colour": "grey"},
]


def hand_in(client: APIClient, rows: list[dict[str, Any]], name: str = "servers.json") -> str:
    body = {"data_rows": rows, "file_name": name, "source_type": "json"}
    return str(client.post(IMPORTS, body).json()["id"])


def start(client: APIClient, rows: list[dict[str, Any]] = ROWS, **body: Any) -> dict[str, Any]:
    return run_flow(client, data_import_id=hand_in(client, rows), **body)


def mappings(client: APIClient, flow: dict[str, Any]) -> dict[str, dict[str, Any]]:
    items = client.get(MAPPINGS, {"flow_id": flow["flow_id"]}).json()["items"]
    return {item["source_field"]: item for item in items}


def decide(client: APIClient, mapping: dict[str, Any], **body: Any) -> Any:
    return client.patch(f"{MAPPINGS}{mapping['id']}", body)


def resume(client: APIClient, flow: dict[str, Any]) -> dict[str, Any]:
    assert client.post(f"/api/v1/flows/{flow['flow_id']}/resume").status_code == 200
    return wait_for_flow(client, flow["flow_id"])


def asset(client: APIClient, **filters: str) -> dict[str, Any]:
    (found,) = client.get("/api/v1/assets/", filters).json()["items"]
    return dict(found)


# --- Without a worker --------------------------------------------------------------------------


@pytest.fixture
def mapped(cast: Cast) -> dict[str, FieldMapping]:
    """A paused flow's columns: two of a table, each with a target, and one with a guess."""
    from discovery.models import DataImport, ImportTable

    with cast.scope():
        data_import = DataImport.objects.create(upload="x", size_bytes=1, file_name="x.csv")
        flow = engine.start(name="f", description="", data_import=data_import, created_by=None)
        engine.pause(flow, Flow.MAPPING_REVIEW)
        table = ImportTable.objects.create(
            data_import=data_import,
            position=0,
            name="servers",
            parquet="x",
            columns=[],
            row_count=1,
            header_row=1,
            preview=[],
        )
        guess = {"target_field": "storage_gb", "source_unit": "TiB", "confidence": 0.4}
        given = {
            "Label": {"target_field": "name", "confidence": 0.7, "status": "applied"},
            "RAM": {
                "target_field": "memory_gb",
                "confidence": 0.95,
                "status": "applied",
                "source_unit": "MiB",
                "units": {"memory_gb": "MiB", "storage_gb": "MiB"},
            },
            "Disk": {"status": "suggested", "confidence": 0.6, "suggestions": [guess]},
            "Colour": {"status": "unmapped", "confidence": 0.97},
        }
        return {
            name: FieldMapping.objects.create(
                flow=flow, table=table, position=place, source_field=name, **values
            )
            for place, (name, values) in enumerate(given.items())
        }


def patch(cast: Cast, mapping: FieldMapping, body: Any, who: str = "contributor") -> Any:
    return cast[who].patch(f"{MAPPINGS}{mapping.pk}", body)


def test_a_target_is_changed_by_a_person_and_nothing_claims_to_be_sure_of_it(
    cast: Cast, mapped: dict[str, FieldMapping]
):
    answer = patch(cast, mapped["RAM"], {"target_field": "storage_gb"})

    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["target_field"], shown["source_unit"]) == ("storage_gb", "MiB")
    assert (shown["source"], shown["status"]) == ("user", "approved")
    assert shown["confidence"] is None
    assert shown["decided_by"] == cast.users["contributor"].email
    assert shown["decided_at"]
    assert shown["corrected"] is False, "no assets were made yet"
    assert cast["viewer"].get(f"{MAPPINGS}{shown['id']}").json() == shown


def test_an_approval_keeps_the_machines_figure(cast: Cast, mapped: dict[str, FieldMapping]):
    shown = patch(cast, mapped["RAM"], {"status": "approved"}).json()

    assert (shown["target_field"], shown["source_unit"]) == ("memory_gb", "MiB")
    assert (shown["source"], shown["confidence"]) == ("rule", 0.95)
    assert shown["status"] == "approved"


def test_a_suggestion_is_accepted_with_one_word(cast: Cast, mapped: dict[str, FieldMapping]):
    shown = patch(cast, mapped["Disk"], {"status": "approved"}).json()

    assert (shown["target_field"], shown["source_unit"]) == ("storage_gb", "TiB")
    assert (shown["source"], shown["confidence"]) == ("user", None)
    assert shown["suggestions"][0]["confidence"] == 0.4


@pytest.mark.parametrize(
    ("body", "status"), [({"status": "rejected"}, "rejected"), ({"target_field": None}, "approved")]
)
def test_values_go_to_attributes_by_rejection_or_by_choice(
    cast: Cast, mapped: dict[str, FieldMapping], body: Any, status: str
):
    shown = patch(cast, mapped["RAM"], body).json()
    assert (shown["target_field"], shown["source_unit"]) == (None, "")
    assert (shown["status"], shown["source"]) == (status, "user")


@pytest.mark.parametrize("unit", ["bytes", "KiB", "tb", "GiB"])
def test_a_unit_that_fits_is_taken(cast: Cast, mapped: dict[str, FieldMapping], unit: str):
    shown = patch(cast, mapped["RAM"], {"source_unit": unit}).json()
    assert (shown["target_field"], shown["source_unit"]) == ("memory_gb", unit)
    assert shown["source"] == "rule", "the target is still the rules'"


def test_a_unit_can_be_that_of_the_target(cast: Cast, mapped: dict[str, FieldMapping]):
    assert patch(cast, mapped["RAM"], {"source_unit": None}).json()["source_unit"] == ""


@pytest.mark.parametrize(
    ("target", "unit"),
    [
        ("monthly_cost", "EUR"),
        ("monthly_cost", "year"),
        ("monthly_cost", "USD/hour"),
        ("purchase_cost", "€"),
        ("cpu_utilization_percent", "fraction"),
        ("network_mbps", "KB/s"),
        ("rto_hours", "minutes"),
    ],
)
def test_units_of_money_rates_and_times(
    cast: Cast, mapped: dict[str, FieldMapping], target: str, unit: str
):
    answer = patch(cast, mapped["Colour"], {"target_field": target, "source_unit": unit})
    assert answer.json()["source_unit"] == unit


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"target_field": "memory"}, "target_field", "must be one of: name,"),
        ({"target_field": "memroy_gb"}, "target_field", "Did you mean memory_gb?"),
        ({"target_field": "__class__"}, "target_field", "must be one of"),
        ({"target_field": ["name"]}, "target_field", "must be one of"),
        ({"source_unit": "kg"}, "source_unit", "must be one of: b, byte, bytes"),
        ({"source_unit": "EUR/month"}, "source_unit", "must be one of"),
        ({"source_unit": "x" * 33}, "source_unit", ""),
        ({"target_field": "hostname", "source_unit": "GiB"}, "source_unit", "has no unit"),
        ({"target_field": None, "source_unit": "GiB"}, "source_unit", "has no unit"),
        ({"status": "rejected", "target_field": "name"}, "target_field", "A rejected column"),
        ({"status": "applied"}, "status", "must be one of: approved, rejected"),
        ({}, "", "Give target_field, source_unit or status."),
        ({"confidence": 1}, "confidence", "unknown"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_remedy(
    cast: Cast, mapped: dict[str, FieldMapping], body: Any, field: str, words: str
):
    assert words in field_error(patch(cast, mapped["RAM"], body), field)


@pytest.mark.parametrize("target", ["edge.target_ip", "edge.port", "application_name"])
def test_every_field_of_the_catalogue_is_a_target(
    cast: Cast, mapped: dict[str, FieldMapping], target: str
):
    assert patch(cast, mapped["RAM"], {"target_field": target}).json()["target_field"] == target


def test_a_target_that_another_column_has_is_refused_or_taken_over(
    cast: Cast, mapped: dict[str, FieldMapping]
):
    refused = problem(patch(cast, mapped["RAM"], {"target_field": "name"}), 409)
    assert refused["code"] == "target_taken"
    assert '"Label"' in refused["message"]
    assert refused["details"]["id"] == str(mapped["Label"].pk)

    answer = patch(cast, mapped["RAM"], {"target_field": "name", "replace": True})

    assert answer.json()["target_field"] == "name"
    lost = cast["viewer"].get(f"{MAPPINGS}{mapped['Label'].pk}").json()
    assert (lost["target_field"], lost["status"], lost["source"]) == (None, "rejected", "user")


def test_a_list_takes_several_columns(cast: Cast, mapped: dict[str, FieldMapping]):
    for name in ("RAM", "Colour"):
        assert patch(cast, mapped[name], {"target_field": "tags"}).status_code == 200


def approve(cast: Cast, mapping: FieldMapping, body: Any) -> Any:
    path = f"/api/v1/flows/{mapping.flow_id}/field-mappings/approve"
    return cast["contributor"].post(path, body)


def test_many_are_approved_at_once(cast: Cast, mapped: dict[str, FieldMapping]):
    patch(cast, mapped["Colour"], {"target_field": "tags"})

    sure = approve(cast, mapped["RAM"], {"min_confidence": 0.9}).json()
    assert sure == {"approved": 1, "left": 2}
    rest = approve(cast, mapped["RAM"], {"min_confidence": 0, "unmapped": True}).json()
    assert rest == {"approved": 2, "left": 0}

    shown = cast["viewer"].get(MAPPINGS, {"status": "approved"}).json()["items"]
    assert {m["source_field"]: m["target_field"] for m in shown} == {
        "Label": "name",
        "RAM": "memory_gb",
        "Disk": None,
        "Colour": "tags",
    }
    assert {m["source"] for m in shown if m["source_field"] != "Colour"} == {"rule"}


def test_an_approval_of_nothing_is_refused(cast: Cast, mapped: dict[str, FieldMapping]):
    for body in ({}, {"unmapped": False}):
        assert "min_confidence" in field_error(approve(cast, mapped["RAM"], body), "")
    for wrong in (2, -1, "nan", None):
        answer = approve(cast, mapped["RAM"], {"min_confidence": wrong})
        assert field_error(answer, "min_confidence")


@pytest.mark.parametrize("move", [engine.resume, engine.cancel])
def test_nothing_is_decided_while_a_flow_runs_or_after_it_was_cancelled(
    cast: Cast, mapped: dict[str, FieldMapping], move: Any
):
    with cast.scope():
        move(Flow.objects.get(pk=mapped["RAM"].flow_id))

    refused = problem(patch(cast, mapped["RAM"], {"status": "rejected"}), 409)
    assert refused["code"] == "decision_refused"
    assert problem(approve(cast, mapped["RAM"], {"unmapped": True}), 409)
    with cast.scope():
        assert not FieldMapping.objects.exclude(decided_at=None).exists()


def test_nothing_is_decided_in_the_middle_of_making_assets(
    cast: Cast, mapped: dict[str, FieldMapping]
):
    with cast.scope():
        flow = Flow.objects.get(pk=mapped["RAM"].flow_id)
        engine.resume(flow)
        while (held := engine.claim(flow.pk)) and held.phase != "asset_creation":
            engine.finish(held, {})
        engine.progress(held, 5, 10)
        engine.pause(Flow.objects.get(pk=flow.pk))

    assert (
        "Resume it" in problem(patch(cast, mapped["RAM"], {"status": "rejected"}), 409)["message"]
    )


def test_viewers_look_and_do_not_decide(cast: Cast, mapped: dict[str, FieldMapping]):
    assert patch(cast, mapped["RAM"], {"status": "rejected"}, "viewer").status_code == 403
    assert cast["viewer"].get(f"{MAPPINGS}{mapped['RAM'].pk}").status_code == 200


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ({"status": "suggested"}, ["Disk"]),
        ({"status": "applied,unmapped"}, ["Label", "RAM", "Colour"]),
        ({"target_field": "memory_gb"}, ["RAM"]),
        ({"confidence__lte": "0.7"}, ["Label", "Disk"]),
        ({"source_field__contains": "o"}, ["Colour"]),
        ({"source_field": "ram"}, ["RAM"]),
        ({"table": "Servers", "confidence__gte": "0.9"}, ["RAM", "Colour"]),
        ({"source": "user"}, []),
    ],
)
def test_mappings_are_filtered(
    cast: Cast, mapped: dict[str, FieldMapping], query: dict[str, str], columns: list[str]
):
    items = cast["viewer"].get(MAPPINGS, query).json()["items"]
    assert [item["source_field"] for item in items] == columns


def test_of_two_who_decide_the_second_reads_first(cast: Cast, mapped: dict[str, FieldMapping]):
    path = f"{MAPPINGS}{mapped['RAM'].pk}"
    seen = {"If-Match": cast["admin"].get(path).headers["ETag"]}

    first = cast["admin"].patch(path, {"status": "rejected"}, headers=seen)
    second = cast["contributor"].patch(path, {"status": "approved"}, headers=seen)

    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] == cast["admin"].get(path).headers["ETag"]


def test_what_a_person_decided_survives_a_new_mapping(cast: Cast, mapped: dict[str, FieldMapping]):
    from discovery import remapping

    patch(cast, mapped["Disk"], {"target_field": "name", "replace": True})
    with cast.scope():
        old = mapped["RAM"]
        flow = Flow.objects.get(pk=old.flow_id)
        TableReading.objects.create(flow=flow, table=old.table, grain="asset")
        new = [
            FieldMapping(
                flow=flow,
                table=old.table,
                position=place,
                source_field=name,
                target_field=target,
                confidence=0.9,
                status="applied",
            )
            for place, (name, target) in enumerate(
                [("Label", "name"), ("RAM", "name"), ("Disk", "storage_gb"), ("Colour", "tags")]
            )
        ]
        remapping.map_anew(flow, new)
        found = FieldMapping.objects.filter(flow=flow).values_list("source_field", "target_field")

        assert dict(found) == {"Label": None, "RAM": None, "Disk": "name", "Colour": "tags"}


# --- With a worker -----------------------------------------------------------------------------


def test_by_default_a_flow_runs_through_and_lists_what_it_doubts(committed: Cast, worker: Any):
    client = committed["contributor"]

    flow = start(client)

    assert (flow["status"], flow["review"]) == ("completed", "never")
    found = mappings(client, flow)
    release = found["Release"]
    assert (release["target_field"], release["status"]) == (None, "suggested")
    assert release["suggestions"][0]["target_field"] == "os_version"
    assert 0 < release["suggestions"][0]["confidence"] < 0.6
    assert found["Colour"]["status"] == "unmapped"
    assert found["RAM"]["units"]["memory_gb"] == "MiB"
    assert asset(client, name="web1")["attributes"]["Release"] == "1"


def test_a_flow_waits_for_its_review_and_goes_on_as_people_decided(committed: Cast, worker: Any):
    client = committed["contributor"]

    flow = start(client, review="always")

    assert (flow["status"], flow["waiting_for"]) == ("paused", "mapping_review")
    assert flow["mappings_to_review"] == 5
    assert client.get(FLOWS, {"waiting_for": "mapping_review"}).json()["total"] == 1
    assert client.get("/api/v1/assets/").json()["total"] == 0
    found = mappings(client, flow)
    assert decide(client, found["Colour"], target_field="location").status_code == 200
    assert decide(client, found["Release"], status="approved").status_code == 200
    assert decide(client, found["Contact"], status="rejected").status_code == 200
    assert client.get(f"/api/v1/flows/{flow['flow_id']}").json()["mappings_to_review"] == 2

    flow = resume(client, flow)

    assert flow["status"] == "completed", flow
    assert "mappings_to_review" not in flow
    assert "corrections" not in flow
    web1 = asset(client, name="web1")
    assert (web1["location"], web1["memory_gb"]) == ("red", 4)
    assert web1["attributes"]["Contact"] == "Ada"
    assert "technical_owner" not in web1


def test_a_flow_waits_only_where_it_is_unsure(committed: Cast, worker: Any):
    client = committed["contributor"]
    sure = [{"Hostname": row["Hostname"], "Environment": "prod"} for row in ROWS]

    assert start(client, sure, review="when_unsure")["status"] == "completed"
    doubtful = start(client, review="when_unsure")

    assert doubtful["waiting_for"] == "mapping_review"
    found = mappings(client, doubtful)
    unsure = [m for m in found.values() if m["confidence"] < 0.8]
    assert doubtful["mappings_to_review"] == len(unsure) > 0


def test_resuming_without_a_decision_takes_the_rules_answers(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = start(client, review="always")
    before = mappings(client, flow)

    flow = resume(client, flow)

    assert flow["status"] == "completed", flow
    assert mappings(client, flow) == before
    assert asset(client, name="web2")["memory_gb"] == 8


def test_a_review_that_does_not_exist_is_refused(cast: Cast):
    answer = cast["contributor"].post(FLOWS, {"flow_name": "f", "review": "sometimes"})
    assert "must be one of: always, when_unsure, never" in field_error(answer, "review")
