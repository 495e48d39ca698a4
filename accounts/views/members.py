from drf_spectacular.utils import extend_schema, extend_schema_view

from accounts.examples import INVITATION, MEMBER, ROLE_CHANGE
from accounts.filters import MemberFilter
from accounts.models import Membership
from accounts.serializers.members import MemberSerializer
from accounts.views.account import AccountViewSet
from tenancy.querysets import TenantQuerySet


@extend_schema_view(
    list=extend_schema(summary="List the members of the client account", examples=[MEMBER]),
    create=extend_schema(
        summary="Invite a person by e-mail",
        description="The answer is the same whether or not the person has a login already.",
        examples=[INVITATION, MEMBER],
    ),
    retrieve=extend_schema(summary="Read a member", examples=[MEMBER]),
    update=extend_schema(
        summary="Change a member's role",
        description="409 if the account would be left without an admin.",
        examples=[ROLE_CHANGE, MEMBER],
    ),
    partial_update=extend_schema(
        summary="Change a member's role",
        description="409 if the account would be left without an admin.",
        examples=[ROLE_CHANGE, MEMBER],
    ),
    destroy=extend_schema(
        summary="Remove a member",
        description="Ends the access at once. 409 for the account's last admin.",
    ),
)
@extend_schema(tags=["members"])
class MemberViewSet(AccountViewSet):
    queryset = (
        TenantQuerySet(Membership)
        .select_related("user")
        .defer("user__password")
        .order_by("user__email")
    )
    serializer_class = MemberSerializer
    filterset_class = MemberFilter
