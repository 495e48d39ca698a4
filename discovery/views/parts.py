from typing import Any

from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request

from accounts.viewsets import TenantViewSet, find


class PartViewSet(ListModelMixin, TenantViewSet):
    """A list that belongs to one object of `wholes`: 404 if that does not exist.

    `whole_key` is what the path calls its id, `whole_field` the field of the parts that names it.
    """

    wholes: QuerySet[Any]
    whole_key: str
    whole_field: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action:  # else the method is not supported, whatever the object
            key = self.whole_key
            self.whole: Any = find(self.wholes.all(), self.kwargs[key], key)

    def get_queryset(self) -> QuerySet[Any]:
        parts = super().get_queryset()
        return self.parts_of_whole(parts) if hasattr(self, "whole") else parts

    def parts_of_whole(self, parts: QuerySet[Any]) -> QuerySet[Any]:
        return parts.filter(**{self.whole_field: self.whole})
