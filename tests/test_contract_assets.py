"""contract.md section 4, and the dependencies beside it."""

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.fields import FIELDS
from assets.models import Asset
from assets.serializers import AssetSerializer
from tests.factories import AssetFactory, DependencyFactory
from tests.people import Cast

ASSETS = "/api/v1/assets/"


def test_4_create_answers_201_with_id_created_at_and_what_was_sent(cast: Cast):
    sent = {
        "name": "web-1",
        "asset_type": "server",
        "environment": "prod",
        "attributes": {"rack": {"row": 3}},
        "tags": ["a", "b"],
        "memory_gb": 64,
        "monthly_cost": 12.5,
        "port": [80, 443],
        "ip_address": "10.0.0.1",
        "install_date": "2024-02-29",
    }

    answer = cast["contributor"].post(ASSETS, sent)

    assert answer.status_code == 201
    created = answer.json()
    assert UUID(created["id"])
    assert created["created_at"]
    assert {name: created[name] for name in sent} == sent


def test_4_read_update_delete(cast: Cast):
    admin = cast["admin"]
    created = admin.post(ASSETS, {"name": "a", "environment": "dev", "tags": ["x"]}).json()
    path = f"{ASSETS}{created['id']}"

    put = admin.put(path, {"name": "b", "attributes": {"k": 1}})
    assert put.status_code == 200
    assert put.json()["environment"] == "dev"
    assert put.json()["tags"] == ["x"]
    patched = admin.patch(path, {"environment": "qa"})
    assert patched.status_code == 200
    read = admin.get(path).json()
    assert (read["name"], read["environment"], read["attributes"]) == ("b", "qa", {"k": 1})
    assert admin.put(path, {"environment": None}).json().get("environment") is None

    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize("path", ["assets", "dependencies", "data-import", "discovery/flows"])
def test_every_path_answers_with_and_without_a_slash(cast: Cast, path: str):
    for ending in ("", "/"):
        assert cast["viewer"].get(f"/api/v1/{path}{ending}").status_code == 200
        assert cast["viewer"].get(f"/api/v1/{path}/{uuid4()}{ending}").status_code == 404
    assert cast["viewer"].get("/api/v1/health").status_code == 200
    assert cast["viewer"].get("/api/v1/health/").status_code == 200


def test_4_pages(cast: Cast):
    with cast.scope():
        AssetFactory.create_batch(25)

    page = cast["viewer"].get(f"{ASSETS}?page=3&page_size=10").json()

    assert (page["total"], page["page"], page["page_size"], len(page["items"])) == (25, 3, 10, 5)
    assert cast["viewer"].get(f"{ASSETS}?page=99").json()["items"] == []
    for bad in ("page=0", "page=x", "page_size=0", "page_size=1001", "page=%C2%B2"):
        assert cast["viewer"].get(f"{ASSETS}?{bad}").status_code == 422, bad


def test_4_patch_of_the_collection_is_405(cast: Cast):
    answer = cast["admin"].patch(ASSETS, {})

    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].replace(",", "").split())


def test_filters_search_and_order(cast: Cast):
    with cast.scope():
        AssetFactory(name="alpha", environment="prod", tags=["x", "y"], cpu_cores=4)
        AssetFactory(name="beta", environment="dev", hostname="BETA01", tags=["y"], cpu_cores=16)
        AssetFactory(name="gamma", asset_type="database", ip_addresses=["10.0.0.9"])

    def names(query):
        answer = cast["viewer"].get(f"{ASSETS}?{query}")
        assert answer.status_code == 200, answer.content
        return [item["name"] for item in answer.json()["items"]]

    assert names("environment=prod,dev") == ["alpha", "beta"]
    assert names("asset_type=database") == ["gamma"]
    assert names("tags=y") == ["alpha", "beta"]
    assert names("tags=x,y") == ["alpha"]
    assert names("hostname=beta01") == ["beta"]
    assert names("hostname__contains=eta") == ["beta"]
    assert names("ip_address=10.0.0.9") == ["gamma"]
    assert names("cpu_cores__gte=5") == ["beta"]
    assert names("search=BETA") == ["beta"]
    assert names("ordering=-name") == ["gamma", "beta", "alpha"]


def test_a_misspelt_or_wrong_filter_is_refused_by_name(cast: Cast):
    misspelt = cast["viewer"].get(f"{ASSETS}?enviroment=prod").json()
    assert misspelt["error"]["details"]["field_errors"][0]["field"] == "enviroment"
    wrong = cast["viewer"].get(f"{ASSETS}?environment=production").json()
    assert "must be one of" in wrong["detail"].lower()
    assert cast["viewer"].get(f"{ASSETS}?ip_address=1.2.3").status_code == 422
    assert cast["viewer"].get(f"{ASSETS}?search=%00").status_code == 422


def test_the_catalogue_is_served_and_every_field_of_it_can_be_written(cast: Cast):
    catalogue = cast["viewer"].get("/api/v1/assets/fields").json()["items"]
    assert [field["name"] for field in catalogue] == [field.name for field in FIELDS]
    values = {
        "string": "text",
        "integer": 3,
        "number": 1.5,
        "money": 2.25,
        "date": "2024-01-31",
        "datetime": "2024-01-31T10:00:00Z",
        "inet": "10.1.2.3",
        "macaddr": "00:50:56:ab:cd:ef",
        "list<string>": ["a"],
        "list<int>": [1],
        "list<inet>": ["10.1.2.4"],
        "list<macaddr>": ["00:50:56:ab:cd:ef"],
        "list<ref>": ["other"],
    }
    sent = {f["name"]: f["values"][0] if f["values"] else values[f["type"]] for f in catalogue}

    created = cast["contributor"].post(ASSETS, sent)

    assert created.status_code == 201, created.content
    assert {name: created.json()[name] for name in sent} == sent


