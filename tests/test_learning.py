"""What people decide about columns serves the next imports of their client account alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from discovery.models import ImportTable, LearnedMapping
from discovery.phases import field_mapping
from tenancy.models import Engagement
from tenancy.scope import scope
from tests.factories import EngagementFactory
from tests.people import Cast, client
from tests.races import wait_until_all_wait
from tests.test_contract_flows import run_flow
from tests.test_rls import Unlocked, lock_two_removed

LEARNED = "/api/v1/learned-mappings/"
ODD = "Kürzel-Q"


def rows(column: str = ODD, *values: str) -> list[dict[str, str]]:
    cells = values or ("4711", "4712", "4713")
    return [{"server_name": f"srv{n}", "OS": "Ubuntu", column: c} for n, c in enumerate(cells)]


def mapped(asking: APIClient, data_rows: list[dict[str, str]], **flow: Any) -> dict[str, Any]:
    """The mappings of a new import by their column, once its flow has come to rest."""
    made = asking.post("/api/v1/data-import/", {"data_rows": data_rows})
    ended = run_flow(asking, data_import_id=made.json()["id"], **flow)
    assert ended["status"] in {"completed", "paused"}, ended
    listed = asking.get(f"/api/v1/flows/{ended['flow_id']}/field-mappings").json()["items"]
    return {mapping["source_field"]: mapping for mapping in listed}


def decide(asking: APIClient, mapping: dict[str, Any], **decision: Any) -> None:
    answer = asking.patch(f"/api/v1/field-mappings/{mapping['id']}", decision)
    assert answer.status_code == 200, answer.content


def known(asking: APIClient, **query: str) -> list[tuple[Any, ...]]:
    names = ("source_field", "context", "target_field", "held", "overruled")
    listed = asking.get(LEARNED, query).json()["items"]
    return [tuple(item[name] for name in names) for item in listed]


@pytest.fixture
def sibling(committed: Cast) -> Engagement:
    """Another engagement of the same client account."""
    with transaction.atomic():
        made: Engagement = EngagementFactory(client_account=committed.engagement.client_account)
    return made


def test_what_one_engagement_decided_the_next_one_is_given(
    committed: Cast, worker: Any, sibling: Engagement
):
    first = committed["contributor"]
    odd = mapped(first, rows())[ODD]
    assert (odd["target_field"], odd["source"]) == (None, "rule")
    decide(first, odd, target_field="department")

    there = client(committed.users["contributor"], sibling)
    odd = mapped(there, rows("KÜRZEL Q"))["KÜRZEL Q"]

    assert (odd["target_field"], odd["source"], odd["status"]) == (
        "department",
        "learned",
        "applied",
    )
    assert odd["evidence"][0] == (
        'in this client account people gave "KÜRZEL Q" to department once'
    )
    assert 0.7 < odd["confidence"] < 0.98
    assets = there.get("/api/v1/assets/?name=srv0").json()["items"]
    assert assets[0]["department"] == "4711"
    assert known(there) == [(ODD, "asset/server", "department", 1, 0)]


def test_another_account_learns_nothing_of_it(committed: Cast, worker: Any):
    decide(committed["contributor"], mapped(committed["contributor"], rows())[ODD],
           target_field="department")  # fmt: skip

    stranger = committed.stranger_at_home
    odd = mapped(stranger, rows())[ODD]

    assert (odd["target_field"], odd["source"]) == (None, "rule")
    assert "people" not in str(odd["evidence"])
    assert known(stranger) == []
    with committed.scope(), transaction.atomic():
        theirs = LearnedMapping.objects.get()
    assert stranger.get(f"{LEARNED}{theirs.pk}").status_code == 404
    assert stranger.delete(f"{LEARNED}{theirs.pk}").status_code == 404


def test_what_holds_is_counted_and_makes_sure(committed: Cast, worker: Any):
    asking = committed["contributor"]
    decide(asking, mapped(asking, rows())[ODD], target_field="department")
    once = mapped(asking, rows())[ODD]
    decide(asking, once, status="approved")
    twice = mapped(asking, rows())[ODD]
    flow = f"/api/v1/flows/{twice['flow_id']}/field-mappings/approve"
    assert asking.post(flow, {"min_confidence": 0.5}).status_code == 200

    last = mapped(asking, rows())[ODD]

    assert once["confidence"] < twice["confidence"] < last["confidence"] < 1
    assert last["evidence"][0].endswith(f'gave "{ODD}" to department 3 times')
    assert known(asking, source_field=ODD.lower()) == [(ODD, "asset/server", "department", 3, 0)]


def test_the_last_word_counts_and_the_overruled_is_told(committed: Cast, worker: Any):
    asking = committed["contributor"]
    for _ in range(2):
        decide(asking, mapped(asking, rows())[ODD], target_field="department")
    decide(asking, mapped(asking, rows())[ODD], target_field="business_unit")

    odd = mapped(asking, rows())[ODD]
    assert (odd["target_field"], odd["source"]) == ("business_unit", "learned")
    assert sorted(known(asking)) == [
        (ODD, "asset/server", "business_unit", 1, 0),
        (ODD, "asset/server", "department", 2, 1),
    ]

    decide(asking, odd, target_field="department")
    odd = mapped(asking, rows())[ODD]
    assert odd["target_field"] == "department"
    assert odd["evidence"][0].endswith("to department 3 times and overruled it once")


def test_who_changes_his_mind_about_one_column_has_one_vote(committed: Cast, worker: Any):
    asking = committed["contributor"]
    decide(asking, mapped(asking, rows())[ODD], target_field="department")
    odd = mapped(asking, rows())[ODD]

    decide(asking, odd, target_field="business_unit")
    decide(asking, odd, target_field="location")
    decide(asking, odd, target_field="location")
    assert sorted(known(asking)) == [
        (ODD, "asset/server", "department", 1, 1),
        (ODD, "asset/server", "location", 1, 0),
    ]
    decide(asking, odd, target_field="department")
    assert known(asking) == [(ODD, "asset/server", "department", 2, 0)]


def test_what_people_keep_in_attributes_stays_there(committed: Cast, worker: Any):
    asking = committed["contributor"]
    system = mapped(asking, rows())["OS"]
    assert system["target_field"] == "operating_system"
    decide(asking, system, status="rejected")

    system = mapped(asking, rows())["OS"]

    assert (system["target_field"], system["source"]) == (None, "learned")
    assert system["status"] == "unmapped"
    assert system["evidence"][0].endswith('kept "OS" in attributes once')
    assert system["evidence"][1].startswith("by name and values it would be operating_system (")
    assert known(asking) == [("OS", "asset/server", None, 1, 0)]
    assert known(asking, target_field="operating_system") == []


def test_values_that_cannot_be_meant_are_not_given_to_the_target(committed: Cast, worker: Any):
    asking = committed["contributor"]
    decide(asking, mapped(asking, rows("Grösse", "8", "16", "32"))["Grösse"],
           target_field="memory_gb")  # fmt: skip
    assert mapped(asking, rows("Grösse", "64", "128"))["Grösse"]["source"] == "learned"

    odd = mapped(asking, rows("Grösse", "rather small", "middling", "quite large"))["Grösse"]

    assert (odd["target_field"], odd["source"]) == (None, "rule")
    assert odd["evidence"][0].endswith('gave "Grösse" to memory_gb once')
    assert odd["evidence"][1].startswith("not so here: ")


def test_a_unit_that_people_set_comes_along(committed: Cast, worker: Any):
    asking = committed["contributor"]
    ram = mapped(asking, rows("RAM", "2048", "4096"))["RAM"]
    assert ram["source_unit"] == "MiB"
    decide(asking, ram, source_unit="GiB")

    ram = mapped(asking, rows("RAM", "1024", "4096"))["RAM"]

    assert (ram["source"], ram["source_unit"]) == ("learned", "GiB")
    assert "people set its unit to GiB" in ram["evidence"]


def test_a_unit_that_nobody_set_is_found_anew(committed: Cast, worker: Any):
    asking = committed["contributor"]
    decide(asking, mapped(asking, rows("RAM", "2048", "4096"))["RAM"], status="approved")

    ram = mapped(asking, rows("RAM", "8", "16"))["RAM"]

    assert (ram["target_field"], ram["source_unit"]) == ("memory_gb", "")


def test_who_takes_a_target_away_decides_about_one_column(committed: Cast, worker: Any):
    asking = committed["contributor"]
    both = [row | {"Datacenter": "Kiel"} for row in rows("Ort", "Bonn", "Ulm")]
    first = mapped(asking, both)
    (taken,) = [name for name in ("Datacenter", "Ort") if first[name]["target_field"] == "location"]
    (other,) = {"Datacenter", "Ort"} - {taken}
    decide(asking, first[other], target_field="location", replace=True)

    again = mapped(asking, both)

    assert {name: again[name]["target_field"] for name in (taken, other)} == {
        taken: None,
        other: "location",
    }
    assert known(asking) == [(other, "asset/server", "location", 1, 0)]


def test_admins_forget(committed: Cast, worker: Any):
    asking = committed["contributor"]
    decide(asking, mapped(asking, rows())[ODD], target_field="department")
    (item,) = asking.get(LEARNED).json()["items"]
    assert asking.get(f"{LEARNED}{item['id']}").json() == item
    assert asking.delete(f"{LEARNED}{item['id']}").status_code == 403

    assert committed["admin"].delete(f"{LEARNED}{item['id']}").status_code == 204

    assert known(asking) == []
    assert mapped(asking, rows())[ODD]["source"] == "rule"


def test_two_who_decide_at_once_are_both_counted(committed: Cast, worker: Any):
    asking = committed["contributor"]
    one, two = (mapped(asking, rows())[ODD] for _ in range(2))

    def second() -> None:
        decide(committed["admin"], two, target_field="department")
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            decide(asking, one, target_field="department")
            waiting = pool.submit(second)
            wait_until_all_wait(1)
        waiting.result(timeout=30)

    assert known(asking) == [(ODD, "asset/server", "department", 2, 0)]


def test_to_learn_from_many_takes_as_many_queries_as_from_few(committed: Cast, worker: Any):
    asking = committed["contributor"]
    counts = []
    for columns in (3, 60):
        wide = [row | {f"Odd {n} thing": "x" for n in range(columns)} for row in rows()]
        flow_id = mapped(asking, wide)[ODD]["flow_id"]
        path = f"/api/v1/flows/{flow_id}/field-mappings/approve"
        with CaptureQueriesContext(connection) as asked:
            assert asking.post(path, {"unmapped": True}).json()["approved"] >= columns
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_unknown_filter_is_refused(cast: Cast):
    assert cast["viewer"].get(LEARNED, {"header": "x"}).status_code == 422


# --- Both locks --------------------------------------------------------------------------------


@pytest.fixture
def taught(cast: Cast) -> Cast:
    """The same column, learned by two accounts."""
    for tenant, target in ((cast.scope, "department"), (cast.scope_elsewhere, "location")):
        with tenant():
            LearnedMapping.objects.create(
                header="kst",
                context="asset",
                target_field=target,
                source_field="Kst",
                held=1,
                decided_at="2026-01-01T00:00Z",
            )
    return cast


def targets(manager: Any) -> list[str]:
    return sorted(manager.values_list("target_field", flat=True))


def test_either_lock_keeps_what_was_learned_in_its_account(taught: Cast):
    unlocked = Unlocked()
    unlocked.model = LearnedMapping
    with taught.scope():
        assert targets(unlocked) == ["department"], "lock two alone"
        with lock_two_removed():
            assert targets(unlocked) == ["department", "location"], "the policy is out of the way"
            assert targets(LearnedMapping.objects) == ["department"], "lock one alone"
    assert targets(unlocked) == []


def test_every_engagement_of_the_account_sees_it(taught: Cast):
    sibling = EngagementFactory(client_account=taught.engagement.client_account)
    with scope(sibling.client_account_id, sibling.pk):
        assert targets(LearnedMapping.objects) == ["department"]


def learned_of_a_table() -> str | None:
    """What the phase takes for learned, in the scope that is bound."""
    lesson = field_mapping._learned([ImportTable(columns=["Kst"])]).about("kst", "asset")
    return lesson and lesson.target


def test_the_phase_reads_what_its_account_learned(taught: Cast):
    for tenant, target in ((taught.scope, "department"), (taught.scope_elsewhere, "location")):
        with tenant():
            assert learned_of_a_table() == target
            with lock_two_removed():
                assert learned_of_a_table() == target
