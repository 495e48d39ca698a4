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


ROLES: Final = MappingProxyType(
    {
        Role.ADMIN: frozenset(Capability),
        Role.CONTRIBUTOR: frozenset({Capability.READ, Capability.WRITE}),
        Role.VIEWER: frozenset({Capability.READ}),
    }
)

# The actions of every tenant view. One that is missing here is denied to everybody.
ACTIONS: Final = MappingProxyType(
    {
        "list": Capability.READ,
        "retrieve": Capability.READ,
        "metadata": Capability.READ,
        "fields": Capability.READ,
        "field_mappings": Capability.READ,
        "events": Capability.READ,
        "findings": Capability.READ,
        "create": Capability.WRITE,
        "update": Capability.WRITE,
        "partial_update": Capability.WRITE,
        "pause": Capability.WRITE,
        "resume": Capability.WRITE,
        "cancel": Capability.WRITE,
        "retry": Capability.WRITE,
        "destroy": Capability.DELETE,
    }
)


def needed(view: "APIView") -> Capability | None:
    return ACTIONS.get(getattr(view, "action", None) or "")


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
