from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from assets.fields import FIELDS
from assets.models import Asset, Dependency
from tenancy.admin import TenantModelAdmin


def _sections() -> list[tuple[str | None, dict[str, list[str]]]]:
    """One section for each group of the catalogue."""
    groups: dict[str, list[str]] = {}
    for field in FIELDS:
        groups.setdefault(field.group, []).append(field.name)
    return [(group.capitalize(), {"fields": names}) for group, names in groups.items()]


@admin.register(Asset)
class AssetAdmin(TenantModelAdmin):
    list_display = ["name", "asset_type", "environment", "client_account", "updated_at"]
    list_filter = ["asset_type", "environment", "status", "criticality", "client_account"]
    list_select_related = ["client_account"]
    search_fields = ["name", "hostname", "fqdn", "external_id", "serial_number"]
    readonly_fields = [
        *("id", "client_account", "engagement", "judged_fields", "created_at", "updated_at"),
    ]
    fieldsets = [
        (None, {"fields": ["id", "client_account", "engagement", "created_at", "updated_at"]}),
        *_sections(),
        ("Besides", {"fields": ["attributes", "edited_fields", "judged_fields"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Asset, form: ModelForm, change: bool) -> None:
        """What an operator changed, imports do not overwrite."""
        obj.count_as_edited(form.changed_data)
        super().save_model(request, obj, form, change)


@admin.register(Dependency)
class DependencyAdmin(TenantModelAdmin):
    list_display = [
        "source_asset",
        "dependency_type",
        "target_asset",
        "origin",
        "confidence",
        "client_account",
    ]
    list_filter = ["dependency_type", "origin", "client_account"]
    list_select_related = ["source_asset", "target_asset", "client_account"]
    search_fields = ["source_asset__name", "target_asset__name"]
    readonly_fields = [
        "id",
        "source_asset",
        "target_asset",
        "client_account",
        "engagement",
        "created_at",
        "updated_at",
    ]
