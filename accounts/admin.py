from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import KeptAnswer, Membership, User
from tenancy.admin import TenantModelAdmin


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["client_account"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
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
class MembershipAdmin(ModelAdmin):
    list_display = ["user", "client_account", "role", "created_at"]
    list_filter = ["role", "client_account"]
    list_select_related = ["user", "client_account"]
    search_fields = ["user__email", "client_account__name"]
    autocomplete_fields = ["user", "client_account"]


@admin.register(KeptAnswer)
class KeptAnswerAdmin(TenantModelAdmin):
    list_display = ["key", "user", "status", "client_account", "created_at"]
    list_select_related = ["user", "client_account"]
    search_fields = ["key", "user__email"]
    fields = readonly_fields = ["key", "user", "client_account", "status", "headers", "created_at"]
