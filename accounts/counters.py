"""Where counts stand that all processes share: of requests, and of failed logins."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def counters() -> redis.Redis:
    """One more try finds a server that was started anew.

    A thread holds one connection; the pool's own limit would look like a server that is away.
    """
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=0.5,
        socket_timeout=0.5,
        retry=Retry(NoBackoff(), 1),
        max_connections=2**31,
    )
