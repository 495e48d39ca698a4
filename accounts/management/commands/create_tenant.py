"""`manage.py create_tenant`: a client account with an engagement and members, repeatable."""

import json
from argparse import ArgumentTypeError
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.mail import invited
from accounts.models import LastAdmin, Membership, Role, User
from tenancy.models import ClientAccount, Engagement
from tenancy.scope import all_tenants


@dataclass(frozen=True)
class Member:
    email: str
    password: str  # empty: the person chooses one, with the help of a mail
    role: Role


def _member(text: str) -> Member:
    """`e-mail:password:role`, or `e-mail::role`; the password may contain colons."""
    email, _, rest = text.partition(":")
    password, colon, role = rest.rpartition(":")
    if not colon or role not in Role.values:
        roles = ", ".join(Role.values)
        raise ArgumentTypeError(
            f"expected e-mail:password:role, or e-mail::role, with a role of {roles}"
        )
    try:
        validate_email(email)
    except ValidationError as error:
        raise ArgumentTypeError(f"{email!r} is not an e-mail address") from error
    return Member(email.strip().lower(), password, Role(role))


class Command(BaseCommand):
    help = (
        "Creates a client account with one engagement and its members, and prints every id as "
        "JSON. Safe to repeat: what exists keeps its id and gets the name, password and role given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="name of the client account")
        parser.add_argument("--engagement-name", default="Migration", help="default: Migration")
        parser.add_argument("--client-account-id", type=UUID, help="default: found by name, or new")
        parser.add_argument("--engagement-id", type=UUID, help="default: found by name, or new")
        parser.add_argument(
            "--member",
            type=_member,
            action="append",
            default=[],
            dest="members",
            metavar="EMAIL:PASSWORD:ROLE",
            help=(
                f"repeatable; role is one of {', '.join(Role.values)}. EMAIL::ROLE, which shows "
                "no password to those who list processes, mails a new person how to set one"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with all_tenants(), transaction.atomic():
            self._create(options)

    def _create(self, options: dict[str, Any]) -> None:
        account = _account(options["client_account_id"], options["name"])
        engagement = _engagement(account, options["engagement_id"], options["engagement_name"])
        members = [_join(account, member) for member in options["members"]]
        self.stdout.write(
            json.dumps(
                {
                    "client_account_id": str(account.pk),
                    "engagement_id": str(engagement.pk),
                    "members": members,
                },
                indent=2,
            )
        )


def _account(account_id: UUID | None, name: str) -> ClientAccount:
    if account_id is None:
        found = ClientAccount.objects.filter(name=name).first()
        account_id = found.pk if found else uuid4()
    account, _ = ClientAccount.objects.update_or_create(
        pk=account_id, defaults={"name": name, "is_active": True}
    )
    return account


def _engagement(account: ClientAccount, engagement_id: UUID | None, name: str) -> Engagement:
    if engagement_id is None:
        return Engagement.objects.get_or_create(client_account=account, name=name)[0]
    found = Engagement.objects.filter(pk=engagement_id).first()
    if found and found.client_account_id != account.pk:
        raise CommandError(f"The engagement {engagement_id} belongs to another client account.")
    if Engagement.objects.filter(client_account=account, name=name).exclude(pk=engagement_id):
        raise CommandError(f"The client account has another engagement named {name!r}.")
    engagement, _ = Engagement.objects.update_or_create(
        pk=engagement_id, defaults={"client_account": account, "name": name}
    )
    return engagement


def _join(account: ClientAccount, member: Member) -> dict[str, str]:
    user = _user(account, member)
    try:
        Membership.objects.update_or_create(
            client_account=account, user=user, defaults={"role": member.role}
        )
    except LastAdmin as error:
        raise CommandError(f"{member.email}: {error} List the admins before the others.") from error
    return {"user_id": str(user.pk), "email": user.email, "role": member.role.value}


def _user(account: ClientAccount, member: Member) -> User:
    user = User.objects.filter(email=member.email).first()
    if user is None:
        user = User.objects.create_user(member.email, member.password or None)
        if not member.password:
            invited(user, account)
    elif member.password and not user.check_password(member.password):
        user.set_password(member.password)
        user.save(update_fields=["password"])
    return user