def test_dependencies(cast: Cast):
    contributor = cast["contributor"]
    with cast.scope():
        shop, store = AssetFactory(name="shop"), AssetFactory(name="store")
    body = {
        "source_asset": str(shop.pk),
        "target_asset": str(store.pk),
        "dependency_type": "uses",
        "evidence": ["said so"],
    }

    created = contributor.post("/api/v1/dependencies/", body)

    assert created.status_code == 201
    assert created.json()["source_asset"] == {"id": str(shop.pk), "name": "shop"}
    assert created.json()["origin"] == "user"
    path = f"/api/v1/dependencies/{created.json()['id']}"
    assert contributor.patch(path, {"confidence": 0.5}).json()["confidence"] == 0.5
    assert contributor.patch(path, {"confidence": 1.5}).status_code == 422
    twice = contributor.post("/api/v1/dependencies/", body)
    assert twice.status_code == 422
    itself = contributor.post("/api/v1/dependencies/", body | {"target_asset": str(shop.pk)}).json()
    assert itself["error"]["details"]["field_errors"][0]["field"] == "target_asset"
    for query, total in (
        (f"asset={store.pk}", 1),
        (f"source_asset={store.pk}", 0),
        ("dependency_type=uses&origin=user", 1),
    ):
        assert contributor.get(f"/api/v1/dependencies/?{query}").json()["total"] == total
    assert cast["admin"].delete(f"{ASSETS}{shop.pk}").status_code == 204
    assert contributor.get(path).status_code == 404


def statements(queries: CaptureQueriesContext) -> list[str]:
    """Without the savepoint, which stands for the request's transaction inside the test's."""
    return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]


@pytest.mark.parametrize("count", [1, 100])
def test_a_page_takes_three_statements_however_many_assets_it_has(cast: Cast, count: int):
    with cast.scope():
        AssetFactory.create_batch(count)
    viewer = cast["viewer"]

    with CaptureQueriesContext(connection) as queries:
        assert len(viewer.get(f"{ASSETS}?page_size=100").json()["items"]) == count

    assert len(statements(queries)) <= 3, statements(queries)


def test_one_asset_takes_two_statements_and_a_create_four(cast: Cast):
    contributor = cast["contributor"]
    with CaptureQueriesContext(connection) as queries:
        created = contributor.post(ASSETS, {"name": "x"}).json()
    assert len(statements(queries)) <= 4, statements(queries)
    with CaptureQueriesContext(connection) as queries:
        contributor.get(f"{ASSETS}{created['id']}")
    assert len(statements(queries)) <= 2, statements(queries)


def test_what_a_client_wrote_is_marked_as_edited(cast: Cast):
    cast["contributor"].post(ASSETS, {"name": "x", "cpu_cores": 4})

    with cast.scope():
        assert Asset.objects.get().edited_fields == ["cpu_cores", "name"]


@pytest.mark.parametrize("ordering", ["environment", "-memory_gb", "asset_type,-name", ",,"])
def test_pages_do_not_overlap_whatever_the_order(cast: Cast, ordering: str):
    with cast.scope():
        AssetFactory.create_batch(60, environment="prod")
    ids = [
        item["id"]
        for page in range(1, 7)
        for item in cast["viewer"]
        .get(f"{ASSETS}?ordering={ordering}&page={page}&page_size=10")
        .json()["items"]
    ]

    assert len(set(ids)) == len(ids) == 60


def test_an_empty_text_means_that_nothing_is_known(cast: Cast):
    created = cast["contributor"].post(ASSETS, {"name": "x", "serial_number": ""}).json()

    assert "serial_number" not in created
    assert cast["contributor"].post(ASSETS, {"name": "x", "status": ""}).status_code == 422


def test_two_changes_leave_two_marks(cast: Cast):
    """Both clients read the asset before either wrote: the second must not erase the first mark."""
    with cast.scope():
        asset = AssetFactory()
        first, second = Asset.objects.get(pk=asset.pk), Asset.objects.get(pk=asset.pk)
        AssetSerializer().update(first, {"location": "Kiel"})
        AssetSerializer().update(second, {"rack": "7"})

        assert Asset.objects.get(pk=asset.pk).edited_fields == ["location", "rack"]


@pytest.mark.parametrize(
    "query",
    [
        "cpu_cores__gte=-1e999999",
        "monthly_cost__gte=-1e999999",
        "created_at__gte=9999-12-31T23:59:59-23:59",
        "created_at__lte=0001-01-01T00:00:00%2B23:00",
        "tags=%00",
        "ordering=bogus",
    ],
)
def test_hostile_filters_are_refused(cast: Cast, query: str):
    assert cast["viewer"].get(f"{ASSETS}?{query}").status_code == 422


@pytest.mark.parametrize(
    "body",
    [{"memory_gb": True}, {"tags": ["x"] * 1001}, {"attributes": {"a": "x" * 2**20}}],
    ids=["a truth for a number", "a long list", "a large object"],
)
def test_hostile_values_are_refused(cast: Cast, body: dict):
    assert cast["contributor"].post(ASSETS, {"name": "x", **body}).status_code == 422


def test_a_changed_dependency_is_the_persons(cast: Cast):
    with cast.scope():
        edge = DependencyFactory(origin="placement", confidence=0.5)

    changed = cast["contributor"].patch(f"/api/v1/dependencies/{edge.pk}", {"confidence": 0.9})

    assert changed.json()["origin"] == "user"
