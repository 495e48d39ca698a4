"""What a flow could not read or resolve: the place, the value and the reason."""

from django.db import models

from discovery.models.flow import Flow
from tenancy.models import EngagementModel, TenantForeignKey


class Finding(EngagementModel):
    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]  # as COPY wrote them
    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="findings")
    phase = models.CharField(max_length=32)
    table = models.CharField(max_length=255, blank=True)
    row = models.BigIntegerField(null=True, blank=True, help_text="1-based place in the source.")
    column = models.TextField(blank=True)
    target = models.CharField(max_length=64, blank=True)
    value = models.TextField(blank=True)
    reason = models.TextField()

    class Meta(EngagementModel.Meta):
        ordering = ["id"]
        indexes = [
            models.Index(fields=["client_account", "flow", "id"], name="finding_page_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.table} row {self.row}, {self.column}: {self.reason}"
