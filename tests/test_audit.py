"""The audit trail: who changed what, whichever way it went."""

from typing import Any

import polars as pl
import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Membership, Role, User
from assets.models import Asset, Dependency
from assets.writer import merge_assets
from tenancy.actor import Actor, Origin, acts
from tenancy.models import AuditEvent
from tenancy.scope import all_tenants
from tests.factories import AssetFactory, DependencyFactory, UserFactory
from tests.people import Cast
from tests.test_sweeps import OURS

ASSETS = "/api/v1/assets/"
EVENTS = "/api/v1/audit-events/"


NOT_AUDITED = {
    "tenancy_auditevent": "the trail itself",
    "accounts_keptanswer": "answers to changes that are in the trail themselves",
    "discovery_phaserun": "how a flow runs; its events tell it",
    "discovery_flowevent": "a trail of its own, which nothing changes",
    "discovery_importtable": "read from the upload, never edited",
    "discovery_tablereading": "decided by rules at each run, never edited",
    "discovery_fieldmapping": "decided by rules at each run, never edited",
    "discovery_finding": "written by the run, never edited",
    "discovery_agentcall": "a ledger of its own, which nothing changes",
    "discovery_agentstanding": "counted from decisions that are in the trail themselves",
}


def trail(**conditions: Any) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(**conditions).order_by("id"))


def test_the_api_leaves_who_when_from_where_what_before_and_after(cast: Cast):
    headers = {"X-Request-ID": "audited-request"}
    contributor = cast["contributor"]
    made = contributor.post(ASSETS, {"name": "a", "environment": "dev"}, headers=headers).json()
    changed = {"environment": "prod", "location": "Kiel"}
    contributor.patch(f"{ASSETS}{made['id']}", changed, headers=headers)
    cast["admin"].delete(f"{ASSETS}{made['id']}")

    with cast.scope():
        create, update, delete = trail(object_id=made["id"])
    assert [event.action for event in (create, update, delete)] == ["create", "update", "delete"]
    assert create.user_id == update.user_id == cast.users["contributor"].pk
    assert delete.user_id == cast.users["admin"].pk
    assert (create.origin, create.address, create.request_id) == (
        "api",
        "127.0.0.1",
        "audited-request",
    )
    assert create.engagement_id == cast.engagement.pk
    assert create.before is None
    assert create.after["name"] == "a"
    assert update.before == {
        "environment": "dev",
        "location": None,
        "edited_fields": create.after["edited_fields"],
    }
    assert update.after["environment"] == "prod"
    assert update.after["location"] == "Kiel"
    assert delete.before["location"] == "Kiel"
    assert delete.after is None


def test_logins_tell_who_and_from_where(cast: Cast):
    user = cast.users["viewer"]
    User.objects.filter(pk=user.pk).update(password=make_password("a-long-password"))
    tokens = APIClient().post(
        "/api/v1/auth/token", {"email": user.email, "password": "a-long-password"}
    )
    assert tokens.status_code == 200
    with all_tenants():
        (event,) = trail(object_type="session")
    assert (event.origin, event.user_id, event.address) == ("api", user.pk, "127.0.0.1")
    assert event.request_id == tokens.headers["X-Request-ID"]


def test_admins_read_the_trail_of_their_account(cast: Cast):
    made = cast["contributor"].post(ASSETS, {"name": "a"}).json()
    cast.stranger_at_home.post(ASSETS, {"name": "theirs"})

    listed = cast["admin"].get(f"{EVENTS}?object_id={made['id']}").json()
    assert listed["total"] == 1
    (event,) = listed["items"]
    assert event["email"] == cast.users["contributor"].email
    assert event["after"]["name"] == "a"
    assert cast["admin"].get(f"{EVENTS}?origin=api&object_type=asset").json()["total"] == 1
    assert cast["admin"].get(f"{EVENTS}?at__gte=2099-01-01T00:00:00Z").json()["total"] == 0
    assert cast["admin"].get(f"{EVENTS}?who=x").status_code == 422
    assert b"theirs" not in cast["admin"].get(EVENTS).content


