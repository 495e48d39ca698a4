"""contract.md section 3: the table of roles. That the routes hold to it: test_isolation.py."""

from typing import Any

import pytest
from rest_framework.test import APIRequestFactory

from accounts.authentication import Access
from accounts.models import Role
from accounts.permissions import ACTIONS, ROLES, RolePermission, allowed, needed
from assets.models import Asset
from tests.isolation import OPERATIONS, Operation
from tests.people import Cast

# contract.md section 3, by hand: what the table in accounts/permissions.py is held to.
INVENTORY = ("asset", "dependency", "dataimport", "flow")
ACCOUNT = ("engagement", "membership", "agentpolicy")
EVERYBODY, EDITORS, ADMINS = {*Role}, {Role.ADMIN, Role.CONTRIBUTOR}, {Role.ADMIN}


def roles_for(model: str, action: str) -> set[Role]:
    return {role for role in Role if ACTIONS[model][action] in ROLES[role]}


def test_the_table_is_the_contracts():
    for model, actions in ACTIONS.items():
        for action in actions:
            if model == "auditevent":
                assert roles_for(model, action) == ADMINS, action
            elif action in {"metadata", "list", "retrieve", "fields", "export", "budgets"}:
                assert roles_for(model, action) == EVERYBODY, (model, action)
            elif model in ACCOUNT or action == "destroy":
                assert roles_for(model, action) == ADMINS, (model, action)
            else:
                assert roles_for(model, action) == EDITORS, (model, action)
    changes = {action for model in INVENTORY for action in ACTIONS[model]}
    assert {"create", "update", "destroy", "pause", "cancel", "resume", "retry"} <= changes


class Unknown:
    """A view of a known model with an action that the table does not have."""

    queryset = Asset.objects.all()
    action = "not_in_the_table"


class Headless:
    """A view that shows no model."""

    action = "list"


@pytest.mark.parametrize("view", [Unknown(), Headless()])
def test_an_action_without_an_entry_is_denied_to_everybody(cast: Cast, view: Any):
    assert needed(view) is None
    assert allowed(view) == []
    for role in Role:
        request = APIRequestFactory().get("/")
        request.user = cast.users[role]
        request.auth = Access(None, role)
        assert RolePermission().has_permission(request, view) is False


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_says_who_may(operation: Operation):
    said = operation.description.rpartition("\n\n")[2]
    if operation.is_public:
        assert said == "Everybody, without a token."
    elif operation.is_personal:
        assert said == "Everybody with a valid token."
    else:
        assert said == f"Roles: {', '.join(operation.roles())}."
        assert "admin" in said
