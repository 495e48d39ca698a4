"""Who asks, with which token and headers, with whose ids, and what he must get: the rules."""

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import jwt
from rest_framework.test import APIClient

from accounts.models import Role, User
from tests.estates import Account, Estate, Hidden
from tests.factories import UserFactory
from tests.isolation import NOBODYS_ID, Operation
from tests.people import headers, mint


@dataclass(frozen=True)
class Caller:
    """Who asks, standing where, and with whose ids in his request.

    `refused`: the status on every tenant route, whatever the role. 401 holds on personal ones too.
    """

    name: str
    user: User | None
    headers: dict[str, str]
    stands: Estate | None
    role: Role | None
    victim: Estate
    refused: int | None = None

    def is_in(self, operation: Operation) -> bool:
        """Whether the operation may show him what is his."""
        if operation.is_public:
            return False
        if operation.is_personal:
            return self.refused != 401
        return self.refused is None and self.role in operation.roles()


class Tenants:
    """A house with two engagements, its rival, somebody who works for both, and nobody's friend.

    `alone`: what the house's admin was answered before the rival came.
    """

    alone: "dict[str, Answer]"

    def __init__(self) -> None:
        self.house = Account("house")
        self.home = Estate(self.house, "home", "10.1.1.1")
        self.sibling = Estate(self.house, "sibling", "10.2.2.2")
        self.both, self.nobody = UserFactory(), UserFactory()
        self.house.admit(self.both, Role.ADMIN)
        self._hidden: dict[Any, Hidden] = {}

    def rival_comes(self) -> None:
        self.rival = Account("rival")
        self.foreign = Estate(self.rival, "foreign", "10.66.6.6")
        self.rival.admit(self.both, Role.ADMIN)
        self.callers = list(self._callers())

    def asks(self, user: User, stands: Estate, **claims: Any) -> dict[str, str]:
        lasting = {"exp": int(time.time()) + 3600}
        token = mint(user.pk, stands.engagement, **lasting | claims)
        return headers(stands.engagement) | {"Authorization": f"Bearer {token}"}

    @property
    def admin(self) -> Caller:
        """Of the house, with nobody else's ids."""
        user = self.house.people["admin"]
        return Caller("admin", user, self.asks(user, self.home), self.home, Role.ADMIN, self.home)

    @property
    def stranger(self) -> Caller:
        user, at = self.rival.people["admin"], self.foreign
        return Caller("admin elsewhere, at home", user, self.asks(user, at), at, Role.ADMIN, at)

    def _callers(self) -> Iterator[Caller]:
        yield from self._without_credentials()
        yield from self._without_access()
        home, sibling, foreign = self.home, self.sibling, self.foreign
        for role in Role:
            user = self.house.people[role]
            yield Caller(str(role), user, self.asks(user, home), home, role, foreign)
        viewer, admin = self.house.people["viewer"], self.house.people["admin"]
        stranger, both = self.rival.people["admin"], self.both
        claiming = self.asks(viewer, home) | {"X-User-Id": str(admin.pk)}
        for name, user, asking, stands, role, victim in (
            ("viewer who says he is the admin", viewer, claiming, home, Role.VIEWER, foreign),
            ("admin elsewhere, at home", stranger, None, foreign, Role.ADMIN, home),
            ("member of both, here", both, None, home, Role.ADMIN, foreign),
            ("member of both, there", both, None, foreign, Role.ADMIN, home),
            ("admin, in the other engagement", admin, None, sibling, Role.ADMIN, home),
            ("admin, with ids of the other engagement", admin, None, home, Role.ADMIN, sibling),
        ):
            yield Caller(name, user, asking or self.asks(user, stands), stands, role, victim)

    def _without_credentials(self) -> Iterator[Caller]:
        home, admin = self.home, self.house.people["admin"]
        forged = {"sub": str(admin.pk), "exp": int(time.time()) + 60, "type": "access"}
        expired = self.asks(admin, home, exp=int(time.time()) - 1)
        for name, asking in {
            "no token": headers(home.engagement),
            "no token and no headers": {},
            "expired token": expired,
            "expired token and no headers": {"Authorization": expired["Authorization"]},
            "token of another type": self.asks(admin, home, type="refresh"),
            "token signed by somebody else": headers(home.engagement)
            | {"Authorization": f"Bearer {jwt.encode(forged, 'k' * 40)}"},
        }.items():
            yield Caller(name, None, asking, None, None, self.foreign, 401)

    def _without_access(self) -> Iterator[Caller]:
        home, foreign, admin = self.home, self.foreign, self.house.people["admin"]
        ours, theirs = headers(home.engagement), headers(foreign.engagement)
        account, engagement = "X-Client-Account-Id", "X-Engagement-Id"
        asking = self.asks(admin, home)
        token = {"Authorization": asking["Authorization"]}
        for name, sent, status in (
            ("no headers", token, 400),
            ("no engagement", token | {account: ours[account]}, 400),
            ("malformed account", asking | {account: "nonsense"}, 400),
            ("malformed engagement", asking | {engagement: f"{{{home.engagement.pk}}}"}, 400),
            ("wrong engagement", asking | {engagement: theirs[engagement]}, 403),
            ("wrong account", asking | {account: theirs[account]}, 403),
            ("another account", asking | theirs, 403),
            ("unknown account", asking | {account: NOBODYS_ID}, 403),
        ):
            yield Caller(f"admin, {name}", admin, sent, None, None, foreign, status)
        for name, user in (
            ("admin elsewhere", self.rival.people["admin"]),
            ("member of nothing", self.nobody),
        ):
            yield Caller(name, user, self.asks(user, home), None, None, home, 403)

    # --- The rules ---

    def reachable(self, operation: Operation, caller: Caller, estate: Estate) -> bool:
        """Whether the ids of this estate are ones that the caller may use."""
        if operation.is_personal:
            return estate.account in self.accounts_of(caller.user)
        if caller.stands is None:
            return False
        if operation.is_of_the_account:
            return estate.account is caller.stands.account
        return estate is caller.stands

    def expected(self, operation: Operation, caller: Caller, whose: Estate) -> int:
        """The status, for `whose` ids in the path."""
        if operation.is_public:
            return operation.status
        if caller.refused == 401:
            return 401
        if not operation.is_personal:
            if caller.refused:
                return caller.refused
            if caller.role not in operation.roles():
                return 403
        if operation.names_an_object and not self.reachable(operation, caller, whose):
            return 404
        return operation.status

    def accounts_of(self, user: User | None) -> list[Account]:
        if user is None or user is self.nobody:
            return []
        if user is self.both:
            return [self.house, self.rival]
        return [a for a in (self.house, self.rival) if user in a.people.values()]

    def hidden(self, operation: Operation, caller: Caller) -> Hidden:
        """What may neither stand in the answer nor be changed."""
        estates, accounts = [self.home, self.sibling, self.foreign], [self.house, self.rival]
        if caller.is_in(operation):
            if operation.is_personal:
                shown = self.accounts_of(caller.user)
            else:
                assert caller.stands is not None
                shown = [caller.stands.account]
            accounts = [account for account in accounts if account not in shown]
            estates = [e for e in estates if not self.reachable(operation, caller, e)]
        key = tuple(whose.mark for whose in (*accounts, *estates))
        if key not in self._hidden:
            self._hidden[key] = Hidden(accounts, estates)
        return self._hidden[key]


_client = APIClient()  # to make one costs as much as five requests


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def text(self) -> str:
        """All that was sent, status line and headers too."""
        lines = [HTTPStatus(self.status).phrase, *map(": ".join, self.headers.items())]
        return "\n".join([*lines, self.body])

    def json(self) -> Any:
        return json.loads(self.body)

    def count(self) -> int:
        """The rows of a list or an export."""
        if self.headers["Content-Type"].startswith("text/csv"):
            return len(list(csv.reader(io.StringIO(self.body)))) - 1
        return int(self.json()["total"])


def _read(content: bytes) -> str:
    """A workbook is read unpacked: what stands in it does not stand in its bytes."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    return content.decode()


def send(
    operation: Operation,
    caller: Caller,
    place: str,
    body: Any = None,
    query: dict[str, str] | None = None,
    more: dict[str, str] | None = None,
) -> Answer:
    text = "" if body is None else json.dumps(body)
    asked = f"{place}?{urlencode(query)}" if query else place
    sent = _client.generic(
        operation.method, asked, text, "application/json", headers=caller.headers | (more or {})
    )
    content = sent.getvalue() if sent.streaming else sent.content
    return Answer(sent.status_code, dict(sent.headers), _read(content))
