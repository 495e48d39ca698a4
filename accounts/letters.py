"""The mails by which a person joins an account, or sets a password."""

from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail

from accounts.models import User

_FORGOTTEN: Final = (
    "Somebody, you we hope, asked for a new password of your account in Cloud inventory."
)


def send_password_letter(user: User) -> None:
    _send(user, "Set a new password", _FORGOTTEN, _way(user))


def send_invitation_letter(user: User, account_name: str) -> None:
    """To a person who has no password yet, with the way to one."""
    joined = f"You are now a member of the client account {account_name} in Cloud inventory."
    way = "" if user.has_usable_password() else _way(user)
    _send(user, "You have been invited to Cloud inventory", joined, way)


def _send(user: User, subject: str, *paragraphs: str) -> None:
    ending = "If you did not expect this mail, ignore it."
    send_mail(subject, "\n\n".join(filter(None, [*paragraphs, ending])), None, [user.email])


def _way(user: User) -> str:
    proof = {"uid": str(user.pk), "token": default_token_generator.make_token(user)}
    if settings.PASSWORD_RESET_URL:
        separator = "&" if "?" in settings.PASSWORD_RESET_URL else "?"
        way = f"Set it here: {settings.PASSWORD_RESET_URL}{separator}{urlencode(proof)}"
    else:
        way = (
            "Send these two and `new_password` to /api/v1/auth/password/confirm:\n\n"
            f"uid: {proof['uid']}\ntoken: {proof['token']}"
        )
    return f"{way}\n\nThis works once, within {settings.PASSWORD_RESET_TIMEOUT // 86400} days."
