"""Rate limits per address, user and client account, counted in Redis for all processes.

config/rate_limits.py tells clients about them, and limits what has no view of DRF's.
"""

import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import redis
from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.address import client_network
from accounts.authentication import Access
from accounts.counters import counters

if TYPE_CHECKING:
    from rest_framework.views import APIView  # DRF's views import this module by setting

WINDOW: Final = 60  # seconds
_PAUSE: Final = 5  # seconds for which a Redis that did not answer is left alone
_REMINDER: Final = 60  # seconds between two lines in the log that say so
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Outage:
    """Until when a server is left alone, and when the log may speak of it again."""

    ends: float = 0.0
    quiet_until: float = 0.0

    def begin(self, error: redis.RedisError) -> None:
        now = time.monotonic()
        self.ends = now + _PAUSE
        if now >= self.quiet_until:
            self.quiet_until = now + _REMINDER
            _log.warning("Rate limits are off: Redis does not answer (%s)", error)


@cache
def _outage(server: redis.Redis) -> _Outage:
    return _Outage()


@dataclass(frozen=True, slots=True)
class Limit:
    """`quota` requests a window for all that share `key`."""

    name: str
    key: str
    quota: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request found. Without Redis nothing is `used`: requests pass."""

    limits: list[Limit]
    used: list[int]
    ends_at: float

    @property
    def is_within(self) -> bool:
        counts = zip(self.used, self.limits, strict=bool(self.used))
        return all(used <= limit.quota for used, limit in counts)

    @property
    def seconds_left(self) -> int:
        return max(1, math.ceil(self.ends_at - time.time()))


def _limits(request: HttpRequest) -> list[Limit]:
    """Those that this request counts against. DRF leaves `auth` here once it knows the caller."""
    held = getattr(request, "auth", None)
    if not isinstance(held, Access):
        return [Limit("address", client_network(request), settings.RATE_LIMIT_ANON)]
    limits = [Limit("user", str(request.user.pk), settings.RATE_LIMIT_USER)]
    if held.scope and held.role:  # a stranger must not spend the account's share
        account = str(held.scope.client_account_id)
        limits.append(Limit("account", account, settings.RATE_LIMIT_ACCOUNT))
    return limits


def _counted(names: list[str]) -> list[int]:
    """How often each was counted, this time included: one round trip. Nothing without Redis.

    INCR is atomic, so that a race cannot let one more through.
    """
    outage = _outage(counters())
    if time.monotonic() < outage.ends:
        return []
    try:
        pipe = counters().pipeline(transaction=False)
        for name in names:
            pipe.incr(name)
        counts: list[int] = pipe.execute()
        for name, count in zip(names, counts, strict=True):
            if count == 1:
                counters().expire(name, 2 * WINDOW)
    except redis.RedisError as error:
        outage.begin(error)
        return []
    return counts


def usage(request: HttpRequest) -> Usage:
    """Counts the request, once: the throttle, a retry and the middleware all ask."""
    found: Usage | None = getattr(request, "rate_usage", None)
    if found is None:
        limits = _limits(request)
        window = int(time.time() // WINDOW)
        used = _counted([f"rate:{limit.name}:{limit.key}:{window}" for limit in limits])
        found = Usage(limits, used, (window + 1) * WINDOW)
        request.rate_usage = found  # type: ignore[attr-defined]
    return found


class RateLimits(BaseThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        self.usage = usage(request._request)
        return self.usage.is_within

    def wait(self) -> float:
        return self.usage.seconds_left
