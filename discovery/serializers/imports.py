from pathlib import PurePath
from typing import Any, Final

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import ChoiceField, StrictFields
from discovery import choices
from discovery.encodings import ENCODINGS
from discovery.grains import Grain
from discovery.models import DataImport, ImportTable

# One ASCII sign, or a tab: no letter, no digit and no quote. discovery.readers.Choices says so too.
DELIMITER: Final = r"^[\t !#-/:-@\[-`{-~]$"
_LAST_ROW: Final = 1_048_576  # of a sheet
_TABLES: Final = 1_000


def _shown_name(name: str) -> str:
    """The last part of a file name: paths of the client's machine are nobody's business.

    Without what cannot be shown: control characters, half surrogate pairs, and the signs that
    turn the direction of writing and make `gpj.exe` of `exe.jpg`.
    """
    return "".join(filter(str.isprintable, PurePath(name.replace("\\", "/")).name))[:255]


class RowsSerializer(StrictFields, serializers.Serializer[DataImport]):
    """An inventory as JSON rows."""

    source_type = serializers.CharField(max_length=50, default="json")
    file_name = serializers.CharField(max_length=255, default="rows.json")
    data_rows = serializers.JSONField(
        help_text="A list of objects, one a row; their keys are the column names."
    )

    def validate_file_name(self, value: str) -> str:
        return _shown_name(value) or "rows.json"

    def validate_data_rows(self, rows: Any) -> Any:
        if not isinstance(rows, list) or not rows:
            raise serializers.ValidationError("This field must be a list with at least one row.")
        if len(rows) > settings.MAX_IMPORT_ROWS:
            raise serializers.ValidationError(
                f"At most {settings.MAX_IMPORT_ROWS} rows are allowed (MAX_IMPORT_ROWS)."
            )
        wrong = [index for index, row in enumerate(rows) if not isinstance(row, dict)]
        if wrong:
            raise serializers.ValidationError(
                {str(index): ["A row must be an object."] for index in wrong[:100]}
            )
        if not any(rows):
            raise serializers.ValidationError("The rows have no columns: a row is {name: value}.")
        return rows


class UploadSerializer(StrictFields, serializers.Serializer[DataImport]):
    """An inventory as a file."""

    file = serializers.FileField(max_length=1000)
    source_type = serializers.CharField(max_length=50, default="file")

    def validate_file(self, upload: Any) -> Any:
        if upload.size > settings.MAX_UPLOAD_MB * 2**20:
            raise serializers.ValidationError(
                f"At most {settings.MAX_UPLOAD_MB} MB are allowed (MAX_UPLOAD_MB)."
            )
        upload.name = _shown_name(upload.name) or "upload"
        return upload


class GrainField(ChoiceField):
    """What a row of a table is."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(grain.value, grain.value) for grain in Grain]
        super().__init__(choices, required=False, allow_null=True, **kwargs)


class TableChoicesSerializer(StrictFields, serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255, trim_whitespace=False)
    header_row = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=_LAST_ROW
    )
    grain = GrainField()
    skip = serializers.BooleanField(required=False, help_text="Flows pass this table over.")


class ChoicesSerializer(StrictFields, serializers.Serializer[Any]):
    """What a person decides about how an import is read; null: find it out again."""

    sheet = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=255,
        trim_whitespace=False,
        help_text="The only table to read; the others are kept as they are, and skipped.",
    )
    header_row = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=_LAST_ROW,
        help_text="The row that names the columns, from 1, of the sheet or of the only table.",
    )
    delimiter = serializers.RegexField(
        DELIMITER,
        required=False,
        allow_null=True,
        max_length=1,
        trim_whitespace=False,
        error_messages={"invalid": "Must be one ASCII sign or a tab: no letter, digit or quote."},
    )
    encoding = ChoiceField([(name, name) for name in ENCODINGS], required=False, allow_null=True)
    grain = GrainField(help_text="What a row is, in the sheet or in the only table.")
    tables = serializers.ListField(
        child=TableChoicesSerializer(error_messages={"invalid": "Must be an object."}),
        required=False,
        max_length=_TABLES,
        help_text="Decisions on single tables by name. Tables that are not named keep theirs.",
    )

    def validate_tables(self, tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [table["name"] for table in tables]
        if len(set(names)) < len(names):
            raise serializers.ValidationError("Each table at most once.")
        return tables

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(
                f"Must have at least one of: {', '.join(self.fields)}."
            )
        return attrs


class ImportTableSerializer(serializers.ModelSerializer[ImportTable]):
    """A table of no known product has no `known_format`."""

    grain_evidence = serializers.ListField(child=serializers.CharField())
    known_format = serializers.CharField(
        required=False, help_text="The product whose export it is, by its columns."
    )
    columns = serializers.ListField(child=serializers.CharField())
    preview = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True)),
        help_text="The first rows as read: the row's place in the source, then its cells.",
    )

    class Meta:
        model = ImportTable
        fields = [
            "name",
            "known_format",
            "grain",
            "grain_evidence",
            "row_count",
            "header_row",
            "encoding",
            "delimiter",
            "columns",
            "preview",
        ]

    def to_representation(self, instance: ImportTable) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.known_format:
            del shown["known_format"]
        return shown


class DataImportSerializer(serializers.ModelSerializer[DataImport]):
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)

    class Meta:
        model = DataImport
        fields = [
            "id",
            "source_type",
            "file_name",
            "size_bytes",
            "status",
            "row_count",
            "error_code",
            "error",
            "created_by",
            "created_at",
            "read_at",
        ]


class DataImportDetailSerializer(DataImportSerializer):
    choices = serializers.SerializerMethodField(help_text="What people decided; PATCH changes it.")
    notes = serializers.ListField(
        child=serializers.CharField(),
        help_text="What was left out of the upload, a sentence for each file.",
    )
    tables = serializers.SerializerMethodField(
        help_text="Those that flows use. While `status` is not `read`, those of the last reading."
    )
    skipped_tables = serializers.SerializerMethodField(help_text="The names of the others.")

    class Meta(DataImportSerializer.Meta):
        fields = [*DataImportSerializer.Meta.fields, "choices", "notes", "tables", "skipped_tables"]

    @extend_schema_field(ChoicesSerializer)
    def get_choices(self, data_import: DataImport) -> dict[str, Any]:
        return choices.shown(data_import.choices)

    @extend_schema_field(ImportTableSerializer(many=True))
    def get_tables(self, data_import: DataImport) -> list[Any]:
        tables = [table for table in data_import.tables.all() if not table.skipped]
        return list(ImportTableSerializer(tables, many=True).data)

    def get_skipped_tables(self, data_import: DataImport) -> list[str]:
        return [table.name for table in data_import.tables.all() if table.skipped]


class TableRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Its place in the source, from 1.")
    cells = serializers.DictField(
        child=serializers.CharField(),
        help_text="By column; blank cells are left out. A cell of more than 200 characters is cut "
        "there, and ends in an ellipsis (…).",
    )
