"""Tenants with one object of everything, whose every text bears a mark."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.db import connection, models

from accounts.models import KeptAnswer, Membership, Role, Session, User
from assets.models import Asset, Dependency
from discovery.models import (
    AgentCall,
    AgentPolicy,
    AgentStanding,
    DataImport,
    FieldMapping,
    Finding,
    Flow,
    FlowEvent,
    FlowQuestion,
    ImportTable,
    LearnedMapping,
    PhaseRun,
    TableReading,
)
from discovery.readers import ROW
from tenancy.actor import Actor, Origin, acts
from tenancy.models import ClientAccount, Engagement
from tenancy.scope import scope
from tests.factories import (
    ClientAccountFactory,
    EngagementFactory,
    MembershipFactory,
    UserFactory,
)
from tests.people import seen

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


def has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.fields)


def tenant_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if has(model, "client_account")]


# The first class that fits decides.
_VALUES: Final[list[tuple[Any, Callable[[Any, str], Any]]]] = [
    ((models.CharField, models.TextField), lambda field, mark: mark[: field.max_length]),
    (models.FileField, lambda _, mark: f"{mark}/file"),
    (models.DateTimeField, lambda *_: LONG_AGO),
    (models.DateField, lambda *_: LONG_AGO.date()),
    (models.JSONField, lambda field, mark: {mark: mark} if field.default is dict else [mark]),
    (models.Field, lambda *_: 1),
]


def _value(field: "models.Field[Any, Any]", mark: str, address: str) -> Any:
    if field.choices:
        return list(dict(field.flatchoices))[-1]
    if isinstance(field, ArrayField):
        return [_value(field.base_field, mark, address)]
    if isinstance(field, models.GenericIPAddressField):
        return address
    return next(value for kinds, value in _VALUES if isinstance(field, kinds))(field, mark)


def _made(model: Any, mark: str, address: str, /, **given: Any) -> Any:
    """A row whose every column has a value, with the mark in every text and list."""
    free = [
        column
        for column in model._meta.concrete_fields
        if not (column.primary_key or column.is_relation or column.name in given)
    ]
    values = {column.name: _value(column, mark, address) for column in free}
    return model.objects.create(**values | given)


@dataclass
class Account:
    """A client account: its name, engagements and people bear its mark."""

    mark: str
    row: ClientAccount = field(init=False)
    people: dict[str, User] = field(init=False)
    member: Membership = field(init=False)

    def __post_init__(self) -> None:
        self.mark = f"{self.mark}-{token_hex(3)}"
        self.row = ClientAccountFactory(name=self.mark)
        self.people = {role.value: self._join(role.value, role) for role in Role}
        self._join(self.mark, Role.CONTRIBUTOR)
        found = Membership.objects.filter(user__email=self.email)
        self.member = seen(lambda: found.get())

    @property
    def email(self) -> str:
        """Of the member whom requests may name."""
        return f"{self.mark}@example.com"

    def _join(self, name: str, role: Role) -> User:
        email = self.email if name == self.mark else f"{name}@{self.mark}.example.com"
        user: User = UserFactory(email=email, name=self.mark)
        Session.objects.create(user=user, expires_at=LONG_AGO, address=self.mark)
        self.admit(user, role)
        return user

    def admit(self, user: User, role: Role) -> None:
        MembershipFactory(client_account=self.row, user=user, role=role)


@dataclass
class Estate:
    """An engagement of an account, and one object of each kind in it."""

    account: Account
    mark: str
    address: str
    engagement: Engagement = field(init=False)
    ids: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        others = seen(lambda: Engagement.objects.filter(client_account=self.account.row).count())
        name = self.account.mark + f" {others}" * bool(others)
        self.mark = f"{self.mark}-{token_hex(3)}"
        self.engagement = EngagementFactory(client_account=self.account.row, name=name)
        admin = self.account.people["admin"]
        actor = Actor(Origin.API, self.account.member.user_id, self.mark, self.mark)
        with acts(actor), scope(self.account.row.pk, self.engagement.pk):
            self.ids = {name: str(key) for name, key in self._objects(admin).items()}

    def _made(self, model: Any, /, **given: Any) -> Any:
        return _made(model, self.mark, self.address, **given)

    def _objects(self, admin: User) -> dict[str, UUID]:
        asset, other = (self._made(Asset) for _ in range(2))
        edge = self._made(
            Dependency, source_asset=asset, target_asset=other, dependency_type="uses"
        )
        data_import = self._made(DataImport, created_by=admin, status=DataImport.Status.READ)
        flow, mapping = self._flow(data_import, admin)
        about = {"asset_id": asset.pk, "other_id": other.pk, "answered_at": None, "options": []}
        self._made(FlowQuestion, flow=flow, **about)
        question = self._made(FlowQuestion, flow=mapping.flow, **about)
        call = self._agents(flow, admin)
        self._made(KeptAnswer, user=admin)
        texts = dict.fromkeys(("source_field", "context", "target_field"), self.account.mark)
        learned = self._made(LearnedMapping, **texts)
        return {
            "account": self.account.row.pk,
            "engagement": self.engagement.pk,
            "member": self.account.member.pk,
            "user": self.account.member.user_id,
            "asset": asset.pk,
            "other": other.pk,
            "dependency": edge.pk,
            "import": data_import.pk,
            "flow": flow.pk,
            "mapping": mapping.pk,
            "question": question.pk,
            "learned": learned.pk,
            "call": call.pk,
        }

    def _flow(self, data_import: DataImport, admin: User) -> tuple[Flow, FieldMapping]:
        """One that runs, beside one that is done and has insights to show; a mapping of that."""
        mark, status = self.mark, Flow.Status
        given = {"data_import": data_import, "created_by": admin}
        before = LONG_AGO - timedelta(days=1)
        done = self._made(Flow, status=status.COMPLETED, started_at=before, **given)
        insights = [{"agent": mark, "insight": mark, "confidence": 1}]
        self._made(
            PhaseRun,
            flow=done,
            phase="completed",
            status=PhaseRun.Status.COMPLETED,
            result={"agent_insights": insights},
        )
        flow = self._made(Flow, status=status.RUNNING, **given)
        table = self._table(data_import)
        self._made(PhaseRun, flow=flow, phase="data_import")
        for model in (FlowEvent, Finding):
            self._made(model, flow=flow)
        for each in (flow, done):
            self._made(TableReading, flow=each, table=table)
        guess = {"target_field": mark, "source_unit": mark, "confidence": 1}
        told = {"table": table, "suggestions": [guess], "decided_by": admin}
        self._made(FieldMapping, flow=flow, **told)
        return flow, self._made(FieldMapping, flow=done, **told)

    def _agents(self, flow: Flow, admin: User) -> AgentCall:
        """What agents did: for the flow, and as the account sees it, whose policy and standing
        serve all its estates.
        """
        mark = self.account.mark
        if not AgentStanding.objects.exists():
            self._made(AgentStanding, agent=mark, model=mark)
            self._made(AgentPolicy, updated_by=admin)
        self._made(AgentCall, flow=flow)
        call = self._made(AgentCall, flow=flow, agent=mark, phase=mark)
        assert isinstance(call, AgentCall)
        return call

    def _table(self, data_import: DataImport) -> ImportTable:
        """With a file of its own, whose one row bears the mark."""
        content = io.BytesIO()
        pl.DataFrame({ROW: [1], self.mark: [self.mark]}).write_parquet(content)
        table = self._made(
            ImportTable,
            data_import=data_import,
            columns=[self.mark],
            preview=[[self.mark]],
            skipped=False,
            parquet=ContentFile(content.getvalue(), "table.parquet"),
        )
        assert isinstance(table, ImportTable)
        return table


class Hidden:
    """What a caller may not see: the whole of some accounts, and some estates of the others."""

    def __init__(self, accounts: Iterable[Account], estates: Iterable[Estate]) -> None:
        self.accounts, self.estates = list(accounts), list(estates)
        self.account_ids = [account.row.pk for account in self.accounts]
        self.engagement_ids = [estate.engagement.pk for estate in self.estates]
        self.user_ids = [user.pk for account in self.accounts for user in account.people.values()]
        self.user_ids += [account.member.user_id for account in self.accounts]
        self.secrets = self._secrets()
        self.before = self.digest()

    def _secrets(self) -> set[str]:
        texts = {whose.mark for whose in (*self.accounts, *self.estates)}
        texts |= {estate.address for estate in self.estates}
        uuids = [
            str(key)
            for model, condition, keys in self._tables()
            if isinstance(model._meta.pk, models.UUIDField)
            for (key,) in _rows(f"SELECT id FROM {model._meta.db_table} {condition}", keys)
        ]
        return texts | set(uuids)

    def _tables(self) -> Iterable[tuple[type[models.Model], str, list[UUID]]]:
        for model in tenant_models():
            if has(model, "engagement"):
                yield model, "WHERE engagement_id = ANY(%s)", self.engagement_ids
            else:
                yield model, "WHERE client_account_id = ANY(%s)", self.account_ids
        yield ClientAccount, "WHERE id = ANY(%s)", self.account_ids
        yield User, "WHERE id = ANY(%s)", self.user_ids
        yield Session, "WHERE user_id = ANY(%s)", self.user_ids

    def digest(self) -> list[Any]:
        """Two that are equal: no row came, went or changed in between."""
        selects, every = [], []
        for model, condition, keys in self._tables():
            table = model._meta.db_table
            selects.append(
                f"SELECT '{table}', count(*), md5(string_agg(t::text, '' ORDER BY t::text)) "
                f"FROM {table} t {condition}"
            )
            every.append(keys)
        # Sorted: over large tables PostgreSQL asks in parallel, and the answers come as they will.
        return sorted(seen(lambda: _rows(" UNION ALL ".join(selects), *every)))


def _rows(statement: str, *parameters: Any) -> list[Any]:
    def look() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    return list(seen(look))