def test_what_changed_nothing_leaves_nothing(cast: Cast):
    with cast.scope():
        asset = AssetFactory()
        asset.save()
        Asset.objects.update(name=asset.name)
        assert [event.action for event in trail(object_id=asset.pk)] == ["create"]


def test_raw_sql_and_bulk_writes_are_in_it(cast: Cast):
    with cast.scope(), acts(Actor(Origin.WORKER, request_id="flow")):
        Asset.objects.bulk_create([Asset(name=f"b{n}") for n in range(3)])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE assets_asset SET location = 'Kiel'")
        rows = pl.DataFrame(
            {
                "name": ["b1", "new"],
                "asset_type": ["server"] * 2,
                "attributes": ["{}"] * 2,
                "sources": ["{}"] * 2,
            }
        )
        merge_assets(rows)
        DependencyFactory()
        Dependency.objects.all().delete()
        created = trail(action="create", object_type="asset")
        assert len(created) == 3 + 1 + 2
        assert {event.origin for event in created} == {"worker"}
        assert {event.request_id for event in created} == {"flow"}
        located = trail(action="update", after__location="Kiel")
        assert len(located) == 3
        assert trail(action="delete", object_type="dependency")[0].before["dependency_type"]


def test_many_new_rows_are_kept_each_without_a_copy(cast: Cast):
    with cast.scope():
        Asset.objects.bulk_create([Asset(name=f"b{n}") for n in range(1001)])
        events = trail(object_type="asset")
        assert len(events) == 1001
        assert {event.object_id for event in events} == set(
            Asset.objects.values_list("pk", flat=True)
        )
        assert {(event.before, event.after) for event in events} == {(None, None)}


def test_people_and_access_are_in_it_without_secrets(cast: Cast):
    user = cast.users["viewer"]
    with all_tenants():
        Membership.objects.filter(user=user).update(role=Role.ADMIN)
        user.set_password("another-long-password")
        user.save()
        raised = trail(object_type="membership", action="update")[-1]
        assert raised.before == {"role": "viewer", "email": user.email}
        assert raised.after == {"role": "admin", "email": user.email}
        password = trail(object_id=user.pk, action="update")[-1]
        assert password.after["password"] == "…"
        everything = AuditEvent.objects.filter(object_type="user")
        assert not any("argon2" in str(e.before) + str(e.after) for e in everything)


def test_the_admin_is_in_it(cast: Cast):
    operator = User.objects.create_superuser("root@example.com", "a-long-password")
    client = Client()
    client.force_login(operator)
    user = UserFactory()
    page = reverse("admin:accounts_user_change", args=[user.pk])
    client.post(
        page,
        {
            "email": user.email,
            "name": "Renamed",
            "is_active": "on",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        },
    )
    with all_tenants():
        (event,) = trail(object_id=user.pk, action="update")
    assert event.after == {"name": "Renamed"}
    assert (event.origin, event.user_id) == ("admin", operator.pk)


def test_nobody_rewrites_it(cast: Cast):
    with cast.scope():
        AssetFactory()
        for statement in (
            "UPDATE tenancy_auditevent SET address = 'x'",
            "DELETE FROM tenancy_auditevent",
            "TRUNCATE tenancy_auditevent",
            "INSERT INTO tenancy_auditevent (object_type) VALUES ('x')",
            "ALTER TABLE assets_asset DISABLE TRIGGER audit_update",
            "SET session_replication_role = replica",
        ):
            with (
                pytest.raises(ProgrammingError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


def test_every_table_of_ours_is_in_it_or_has_a_reason_not_to_be(db: None):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ '^audit_'"
        )
        audited = {name for (name,) in cursor.fetchall()}
    ours = {model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models()}
    assert ours - audited == NOT_AUDITED.keys()


def test_a_tenant_sees_its_own_trail_alone(cast: Cast):
    with cast.scope_elsewhere():
        theirs = AssetFactory()
    with cast.scope():
        assert trail(object_id=theirs.pk) == []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM tenancy_auditevent WHERE object_id = %s", [theirs.pk]
            )
            assert cursor.fetchone() == (0,)
