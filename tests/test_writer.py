"""The bulk writer beside people who edit at the same time."""

import threading
import time

import polars as pl
from django.db import connection, transaction

from assets.models import Asset
from assets.retelling import Telling
from assets.writer import Merged, forget_assets, merge_assets
from tests.factories import AssetFactory
from tests.people import Cast
from tests.races import wait_until_all_wait


def rows(**columns: list[object]) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    return pl.DataFrame(columns | {"attributes": ["{}"] * count, "sources": ["{}"] * count})


def test_what_rows_do_not_know_stays_and_lists_grow(cast: Cast):
    with cast.scope():
        asset = AssetFactory(name="a", location="Kiel", tags=["x"], attributes={"k": 1})
        merged = merge_assets(
            rows(name=["A"], asset_type=["server"], location=[None], tags=[["y", "x"]])
        )
        asset.refresh_from_db()

    assert (merged.created, merged.updated, merged.unchanged) == (0, 1, 0)
    assert (asset.location, asset.tags, asset.attributes) == ("Kiel", ["x", "y"], {"k": 1})


def test_an_edit_that_commits_during_an_import_is_kept(committed: Cast):
    with committed.scope(), transaction.atomic():
        asset = AssetFactory(name="a", environment="prod")
    done: list[Merged] = []

    def import_meanwhile() -> None:
        with committed.scope(), transaction.atomic():
            done.append(merge_assets(rows(name=["a"], asset_type=["server"], environment=["prod"])))
        connection.close()

    importing = threading.Thread(target=import_meanwhile)
    with committed.scope():
        with transaction.atomic():
            edited = Asset.objects.filter(pk=asset.pk)
            edited.update(environment="dev", edited_fields=["environment"])
            importing.start()
            time.sleep(0.5)  # the import waits for the row by now
            assert not done
        importing.join(timeout=10)
        with transaction.atomic():
            asset.refresh_from_db()

    assert asset.environment == "dev"
    assert done[0].kept.rows() == [(0, "environment", "prod")]


def test_an_edit_that_commits_during_a_correction_keeps_its_asset(committed: Cast):
    place = {"table": "t", "row": 1, "reading": "before"}
    with committed.scope(), transaction.atomic():
        edited, lapsed = (AssetFactory(name=n, sources={"import": place}) for n in "ab")
    done: list[tuple[int, int]] = []

    def correct_meanwhile() -> None:
        with committed.scope(), transaction.atomic():
            done.append(forget_assets(Telling("import", "after"), 10))
        connection.close()

    correcting = threading.Thread(target=correct_meanwhile)
    with committed.scope():
        with transaction.atomic():
            Asset.objects.filter(pk=edited.pk).update(rack="7", edited_fields=["rack"])
            correcting.start()
            wait_until_all_wait(1)
        correcting.join(timeout=10)
        with transaction.atomic():
            left = Asset.objects.filter(pk__in=[edited.pk, lapsed.pk])
            assert list(left.values_list("rack", "sources")) == [("7", {})]

    assert done == [(2, 1)]
