"""Questions to people, and their answers."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import caller
from accounts.viewsets import ReadViewSet
from discovery import examples
from discovery.filters import FlowQuestionFilter, QuestionFilter
from discovery.models import FlowQuestion
from discovery.questions import answers
from discovery.serializers.questions import AnswerSerializer, FlowQuestionSerializer
from discovery.views.flows import FlowPartViewSet


class AnswerRefused(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "answer_refused"


@extend_schema_view(
    list=extend_schema(summary="List the questions of all flows", examples=[examples.QUESTION]),
    retrieve=extend_schema(
        summary="Read what an agent asks people, and why", examples=[examples.QUESTION]
    ),
)
@extend_schema(tags=["questions"])
class QuestionViewSet(ReadViewSet):
    queryset = FlowQuestion.objects.select_related("answered_by").order_by(
        "-flow__created_at", "flow", "created_at", "id"
    )
    serializer_class = FlowQuestionSerializer
    filterset_class = QuestionFilter

    @extend_schema(
        summary="Answer a question",
        description="With one of its options, or with any text if it has none; another answer "
        "replaces the one before. 409 while the flow runs, and if the asset is gone. A flow that "
        "waits for `agent_questions` goes on with `POST /flows/{flow_id}/resume`. What the "
        "migration strategist asked it is told when the flow runs again from `completed`.",
        request=AnswerSerializer,
        responses=FlowQuestionSerializer,
        examples=[examples.ANSWER_BODY, examples.QUESTION],
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        question = self.get_object()
        body = AnswerSerializer(question, data=request.data)
        body.is_valid(raise_exception=True)
        try:
            answers.answer(question, body.validated_data["answer"], caller(request))
        except answers.NotNow as refused:
            raise AnswerRefused(str(refused)) from refused
        return Response(FlowQuestionSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="What agents ask people", examples=[examples.QUESTION])
)
@extend_schema(tags=["flows"])
class FlowQuestionViewSet(FlowPartViewSet):
    queryset = FlowQuestion.objects.select_related("answered_by")
    serializer_class = FlowQuestionSerializer
    filterset_class = FlowQuestionFilter
