"""How a password is checked, wherever it is asked for: API, admin, change of password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts import attempts
from accounts.address import client_network
from accounts.models import User


class LimitedBackend(ModelBackend):
    """Django's own, which hashes as long for unknown users, with a limit on failures."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        email = username or kwargs.get("email")
        if not email or password is None:
            return None
        attempt = attempts.reserve("login", email, client_network(request) if request else "")
        user = super().authenticate(request, username=email, password=password)
        if user is not None:
            attempts.give_back(attempt)
        return user
