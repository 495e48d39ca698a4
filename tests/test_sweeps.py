"""What holds for all code, also for what is not written yet."""

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import IsAuthenticated

from accounts.models import Membership
from accounts.permissions import ACTIONS, RolePermission
from accounts.routers import OptionalSlashRouter
from accounts.viewsets import TenantViewSet
from assets.fields import FIELDS
from assets.models import Asset
from tenancy.models import TenantModel
from tenancy.querysets import TenantQuerySet
from tests.conftest import ROOT
from tests.people import Cast

OURS = ("tenancy", "accounts", "assets", "discovery")
# Rows that belong to nobody, or decide who belongs to whom.
GLOBAL_MODELS = {"ClientAccount", "Engagement", "User", "Session", "Membership", "AuditEvent"}
PUBLIC_VIEWS = {
    "HealthView",
    "TokenView",
    "RefreshView",
    "KeySetView",
    "PasswordResetView",
    "PasswordConfirmView",
}
# For whoever has a token, whatever the tenant.
PERSONAL_VIEWS = {"LogoutView", "MeView", "PasswordView", "ClientAccountViewSet"}
# Where memberships, engagements and accounts are looked up as such. All other code asks for those
# of the tenant: TenantQuerySet(Membership).
IDENTITY_LOOKUPS = {
    "accounts/invitations.py",
    "accounts/management/commands/create_tenant.py",
    "accounts/models/users.py",
    "accounts/serializers/auth.py",
    "accounts/tokens.py",
    "accounts/views/client_accounts.py",
}


def our_models() -> list[type[models.Model]]:
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def views(patterns: Any = None) -> Iterator[Any]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None) or getattr(
                pattern.callback, "view_class", pattern.callback
            )
            yield view, getattr(pattern.callback, "actions", None) or {}


def test_every_model_is_a_tenants_or_on_the_global_list():
    for model in our_models():
        if model.__name__ not in GLOBAL_MODELS:
            assert issubclass(model, TenantModel), model
            assert model._meta.base_manager_name == "objects", model


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model.__name__)
def test_keys_and_indexes_of_tenant_models_begin_with_the_client_account(model: Any):
    if not issubclass(model, TenantModel):
        return
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert constraint.fields[0] == "client_account", constraint
    for index in model._meta.indexes:
        across_tenants = index.name.endswith("_sweep_idx")
        first = (index.fields or [index.expressions[0].name])[0]
        assert across_tenants or first == "client_account", index


def our_views() -> Iterator[tuple[Any, dict[str, str]]]:
    for view, actions in views():
        if view.__module__.split(".")[0] in (*OURS, "config"):
            yield view, actions


def test_every_view_is_scoped_personal_or_public():
    for view, _ in our_views():
        if view.__name__ in PERSONAL_VIEWS:
            assert view.permission_classes == [IsAuthenticated], view
        elif view.__name__ not in PUBLIC_VIEWS:
            assert issubclass(view, TenantViewSet), view
            assert view.permission_classes == [RolePermission], view


def test_every_tenant_view_shows_what_its_tenant_has(cast: Cast):
    with cast.scope() as bound:
        for view, _ in our_views():
            if issubclass(view, TenantViewSet):
                shown = view().get_queryset()
                assert isinstance(shown, TenantQuerySet), view
                assert shown.query.bound_to == bound, view


def test_actions_and_the_table_of_roles_fit_each_other():
    used = set()
    for view, actions in our_views():
        if issubclass(view, TenantViewSet):
            model = view.queryset.model._meta.model_name
            used |= {(model, action) for action in {*actions.values(), "metadata"}}
    table = {(model, action) for model, actions in ACTIONS.items() for action in actions}
    assert used - table == set(), "denied to everybody"
    assert table - used == set(), "of no view"


def test_a_view_across_tenants_is_not_routed():
    class Forgetful(TenantViewSet):
        queryset = Membership.objects.all()

    with pytest.raises(ImproperlyConfigured, match=r"Forgetful.*TenantQuerySet"):
        OptionalSlashRouter().register("forgetful", Forgetful)


