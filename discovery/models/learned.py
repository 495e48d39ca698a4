"""What the people of a client account decided about columns, for the imports to come."""

from django.conf import settings
from django.db import models

from tenancy.models import TenantModel


class LearnedMapping(TenantModel):
    """A decision about columns of one name in tables of one kind.

    The last decision counts; the others stay beside it, with what became of them.
    """

    header = models.CharField(
        max_length=300, help_text="The name of the column, folded: letters, digits and signs."
    )
    context = models.CharField(
        max_length=64,
        help_text="What the rows of its table were: the grain and, where the table told it, the "
        "class, as in `asset/server`.",
    )
    target_field = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        help_text="Where its values go; null if they stay in attributes.",
    )
    source_unit = models.CharField(
        max_length=32,
        null=True,
        blank=True,
        help_text="The unit that people set for its values, empty for that of the target; null if "
        "they left it to what header and values say.",
    )
    source_field = models.CharField(max_length=300, help_text="The name as it was last spelt.")
    held = models.PositiveIntegerField(default=0, help_text="How often people decided so.")
    overruled = models.PositiveIntegerField(
        default=0, help_text="How often people decided otherwise where this had been the last word."
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        verbose_name = "learned mapping"
        ordering = ["header", "context", "-decided_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "header", "context", "target_field"],
                name="learned_once_in_context",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_field} → {self.target_field or 'attributes'} ({self.context})"
