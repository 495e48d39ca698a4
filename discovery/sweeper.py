"""Finds, across tenants, flows that have work to do and nobody who does it.

On the way it removes what was kept long enough.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.models.kept_answers import KeptAnswer, expired
from discovery import engine
from discovery.models import Flow, PhaseRun
from tenancy.scope import all_tenants, scope

_AT_ONCE: Final = 200  # flows a sweep, so that a backlog does not flood the queue


def sweep() -> int:
    """Returns how many flows were nudged."""
    with all_tenants(), transaction.atomic():
        KeptAnswer.objects.filter(expired()).delete()
        alive = PhaseRun.objects.filter(
            flow=OuterRef("pk"), status=PhaseRun.Status.RUNNING, lease_until__gte=Now()
        )
        quiet = Now() - timedelta(seconds=2 * settings.SWEEP_SECONDS)
        waiting = list(
            Flow.objects.filter(~Exists(alive), status=Flow.Status.RUNNING, nudged_at__lt=quiet)
            .order_by("nudged_at")
            .values_list("client_account_id", "engagement_id", "pk")[:_AT_ONCE]
        )
    for client_account_id, engagement_id, flow_id in waiting:
        with scope(client_account_id, engagement_id), transaction.atomic():
            engine.nudge(flow_id)
    return len(waiting)