def test_identities_are_looked_up_in_a_short_list_of_files():
    lookup = re.compile(
        r"\b(Membership|Engagement|ClientAccount)\.(objects|_default_manager|_base_manager)\b"
        r"|\.(memberships|engagements)\b(?! import)"
    )
    sources = [path for app in (*OURS, "config") for path in (ROOT / app).rglob("*.py")]
    found = {
        path.relative_to(ROOT).as_posix() for path in sources if lookup.search(path.read_text())
    }
    assert found == IDENTITY_LOOKUPS


def test_every_task_takes_the_client_account_first():
    current_app.loader.import_default_modules()
    ours = {name: task for name, task in current_app.tasks.items() if name.startswith(OURS)}
    assert set(ours) == {
        "accounts.tasks.mail_invitation",
        "accounts.tasks.mail_password_link",
        "discovery.tasks.run_phase",
        "discovery.tasks.read_import",
        "discovery.tasks.sweep",
    }
    # The sweeper works across tenants, through the named door; a mail belongs to none.
    tenantless = {name for name in ours if "mail" in name or name.endswith("sweep")}
    for name, task in ours.items():
        parameters = list(inspect.signature(task.run).parameters)
        if name not in tenantless:
            assert parameters[:2] == ["client_account_id", "engagement_id"], name


def test_every_model_is_in_the_admin():
    assert {model for model in our_models() if model not in admin.site._registry} == set()


def test_model_and_catalogue_have_the_same_fields():
    own = {field.name for field in Asset._meta.fields}
    assert {field.name for field in FIELDS} <= own
    assert own - {field.name for field in FIELDS} == {
        "id",
        "client_account",
        "engagement",
        "attributes",
        "edited_fields",
        "judged_fields",
        "sources",
        "created_at",
        "updated_at",
    }


def test_the_catalogue_is_the_shared_schema(inventory_data: Any):
    schema = json.loads((inventory_data.parent / "schema.json").read_text())
    shared = {field["name"]: field for field in schema["asset_fields"]}
    lists_beside = {"ip_addresses", "mac_addresses"}
    assert {field.name for field in FIELDS} - lists_beside == set(shared)
    for field in FIELDS:
        if field.name not in lists_beside:
            assert field.unit == shared[field.name]["unit"]
            assert list(field.values) == shared[field.name].get("values", [])


@pytest.mark.django_db
def test_migrations_are_up_to_date():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_migrations_go_back_to_nothing_and_forth_again(django_db_setup: None):
    """In a database of its own, by the commands that an operator would use."""
    scratch = os.environ["OWNER_DATABASE_URL"].replace("/inventory?", "/scratch?")
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE scratch")
    try:
        environment = os.environ | {"OWNER_DATABASE_URL": scratch}
        for arguments in ([], *([app, "zero"] for app in reversed(OURS)), []):
            command = [sys.executable, "manage.py", "migrate", "-v0", *arguments]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
    finally:
        with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("DROP DATABASE scratch")


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh process has loaded after `statement`."""
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


WORKERS_ALONE = {
    *("crewai", "crewai_core", "openai", "litellm", "chromadb", "pydantic", "httpx"),  # agents
    *("polars", "numpy", "rustworkx", "python_calamine", "rapidfuzz"),  # imports
}


def test_the_api_process_loads_no_agents_and_no_data_frames():
    """Not even once it has looked at every view for the API's document."""
    serve = "from config.wsgi import application; from django.urls import get_resolver; "
    describe = "from drf_spectacular.generators import SchemaGenerator as Generator; "
    look = "get_resolver().url_patterns; Generator().get_schema(public=True)"
    loaded = loaded_by(serve + describe + look)
    assert {"django", "discovery"} <= loaded
    assert not WORKERS_ALONE & loaded


def test_every_operation_of_the_api_document_has_an_example():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    without = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            answers = [
                operation["responses"][code] for code in operation["responses"] if code < "3"
            ]
            contents = [c for answer in answers for c in answer.get("content", {}).values()]
            if contents and not any("examples" in content for content in contents):
                without.append((method, path))
    assert without == []
