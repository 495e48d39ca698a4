"""What agents ask people, and the body by which a person answers."""

from typing import cast

from rest_framework import serializers

from accounts.fields import StrictFields
from discovery.models import FlowQuestion


class FlowQuestionSerializer(serializers.ModelSerializer[FlowQuestion]):
    flow_id = serializers.UUIDField()
    options = serializers.ListField(
        child=serializers.CharField(), help_text="One of these is the answer; if none, any text."
    )
    answered_by = serializers.EmailField(source="answered_by.email", default=None, allow_null=True)

    class Meta:
        model = FlowQuestion
        fields = [
            "id",
            "flow_id",
            "kind",
            "text",
            "reason",
            "options",
            "suggestion",
            "confidence",
            "agent",
            "asset_id",
            "other_id",
            "answer",
            "answered_by",
            "answered_at",
            "created_at",
        ]


class AnswerSerializer(StrictFields, serializers.Serializer[FlowQuestion]):
    """A person's answer."""

    answer = serializers.CharField(max_length=2000)

    def validate_answer(self, value: str) -> str:
        options = cast("FlowQuestion", self.instance).options
        if options and value not in options:
            raise serializers.ValidationError(f"The answer must be one of: {', '.join(options)}.")
        return value
