"""Failed attempts per e-mail address and per network, counted in Redis for all processes."""

import hashlib
import logging
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import redis
from django.conf import settings
from rest_framework.exceptions import Throttled

from accounts.counters import counters

_WINDOW: Final = 300  # seconds
_log = logging.getLogger(__name__)


class TooManyAttempts(Throttled):
    """429, the same for accounts that exist and those that do not."""

    wait: int  # seconds


@dataclass(frozen=True, slots=True)
class Attempt:
    """A place among the attempts that are allowed. It stays taken unless it is given back."""

    id: str
    keys: tuple[str, ...]


def reserve(purpose: str, email: str, network: str) -> Attempt:
    """Takes a place before anything is checked: of a hundred guesses at once no more get through.

    Raises TooManyAttempts where no place is left. Without Redis everybody gets one: a lost
    counter must not lock people out.
    """
    limits = _limits(purpose, email, network)
    attempt = Attempt(uuid4().hex, tuple(limits))
    now = time.time()
    try:
        taken = _take(attempt, now)
    except redis.RedisError as error:
        _log.warning("Failed logins are not limited: Redis does not answer (%s)", error)
        return Attempt(attempt.id, ())
    full = [
        oldest + _WINDOW - now
        for (count, oldest), limit in zip(taken, limits.values(), strict=True)
        if count > limit
    ]
    if full:
        give_back(attempt)  # one that was refused must not keep the next one out
        raise TooManyAttempts(max(1, *full))
    return attempt


def give_back(attempt: Attempt) -> None:
    """After a success: only failures count."""
    try:
        pipe = counters().pipeline(transaction=False)
        for key in attempt.keys:
            pipe.zrem(key, attempt.id)
        pipe.execute()
    except redis.RedisError as error:
        _log.warning("A successful login stays counted: Redis does not answer (%s)", error)


def _limits(purpose: str, email: str, network: str) -> dict[str, int]:
    """The keys that an attempt counts against, and how many each one holds."""
    account = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    limits = {f"rate:{purpose}:account:{account}": settings.LOGIN_ATTEMPTS_ACCOUNT}
    if network:
        limits[f"rate:{purpose}:address:{network}"] = settings.LOGIN_ATTEMPTS_ADDRESS
    return limits


def _take(attempt: Attempt, now: float) -> list[tuple[int, float]]:
    """Adds the attempt; for each key how many it holds now, and when the oldest was made.

    One transaction of Redis, so that no two attempts see the same count.
    """
    pipe = counters().pipeline(transaction=True)
    for key in attempt.keys:
        pipe.zremrangebyscore(key, "-inf", now - _WINDOW)
        pipe.zadd(key, {attempt.id: now})
        pipe.expire(key, _WINDOW)
        pipe.zcard(key)
        pipe.zrange(key, 0, 0, withscores=True)
    answers: list[Any] = pipe.execute()
    counts, oldest = answers[3::5], answers[4::5]
    return [(count, first[0][1]) for count, first in zip(counts, oldest, strict=True)]
