"""Asks a worker for mail, which leaves once the transaction is committed.

A mail server that is slow or away keeps no request waiting. A queue that is away is said in the log
(`robust`), and the mail has to be asked for again.
"""

from django.db import transaction

from accounts.models import User
from accounts.tasks import mail_invitation, mail_password_link
from tenancy.models import ClientAccount


def invited(user: User, account: ClientAccount) -> None:
    transaction.on_commit(lambda: mail_invitation.delay(user.email, account.name), robust=True)


def forgotten(email: str) -> None:
    """The worker finds out whether anybody has that address: asking takes as long for all."""
    transaction.on_commit(lambda: mail_password_link.delay(email), robust=True)
