"""Who may do what: one table of roles, and one of what each action of a view needs."""

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.authentication import access
from accounts.models import Role

if TYPE_CHECKING:
    from rest_framework.views import APIView  # DRF's views import this module by setting


class Capability(StrEnum):
    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    MANAGE = "manage"


ROLES: Final = MappingProxyType(
    {
        Role.ADMIN: frozenset(Capability),
        Role.CONTRIBUTOR: frozenset({Capability.READ, Capability.WRITE}),
        Role.VIEWER: frozenset({Capability.READ}),
    }
)

_LIST: Final = {"metadata": Capability.READ, "list": Capability.READ}
_READ: Final = _LIST | {"retrieve": Capability.READ}
_MAKE: Final = _READ | {"create": Capability.WRITE, "destroy": Capability.DELETE}
_EDIT: Final = _MAKE | {"update": Capability.WRITE, "partial_update": Capability.WRITE}
_MANAGE: Final = _READ | dict.fromkeys(
    ("create", "update", "partial_update", "destroy"), Capability.MANAGE
)

# What the actions of the tenant views need, by the model that a view shows. What is missing here
# is denied to everybody.
ACTIONS: Final = MappingProxyType(
    {
        "asset": _EDIT | dict.fromkeys(("fields", "export"), Capability.READ),
        "dependency": _EDIT | {"export": Capability.READ},
        "dataimport": _MAKE | {"partial_update": Capability.WRITE},
        "importtable": _LIST,
        "flow": _MAKE | dict.fromkeys(("pause", "resume", "cancel", "retry"), Capability.WRITE),
        "learnedmapping": _READ | {"destroy": Capability.DELETE},
        "fieldmapping": _READ | dict.fromkeys(("partial_update", "approve"), Capability.WRITE),
        "flowquestion": _READ | {"partial_update": Capability.WRITE},
        "finding": _LIST | {"export": Capability.READ},
        "flowevent": _LIST,
        "agentcall": _READ | {"budgets": Capability.READ},
        "agentpolicy": {
            "metadata": Capability.READ,
            "retrieve": Capability.READ,
            "partial_update": Capability.MANAGE,
        },
        "engagement": _MANAGE,
        "membership": _MANAGE,
        "auditevent": dict.fromkeys(("metadata", "list"), Capability.MANAGE),
    }
)


def needed(view: "APIView") -> Capability | None:
    """What the view's action needs; None if the table does not know it."""
    model = getattr(getattr(view, "queryset", None), "model", None)
    if model is None:
        return None
    return ACTIONS.get(model._meta.model_name, {}).get(getattr(view, "action", None) or "")


def allowed(view: "APIView") -> list[Role]:
    """The roles that may do what the view's action does."""
    return [role for role, capabilities in ROLES.items() if needed(view) in capabilities]


class RolePermission(BasePermission):
    """Lets a request pass if the caller's role in its tenant has the action's capability."""

    message = "Insufficient permissions."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        if getattr(view, "action", "") is None:
            return True  # the method is not supported: 405 says more than 403
        role = access(request).role
        return role is not None and needed(view) in ROLES[role]
