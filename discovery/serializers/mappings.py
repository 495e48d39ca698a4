"""How columns were mapped, and the bodies by which people decide about it."""

from typing import Any, Final, cast

from rest_framework import serializers

from accounts.fields import ChoiceField, StrictFields
from discovery import targets
from discovery.decisions import REJECTED, Choice, accepted
from discovery.models import FieldMapping, LearnedMapping

_DECIDED: Final = (FieldMapping.Status.APPROVED, FieldMapping.Status.REJECTED)


class SuggestionSerializer(serializers.Serializer[Any]):
    """What the machine holds for the best target: the rules, or an agent."""

    target_field = serializers.CharField(
        allow_null=True, help_text="Null where an agent would leave its values in attributes."
    )
    source_unit = serializers.CharField()
    confidence = serializers.FloatField(min_value=0, max_value=1)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of this name
        choices=["rule", "agent"], default="rule"
    )
    agent = serializers.CharField(
        allow_null=True, default=None, help_text="Null where the rules hold it."
    )
    model = serializers.CharField(
        allow_null=True, default=None, help_text="The language model that the agent asked."
    )
    reason = serializers.CharField(
        allow_null=True, default=None, help_text="The agent's; the rules' stand in `evidence`."
    )


class FieldMappingSerializer(serializers.ModelSerializer[FieldMapping]):
    flow_id = serializers.UUIDField()
    table = serializers.CharField(source="table.name")
    evidence = serializers.ListField(child=serializers.CharField())
    sample_values = serializers.ListField(child=serializers.CharField())
    suggestions = SuggestionSerializer(many=True)
    units = serializers.DictField(
        child=serializers.CharField(),
        help_text="The unit of its values, by the field that they could go to.",
    )
    decided_by = serializers.EmailField(source="decided_by.email", default=None, allow_null=True)

    class Meta:
        model = FieldMapping
        fields = [
            "id",
            "flow_id",
            "table",
            "source_field",
            "target_field",
            "source_unit",
            "confidence",
            "source",
            "status",
            "evidence",
            "sample_values",
            "suggestions",
            "units",
            "decided_by",
            "decided_at",
            "corrected",
        ]


class LearnedMappingSerializer(serializers.ModelSerializer[LearnedMapping]):
    decided_by = serializers.EmailField(source="decided_by.email", default=None, allow_null=True)

    class Meta:
        model = LearnedMapping
        fields = [
            "id",
            "source_field",
            "context",
            "target_field",
            "source_unit",
            "held",
            "overruled",
            "decided_by",
            "decided_at",
        ]


class TargetField(ChoiceField):
    """A field of the catalogue; whoever mistypes one is told the nearest."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(name, name) for name in targets.TARGETS], **kwargs)

    def fail(self, key: str, **kwargs: Any) -> Any:
        meant = targets.nearest(str(kwargs.get("input"))) if key == "invalid_choice" else None
        if meant:
            self.error_messages = self.error_messages | {
                key: f"{self.error_messages[key]} Did you mean {meant}?"
            }
        return super().fail(key, **kwargs)


class DecisionSerializer(StrictFields, serializers.Serializer[FieldMapping]):
    """A person's decision about a column; what is left out follows from the rest."""

    target_field = TargetField(
        required=False,
        allow_null=True,
        help_text="Where its values go: a field of the catalogue, or null for attributes.",
    )
    source_unit = serializers.RegexField(
        r"^[\w%$€£¥₹₩/ .-]+$",
        max_length=32,
        required=False,
        allow_null=True,
        help_text="The unit of its values; null if it is that of the target. Left out: the unit "
        "that `units` gives for the target.",
    )
    status = ChoiceField(
        choices=[(str(status), str(status)) for status in _DECIDED],
        required=False,
        help_text="`approved`: the target as it stands; of a `suggested` one, the suggestion. "
        "`rejected`: the target is wrong, and the values stay in attributes.",
    )
    replace = serializers.BooleanField(
        default=False, help_text="Take the target away from the column that has it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & {"target_field", "source_unit", "status"}:
            raise serializers.ValidationError("Give target_field, source_unit or status.")
        if attrs.get("status") == FieldMapping.Status.REJECTED:
            self._refuse_what_a_rejection_has_not(attrs)
        else:
            self._check_unit(attrs)
        return attrs

    def _refuse_what_a_rejection_has_not(self, attrs: dict[str, Any]) -> None:
        given = [name for name in ("target_field", "source_unit") if attrs.get(name)]
        if given:
            message = "A rejected column has none: send the right one without a status."
            raise serializers.ValidationError(dict.fromkeys(given, message))

    def _check_unit(self, attrs: dict[str, Any]) -> None:
        unit, target = attrs.get("source_unit"), self._target(attrs)
        if not unit or (target and targets.fits(target, unit)):
            return
        fitting = ", ".join(targets.units_of(target)) if target else ""
        what = target or "A column that stays in attributes"
        remedy = f"must be one of: {fitting}" if fitting else f"{what} has no unit: leave it out"
        raise serializers.ValidationError({"source_unit": f'"{unit}" does not fit; {remedy}.'})

    def _target(self, attrs: dict[str, Any]) -> str | None:
        target: str | None = attrs.get("target_field", self._start(attrs).target)
        return target

    def _start(self, attrs: dict[str, Any]) -> Choice:
        """From where the decision starts: the suggestion, if that is what is approved."""
        mapping = cast("FieldMapping", self.instance)
        if "status" in attrs:
            return accepted(mapping)
        return Choice(mapping.target_field, mapping.source_unit)

    @property
    def choice(self) -> Choice:
        """Where the column goes, once the body is valid."""
        attrs = self.validated_data
        if attrs.get("status") == FieldMapping.Status.REJECTED:
            return REJECTED
        start, target = self._start(attrs), self._target(attrs)
        if "source_unit" in attrs:
            return Choice(target, attrs["source_unit"] or "")
        if target == start.target:
            return start
        return Choice(target, cast("FieldMapping", self.instance).units.get(target, ""))


class ApprovalSerializer(StrictFields, serializers.Serializer[Any]):
    """Which undecided mappings a person approves together."""

    min_confidence = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        help_text="Approve the targets that are at least so sure.",
    )
    unmapped = serializers.BooleanField(
        default=False, help_text="Approve that columns without a target stay in attributes."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "min_confidence" not in attrs and not attrs["unmapped"]:
            raise serializers.ValidationError('Give min_confidence, or "unmapped": true, or both.')
        return attrs


class ApprovedSerializer(serializers.Serializer[Any]):
    """How many were approved, and how many are left to decide."""

    approved = serializers.IntegerField()
    left = serializers.IntegerField()
