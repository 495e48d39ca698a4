"""Inviting a person into a client account."""

from uuid import UUID

from django.contrib.auth.hashers import make_password

from accounts.mail import invited
from accounts.models import Membership, Role, User


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
