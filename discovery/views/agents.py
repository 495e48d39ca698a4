from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import caller
from accounts.views.account import AccountViewSet
from accounts.viewsets import ReadViewSet
from discovery import examples
from discovery.consultation import budgets, sharing
from discovery.filters import AgentCallFilter, FlowAgentCallFilter
from discovery.models import AgentCall, AgentPolicy
from discovery.serializers.agents import (
    AgentCallDetailSerializer,
    AgentCallSerializer,
    AgentPolicySerializer,
    BudgetsSerializer,
)
from discovery.views.flows import FlowPartViewSet


@extend_schema_view(
    list=extend_schema(
        summary="List the calls of agents for all flows of the client account",
        description="Also those of deleted flows, on whose account the budget counts them.",
        examples=[examples.AGENT_CALL],
    ),
    retrieve=extend_schema(
        summary="Read a call with its prompt and answer",
        description="Both are kept for AGENT_KEEP_DAYS and redacted before they are sent.",
        responses=AgentCallDetailSerializer,
        examples=[examples.AGENT_CALL_DETAIL],
    ),
)
@extend_schema(tags=["agents"])
class AgentCallViewSet(ReadViewSet):
    queryset = AgentCall.objects.all()
    filterset_class = AgentCallFilter

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of a list alone, which goes without the large columns."""
        return super().filter_queryset(queryset).defer("prompt", "answer")

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return AgentCallSerializer if self.action == "list" else AgentCallDetailSerializer

    @extend_schema(
        summary="Read the budgets of the agents, and what the client account spent in 24 hours",
        description="The deployment sets them (AGENT_ACCOUNT_…, AGENT_FLOW_…). When one is spent "
        "no agent is asked any more, and what the rules say stands.",
        responses=BudgetsSerializer,
        examples=[examples.AGENT_BUDGETS],
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def budgets(self, request: Request) -> Response:
        return Response(BudgetsSerializer(budgets.in_force()).data)


@extend_schema_view(
    list=extend_schema(
        summary="What agents were asked for a flow, and what it took",
        description="Of all runs of the flow, in the order of their asking. "
        "`GET /agent-calls/{id}` has prompt and answer.",
        examples=[examples.AGENT_CALL],
    )
)
@extend_schema(tags=["agents"])
class FlowAgentCallViewSet(FlowPartViewSet):
    queryset = AgentCall.objects.defer("prompt", "answer")
    serializer_class = AgentCallSerializer
    filterset_class = FlowAgentCallFilter


@extend_schema_view(
    retrieve=extend_schema(
        summary="Read what agents may see of the client account's data",
        examples=[examples.AGENT_POLICY],
    ),
    partial_update=extend_schema(
        summary="Decide what agents may see of the client account's data",
        description="It holds from the next question on, for all engagements. It can only tighten "
        "what the deployment allows (`limit`).",
        examples=[examples.AGENT_POLICY_BODY, examples.AGENT_POLICY],
    ),
)
@extend_schema(tags=["agents"])
class AgentPolicyViewSet(AccountViewSet):
    """One for each account: no path names it, and the account's lock is its own."""

    queryset = AgentPolicy.objects.all()
    serializer_class = AgentPolicySerializer

    def get_object(self) -> AgentPolicy:
        return sharing.policy()

    get_locked = get_object

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(updated_by=caller(self.request))
