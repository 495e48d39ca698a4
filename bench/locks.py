"""What both locks cost: the same query with them, and as the owner by a manager without a scope.

    make bench ARGS="locks"           # or: python -m bench locks --tenants 100

Wall-clock milliseconds of a whole transaction (BEGIN to COMMIT), telling PostgreSQL the scope
included, medians of rounds in pairs; 100,000 assets of 100 tenants by default.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connections, models, transaction

from assets.models import Asset, Document
from tenancy.models import ClientAccount, Engagement
from tenancy.scope import Scope, all_tenants, scope

GOAL = 1.2
PAGE = 100


def prepare(tenants: int, assets: int) -> Scope:
    """Fills as many tenants; returns one of them."""
    for number in range(tenants):
        with all_tenants(), transaction.atomic():
            stem = f"locks-{time.time_ns()}"
            account = ClientAccount.objects.create(name=stem)
            engagement = Engagement.objects.create(client_account=account, name=stem)
        with scope(account.pk, engagement.pk) as bound, transaction.atomic():
            Asset.objects.bulk_create(
                [Asset(name=f"asset-{n:06}", cpu_cores=n % 64) for n in range(assets // tenants)],
                batch_size=1000,
            )
        if number == tenants // 2:
            chosen = bound
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE assets_asset")
    return chosen


def unlocked(bound: Scope) -> Any:
    """Lock one: a manager that adds no scope, so it is written out. Lock two: the owner's role."""
    manager: Any = models.Manager()
    manager.model = Asset
    own = manager.using("owner").filter(
        client_account_id=bound.client_account_id, engagement_id=bound.engagement_id
    )
    return own.order_by(*Asset._meta.ordering)


def locked_read(bound: Scope, read: Callable[[Any], Any]) -> None:
    with scope(bound.client_account_id, bound.engagement_id), transaction.atomic():
        read(Asset.objects.all())


def unlocked_read(bound: Scope, read: Callable[[Any], Any]) -> None:
    with transaction.atomic(using="owner"):
        read(unlocked(bound))


def milliseconds(call: Callable[[], None], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return 1000 * (time.perf_counter() - began) / times


def measure(name: str, bound: Scope, read: Callable[[Any], Any], options: Any) -> None:
    calls = (lambda: locked_read(bound, read)), (lambda: unlocked_read(bound, read))
    for call in calls:
        milliseconds(call, options.calls)
    pairs = [
        tuple(milliseconds(call, options.calls) for call in calls) for _ in range(options.rounds)
    ]
    own, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"  {name:<14} {own:6.2f} ms   without {other:6.2f} ms   ratio {ratio:.2f} (goal ≤ {GOAL})"
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench locks", description=__doc__)
    parser.add_argument("--tenants", type=int, default=100)
    parser.add_argument("--assets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args(arguments)
    bound = prepare(options.tenants, options.assets)
    one = unlocked(bound).values_list("pk", flat=True)[0]
    print(
        f"{options.assets} assets of {options.tenants} tenants, median of {options.rounds} rounds"
    )
    documents = Document()
    measure(
        f"page of {PAGE}",
        bound,
        lambda assets: list(assets.values_list(documents, flat=True)[PAGE : 2 * PAGE]),
        options,
    )
    measure("count", bound, lambda assets: assets.order_by().count(), options)
    measure(
        "one asset",
        bound,
        lambda assets: assets.filter(pk=one).values_list(documents, flat=True)[0],
        options,
    )
