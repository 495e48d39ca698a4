"""What an import says of its tables, and what people decide about how it is read."""

import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework.test import APIClient

from discovery.models import FieldMapping, ImportTable
from tests.people import Cast
from tests.test_contract_errors import problem
from tests.test_contract_flows import FLOWS, IMPORTS, ROWS, run_flow, wait_for_flow
from tests.workbooks import grid, xlsx

DISKS = grid(
    ["VM", "Disk", "Disk Key", "Capacity MiB"],
    ["web1", "Hard disk 1", 2000, 10240],
    ["web1", "Hard disk 2", 2001, 20480],
)
MACHINES = grid(
    ["VM", "Powerstate", "CPUs", "Memory"],
    ["web1", "poweredOn", 4, 8192],
    ["web2", "poweredOn", 2, 4096],
)
WORKBOOK = xlsx({"vInfo": MACHINES, "vDisk": DISKS, "Notes": grid(["note", "by"], ["x", "y"])})


def hand_in(client: APIClient, name: str, content: bytes) -> dict[str, Any]:
    upload = SimpleUploadedFile(name, content)
    answer = client.post(IMPORTS, {"file": upload}, format="multipart")
    assert answer.status_code == 201, answer.content
    return wait_until_read(client, answer.json()["id"])


def wait_until_read(client: APIClient, import_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = client.get(f"{IMPORTS}{import_id}").json()
        if found["status"] != "uploaded":
            return found
        time.sleep(0.05)
    raise AssertionError(f"not read within a minute: {found}")


def decide(client: APIClient, import_id: str, **body: Any) -> dict[str, Any]:
    answer = client.patch(f"{IMPORTS}{import_id}", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "uploaded"
    return wait_until_read(client, import_id)


def by_name(data_import: dict[str, Any]) -> dict[str, Any]:
    return {table["name"]: table for table in data_import["tables"]}


# --- What is told -------------------------------------------------------------------------------


def test_an_import_tells_what_was_found_in_it(committed: Cast, worker: Any):
    found = hand_in(committed["contributor"], "estate.xlsx", WORKBOOK)

    tables = by_name(found)
    assert list(tables) == ["vInfo", "vDisk", "Notes"]
    assert found["skipped_tables"] == []
    assert found["choices"] == {}
    assert found["read_at"] > found["created_at"]
    assert tables["vDisk"]["grain"] == "disk"
    assert tables["vDisk"]["known_format"] == "RVTools"
    assert all(tables["vDisk"]["grain_evidence"])
    assert tables["vInfo"]["grain"] == "asset"
    assert tables["vInfo"]["header_row"] == 1
    assert tables["vInfo"]["row_count"] == 2
    assert "known_format" not in tables["Notes"]
    assert found["row_count"] == 5


def test_a_flow_takes_the_grain_that_stands_there(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)
    flow = run_flow(client, data_import_id=found["id"])

    assert flow["status"] == "completed", flow
    with committed.scope(), transaction.atomic():
        for table in ImportTable.objects.filter(data_import=found["id"]):
            reading = table.readings.get(flow=flow["flow_id"])
            assert (reading.grain, reading.evidence) == (table.grain, table.grain_evidence)
    assert client.get("/api/v1/assets/?asset_type=virtual_machine").json()["total"] == 2


# --- What is decided ----------------------------------------------------------------------------


def test_a_wrong_grain_of_one_tab_leaves_the_others(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)
    before = by_name(found)

    found = decide(client, found["id"], tables=[{"name": "vDisk", "grain": "reference"}])

    tables = by_name(found)
    assert found["status"] == "read"
    assert found["choices"] == {"tables": [{"name": "vDisk", "grain": "reference"}]}
    assert tables["vDisk"]["grain"] == "reference"
    assert "a person decided it" in tables["vDisk"]["grain_evidence"][0]
    assert "disk" in tables["vDisk"]["grain_evidence"][0]
    assert tables["vInfo"] == before["vInfo"]
    assert tables["Notes"] == before["Notes"]
    again = decide(client, found["id"], tables=[{"name": "vDisk", "grain": None}])
    assert by_name(again) == before
    assert again["choices"] == {}


def test_a_header_row_of_one_tab(committed: Cast, worker: Any):
    client = committed["contributor"]
    content = xlsx({"vInfo": MACHINES, "Old": grid(["a", "b"], ["Name", "RAM"], ["x", "4"])})
    found = hand_in(client, "estate.xlsx", content)
    assert by_name(found)["Old"]["columns"] == ["a", "b"]

    found = decide(client, found["id"], tables=[{"name": "Old", "header_row": 2}])

    old = by_name(found)["Old"]
    assert (old["header_row"], old["columns"], old["row_count"]) == (2, ["Name", "RAM"], 1)
    assert old["preview"] == [["3", "x", "4"]]
    assert by_name(found)["vInfo"]["row_count"] == 2
    assert found["row_count"] == 3


def test_one_sheet_alone_and_all_of_them_again(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)

    alone = decide(client, found["id"], sheet="vDisk", grain="nic")

    assert [(t["name"], t["grain"]) for t in alone["tables"]] == [("vDisk", "nic")]
    assert alone["skipped_tables"] == ["vInfo", "Notes"]
    assert (alone["choices"], alone["row_count"]) == ({"sheet": "vDisk", "grain": "nic"}, 2)
    flow = run_flow(client, data_import_id=found["id"])
    mappings = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings").json()["items"]
    assert {mapping["table"] for mapping in mappings} == {"vDisk"}
    other = decide(client, found["id"], sheet="vInfo")
    assert other["choices"] == {"sheet": "vInfo"}, "the grain was that of the other sheet"
    again = decide(client, found["id"], sheet=None)
    assert again["tables"] == found["tables"]
    assert again["skipped_tables"] == []


def test_a_table_that_is_left_out(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)

    less = decide(client, found["id"], tables=[{"name": "vInfo", "skip": True}])

    assert list(by_name(less)) == ["vDisk", "Notes"]
    assert (less["skipped_tables"], less["row_count"]) == (["vInfo"], 3)
    every = [{"name": name, "skip": True} for name in ("vDisk", "Notes")]
    refused = client.patch(f"{IMPORTS}{found['id']}", {"tables": every})
    assert "At least one table must be left" in problem(refused, 422)["message"]
    again = decide(client, found["id"], tables=[{"name": "vInfo", "skip": False}])
    assert again["tables"] == found["tables"]


def test_the_text_of_a_file_as_a_person_says(committed: Cast, worker: Any):
    client = committed["contributor"]
    content = "Name#Größe\nx,1#4\ny,2#8\n".encode("cp1252")
    found = hand_in(client, "list.csv", content)

    found = decide(client, found["id"], delimiter="#", encoding="cp1252", header_row=1)

    (table,) = found["tables"]
    assert table["columns"] == ["Name", "Größe"]
    assert (table["delimiter"], table["encoding"]) == ("#", "cp1252")
    assert table["preview"][0] == ["2", "x,1", "4"]


def test_a_choice_that_does_not_work_says_so_and_can_be_taken_back(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "list.csv", b"name,ram\na,1\nb,2\n")

    failed = decide(client, found["id"], header_row=500)

    assert (failed["status"], failed["error_code"]) == ("failed", "choice")
    assert "500" in failed["error"]
    assert failed["tables"] == found["tables"], "of the last reading"
    flow = run_flow(client, data_import_id=found["id"])
    assert (flow["status"], flow["error"]) == ("failed", failed["error"])
    again = decide(client, found["id"], header_row=None)
    assert (again["status"], again["error"]) == ("read", "")
    assert again["tables"] == found["tables"]


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "", "Must have at least one of"),
        ({"grain": "planet"}, "grain", "must be one of: asset, disk, partition, nic"),
        ({"encoding": "rot13"}, "encoding", "must be one of: utf-8"),
        ({"delimiter": "ab"}, "delimiter", "one ASCII sign"),
        ({"delimiter": "x"}, "delimiter", "one ASCII sign"),
        ({"delimiter": '"'}, "delimiter", "one ASCII sign"),
        ({"header_row": 0}, "header_row", "1"),
        ({"header_row": "first"}, "header_row", "integer"),
        ({"header_row": 2**40}, "header_row", "1048576"),
        ({"header_rows": 1}, "header_rows", "unknown"),
        ({"tables": [{"grain": "disk"}]}, "tables.0.name", "required"),
        ({"tables": [{"name": "vInfo", "skipped": True}]}, "tables.0.skipped", "unknown"),
        ({"tables": [{"name": "vInfo"}, {"name": "vInfo"}]}, "tables", "at most once"),
        ({"tables": [{"name": "vInfo"}, {"name": "vCPU"}]}, "tables.1.name", "vInfo, vDisk, Notes"),
        ({"sheet": "vCPU"}, "sheet", "vInfo, vDisk, Notes"),
        ({"grain": "disk"}, "grain", "several tables"),
        ({"header_row": 2}, "header_row", "several tables"),
        ({"delimiter": ";"}, "delimiter", "Only delimited text"),
        ({"encoding": "cp1252"}, "encoding", "Only delimited text"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    committed: Cast, workbook: dict[str, Any], body: Any, field: str, says: str
):
    answer = committed["contributor"].patch(f"{IMPORTS}{workbook['id']}", body)

    errors = problem(answer, 422)["details"]["field_errors"]
    assert field in {error["field"] for error in errors}
    assert any(says in error["message"] for error in errors), errors
    assert committed["viewer"].get(f"{IMPORTS}{workbook['id']}").json() == workbook


@pytest.fixture
def workbook(committed: Cast, worker: Any) -> dict[str, Any]:
    return hand_in(committed["contributor"], "estate.xlsx", WORKBOOK)


def test_rows_of_json_have_no_header_row(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = wait_until_read(client, client.post(IMPORTS, ROWS).json()["id"])

    refused = client.patch(f"{IMPORTS}{found['id']}", {"header_row": 2})

    assert "JSON has no header row" in problem(refused, 422)["message"]
    assert decide(client, found["id"], grain="reference")["tables"][0]["grain"] == "reference"


def test_every_sign_that_the_readers_take_and_no_other():
    import re

    from discovery.readers import Choices, Unreadable
    from discovery.serializers.imports import DELIMITER

    for sign in map(chr, range(0x250)):
        try:
            Choices(delimiter=sign)
        except Unreadable:
            assert not re.fullmatch(DELIMITER, sign), sign
        else:
            assert re.fullmatch(DELIMITER, sign), sign


# --- Who may, and when --------------------------------------------------------------------------


def test_contributors_and_admins_of_the_tenant_decide(cast: Cast):
    import_id = cast["contributor"].post(IMPORTS, ROWS).json()["id"]
    place, body = f"{IMPORTS}{import_id}", {"grain": "asset"}

    assert cast["admin"].patch(place, body).status_code == 200
    assert cast["contributor"].patch(f"{place}/", body).status_code == 200
    problem(cast["viewer"].patch(place, body), 403)
    problem(cast.stranger_at_home.patch(place, body), 404)
    problem(cast["contributor"].put(place, body), 405)


def test_nobody_decides_over_what_he_has_not_seen(cast: Cast):
    client = cast["contributor"]
    import_id = client.post(IMPORTS, ROWS).json()["id"]
    tag = client.get(f"{IMPORTS}{import_id}").headers["ETag"]

    first = client.patch(f"{IMPORTS}{import_id}", {"grain": "tag"}, headers={"If-Match": tag})
    second = client.patch(f"{IMPORTS}{import_id}", {"grain": "nic"}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["ETag"] == client.get(f"{IMPORTS}{import_id}").headers["ETag"]


def test_not_while_a_flow_runs_or_is_paused(cast: Cast):
    client = cast["contributor"]
    import_id = client.post(IMPORTS, ROWS).json()["id"]
    flow_id = client.post(FLOWS, {"flow_name": "f", "data_import_id": import_id}).json()["flow_id"]

    for status in ("running", "paused"):
        refused = problem(client.patch(f"{IMPORTS}{import_id}", {"grain": "tag"}), 409)
        assert refused["details"] == {"flow_id": flow_id, "status": status}
        assert "Cancel it" in refused["message"]
        client.post(f"/api/v1/flows/{flow_id}/pause")
    client.post(f"/api/v1/flows/{flow_id}/cancel")
    assert client.patch(f"{IMPORTS}{import_id}", {"grain": "tag"}).status_code == 200


def test_the_audit_trail_says_who_decided_what(cast: Cast):
    import_id = cast["contributor"].post(IMPORTS, ROWS).json()["id"]
    cast["contributor"].patch(f"{IMPORTS}{import_id}", {"grain": "tag"})

    events = cast["admin"].get(f"/api/v1/audit-events/?object_id={import_id}").json()["items"]
    assert events[0]["after"]["choices"] == {"grain": "tag"}
    assert events[0]["email"] == cast.users["contributor"].email


# --- Flows that ran before ----------------------------------------------------------------------


def test_a_completed_flow_uses_the_new_reading_from_data_import_on(committed: Cast, worker: Any):
    client = committed["contributor"]
    content = b"Servers of Hamburg;;\nName;Type;RAM (MB)\nweb1;server;4096\nweb2;server;8192\n"
    found = hand_in(client, "list.csv", content)
    found = decide(client, found["id"], header_row=1)
    flow = run_flow(client, data_import_id=found["id"])
    first = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings").json()["items"]
    assert "RAM (MB)" not in {mapping["source_field"] for mapping in first}
    found = decide(client, found["id"], header_row=2)

    stale = client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "asset_creation"})
    assert stale.status_code == 200
    stale = wait_for_flow(client, flow["flow_id"])
    assert (stale["status"], stale["error_code"]) == ("failed", "tables_changed")
    assert "from the phase data_import" in stale["error"]

    client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "data_import"})
    again = wait_for_flow(client, flow["flow_id"])
    assert again["status"] == "completed", again
    mapped = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings").json()["items"]
    assert [mapping["source_field"] for mapping in mapped] == ["Name", "Type", "RAM (MB)"]
    web1 = client.get("/api/v1/assets/?name=web1").json()["items"][0]
    assert web1["memory_gb"] == 4


