"""The admin: operators see every tenant there, and nobody else sees anything."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from model_bakery import baker

from accounts.models import KeptAnswer, Membership, Role, Session, User
from discovery import engine
from discovery.models import (
    AgentCall,
    AgentPolicy,
    AgentStanding,
    DataImport,
    FieldMapping,
    Finding,
    Flow,
    FlowQuestion,
    ImportTable,
    LearnedMapping,
    TableReading,
)
from tenancy.scope import active
from tests.factories import DependencyFactory, MembershipFactory
from tests.people import Cast, seen
from tests.test_sweeps import OURS


@pytest.fixture
def operator(cast: Cast) -> Client:
    """Logged in, with an object of every model in two tenants."""
    for tenant in (cast.scope, cast.scope_elsewhere):
        with tenant():
            DependencyFactory()
            baker.make(KeptAnswer)
            data_import = baker.make(DataImport, upload="none", created_by=None)
            flow = engine.start(name="f", description="", data_import=data_import, created_by=None)
            table = baker.make(ImportTable, data_import=data_import, columns=[], preview=[])
            baker.make(TableReading, flow=flow, table=table)
            baker.make(FieldMapping, flow=flow, table=table)
            baker.make(Finding, flow=flow)
            for model in (LearnedMapping, AgentCall, AgentStanding, AgentPolicy):
                baker.make(model)
            baker.make(FlowQuestion, flow=flow)
    baker.make(Session)
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "a-long-password"))
    return client


def ours() -> list[type]:
    return [m for m in admin.site._registry if m._meta.app_label in OURS]


@pytest.mark.parametrize("model", ours(), ids=lambda model: model.__name__)
def test_every_model_can_be_listed_searched_and_opened(operator: Client, model: type):
    place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listed = operator.get(reverse(f"{place}_changelist"), {"q": "x"})
    assert listed.status_code == 200
    listed = operator.get(reverse(f"{place}_changelist"))
    rows = listed.context["cl"].result_list
    assert len(rows) >= 1

    assert operator.get(reverse(f"{place}_change", args=[rows[0].pk])).status_code == 200
    assert active() is None, "the request released the scope it was given"


def test_the_operator_sees_the_flows_of_all_tenants(operator: Client, cast: Cast):
    answer = operator.get(reverse("admin:discovery_flow_changelist"))

    assert answer.context["cl"].result_count == 2
    for tenant in (cast.scope, cast.scope_elsewhere):
        with tenant():
            assert str(Flow.objects.get().pk) in answer.content.decode()


def test_an_asset_can_be_changed_and_deleted(operator: Client, cast: Cast):
    from assets.models import Asset

    with cast.scope():
        asset = Asset.objects.first()
    path = reverse("admin:assets_asset_change", args=[asset.pk])
    form = operator.get(path).context["adminform"].form
    values = {
        name: "" if form[name].value() is None else form[name].value() for name in form.fields
    }
    values |= {"name": "renamed", "attributes": "{}"}
    values |= {name: "" for name, value in values.items() if value == []}

    assert operator.post(path, values).status_code == 302
    with cast.scope():
        assert Asset.objects.filter(name="renamed").exists()
    delete = reverse("admin:assets_asset_delete", args=[asset.pk])
    assert operator.post(delete, {"post": "yes"}).status_code == 302
    with cast.scope():
        assert not Asset.objects.filter(name="renamed").exists()


def test_others_are_sent_to_the_login(cast: Cast):
    client = Client()
    client.force_login(cast.users["admin"])

    answer = client.get(reverse("admin:assets_asset_changelist"))

    assert answer.status_code == 302
    assert "login" in answer.headers["Location"]


def admins_of(cast: Cast) -> int:
    account = cast.engagement.client_account
    return seen(Membership.objects.filter(client_account=account, role=Role.ADMIN).count)


def membership_form(user: User, **inline: str) -> dict[str, str]:
    """The form of a user's page with its one membership."""
    membership = seen(user.memberships.get)
    return {
        "email": user.email,
        "is_active": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk),
        "memberships-0-user": str(user.pk),
        "memberships-0-client_account": str(membership.client_account_id),
        "memberships-0-role": "admin",
    } | {f"memberships-0-{name}": value for name, value in inline.items()}


