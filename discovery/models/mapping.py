"""Which canonical field a column of an import goes to, how sure that is, and why."""

from django.conf import settings
from django.db import models

from discovery.models.flow import Flow
from discovery.models.imports import ImportTable
from tenancy.models import EngagementModel, TenantForeignKey


class TableReading(EngagementModel):
    """What a flow takes one table for: what a row of it is."""

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="readings")
    table = TenantForeignKey(ImportTable, on_delete=models.CASCADE, related_name="readings")
    grain = models.CharField(max_length=16)
    asset_type = models.CharField(max_length=32, blank=True)
    context = models.CharField(
        max_length=64, blank=True, help_text="What the rows are, as what is learned goes by it."
    )
    evidence = models.JSONField(default=list)

    class Meta(EngagementModel.Meta):
        ordering = ["table__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "flow", "table"], name="table_read_once_in_flow"
            )
        ]
        indexes = [
            models.Index(fields=["client_account", "table"], name="reading_table_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.grain}"


class FieldMapping(EngagementModel):
    class Source(models.TextChoices):
        RULE = "rule"
        LEARNED = "learned"
        AGENT = "agent"
        USER = "user"

    class Status(models.TextChoices):
        APPLIED = "applied", "its values go to the target"
        UNMAPPED = "unmapped", "its values stay in attributes"
        SUGGESTED = "suggested", "its values stay in attributes until a person approves the guess"
        APPROVED = "approved", "a person decided where its values go, target or attributes"
        REJECTED = "rejected", "a person refused the target: its values stay in attributes"

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="field_mappings")
    table = TenantForeignKey(ImportTable, on_delete=models.CASCADE, related_name="field_mappings")
    position = models.PositiveIntegerField()
    source_field = models.TextField()
    header = models.CharField(
        max_length=300, blank=True, help_text="Its name folded, as what is learned goes by it."
    )
    target_field = models.CharField(max_length=64, null=True, blank=True)
    source_unit = models.CharField(max_length=32, blank=True)
    confidence = models.FloatField(
        null=True,
        blank=True,
        help_text="The probability that what the machine decided is right; null where a person "
        "decided otherwise.",
    )
    source = models.CharField(max_length=16, choices=Source, default=Source.RULE)
    status = models.CharField(max_length=16, choices=Status)
    evidence = models.JSONField(default=list)
    sample_values = models.JSONField(default=list)
    suggestions = models.JSONField(
        default=list,
        help_text="What the machine holds for the best target, whatever was decided: "
        "target_field, source_unit, confidence.",
    )
    units = models.JSONField(
        default=dict, help_text="The unit of its values, by the field that they could go to."
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    corrected = models.BooleanField(
        default=False, help_text="Decided otherwise since the assets were made."
    )

    class Meta(EngagementModel.Meta):
        verbose_name = "field mapping"
        ordering = ["table__position", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "flow", "table", "position"], name="column_mapped_once"
            )
        ]
        indexes = [
            models.Index(fields=["client_account", "table"], name="field_mapping_table_idx"),
            models.Index(
                fields=["client_account", "flow"],
                condition=models.Q(corrected=True),
                name="correction_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_field} → {self.target_field or 'attributes'}"
