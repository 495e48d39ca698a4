"""Inviting a person into a client account."""

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.mail import send_mail
from django.db import transaction

from accounts.models import Membership, Role, User
from tenancy.models import ClientAccount


def invite(email: str, role: Role, client_account_id: UUID) -> Membership:
    """Makes the person a member; who is not known here yet becomes a user without a password.

    It does the same for both: not even the time may tell an admin of one account whether the
    address is known in another. Two accounts that invite a new person at once get one user.
    """
    stranger = User(email=email, password=make_password(None))
    User.objects.bulk_create([stranger], ignore_conflicts=True)
    user = User.objects.get(email=email)
    membership = Membership.objects.create(
        client_account_id=client_account_id, user=user, role=role
    )
    invited(user, membership.client_account)
    return membership


def invited(user: User, account: ClientAccount) -> None:
    """Tells the person. A mail that cannot be sent is logged, and the membership stays."""

    def send() -> None:
        send_mail(
            "You were invited to an inventory",
            f"You are now a member of the client account {account.name}.",
            from_email=None,
            recipient_list=[user.email],
        )

    transaction.on_commit(send, robust=True)
