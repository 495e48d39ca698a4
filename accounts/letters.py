"""The mail with which a person sets a password: one who forgot it, or is new here."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail

from accounts.models import User

_SUBJECT = {False: "Set a new password", True: "You have been invited to Cloud inventory"}
_REASON = {
    False: "Somebody, you we hope, asked for a new password of your account in Cloud inventory.",
    True: "An account in Cloud inventory was made for you. It needs a password.",
}


def send_password_letter(user: User, *, invited: bool) -> None:
    days = settings.PASSWORD_RESET_TIMEOUT // 86400
    paragraphs = [
        _REASON[invited],
        _way(str(user.pk), default_token_generator.make_token(user)),
        f"This works once, within {days} days. If you did not expect this mail, ignore it.",
    ]
    send_mail(_SUBJECT[invited], "\n\n".join(paragraphs), None, [user.email])


def _way(uid: str, token: str) -> str:
    if settings.PASSWORD_RESET_URL:
        separator = "&" if "?" in settings.PASSWORD_RESET_URL else "?"
        query = urlencode({"uid": uid, "token": token})
        return f"Set it here: {settings.PASSWORD_RESET_URL}{separator}{query}"
    way = "Send these two and `new_password` to /api/v1/auth/password/confirm:"
    return f"{way}\n\nuid: {uid}\ntoken: {token}"
