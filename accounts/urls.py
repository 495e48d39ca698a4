from django.urls import re_path

from accounts.routers import OptionalSlashRouter
from accounts.views.auth import MeView, RefreshView, TokenView
from accounts.views.client_accounts import ClientAccountViewSet
from accounts.views.engagements import EngagementViewSet
from accounts.views.members import MemberViewSet

router = OptionalSlashRouter()
router.register("client-accounts", ClientAccountViewSet, basename="client-account")
router.register("engagements", EngagementViewSet, basename="engagement")
router.register("members", MemberViewSet, basename="member")

urlpatterns = [
    re_path(r"^auth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^auth/token/refresh/?$", RefreshView.as_view(), name="token-refresh"),
    re_path(r"^auth/me/?$", MeView.as_view(), name="me"),
    *router.urls,
]
