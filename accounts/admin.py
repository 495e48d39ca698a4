from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import KeptAnswer, LastAdmin, Membership, Session, User
from tenancy.admin import TenantModelAdmin


class PeopleAdmin(ModelAdmin):
    """Refuses what would leave an account without an admin, with a message on the same page."""

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_refused(super().changelist_view, request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_refused(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_refused(super().delete_view, request, *args, **kwargs)

    def _or_refused(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            with transaction.atomic():  # the log of actions is written before they are done
                return view(request, *args, **kwargs)
        except LastAdmin as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.get_full_path())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One by one: a queryset's own delete asks no model."""
        for item in queryset:
            item.delete()


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["client_account"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PeopleAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email", "name", "id"]
    ordering = ["email"]
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["email", "password", "name"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "password1", "password2"]})]


@admin.register(Membership)
class MembershipAdmin(PeopleAdmin):
    list_display = ["user", "client_account", "role", "created_at"]
    list_filter = ["role", "client_account"]
    list_select_related = ["user", "client_account"]
    search_fields = ["user__email", "client_account__name"]
    autocomplete_fields = ["user", "client_account"]


@admin.register(Session)
class SessionAdmin(ModelAdmin):
    """To look at, and to delete: that ends the session's tokens."""

    list_display = ["user", "alive", "started_at", "last_used_at", "address", "user_agent"]
    list_select_related = ["user"]
    search_fields = ["user__email", "address", "id"]

    @admin.display(boolean=True)
    def alive(self, session: Session) -> bool:
        return session.is_alive

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False


@admin.register(KeptAnswer)
class KeptAnswerAdmin(TenantModelAdmin):
    list_display = ["key", "user", "status", "client_account", "created_at"]
    list_select_related = ["user", "client_account"]
    search_fields = ["key", "user__email"]
    fields = readonly_fields = ["key", "user", "client_account", "status", "headers", "created_at"]
