from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from tenancy.models import AuditEvent, ClientAccount, Engagement


class EngagementInline(TabularInline):
    model = Engagement
    extra = 0
    fields = ["name"]


@admin.register(ClientAccount)
class ClientAccountAdmin(ModelAdmin):
    list_display = ["name", "id", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "id"]
    inlines = [EngagementInline]


@admin.register(Engagement)
class EngagementAdmin(ModelAdmin):
    list_display = ["name", "client_account", "id", "created_at"]
    list_select_related = ["client_account"]
    search_fields = ["name", "id", "client_account__name"]
    autocomplete_fields = ["client_account"]


@admin.register(AuditEvent)
class AuditEventAdmin(ModelAdmin):
    list_display = ["at", "action", "object_type", "object_id", "origin", "email", "address"]
    list_filter = ["action", "origin"]
    search_fields = ["=object_id", "=request_id", "=user_id"]
    show_full_result_count = False  # the largest table of all

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class TenantModelAdmin(ModelAdmin):
    """Shows the objects of every tenant. They are made through the API, which knows for whom."""

    list_filter = ["client_account"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
