"""The base of the views of members and engagements."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.authentication import caller
from accounts.models import Membership, Role, lock_accounts
from accounts.permissions import RolePermission
from accounts.viewsets import EditViewSet
from tenancy import scope
from tenancy.querysets import TenantQuerySet


class AccountViewSet(EditViewSet):
    """What belongs to the client account as a whole, and not to one of its engagements.

    Its changes come one after the other, so that what a change looked at before it writes (that
    a name is free, that another admin is there) still holds when it does.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action and request.method not in SAFE_METHODS:
            lock_accounts([scope.current_client_account_id()])
            self._still_admin(request)

    @staticmethod
    def _still_admin(request: Request) -> None:
        """The role was read before the lock: another admin may have taken it while we waited."""
        own = TenantQuerySet(Membership).filter(user=caller(request), role=Role.ADMIN)
        if not own.exists():
            raise PermissionDenied(RolePermission.message)
