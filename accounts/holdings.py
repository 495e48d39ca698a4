"""What an engagement holds, counted: naming each thing would read a whole inventory."""

from django.db import models
from django.utils.text import get_text_list

from tenancy.models import Engagement


def holdings() -> str:
    """`12000 assets and 3 data imports`: what the engagement of the scope holds, or nothing."""
    counts = {model: model._base_manager.count() for model in _kept_by_it()}
    held = [
        f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"
        for model, count in counts.items()
        if count
    ]
    return get_text_list(held, "and")


def _kept_by_it() -> list[type[models.Model]]:
    """The models that protect their engagement, without those that go when their owner goes."""
    relations = Engagement._meta.get_fields(include_hidden=True)
    protecting = [
        relation.related_model
        for relation in relations
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.PROTECT
    ]
    return [model for model in protecting if not _goes_with_an_owner(model)]


def _goes_with_an_owner(model: type[models.Model]) -> bool:
    return any(
        field.remote_field.on_delete is models.CASCADE
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
    )
