"""Lock one: querysets of tenant models that filter by the scope and do not run without it."""

from collections.abc import Iterable
from typing import Any, Final, Self, TypeVar

from django.db import connection, models
from django.db.models import sql
from django.db.models.sql.compiler import SQLCompiler

from tenancy import scope
from tenancy.scope import EVERY_TENANT, Active, ForeignTenant, Scope, ScopeMissing

_Model_co = TypeVar("_Model_co", bound=models.Model, covariant=True)


def tenant_filter(model: type[models.Model], bound: Scope) -> models.Q:
    """The condition that `bound` puts on `model`: its account, and its engagement if it has one."""
    condition = models.Q(client_account_id=bound.client_account_id)
    if any(field.name == "engagement" for field in model._meta.fields):
        condition &= models.Q(engagement_id=bound.engagement_id)
    return condition


def refuse_foreign(instance: models.Model) -> None:
    """Raises ForeignTenant if `instance` belongs to another tenant than the scope's."""
    bound = scope.active()
    if bound is EVERY_TENANT:
        return
    expected = scope.current()
    if instance.client_account_id != expected.client_account_id or (  # type: ignore[attr-defined]
        getattr(instance, "engagement_id", expected.engagement_id) != expected.engagement_id
    ):
        raise ForeignTenant(f"This {instance._meta.verbose_name} belongs to another tenant.")
    for related in instance._state.fields_cache.values():
        owner = getattr(related, "client_account_id", expected.client_account_id)
        if owner != expected.client_account_id:
            raise ForeignTenant(f"A {related._meta.verbose_name} of another tenant is linked.")


_TENANT_FIELDS: Final = frozenset(
    {"client_account", "client_account_id", "engagement", "engagement_id"}
)


class TenantQuery(sql.Query):
    """Guards the one place every statement passes: `exists`, `count`, sub-queries, prefetches."""

    bound_to: Active | None = None

    def require_scope(self) -> None:
        if self.bound_to is None or self.bound_to != scope.active():
            raise ScopeMissing(
                f"A query on {self.model.__name__ if self.model else 'a tenant model'} "
                "was about to run outside the tenant scope it belongs to."
            )
        if not connection.in_atomic_block:
            raise ScopeMissing(
                f"A query on {self.model.__name__ if self.model else 'a tenant model'} was about "
                "to run outside a transaction, where PostgreSQL does not know the scope."
            )

    def get_compiler(self, *args: Any, **kwargs: Any) -> SQLCompiler:
        self.require_scope()
        compiler: SQLCompiler = super().get_compiler(*args, **kwargs)
        return compiler

    def chain(self, klass: type[sql.Query] | None = None) -> sql.Query:
        if klass is not None:  # the class changes to UpdateQuery or the like, the guard would go
            self.require_scope()
        return super().chain(klass)

    def combine(self, rhs: sql.Query, connector: str) -> None:
        """`|`, `&` and `^`: what one side lets in, the other has not asked for."""
        if getattr(rhs, "bound_to", None) != self.bound_to:
            raise ScopeMissing("Two querysets of different scopes cannot be combined.")
        super().combine(rhs, connector)

    def trim_start(self, names_with_path: Any) -> Any:
        """Django makes the inner query of an `exclude()` over a relation anew, and calls this.

        It asks only about rows that hang on those of the outer query, which is bound.
        """
        self.bound_to = self.bound_to or scope.active()
        return super().trim_start(names_with_path)


class TenantQuerySet(models.QuerySet[_Model_co]):
    """Binds to the scope when it is made or chained inside one.

    A queryset composed at import time (a viewset's, a filter's, a related field's) is unbound;
    it binds when a request chains it, and refuses to run where nobody did.
    """

    query: TenantQuery

    def __init__(
        self,
        model: type[_Model_co] | None = None,
        query: sql.Query | None = None,
        using: str | None = None,
        hints: dict[str, models.Model] | None = None,
    ) -> None:
        super().__init__(model, query or TenantQuery(model), using, hints)

    def bind(self) -> Self:
        bound = scope.active()
        if self.query.bound_to is None and bound is not None:
            if isinstance(bound, Scope):
                if self.query.is_sliced:
                    raise ScopeMissing("A queryset was sliced before its scope was bound.")
                self.query.add_q(tenant_filter(self.model, bound))
            self.query.bound_to = bound
        return self

    def _chain(self) -> Self:
        chained: Self = super()._chain()  # type: ignore[misc]
        return chained.bind()

    def update(self, **kwargs: Any) -> int:
        if _TENANT_FIELDS & kwargs.keys():
            raise ForeignTenant("Rows do not move from one tenant to another.")
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def _raw_delete(self, using: str | None) -> int:
        self.query.require_scope()
        deleted: int = super()._raw_delete(using)
        return deleted

    def bulk_create(self, objs: Iterable[_Model_co], *args: Any, **kwargs: Any) -> list[_Model_co]:
        objs = list(objs)
        for instance in objs:
            refuse_foreign(instance)
        return super().bulk_create(objs, *args, **kwargs)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """The manager of every tenant model, its base manager too: forward relations hold as well."""

    def get_queryset(self) -> TenantQuerySet[Any]:
        made: TenantQuerySet[Any] = super().get_queryset()
        return made.bind()
