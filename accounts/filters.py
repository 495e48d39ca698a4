"""What the filters of every list build on, and those of people and engagements."""

from datetime import UTC
from typing import Any

import django_filters as filters
from django import forms
from django.conf import settings
from django.db.models import F, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from accounts.models import Membership, Role
from tenancy.actor import Origin
from tenancy.models import AuditEvent, ClientAccount, Engagement


class OneOf(filters.BaseInFilter, filters.ChoiceFilter):
    """`?status=active,planned`: any of these values."""

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        allowed = ", ".join(key for key, _ in choices)
        kwargs.setdefault("label", f"One or several, with commas, of: {allowed}.")
        messages = {"invalid_choice": f"Must be one of: {allowed}."}
        super().__init__(*args, choices=choices, error_messages=messages, **kwargs)


@extend_schema_field(OpenApiTypes.BOOL)
class Truth(filters.TypedChoiceFilter):
    """`?cached=true`; django-filter's own would take what is neither for no filter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        messages = {"invalid_choice": "Must be true or false."}
        kwargs |= {"choices": choices, "error_messages": messages, "coerce": "true".__eq__}
        super().__init__(*args, **kwargs)


class Ordering(filters.OrderingFilter):
    """What is not known comes last, and the id decides between equals: pages must not overlap."""

    def __init__(self, *args: Any, fields: Any, **kwargs: Any) -> None:
        names = [field if isinstance(field, str) else field[1] for field in fields]
        allowed = f"Must be one of: {', '.join(names)}; a minus in front for descending."
        kwargs.setdefault("label", f"Several with commas. {allowed}")
        messages = {"invalid_choice": allowed, "invalid_list": allowed}
        super().__init__(*args, fields=fields, error_messages=messages, **kwargs)

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        names = [self.get_ordering_value(name) for name in value or () if name]  # not of ",,"
        if not names:
            return qs
        keys = [
            F(name.lstrip("-")).desc(nulls_last=True)
            if name.startswith("-")
            else F(name).asc(nulls_last=True)
            for name in names
        ]
        return qs.order_by(*keys, "id")


class MomentField(filters.fields.IsoDateTimeField):
    """Also refuses the moments of the years 1 and 9999 that do not exist in UTC."""

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError("The date is out of range.") from error


class Moment(filters.IsoDateTimeFilter):
    field_class = MomentField


def _refuse_repeated(data: Any) -> None:
    repeated = [name for name, values in data.lists() if len(values) > 1] if data else []
    if repeated:
        text = "Given more than once. Several values go into one, with commas, where it takes them."
        raise ValidationError(dict.fromkeys(sorted(repeated), text))


class StrictFilterSet(filters.FilterSet):
    """Refuses parameters it does not know: a misspelt filter must not answer with everything.

    One that is given twice is refused as well: Django would heed the last one alone.

    Only the filters that a request names are copied and built; rebuilding all of them at every
    request is what makes the lists of other inventories slow.
    """

    base_filters: dict[str, filters.Filter]
    read_elsewhere = frozenset({"page", "page_size"})

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        _refuse_repeated(data)
        asked = set(data or ()) - self.read_elsewhere
        unknown = asked - set(self.base_filters)
        if unknown:
            names = ", ".join(sorted(self.base_filters))
            raise ValidationError(
                dict.fromkeys(sorted(unknown), f"Unknown parameter. Known ones: {names}.")
            )
        most = settings.MAX_QUERY_CHARS
        long = sorted(name for name in asked if len(data[name]) > most)
        if long:
            message = f"At most {most:,} characters are allowed (MAX_QUERY_CHARS)."
            raise ValidationError(dict.fromkeys(long, message))
        self.base_filters = {
            name: item for name, item in self.base_filters.items() if name in asked
        }
        super().__init__(data, *args, **kwargs)


class ClientAccountFilter(StrictFilterSet):
    name = filters.CharFilter(lookup_expr="iexact")
    name__contains = filters.CharFilter(field_name="name", lookup_expr="icontains")
    search = filters.CharFilter(field_name="name", lookup_expr="icontains")
    ordering = Ordering(fields=["name", "created_at"])

    class Meta:
        model = ClientAccount
        fields: list[str] = []


class EngagementFilter(StrictFilterSet):
    name = filters.CharFilter(lookup_expr="iexact")
    name__contains = filters.CharFilter(field_name="name", lookup_expr="icontains")
    search = filters.CharFilter(field_name="name", lookup_expr="icontains")
    ordering = Ordering(fields=["name", "created_at", "updated_at"])

    class Meta:
        model = Engagement
        fields: list[str] = []


class MemberFilter(StrictFilterSet):
    email = filters.CharFilter(field_name="user__email", lookup_expr="iexact")
    email__contains = filters.CharFilter(field_name="user__email", lookup_expr="icontains")
    search = filters.CharFilter(field_name="user__email", lookup_expr="icontains")
    role = OneOf(choices=Role.choices)
    ordering = Ordering(fields=[("user__email", "email"), "role", "created_at", "updated_at"])

    class Meta:
        model = Membership
        fields: list[str] = []


class AuditEventFilter(StrictFilterSet):
    action = OneOf(choices=AuditEvent.Action.choices)
    object_type = filters.CharFilter()
    object_id = filters.UUIDFilter()
    engagement_id = filters.UUIDFilter()
    origin = OneOf(choices=Origin.choices)
    user_id = filters.UUIDFilter()
    request_id = filters.CharFilter()
    at__gte = Moment(field_name="at", lookup_expr="gte")
    at__lte = Moment(field_name="at", lookup_expr="lte")

    class Meta:
        model = AuditEvent
        fields: list[str] = []
