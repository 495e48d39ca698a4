"""What every serializer of the API builds on."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from rest_framework import serializers

_NAMED: Final = 50  # unknown fields that are told
# Marks the schema of a field that nobody can set and an answer may leave out.
LEFT_OUT: Final = "x-left-out"


class StrictFields:
    """Refuses fields that the serializer does not know: a misspelt one must not vanish."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": "Must be an object."})
        errors: dict[str, Any] = {}
        try:
            value = super().to_internal_value(data)  # type: ignore[misc]
        except serializers.ValidationError as error:
            errors = dict(error.detail) if isinstance(error.detail, dict) else {}
            value = None
        known = self.fields  # type: ignore[attr-defined]
        unknown = islice((str(name) for name in data if name not in known), _NAMED)
        errors |= {name: ["This field is unknown."] for name in sorted(unknown)}
        if errors:
            raise serializers.ValidationError(errors)
        return value


class ChoiceField(serializers.ChoiceField):
    """Names the values that are allowed, so that a client can mend its request."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        allowed = ", ".join(str(key) for key in dict(choices))
        messages = {"invalid_choice": f'"{{input}}" must be one of: {allowed}.'}
        kwargs["error_messages"] = messages | kwargs.get("error_messages", {})
        kwargs["allow_blank"] = False
        super().__init__(choices, **kwargs)
