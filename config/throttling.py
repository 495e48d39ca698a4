"""Rate limits per address, user and client account, counted in Redis for all processes."""

import logging
import time
from functools import cache
from typing import TYPE_CHECKING, Final

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.authentication import access

if TYPE_CHECKING:
    from rest_framework.views import APIView  # DRF's views import this module by setting

_WINDOW: Final = 60  # seconds
_log = logging.getLogger(__name__)


@cache
def counters() -> redis.Redis:
    """Where the counts stand."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)


def _address(request: Request) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _limits(request: Request) -> list[tuple[str, int]]:
    """What this request counts against: its key and how many a minute are allowed."""
    if not request.user.is_authenticated:
        return [(f"anon:{_address(request)}", settings.RATE_LIMIT_ANON)]
    limits = [(f"user:{request.user.pk}", settings.RATE_LIMIT_USER)]
    scope = access(request).scope
    if scope and access(request).role:  # a stranger must not spend the account's share
        limits.append((f"account:{scope.client_account_id}", settings.RATE_LIMIT_ACCOUNT))
    return limits


def _counted(keys: list[str]) -> list[int]:
    """How often each key was counted in this window, this time included: one round trip."""
    window = int(time.time() // _WINDOW)
    names = [f"rate:{key}:{window}" for key in keys]
    pipe = counters().pipeline(transaction=False)
    for name in names:
        pipe.incr(name)
    counts: list[int] = pipe.execute()
    for name, count in zip(names, counts, strict=True):
        if count == 1:
            counters().expire(name, 2 * _WINDOW)
    return counts


class RateLimits(BaseThrottle):
    """Fixed windows of a minute. INCR is atomic, so a race cannot let one more through.

    Without Redis requests pass: a lost counter must not take the inventory away.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limits = _limits(request)
        try:
            counts = _counted([key for key, _ in limits])
        except redis.RedisError as error:
            _log.warning("Rate limits are off: Redis does not answer (%s)", error)
            return True
        return all(count <= limit for count, (_, limit) in zip(counts, limits, strict=True))

    def wait(self) -> float:
        return seconds_left()


def seconds_left() -> float:
    """Until the window ends and counting begins anew."""
    return _WINDOW - time.time() % _WINDOW


def refused_too_often(request: Request) -> bool:
    """Counts a request without access against its address, and says whether those are too many."""
    try:
        (count,) = _counted([f"refused:{_address(request)}"])
    except redis.RedisError:
        return False
    return count > settings.RATE_LIMIT_ANON