def test_a_decision_goes_with_its_column_and_ends_with_it(committed: Cast, worker: Any):
    """Another header row names the columns anew: what was decided of a lost one is void."""
    client = committed["contributor"]
    content = (
        b"Owner,Name,Colour,Place,System\nName,Colour,Paint,IP Address,Operating System\n"
        b"web1,red,matt,10.0.0.1,Ubuntu\nweb2,blue,matt,10.0.0.2,Ubuntu\n"
    )
    found = decide(client, hand_in(client, "list.csv", content)["id"], header_row=1)
    flow = run_flow(client, data_import_id=found["id"], review="always")
    place = f"/api/v1/flows/{flow['flow_id']}"

    def mapped() -> dict[str, Any]:
        items = client.get(f"{place}/field-mappings").json()["items"]
        return {item["source_field"]: item for item in items}

    for column, target in (("Owner", "department"), ("Name", "name"), ("Colour", "tags")):
        body = {"target_field": target, "replace": True}
        answer = client.patch(f"/api/v1/field-mappings/{mapped()[column]['id']}", body)
        assert answer.status_code == 200, answer.content
    kept = {column: mapped()[column]["id"] for column in ("Name", "Colour")}
    client.post(f"{place}/resume")
    assert wait_for_flow(client, flow["flow_id"])["status"] == "completed"

    decide(client, found["id"], header_row=2)
    client.post(f"{place}/retry", {"from_phase": "data_import"})
    assert wait_for_flow(client, flow["flow_id"])["status"] == "paused"
    again = mapped()
    assert list(again) == ["Name", "Colour", "Paint", "IP Address", "Operating System"]
    assert again["Colour"]["sample_values"] == ["red", "blue"]
    assert {column: again[column]["id"] for column in kept} == kept
    assert again["Colour"]["target_field"] == "tags"
    client.post(f"{place}/resume")
    done = wait_for_flow(client, flow["flow_id"])
    assert done["status"] == "completed", done
    web1 = client.get("/api/v1/assets/?name=web1").json()["items"][0]
    assert web1["tags"] == ["red"]


