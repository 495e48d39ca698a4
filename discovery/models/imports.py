"""An inventory as it was handed in, and the tables that were found in it."""

from django.conf import settings
from django.db import models

from discovery.grains import Grain
from tenancy.models import EngagementModel, TenantForeignKey


def upload_path(instance: "DataImport", filename: str) -> str:
    """Ids only: a client's file name never becomes a path."""
    return f"{instance.client_account_id}/{instance.engagement_id}/{instance.pk}/upload"


def table_path(instance: "ImportTable", filename: str) -> str:
    owner = instance.data_import
    return f"{owner.client_account_id}/{owner.engagement_id}/{owner.pk}/{instance.pk}.parquet"


class DataImport(EngagementModel):
    """The upload is kept byte for byte; the tables beside it are what a worker read from it."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "kept, not read yet"
        READ = "read"
        FAILED = "failed", "could not be read"

    source_type = models.CharField(max_length=50)
    file_name = models.CharField(max_length=255)
    upload = models.FileField(upload_to=upload_path, max_length=255)
    size_bytes = models.BigIntegerField()
    status = models.CharField(max_length=16, choices=Status, default=Status.UPLOADED)
    row_count = models.BigIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    choices = models.JSONField(
        default=dict, blank=True, help_text="What people decided about how it is read: choices.py."
    )
    read_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its tables were read last."
    )
    notes = models.JSONField(
        default=list, help_text="What was left out of the upload, a sentence for each file."
    )
    nudged_at = models.DateTimeField(null=True, editable=False)
    nudges = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How often the workers were told to read it."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(EngagementModel.Meta):
        verbose_name = "data import"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["client_account", "engagement", "-created_at"], name="import_page_idx"
            ),
            # The sweeper looks across tenants, and only at imports that nobody read.
            models.Index(
                fields=["nudged_at"], condition=models.Q(status="uploaded"), name="import_sweep_idx"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "engagement", "id"], name="import_in_engagement"
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportTable(EngagementModel):
    """One table of an import: a sheet, a delimited file, a list of rows.

    Its id follows from the import and its name: where people have an import read in another way,
    it stays the same row, and what flows said of it before can still be read.
    """

    data_import = TenantForeignKey(DataImport, on_delete=models.CASCADE, related_name="tables")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    parquet = models.FileField(upload_to=table_path, max_length=255)
    columns = models.JSONField(help_text="The headers, in order.")
    row_count = models.BigIntegerField()
    header_row = models.IntegerField(help_text="1-based place of the header in the source.")
    encoding = models.CharField(max_length=32, blank=True)
    delimiter = models.CharField(max_length=8, blank=True)
    preview = models.JSONField(help_text="The first rows as read, each a list of cells.")
    grain = models.CharField(
        max_length=16, choices=[(grain.value, grain.value) for grain in Grain], default=Grain.ASSET
    )
    grain_evidence = models.JSONField(default=list, help_text="Sentences that say why.")
    known_format = models.CharField(
        max_length=64, blank=True, help_text="The product whose export it is."
    )
    skipped = models.BooleanField(default=False, help_text="Left out by a person: flows pass it.")

    class Meta(EngagementModel.Meta):
        ordering = ["data_import", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["client_account", "engagement", "id"], name="table_in_engagement"
            ),
        ]
        indexes = [
            models.Index(
                fields=["client_account", "data_import", "position"], name="import_table_position"
            ),
        ]

    def __str__(self) -> str:
        return self.name
