from django.urls import re_path

from accounts.routers import OptionalSlashRouter
from accounts.views.audit import AuditEventViewSet
from accounts.views.auth import KeySetView, LogoutView, MeView, RefreshView, TokenView
from accounts.views.client_accounts import ClientAccountViewSet
from accounts.views.engagements import EngagementViewSet
from accounts.views.members import MemberViewSet
from accounts.views.password import PasswordConfirmView, PasswordResetView, PasswordView

router = OptionalSlashRouter()
router.register("client-accounts", ClientAccountViewSet, basename="client-account")
router.register("engagements", EngagementViewSet, basename="engagement")
router.register("members", MemberViewSet, basename="member")
router.register("audit-events", AuditEventViewSet, basename="audit-event")

urlpatterns = [
    re_path(r"^auth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^auth/token/refresh/?$", RefreshView.as_view(), name="token-refresh"),
    re_path(r"^auth/logout/?$", LogoutView.as_view(), name="logout"),
    re_path(r"^auth/password/?$", PasswordView.as_view(), name="password"),
    re_path(r"^auth/password/reset/?$", PasswordResetView.as_view(), name="password-reset"),
    re_path(r"^auth/password/confirm/?$", PasswordConfirmView.as_view(), name="password-confirm"),
    re_path(r"^auth/jwks/?$", KeySetView.as_view(), name="jwks"),
    re_path(r"^auth/me/?$", MeView.as_view(), name="me"),
    *router.urls,
]
