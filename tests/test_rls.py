"""Lock two: what PostgreSQL shows when Django's lock is not asked, and the other way round."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, connections, models, transaction
from django.http import StreamingHttpResponse

from assets.models import Asset, Dependency
from discovery import tasks
from discovery.models import Flow
from tenancy.models import ClientAccount, Engagement
from tenancy.scope import ScopeMissing, all_tenants
from tests.conftest import ROOT
from tests.factories import AssetFactory, DependencyFactory
from tests.people import Cast


@pytest.fixture
def estate(cast: Cast) -> Cast:
    with cast.scope():
        DependencyFactory(source_asset__name="mine", target_asset__name="mine too")
    with cast.scope_elsewhere():
        DependencyFactory(source_asset__name="theirs", target_asset__name="theirs too")
    return cast


class Unlocked(models.Manager):
    """Lock one removed: a manager that asks nobody for whom it works."""


def unlocked_assets() -> Any:
    manager = Unlocked()
    manager.model = Asset
    return manager


@contextlib.contextmanager
def lock_two_removed() -> Iterator[None]:
    """As a role that the policies let see everything."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE inventory_operators")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")


def rows(statement: str, *parameters: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def and_commit(write: Callable[[], object]) -> None:
    """Checks at once what PostgreSQL checks at the end of a transaction."""
    with transaction.atomic():
        write()
        connection.check_constraints()


def theirs(estate: Cast) -> Asset:
    with estate.scope_elsewhere():
        return Asset.objects.get(name="theirs")


RAW = {
    "plain": "SELECT name FROM assets_asset ORDER BY name",
    "joined": "SELECT DISTINCT a.name FROM assets_dependency d "
    "JOIN assets_asset a ON a.id IN (d.source_asset_id, d.target_asset_id) ORDER BY 1",
    "aggregated": "SELECT unnest(array_agg(name ORDER BY name)) FROM assets_asset",
    "by an or": "SELECT name FROM assets_asset WHERE engagement_id IS NULL OR true ORDER BY 1",
}


@pytest.mark.parametrize("how", RAW)
def test_raw_sql_sees_the_tenant_in_scope_and_none_without(estate: Cast, how: str):
    assert rows(RAW[how]) == []
    with estate.scope():
        assert rows(RAW[how]) == [("mine",), ("mine too",)]
    assert rows(RAW[how]) == []
    with all_tenants():
        assert len(rows(RAW[how])) == 4


def test_lock_two_holds_alone(estate: Cast):
    """Each way in that Django's lock guards, with that lock taken off."""
    foreign = theirs(estate)
    unlocked = unlocked_assets()
    with estate.scope():
        assert {asset.name for asset in unlocked.all()} == {"mine", "mine too"}
        assert unlocked.count() == 2
        assert not unlocked.filter(pk=foreign.pk).exists()
        assert unlocked.aggregate(n=models.Count("id"))["n"] == 2
        assert set(unlocked.values_list("needs__target_asset__name", flat=True)) == {
            "mine too",
            None,
        }
        assert unlocked.filter(pk=foreign.pk).update(name="stolen") == 0
        assert unlocked.filter(pk=foreign.pk).delete()[0] == 0
        assert [asset.name for asset in unlocked.raw("SELECT * FROM assets_asset")] != ["theirs"]
        account, engagement = foreign.client_account_id, foreign.engagement_id
        smuggled = Asset(name="x", client_account_id=account, engagement_id=engagement)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            unlocked.bulk_create([smuggled])
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            unlocked.filter(name="mine").update(client_account_id=account)
    with estate.scope_elsewhere():
        assert set(Asset.objects.values_list("name", flat=True)) == {"theirs", "theirs too"}


def test_lock_one_holds_alone(estate: Cast):
    foreign = theirs(estate)
    with estate.scope(), lock_two_removed():
        assert len(rows(RAW["plain"])) == 4, "the policies are out of the way"
        assert {asset.name for asset in Asset.objects.all()} == {"mine", "mine too"}
        assert {asset.name for asset in Asset._base_manager.all()} == {"mine", "mine too"}
        assert not Asset.objects.filter(pk=foreign.pk).exists()
        assert Asset.objects.filter(pk=foreign.pk).update(name="stolen") == 0
        assert Asset.objects.filter(pk=foreign.pk).delete()[0] == 0


def test_a_foreign_id_cannot_be_linked_even_in_python(estate: Cast):
    """The manager does not see a bare id; the foreign key carries the tenant inside."""
    foreign = theirs(estate)
    with estate.scope():
        mine = Asset.objects.get(name="mine")
    for smuggle in (
        lambda: Dependency.objects.create(
            source_asset=mine, target_asset_id=foreign.pk, dependency_type="uses"
        ),
        lambda: Dependency.objects.bulk_create(
            [Dependency(source_asset=mine, target_asset_id=foreign.pk, dependency_type="uses")]
        ),
        lambda: Dependency.objects.update(target_asset_id=foreign.pk),
        lambda: Flow.objects.create(name="f", data_import_id=uuid4()),
    ):
        with estate.scope(), pytest.raises(IntegrityError):
            and_commit(smuggle)
    moved = "UPDATE assets_asset SET engagement_id = %s RETURNING id"
    with estate.scope(), pytest.raises(ProgrammingError, match="row-level security"):
        and_commit(lambda: rows(moved, estate.elsewhere.pk))


def test_a_foreign_id_and_no_id_are_refused_alike(estate: Cast):
    """Otherwise the answer would tell which ids exist elsewhere."""
    foreign = theirs(estate)
    told = []
    for target in (foreign.pk, uuid4()):
        with estate.scope():
            mine = Asset.objects.get(name="mine")
            edge = Dependency(source_asset=mine, target_asset_id=target, dependency_type="uses")
            with pytest.raises(IntegrityError) as refused:
                and_commit(edge.save)
        told.append(str(refused.value).replace(str(target), "…"))
    assert told[0] == told[1]


def test_who_belongs_to_whom_is_closed_too(estate: Cast):
    with estate.scope():
        assert rows("SELECT id FROM tenancy_engagement") == [(estate.engagement.pk,)]
        assert rows("SELECT id FROM tenancy_clientaccount") == [
            (estate.engagement.client_account_id,)
        ]
        assert {who for (who,) in rows("SELECT user_id FROM accounts_membership")} == {
            estate.users[role].pk for role in ("admin", "contributor", "viewer")
        }
    assert not Engagement.objects.exists()
    assert not ClientAccount.objects.exists()


def test_a_transaction_leaves_no_scope_behind_in_its_connection(committed: Cast):
    """What a pool or PgBouncer hands to the next one is told nothing."""
    with committed.scope():
        with transaction.atomic():
            AssetFactory()
        assert rows(RAW["plain"]) == []
        for run in (
            lambda: list(Asset.objects.all()),
            lambda: Asset.objects.update(name="x"),
            lambda: Asset.objects.all().delete(),
        ):
            with pytest.raises(ScopeMissing, match="outside a transaction"):
                run()
    assert rows("SELECT current_setting('tenancy.client_account_id', true)") == [("",)]
    with all_tenants(), transaction.atomic():
        assert rows("SELECT current_user") == [("inventory_operators",)]
    assert rows("SELECT current_user") == [("inventory",)]


def test_what_a_savepoint_takes_back_is_told_again(estate: Cast):
    with contextlib.suppress(ValueError), transaction.atomic(), estate.scope():
        assert Asset.objects.count() == 2
        raise ValueError
    with estate.scope():
        assert Asset.objects.count() == 2
        with contextlib.suppress(ValueError), transaction.atomic(), all_tenants():
            assert Asset.objects.count() == 4
            raise ValueError
        assert rows(RAW["plain"]) == [("mine",), ("mine too",)]
    assert rows(RAW["plain"]) == []


def test_a_cursor_follows_the_scope_that_it_is_used_in(estate: Cast):
    with estate.scope(), connection.cursor() as cursor:
        with all_tenants():
            assert Asset.objects.count() == 4
        cursor.execute("SELECT current_user, count(*) FROM assets_asset")
        assert cursor.fetchone() == ("inventory", 2)
        with estate.scope_elsewhere():
            cursor.execute("SELECT min(name) FROM assets_asset")
            assert cursor.fetchone() == ("theirs",)
        copied = b""
        with cursor.copy("COPY (SELECT name FROM assets_asset ORDER BY 1) TO STDOUT") as out:
            copied = b"".join(bytes(part) for part in out)
        assert copied == b"mine\nmine too\n"
    with connection.cursor() as cursor:
        with estate.scope():
            assert Asset.objects.count() == 2
        cursor.execute("SELECT count(*) FROM assets_asset")
        assert cursor.fetchone() == (0,)


def test_a_thread_a_callback_and_a_stream_see_nothing(committed: Cast):
    seen: list[Any] = []
    with committed.scope():
        with transaction.atomic():
            AssetFactory(name="mine")
            transaction.on_commit(lambda: seen.append(rows(RAW["plain"])))
            queryset = Asset.objects.all()

        def in_a_thread() -> None:
            with transaction.atomic():
                seen.append(rows(RAW["plain"]))
            connection.close()

        thread = threading.Thread(target=in_a_thread)
        thread.start()
        thread.join()
        streamed = StreamingHttpResponse(a.name for page in [queryset] for a in page)
        with pytest.raises(ScopeMissing):
            b"".join(streamed)
    assert seen == [[], []]


def test_a_task_given_a_foreign_id_does_nothing(estate: Cast):
    with estate.scope_elsewhere():
        flow = Flow.objects.create(name="theirs")
    scope = (str(estate.engagement.client_account_id), str(estate.engagement.pk))
    tasks.run_phase(*scope, str(flow.pk))
    tasks.read_import(*scope, str(uuid4()))
    mixed = (str(estate.engagement.client_account_id), str(estate.elsewhere.pk))
    tasks.run_phase(*mixed, str(flow.pk))
    with estate.scope_elsewhere():
        flow.refresh_from_db()
        assert flow.phase_runs.count() == flow.events.count() == 0


def test_the_application_cannot_switch_the_lock_off(estate: Cast):
    for statement in (
        "ALTER TABLE assets_asset DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON assets_asset",
        "ALTER TABLE assets_asset OWNER TO inventory",
        "TRUNCATE assets_asset CASCADE",
        "CREATE TABLE public.mine (id int)",
        "SET ROLE inventory_owner",
        "ALTER ROLE inventory BYPASSRLS",
        "CREATE VIEW public.everything AS SELECT * FROM assets_asset",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows(statement)


def test_every_table_with_a_tenant_has_its_policies_and_keys(db: None):
    """Also the tables of models that are not written yet."""
    secured = dict(rows("SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r'"))
    policies = set(rows("SELECT tablename, policyname FROM pg_policies"))
    composite = set(
        rows(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f'"
        )
    )
    for model in apps.get_models():
        table = model._meta.db_table
        if any(field.name == "client_account" for field in model._meta.fields):
            assert secured[table], model
            assert {(table, "tenant"), (table, "operators")} <= policies
    for model in apps.get_models():
        table = model._meta.db_table
        for field in model._meta.fields:
            target = field.related_model
            if not isinstance(field, models.ForeignKey) or field.name == "client_account":
                continue
            if any(other.name == "client_account" for other in target._meta.fields):
                pair = (model._meta.fields, target._meta.fields)
                whole = all(any(f.name == "engagement" for f in fields) for fields in pair)
                tenant = "client_account_id, engagement_id" if whole else "client_account_id"
                definition = (
                    f"FOREIGN KEY ({tenant}, {field.column}) REFERENCES "
                    f"{target._meta.db_table}({tenant}, id) DEFERRABLE INITIALLY DEFERRED"
                )
                assert (table, definition) in composite, field


def test_the_application_owns_nothing_and_public_may_nothing(db: None):
    owned = rows("SELECT relname FROM pg_class WHERE pg_has_role('inventory', relowner, 'MEMBER')")
    assert owned == []
    definers = rows(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    for (name,) in definers:
        assert rows(
            "SELECT has_function_privilege('inventory_backup', oid, 'EXECUTE') FROM pg_proc "
            "WHERE proname = %s",
            name,
        ) == [(False,)]


def test_a_role_that_could_bypass_the_lock_is_refused(django_db_setup: None):
    owner = connections["owner"].settings_dict
    command = [sys.executable, "-c", "import config.wsgi"]
    url = os.environ["OWNER_DATABASE_URL"].replace("/inventory?", f"/{owner['NAME']}?")
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "inventory_owner of DATABASE_URL would see the rows of every tenant" in done.stderr
    worker = [sys.executable, "-m", "celery", "-A", "config", "worker"]
    done = subprocess.run(
        worker,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "inventory_owner of DATABASE_URL would see the rows of every tenant" in done.stderr


def test_migrations_are_refused_without_the_owner():
    environment = {k: v for k, v in os.environ.items() if k != "OWNER_DATABASE_URL"}
    command = [sys.executable, "manage.py", "migrate"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "OWNER_DATABASE_URL is not set" in done.stderr
