"""Lock one: no statement on a tenant's rows without a scope, none outside it."""

import threading
from uuid import uuid4

import pytest
from django.db.models import Count, Exists, OuterRef, Subquery

from assets.models import Asset, Dependency
from tenancy.scope import ForeignTenant, ScopeMissing, active, all_tenants
from tests.factories import AssetFactory, DependencyFactory
from tests.people import Cast

# Composed where viewsets, filters and related fields compose theirs: at import, without a scope.
COMPOSED_AT_IMPORT = Asset.objects.filter(asset_type="server").order_by("name")


@pytest.fixture
def estate(cast: Cast) -> Cast:
    with cast.scope():
        DependencyFactory(source_asset__name="mine", target_asset__name="mine too")
    with cast.scope_elsewhere():
        DependencyFactory(source_asset__name="theirs", target_asset__name="theirs too")
    return cast


WITHOUT_SCOPE = {
    "iterate": lambda: list(Asset.objects.all()),
    "unchained": lambda: list(Asset.objects.get_queryset()),
    "count": lambda: Asset.objects.count(),
    "exists": lambda: Asset.objects.filter(name="mine").exists(),
    "get": lambda: Asset.objects.get(name="mine"),
    "first": lambda: Asset.objects.first(),
    "values": lambda: list(Asset.objects.values("name")),
    "aggregate": lambda: Asset.objects.aggregate(Count("id")),
    "update": lambda: Asset.objects.update(name="x"),
    "delete": lambda: Asset.objects.all().delete(),
    "raw delete": lambda: Asset.objects.all()._raw_delete("default"),
    "in_bulk": lambda: Asset.objects.in_bulk(),
    "iterator": lambda: list(Asset.objects.iterator()),
    "union": lambda: list(Asset.objects.all().union(Asset.objects.all())),
    "explain": lambda: Asset.objects.explain(),
    "dates": lambda: list(Asset.objects.datetimes("created_at", "day")),
    "base manager": lambda: list(Asset._base_manager.all()),
    "default manager": lambda: list(Asset._default_manager.all()),
    "composed at import": lambda: list(COMPOSED_AT_IMPORT),
    "create": lambda: Asset.objects.create(name="x"),
    "bulk_create": lambda: Asset.objects.bulk_create([Asset(name="x")]),
    "get_or_create": lambda: Asset.objects.get_or_create(name="x"),
    "subquery": lambda: list(
        Dependency.objects.filter(source_asset__in=Asset.objects.filter(name="mine"))
    ),
}


@pytest.mark.parametrize("how", WITHOUT_SCOPE)
def test_nothing_runs_without_a_scope(estate: Cast, how: str):
    with pytest.raises(ScopeMissing):
        WITHOUT_SCOPE[how]()
    with all_tenants():
        assert Asset.objects.count() == 4


def test_a_scope_shows_its_own_rows_alone(estate: Cast):
    with estate.scope():
        assert {asset.name for asset in Asset.objects.all()} == {"mine", "mine too"}
        assert Asset.objects.count() == 2
        assert not Asset.objects.filter(name="theirs").exists()
        assert {asset.name for asset in COMPOSED_AT_IMPORT.all()} == {"mine", "mine too"}
        assert {a.name for a in Asset.objects.all() | Asset.objects.all()} == {"mine", "mine too"}
        assert Asset.objects.aggregate(n=Count("id"))["n"] == 2
        assert len(Asset.objects.all().union(Asset.objects.all())) == 2
        needed = Dependency.objects.filter(target_asset=OuterRef("pk"))
        assert Asset.objects.filter(Exists(needed)).get().name == "mine too"
        annotated = Asset.objects.annotate(by=Subquery(needed.values("source_asset__name")))
        assert {asset.by for asset in annotated} == {None, "mine"}


def test_updates_and_deletes_stay_in_the_scope(estate: Cast):
    with estate.scope():
        assert Asset.objects.update(name="renamed") == 2
        Dependency.objects.all().delete()
    with estate.scope_elsewhere():
        assert set(Asset.objects.values_list("name", flat=True)) == {"theirs", "theirs too"}
        assert Dependency.objects.count() == 1


def test_relations_stay_in_the_scope(estate: Cast):
    with estate.scope():
        mine = Asset.objects.prefetch_related("needs").get(name="mine")
        assert [edge.target_asset.name for edge in mine.needs.all()] == ["mine too"]
        mine.refresh_from_db()
    with estate.scope_elsewhere():
        assert list(mine.needs.all()) == []
        edge = Dependency.objects.get()
    with estate.scope(), pytest.raises(Asset.DoesNotExist):
        assert edge.target_asset


def test_rows_of_another_tenant_are_not_written(estate: Cast):
    with estate.scope_elsewhere():
        theirs = Asset.objects.get(name="theirs")
    with estate.scope():
        for write in (
            theirs.save,
            theirs.delete,
            lambda: Asset.objects.bulk_create([theirs]),
            lambda: Asset(name="x", client_account=estate.elsewhere.client_account).save(),
            lambda: Asset.objects.create(name="x", engagement_id=estate.elsewhere.pk),
        ):
            with pytest.raises(ForeignTenant):
                write()
        assert Asset.objects.bulk_update([theirs], ["name"]) == 0


def test_a_queryset_does_not_follow_into_another_scope(estate: Cast):
    with estate.scope():
        made_here = Asset.objects.all()
    with pytest.raises(ScopeMissing):
        list(made_here)
    with estate.scope_elsewhere(), pytest.raises(ScopeMissing):
        list(made_here)


def test_a_queryset_sliced_outside_is_refused_inside(estate: Cast):
    sliced = COMPOSED_AT_IMPORT[:1]
    with estate.scope(), pytest.raises(ScopeMissing):
        list(sliced.all())


def test_a_thread_starts_without_a_scope(estate: Cast):
    seen = []
    with estate.scope():
        thread = threading.Thread(target=lambda: seen.append(active()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_the_tenant_of_a_new_row_is_the_scopes(cast: Cast):
    with cast.scope():
        asset = AssetFactory()
    assert asset.client_account_id == cast.engagement.client_account_id
    assert asset.engagement_id == cast.engagement.pk


def test_a_request_leaves_no_scope_behind(cast: Cast):
    assert cast["viewer"].get("/api/v1/assets/").status_code == 200
    assert cast["viewer"].get(f"/api/v1/assets/{uuid4()}").status_code == 404
    assert active() is None


def test_querysets_of_different_scopes_do_not_combine(estate: Cast):
    with estate.scope_elsewhere():
        theirs = Asset.objects.all()
    with estate.scope():
        for other in (COMPOSED_AT_IMPORT, theirs):
            for combine in ("__or__", "__and__", "__xor__"):
                with pytest.raises(ScopeMissing):
                    getattr(Asset.objects.filter(name="mine"), combine)(other)


def test_excluding_over_a_relation_works_and_stays_in_the_scope(estate: Cast):
    with estate.scope():
        without_needs = Asset.objects.exclude(needs__dependency_type="depends_on")
        assert {asset.name for asset in without_needs} == {"mine too"}


def test_rows_do_not_move_to_another_tenant_nor_link_there(estate: Cast):
    with estate.scope_elsewhere():
        theirs = Asset.objects.get(name="theirs")
    with estate.scope():
        mine = Asset.objects.get(name="mine")
        with pytest.raises(ForeignTenant):
            Asset.objects.update(client_account_id=estate.elsewhere.client_account_id)
        with pytest.raises(ForeignTenant):
            Dependency(source_asset=mine, target_asset=theirs, dependency_type="uses").save()
