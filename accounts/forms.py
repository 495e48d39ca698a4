"""The login form of the admin."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from accounts.attempts import TooManyAttempts


class LoginForm(AuthenticationForm):  # type: ignore[misc]  # unfold comes without types
    """Says in words what the API says with 429."""

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except TooManyAttempts as refused:
            raise ValidationError(
                f"Too many failed attempts. Try again in {refused.wait} seconds.",
                code="too_many_attempts",
            ) from refused
        return cleaned