def refuse_to_take_the_last_admin(operator: Client, path: str, form: dict[str, object]) -> None:
    logged = LogEntry.objects.count()
    answer = operator.post(path, form, follow=True)
    assert answer.status_code == 200
    assert "needs an admin" in answer.content.decode()
    assert LogEntry.objects.count() == logged, "what did not happen is not logged"


def test_the_last_admin_of_an_account_stays(operator: Client, cast: Cast):
    user = cast.users["admin"]
    membership = seen(user.memberships.get)
    change = {"user": user.pk, "client_account": membership.client_account_id, "role": "viewer"}
    action = {"action": "delete_selected", "post": "yes"}
    everybody = seen(lambda: list(Membership.objects.values_list("pk", flat=True)))
    for path, form in {
        reverse("admin:accounts_membership_change", args=[membership.pk]): change,
        reverse("admin:accounts_membership_delete", args=[membership.pk]): {"post": "yes"},
        reverse("admin:accounts_membership_changelist"): action
        | {"_selected_action": [str(pk) for pk in everybody]},
        reverse("admin:accounts_user_delete", args=[user.pk]): {"post": "yes"},
        reverse("admin:accounts_user_changelist"): action | {"_selected_action": [str(user.pk)]},
    }.items():
        refuse_to_take_the_last_admin(operator, path, form)
    page = reverse("admin:accounts_user_change", args=[user.pk])
    refuse_to_take_the_last_admin(operator, page, membership_form(user, role="viewer"))
    refuse_to_take_the_last_admin(operator, page, membership_form(user, DELETE="on"))
    moved = membership_form(user, client_account=str(cast.elsewhere.client_account_id))
    refuse_to_take_the_last_admin(operator, page, moved)

    assert admins_of(cast) == 1
    assert seen(Membership.objects.count) == 4


def test_with_another_admin_one_can_go(operator: Client, cast: Cast):
    user = cast.users["admin"]
    MembershipFactory(client_account=cast.engagement.client_account, role=Role.ADMIN)

    page = reverse("admin:accounts_user_change", args=[user.pk])
    assert operator.post(page, membership_form(user, DELETE="on")).status_code == 302

    assert not seen(user.memberships.exists)
    assert admins_of(cast) == 1


def test_operators_decide_about_mappings(operator: Client, cast: Cast):
    """Through the same functions as the API, which refuse the same."""
    guess = {"target_field": "tags", "source_unit": "", "confidence": 0.5}
    with cast.scope():
        mapping = FieldMapping.objects.get()
        engine.pause(mapping.flow)
        mapping.suggestions, mapping.status = [guess], FieldMapping.Status.SUGGESTED
        mapping.save()
    with cast.scope_elsewhere():
        running = FieldMapping.objects.get()
    page = reverse("admin:discovery_fieldmapping_changelist")

    def act(action: str) -> str:
        chosen = [str(mapping.pk), str(running.pk)]
        form = {"action": action, "_selected_action": chosen}
        return operator.post(page, form, follow=True).content.decode()

    assert "The flow runs" in act("approve")
    with cast.scope():
        mapping.refresh_from_db()
    assert (mapping.target_field, mapping.status, mapping.source) == ("tags", "approved", "user")
    assert mapping.decided_by.email == "root@example.com"
    assert LogEntry.objects.filter(object_id=str(mapping.pk)).count() == 1
    act("reject")
    with cast.scope():
        mapping.refresh_from_db()
    with cast.scope_elsewhere():
        running.refresh_from_db()
    assert (mapping.target_field, mapping.status) == (None, "rejected")
    assert running.decided_at is None