def test_a_decision_about_a_table_that_is_skipped_by_now(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)
    flow = run_flow(client, data_import_id=found["id"])
    items = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings?page_size=1000").json()
    note = next(item["id"] for item in items["items"] if item["source_field"] == "note")
    place = f"/api/v1/field-mappings/{note}"
    assert client.patch(place, {"target_field": "tags"}).status_code == 200
    decide(client, found["id"], tables=[{"name": "Notes", "skip": True}])
    client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "data_import"})
    assert wait_for_flow(client, flow["flow_id"])["status"] == "completed"

    for body in ({"status": "rejected"}, {"target_field": "description"}):
        answer = client.patch(place, body)
        assert answer.status_code == 200, answer.content

    decide(client, found["id"], tables=[{"name": "Notes", "skip": False}])
    client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "data_import"})
    assert wait_for_flow(client, flow["flow_id"])["status"] == "completed"
    assert client.get(place).json()["target_field"] == "description"


def test_mappings_of_earlier_flows_stay_readable(committed: Cast, worker: Any):
    client = committed["contributor"]
    found = hand_in(client, "estate.xlsx", WORKBOOK)
    flow = run_flow(client, data_import_id=found["id"])
    place = f"/api/v1/flows/{flow['flow_id']}/field-mappings?page_size=1000"
    before = client.get(place).json()

    decide(client, found["id"], sheet="vInfo")
    decide(client, found["id"], sheet=None, tables=[{"name": "Notes", "grain": "reference"}])

    assert client.get(place).json() == before
    with committed.scope(), transaction.atomic():
        assert FieldMapping.objects.filter(flow=flow["flow_id"]).count() == before["total"]
        assert ImportTable.objects.filter(data_import=found["id"]).count() == 3
