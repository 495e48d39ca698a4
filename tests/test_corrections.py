"""Corrections after a flow has ended: it runs again, and what was wrong in the assets goes."""

from typing import Any

from rest_framework.test import APIClient

from tests.people import Cast
from tests.test_contract_flows import run_flow, wait_for_flow
from tests.test_decisions import asset, decide, hand_in, mappings, start
from tests.test_import_choices import decide as choose
from tests.test_import_choices import hand_in as upload
from tests.workbooks import grid, xlsx

ASSETS = "/api/v1/assets/"


def run_again(client: APIClient, flow: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/v1/flows/{flow['flow_id']}/retry"
    assert client.post(path, {"from_phase": "asset_creation"}).status_code == 200
    done = wait_for_flow(client, flow["flow_id"])
    assert done["status"] == "completed", done
    assert "corrections" not in done
    return done


def correct(client: APIClient, flow: dict[str, Any], **targets: Any) -> dict[str, Any]:
    """Gives columns other targets and runs the flow again."""
    found = mappings(client, flow)
    for column, target in targets.items():
        body = target if isinstance(target, dict) else {"target_field": target, "replace": True}
        answer = decide(client, found[column], **body)
        assert answer.status_code == 200, answer.content
    seen = client.get(f"/api/v1/flows/{flow['flow_id']}").json()
    assert seen["corrections"] >= len(targets)
    return run_again(client, flow)


def names(client: APIClient) -> list[str]:
    return [item["name"] for item in client.get(ASSETS).json()["items"]]


def ids(client: APIClient) -> set[str]:
    return {item["id"] for item in client.get(ASSETS).json()["items"]}


WRONG_NAME = [
    {"Server": "blue", "Node code": "web1", "RAM": "4096", "Zone": "test"},
    {"Server": "green", "Node code": "web2", "RAM": "8192", "Zone": "prod"},
    {"Server": "red", "Node code": "web3", "RAM": "16384", "Zone": "prod"},
]


def test_a_corrected_name_renames_the_assets_and_doubles_none(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = start(client, WRONG_NAME)
    assert names(client) == ["blue", "green", "red"]
    before = ids(client)

    done = correct(client, flow, **{"Node code": "name"})

    assert names(client) == ["web1", "web2", "web3"]
    assert ids(client) == before, "they are the same assets: what was tied to them still is"
    web1 = asset(client, name="web1")
    assert web1["attributes"]["Server"] == "blue"
    assert "Node code" not in web1["attributes"]
    assert done["results"]["assets_updated"] == 3
    assert done["results"]["assets_created"] == done["results"]["assets_removed"] == 0


def test_a_corrected_unit_is_worked_out_anew(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = start(client, WRONG_NAME)
    assert asset(client, name="blue")["memory_gb"] == 4

    correct(client, flow, RAM={"source_unit": None})
    assert asset(client, name="blue")["memory_gb"] == 4096
    correct(client, flow, RAM={"source_unit": "KiB"})
    assert asset(client, name="red")["memory_gb"] == 0.0156


def test_what_a_wrong_column_said_goes_but_for_what_a_person_edited(committed: Cast, worker: Any):
    client = committed["contributor"]
    rows = [{"Name": f"web{n}", "Env": "prod", "Owner": "a"} for n in range(3)]
    flow = start(client, rows)
    edited = asset(client, name="web1")
    assert edited["environment"] == "prod"
    client.patch(f"{ASSETS}{edited['id']}", {"environment": "dev"})

    correct(client, flow, Env={"status": "rejected"})

    web0 = asset(client, name="web0")
    assert "environment" not in web0
    assert web0["attributes"]["Env"] == "prod"
    assert asset(client, name="web1")["environment"] == "dev"


def test_an_attribute_that_gets_a_target_is_no_attribute_any_more(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = start(client, [{"Name": f"web{n}", "Colour": "red", "Shape": "x"} for n in range(3)])

    correct(client, flow, Colour="tags")

    web0 = asset(client, name="web0")
    assert (web0["tags"], web0["attributes"]) == (["red"], {"Shape": "x"})

    correct(client, flow, Colour=None)

    web0 = asset(client, name="web0")
    assert (web0["tags"], web0["attributes"]) == ([], {"Colour": "red", "Shape": "x"})


def test_machines_that_a_wrong_name_took_for_one_are_told_apart(committed: Cast, worker: Any):
    client = committed["contributor"]
    rows = [{"Server": "rack", "Node code": f"web{n}"} for n in range(3)]
    flow = start(client, rows)
    assert names(client) == ["rack"]

    done = correct(client, flow, **{"Node code": "name"})

    assert names(client) == ["web0", "web1", "web2"]
    assert done["results"]["assets_created"] == 2


def test_assets_that_nothing_describes_any_more_go(committed: Cast, worker: Any):
    client = committed["contributor"]
    rows = [{"Server": f"disk{n}", "Node code": f"web{n // 2}", "RAM": "8"} for n in range(6)]
    flow = start(client, rows)
    assert len(names(client)) == 6
    kept, tied, other = (asset(client, name=f"disk{n}")["id"] for n in (1, 3, 4))
    client.patch(f"{ASSETS}{kept}", {"description": "Mind this one."})
    edge = {"source_asset": tied, "target_asset": other, "dependency_type": "uses"}
    assert client.post("/api/v1/dependencies/", edge).status_code == 201

    done = correct(client, flow, **{"Node code": "name"})

    assert names(client) == ["disk1", "disk3", "web0", "web1", "web2"]
    assert done["results"]["assets_removed"] == 1
    left = client.get(f"{ASSETS}{kept}").json()
    assert (left["description"], left["sources"]) == ("Mind this one.", {})
    assert "memory_gb" not in left, "nobody says so any more"
    assert client.get("/api/v1/dependencies/").json()["total"] == 1


def test_a_corrected_import_joins_what_another_one_made(committed: Cast, worker: Any):
    client = committed["contributor"]
    first = [{"Name": f"web{n}", "Owner": "Ada"} for n in (1, 2, 3)]
    start(client, first)
    flow = start(client, WRONG_NAME)
    assert len(names(client)) == 6

    done = correct(client, flow, **{"Node code": "name"})

    assert names(client) == ["web1", "web2", "web3"]
    assert done["results"]["assets_removed"] == 3
    web1 = asset(client, name="web1")
    assert web1["memory_gb"] == 4
    assert len(web1["sources"]) == 2


def test_what_another_import_says_stays_and_comes_back(committed: Cast, worker: Any):
    """The wrong column overwrote the value of the first import, and added to its lists."""
    client = committed["contributor"]
    rows = [{"Name": f"web{n}", "Env": "test", "Tags": "shop", "Site": "Kiel"} for n in range(3)]
    start(client, rows)
    before = asset(client, name="web0")
    assert (before["environment"], before["tags"]) == ("test", ["shop"])
    wrong = [{"Name": f"web{n}", "Env": "prod", "Tags": "eu", "RAM": "8"} for n in range(3)]
    flow = start(client, wrong)
    both = asset(client, name="web0")
    assert (both["environment"], both["tags"]) == ("prod", ["shop", "eu"])

    correct(client, flow, Env=None, Tags={"status": "rejected"})

    after = asset(client, name="web0")
    assert (after["environment"], after["tags"]) == ("test", ["shop"])
    assert (after["location"], after["memory_gb"]) == ("Kiel", 8)
    assert after["attributes"] == {"Env": "prod", "Tags": "eu"}
    assert after["id"] == before["id"]


def test_a_wrong_name_that_met_another_machine_leaves_it_as_it_was(committed: Cast, worker: Any):
    client = committed["contributor"]
    start(client, [{"Name": n, "Env": "test"} for n in ("blue", "black", "white")])
    before = asset(client, name="blue")
    flow = start(client, WRONG_NAME)
    assert asset(client, name="blue")["memory_gb"] == 4

    correct(client, flow, **{"Node code": "name"})

    after = asset(client, name="blue")
    assert after["sources"] == before["sources"]
    assert "memory_gb" not in after
    assert (after["environment"], after["attributes"]) == ("test", before["attributes"])
    assert asset(client, name="web1")["memory_gb"] == 4


def test_a_wrong_serial_number_does_not_part_a_machine_from_itself(committed: Cast, worker: Any):
    client = committed["contributor"]
    start(client, [{"Name": f"web{n}", "Owner": "Ada"} for n in range(3)])
    rows = [{"Name": f"web{n}", "Serial": f"RACK{n}", "Chassis": f"SN-77{n}"} for n in range(3)]
    flow = start(client, rows)
    assert asset(client, name="web0")["serial_number"] == "RACK0"
    before = ids(client)

    correct(client, flow, Chassis="serial_number")

    assert ids(client) == before
    assert asset(client, name="web0")["serial_number"] == "SN-770"


def test_a_need_that_a_wrong_column_declared_goes(committed: Cast, worker: Any):
    client = committed["contributor"]
    rows = [
        {"Name": "web1", "Depends on": "db1", "Parent": ""},
        {"Name": "web2", "Depends on": "db1", "Parent": "web1"},
        {"Name": "db1", "Depends on": "", "Parent": ""},
    ]
    flow = start(client, rows)
    edges = client.get("/api/v1/dependencies/").json()["items"]
    assert len(edges) == 2
    assert {edge["origin"] for edge in edges} == {"declared"}

    correct(client, flow, **{"Depends on": None})

    assert client.get("/api/v1/dependencies/").json()["total"] == 0


def test_running_again_without_a_correction_changes_nothing(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = start(client, WRONG_NAME)
    start(client, [{"Name": "blue", "Owner": "Ada"}, {"Name": "x", "Owner": "Bob"}])
    before = client.get(ASSETS).json()

    again = run_again(client, flow)

    assert client.get(ASSETS).json() == before
    assert again["results"]["assets_unchanged"] == 3


def test_another_flow_of_the_import_mends_what_the_first_one_made(committed: Cast, worker: Any):
    client = committed["contributor"]
    data_import = hand_in(client, WRONG_NAME)
    run_flow(client, data_import_id=data_import)
    second = run_flow(client, data_import_id=data_import, review="always")
    answer = decide(
        client, mappings(client, second)["Node code"], target_field="name", replace=True
    )
    assert answer.status_code == 200

    client.post(f"/api/v1/flows/{second['flow_id']}/resume")
    assert wait_for_flow(client, second["flow_id"])["status"] == "completed"

    assert names(client) == ["web1", "web2", "web3"]


def test_an_approval_is_no_correction(committed: Cast, worker: Any):
    client = committed["contributor"]
    flow = start(client, WRONG_NAME)
    path = f"/api/v1/flows/{flow['flow_id']}"

    client.post(f"{path}/field-mappings/approve", {"min_confidence": 0, "unmapped": True})
    assert "corrections" not in client.get(path).json()
    ram = mappings(client, flow)["RAM"]
    assert decide(client, ram, source_unit="GiB").json()["corrected"] is True

    assert client.get(path).json()["corrections"] == 1


def test_another_flow_of_the_import_keeps_what_people_decided_about_each_tab(
    committed: Cast, worker: Any
):
    client = committed["contributor"]
    tabs = {
        name: grid(["Hostname", "OS", "Zust.", "Size"], [f"{name}1", "Ubuntu 22.04", "Ada", 16])
        for name in ("east", "west")
    }
    data_import = upload(client, "two.xlsx", xlsx(tabs))["id"]
    first = run_flow(client, data_import_id=data_import)
    # What is learned of "Size" and "Zust." is the last word, so that of the second tab.
    decide_in(client, first, "east", **{"Zust.": "business_owner", "Size": "memory_gb"})
    decide_in(client, first, "west", **{"Zust.": "technical_owner", "Size": "storage_gb"})
    run_again(client, first)

    second = run_flow(client, data_import_id=data_import)

    assert second["results"]["assets_unchanged"] == 2
    east, west = asset(client, name="east1"), asset(client, name="west1")
    assert (east["business_owner"], east["memory_gb"]) == ("Ada", 16)
    assert (west["technical_owner"], west["storage_gb"]) == ("Ada", 16)
    size = by_tab(client, second)["east", "Size"]
    assert (size["source"], size["status"], size["confidence"]) == ("learned", "applied", None)
    assert size["evidence"][0] == (
        "in an earlier run of this import a person gave this column to memory_gb"
    )


def test_a_decision_about_a_column_that_is_read_no_more_is_in_nobodys_way(
    committed: Cast, worker: Any
):
    client = committed["contributor"]
    content = b"Hostname;Foo;Size\nName;Zone;RAM\nweb1;dmz;4\nweb2;lan;8\n"
    data_import = upload(client, "list.csv", content)["id"]
    choose(client, data_import, header_row=1)
    flow = run_flow(client, data_import_id=data_import)
    assert decide(client, mappings(client, flow)["Foo"], target_field="location").status_code == 200
    choose(client, data_import, header_row=2)

    client.post(f"/api/v1/flows/{flow['flow_id']}/retry", {"from_phase": "data_import"})
    done = wait_for_flow(client, flow["flow_id"])

    assert done["status"] == "completed", done
    assert list(mappings(client, done)) == ["Name", "Zone", "RAM"]
    assert names(client) == ["web1", "web2"]


def by_tab(client: APIClient, flow: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    items = client.get(f"/api/v1/flows/{flow['flow_id']}/field-mappings").json()["items"]
    return {(item["table"], item["source_field"]): item for item in items}


def decide_in(client: APIClient, flow: dict[str, Any], table: str, **targets: str) -> None:
    found = by_tab(client, flow)
    for column, target in targets.items():
        answer = decide(client, found[table, column], target_field=target, replace=True)
        assert answer.status_code == 200, answer.content
