"""Dependencies that an agent read, through the API and a real worker."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from discovery.models import AgentPolicy
from tests.agents import asking_worker, model
from tests.model_answers import judging, saying, verdicts, widened, wrong
from tests.model_server import Asked, ModelServer
from tests.people import Cast
from tests.test_contract_flows import FLOWS, IMPORTS, ROWS, run_flow
from tests.test_dependency_analyst import read

__all__ = ["asking_worker", "model"]
DATABASES = [
    {"name": f"srv-{name}-db01", "type": "database"} for name in ("leave", "stock", "crm", "tax")
]
APPLICATIONS = [
    {"name": name.title(), "type": "application", "depends on": f"srv-{name}-db01"}
    for name in ("leave", "stock", "crm", "tax")
]
ESTATE = [
    *DATABASES,
    *APPLICATIONS,
    {"name": "srv-payroll-db01", "type": "database"},
    {"name": "Salaries", "type": "application", "depends on": "payroll db"},
    {"name": "esx-07", "type": "server"},
    {"name": "web1", "type": "server", "description": "Runs on esx-07 since it was moved"},
    {"name": "web2", "type": "server", "description": "Was set up like web1 back then"},
]
BY_RULES = {(each["name"], each["depends on"], "uses", "declared") for each in APPLICATIONS}
BY_READER = {
    ("Salaries", "srv-payroll-db01", "uses", "agent"),
    ("web1", "esx-07", "runs_on", "agent"),
}


def import_estate(client: Any) -> dict[str, Any]:
    handed_in = client.post(IMPORTS, ROWS | {"data_rows": ESTATE, "file_name": "cmdb.csv"})
    flow = run_flow(client, data_import_id=handed_in.json()["id"])
    assert flow["status"] == "completed", flow
    return flow


def dependencies(client: Any) -> set[tuple[str, str, str, str]]:
    return {
        (
            edge["source_asset"]["name"],
            edge["target_asset"]["name"],
            edge["dependency_type"],
            edge["origin"],
        )
        for edge in client.get("/api/v1/dependencies/").json()["items"]
    }


def test_a_flow_with_a_model_finds_what_rules_cannot(
    model: ModelServer, asking_worker: Any, committed: Cast
):
    client = committed["contributor"]
    model.answering(judging(read))

    flow = import_estate(client)

    assert dependencies(client) == BY_RULES | BY_READER
    assert flow["results"]["dependencies_mapped"] == 6
    [finding] = client.get(f"/api/v1/flows/{flow['flow_id']}/findings").json()["items"]
    assert finding["reason"].endswith('took it for "srv-payroll-db01" (1 time(s)).')

    import_estate(client)
    assert dependencies(client) == BY_RULES | BY_READER


@pytest.mark.parametrize(
    "way",
    [judging(wrong(read)), saying(widened(verdicts(read)))],
    ids=["liar", "widened"],
)
def test_a_flow_with_a_hostile_model_finds_what_rules_find(
    model: ModelServer, asking_worker: Any, committed: Cast, way: Any
):
    client = committed["contributor"]
    model.answering(way)

    flow = import_estate(client)

    assert model.asked
    assert dependencies(client) == BY_RULES
    assert flow["results"]["dependencies_mapped"] == 4


def test_people_answer_what_the_model_is_not_sure_of(
    model: ModelServer, asking_worker: Any, committed: Cast
):
    client = committed["contributor"]
    model.answering(judging(read, sure=False))
    flow = import_estate(client)
    url = f"/api/v1/flows/{flow['flow_id']}/questions"
    put = {
        each["suggestion"]: each for each in client.get(f"{url}?kind=dependency").json()["items"]
    }

    said = client.patch(f"/api/v1/questions/{put['runs_on']['id']}", {"answer": "runs_on"})

    assert said.status_code == 200, said.content
    assert set(put) == {"runs_on", "uses"}
    assert dependencies(client) == BY_RULES | {("web1", "esx-07", "runs_on", "user")}


def thinking(asked: Asked) -> Iterator[Any]:
    yield 2.0
    yield from judging(read)(asked)


def test_a_flow_that_is_cancelled_while_the_model_thinks_keeps_what_rules_found(
    model: ModelServer, asking_worker: Any, committed: Cast
):
    client = committed["contributor"]
    model.answering(thinking)
    handed_in = client.post(IMPORTS, ROWS | {"data_rows": ESTATE, "file_name": "cmdb.csv"})
    started = client.post(FLOWS, {"flow_name": "f", "data_import_id": handed_in.json()["id"]})
    wait_until(lambda: any("payroll db" in asked.prompt for asked in model.asked))

    cancelled = client.post(f"/api/v1/flows/{started.json()['flow_id']}/cancel")
    with committed.scope(), transaction.atomic():
        AgentPolicy.objects.create(shares=AgentPolicy.Shares.NOTHING)
    import_estate(client)  # by the same worker, so after the one that was cancelled

    assert cancelled.status_code == 200
    assert dependencies(client) == BY_RULES


def wait_until(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
