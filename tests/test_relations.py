"""Files of relations: what their words mean, and the dependencies that come of them."""

from typing import Any

import pytest

from assets.fields import DEPENDENCY_TYPES
from discovery.dependencies.relations import Relation, relation_of
from tests.people import Cast
from tests.test_contract_flows import IMPORTS, ROWS, run_flow

MACHINES = [
    {"name": name, "type": kind}
    for name, kind in (
        ("Shop", "application"),
        ("shop-db", "database"),
        ("web1", "server"),
        ("esx1", "server"),
        ("prod-cluster", "cluster"),
    )
]


@pytest.mark.parametrize(
    ("text", "dependency_type", "is_reversed"),
    [
        ("Runs on::Runs", "runs_on", False),
        ("runs", "runs_on", True),
        ("Hosts::Hosted on", "runs_on", True),
        ("Hosted on::Hosts", "runs_on", False),
        ("Virtualized by::Virtualizes", "runs_on", False),
        ("Depends on::Used by", "depends_on", False),
        ("DEPENDS_ON", "depends_on", False),
        ("dependsOn", "depends_on", False),
        ("is required by", "depends_on", True),
        ("Used by::Uses", "uses", True),
        ("Contains::Contained by", "part_of", True),
        ("Members::Member of", "part_of", True),
        ("member-of", "part_of", False),
        ("Sends data to::Receives data from", "connects_to", False),
        ("Receives data from::Sends data to", "connects_to", True),
        ("HTTPS call", "connects_to", False),
        (
            "Does who knows what to::Used by",
            "uses",
            False,
        ),  # the second half is the other way round
        ("läuft auf", "runs_on", False),
    ],
)
def test_the_words_of_relations(text: str, dependency_type: str, is_reversed: bool) -> None:
    assert relation_of(text) == Relation(dependency_type, is_reversed)
    assert dependency_type in DEPENDENCY_TYPES


@pytest.mark.parametrize("text", ["", "::", "admires", "because", "認可"])
def test_words_that_mean_no_relation(text: str) -> None:
    assert relation_of(text) is None


def import_rows(client: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    handed_in = client.post(IMPORTS, ROWS | {"data_rows": rows, "file_name": "cmdb_rel_ci.csv"})
    flow = run_flow(client, data_import_id=handed_in.json()["id"])
    assert flow["status"] == "completed", flow
    return flow


def dependencies(client: Any) -> dict[tuple[str, str], tuple[str, str, list[str]]]:
    return {
        (edge["source_asset"]["name"], edge["target_asset"]["name"]): (
            edge["dependency_type"],
            edge["origin"],
            edge["evidence"],
        )
        for edge in client.get("/api/v1/dependencies/").json()["items"]
    }


def test_relations_of_a_cmdb_become_dependencies(committed: Cast, worker: Any):
    client = committed["contributor"]
    import_rows(client, MACHINES)
    stated = [
        ("Shop", "Depends on::Used by", "shop-db"),
        ("esx1", "Hosts::Hosted on", "web1"),
        ("prod-cluster", "Contains::Contained by", "esx1"),
        ("Shop", "Runs on::Runs", "web1"),
        ("Shop", "Admires::Admired by", "esx1"),
        ("Shop", "Admires::Admired by", "prod-cluster"),
        ("Shop", "Depends on::Used by", "nobody"),
    ]
    flow = import_rows(
        client, [{"parent": one, "type": said, "child": other} for one, said, other in stated]
    )

    def told(kind: str, row: int, sentence: str) -> tuple[str, str, list[str]]:
        return kind, "declared", [f"cmdb_rel_ci row {row}: {sentence}"]

    admired = "(Admires::Admired by)"
    assert dependencies(client) == {
        ("Shop", "shop-db"): told("depends_on", 1, "Shop to shop-db (Depends on::Used by)"),
        ("web1", "esx1"): told("runs_on", 2, "esx1 to web1 (Hosts::Hosted on)"),
        ("esx1", "prod-cluster"): told(
            "part_of", 3, "prod-cluster to esx1 (Contains::Contained by)"
        ),
        ("Shop", "web1"): told("runs_on", 4, "Shop to web1 (Runs on::Runs)"),
        ("Shop", "esx1"): told("depends_on", 5, f"Shop to esx1 {admired}"),
        ("Shop", "prod-cluster"): told("depends_on", 6, f"Shop to prod-cluster {admired}"),
    }
    findings = client.get(f"/api/v1/flows/{flow['flow_id']}/findings").json()["items"]
    assert [(f["row"], f["target"], f["value"]) for f in findings] == [
        (7, "edge.target", "nobody"),
        (5, "edge.type", "Admires::Admired by"),
    ]
    assert findings[1]["reason"].endswith("(2 row(s) say so)")
    assert flow["results"]["assets_discovered"] == 0


def test_connections_were_seen_and_keep_their_direction(committed: Cast, worker: Any):
    client = committed["contributor"]
    import_rows(client, MACHINES)
    import_rows(client, [{"source": "web1", "destination": "shop-db", "port": "5432"}])

    sentence = "cmdb_rel_ci row 1: web1 to shop-db (port 5432)"
    assert dependencies(client) == {("web1", "shop-db"): ("connects_to", "observed", [sentence])}


def test_both_unknown_ends_of_a_link_are_told_once(committed: Cast, worker: Any):
    client = committed["contributor"]
    import_rows(client, MACHINES)
    links = [("ghost", "web1"), ("ghost", "spook"), ("web1", "spook"), ("web1", "web1")]
    flow = import_rows(client, [{"parent": one, "child": other} for one, other in links])

    unknown = "No asset of the engagement bears this name: import it, then run again."
    findings = client.get(f"/api/v1/flows/{flow['flow_id']}/findings").json()["items"]
    assert [(f["row"], f["target"], f["value"], f["reason"]) for f in findings] == [
        (1, "edge.source", "ghost", f"{unknown} (2 row(s) say so)"),
        (2, "edge.target", "spook", f"{unknown} (2 row(s) say so)"),
    ]
    assert dependencies(client) == {}
