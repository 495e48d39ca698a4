"""Asks a worker for mail, which leaves once the transaction is committed."""

from django.db import transaction

from accounts.models import User
from accounts.tasks import mail_password_link


def invite(user: User) -> None:
    """Lets a person whose account was just made set a password."""
    send_password_mail(user.email, invited=True)


def send_password_mail(email: str, *, invited: bool = False) -> None:
    """The worker finds out whether anybody has that address: asking takes as long for all.

    Nor does a mail server that is slow or away keep a request waiting. A queue that is away is
    said in the log (`robust`), and the mail has to be asked for again.
    """

    def deliver() -> None:
        mail_password_link.delay(email, invited=invited)

    transaction.on_commit(deliver, robust=True)
