"""CPU and statements of the API's main calls, beside a plain ModelViewSet of 15 fields.

    make bench ARGS="api"

Both are called in this process through the whole of Django (middleware, authentication, throttle,
view, renderer), in turn, each on 10,000 assets. The plain view has no authentication, no limits
and no tenant. The figures are CPU milliseconds of this process per call, medians of rounds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from rest_framework.test import APIClient

from accounts.models import Membership, Role, Session, User
from accounts.tokens import issue
from assets.models import Asset
from bench.plain import PlainAsset
from tenancy.models import ClientAccount, Engagement
from tenancy.scope import all_tenants, scope

ASSETS = 10_000
BODY = {
    "name": "bench",
    "hostname": "bench",
    "ip_address": "10.0.0.1",
    "asset_type": "server",
    "environment": "prod",
    "operating_system": "Ubuntu 24.04",
    "cpu_cores": 8,
    "memory_gb": 32.0,
    "tags": ["a"],
    "attributes": {"k": "v"},
}
GOALS = {"page of 100": 0.5, "one asset": 1.0, "create": 1.5}


def prepare() -> tuple[APIClient, str]:
    """Fills both tables; returns a client of our API and the id of one asset."""
    stem = f"bench-{time.time_ns()}"
    with all_tenants(), transaction.atomic():
        account = ClientAccount.objects.create(name=stem)
        engagement = Engagement.objects.create(client_account=account, name=stem)
        user = User.objects.create_user(f"{stem}@example.com", stem)
        Membership.objects.create(client_account=account, user=user, role=Role.ADMIN)
    with scope(account.pk, engagement.pk), transaction.atomic():
        made = Asset.objects.bulk_create(
            [Asset(**BODY | {"name": f"bench-{n:05}"}) for n in range(ASSETS)], batch_size=1000
        )
    with connections["owner"].schema_editor() as editor:
        editor.create_model(PlainAsset)
    PlainAsset.objects.bulk_create(
        [PlainAsset(**BODY | {"name": f"bench-{n:05}"}) for n in range(ASSETS)], batch_size=1000
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    headers = {"X-Client-Account-Id": str(account.pk), "X-Engagement-Id": str(engagement.pk)}
    client = APIClient(headers=headers)
    session = Session.objects.start(user, RequestFactory().post("/"))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue(session)['access']}")
    return client, str(made[0].pk)


def cpu_milliseconds(call: Callable[[], Any], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        assert call().status_code in {200, 201}
    return 1000 * (time.process_time() - began) / times


def statements(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def measure(name: str, ours: Callable[[], Any], plain: Callable[[], Any], options: Any) -> None:
    for call in (ours, plain):
        cpu_milliseconds(call, 5)
    pairs = [
        (cpu_milliseconds(ours, options.calls), cpu_milliseconds(plain, options.calls))
        for _ in range(options.rounds)
    ]
    own, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"  {name:<12} {own:7.2f} ms   plain {other:7.2f} ms   ratio {ratio:.2f} "
        f"(goal ≤ {GOALS[name]})   {statements(ours)} statements"
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench api", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=30)
    options = parser.parse_args(arguments)
    client, asset_id = prepare()
    anybody = APIClient()
    plain_id = PlainAsset.objects.values_list("pk", flat=True)[0]
    lifted = {"RATE_LIMIT_USER": 10**9, "RATE_LIMIT_ACCOUNT": 10**9}
    lifted |= {"ALLOWED_HOSTS": ["testserver"]}
    print(f"{ASSETS} assets, CPU of this process per call, median of {options.rounds} rounds")
    unlimited = [name for name in settings.MIDDLEWARE if "rate_limits" not in name]
    try:
        with override_settings(ROOT_URLCONF="bench.plain", **lifted):
            with override_settings(MIDDLEWARE=unlimited):
                anybody.get("/bench/plain/")  # a client loads its middleware with its first call
            measure(
                "page of 100",
                lambda: client.get("/api/v1/assets/?page=3&page_size=100"),
                lambda: anybody.get("/bench/plain/?page=3&page_size=100"),
                options,
            )
            measure(
                "one asset",
                lambda: client.get(f"/api/v1/assets/{asset_id}"),
                lambda: anybody.get(f"/bench/plain/{plain_id}/"),
                options,
            )
            measure(
                "create",
                lambda: client.post("/api/v1/assets/", BODY, format="json"),
                lambda: anybody.post("/bench/plain/", BODY, format="json"),
                options,
            )
    finally:
        with connections["owner"].schema_editor() as editor:
            editor.delete_model(PlainAsset)
