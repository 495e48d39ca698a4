from django.urls import re_path

from accounts.views.auth import MeView, RefreshView, TokenView

urlpatterns = [
    re_path(r"^auth/token/?$", TokenView.as_view(), name="token"),
    re_path(r"^auth/token/refresh/?$", RefreshView.as_view(), name="token-refresh"),
    re_path(r"^auth/me/?$", MeView.as_view(), name="me"),
]
