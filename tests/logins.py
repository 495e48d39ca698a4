"""People with a password, what they log in with, and crowds that do so at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier
from typing import Any, TypeVar

from django.contrib.auth.hashers import make_password
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from tests.factories import PASSWORD, UserFactory

Result = TypeVar("Result")
NEW_PASSWORD = "another-password-for-tests"


@cache
def _hashed() -> str:
    """Once for all: hashing is slow by design."""
    return make_password(PASSWORD)


def person(**fields: Any) -> User:
    return UserFactory(password=_hashed(), **fields)


def post(path: str, body: Any = None, access: str | None = None, **headers: str) -> Any:
    given = headers | ({"Authorization": f"Bearer {access}"} if access else {})
    return APIClient().post(f"/api/v1/auth/{path}", body or {}, headers=given)


def log_in(user: User, password: str = PASSWORD) -> dict[str, Any]:
    answer = post("token", {"email": user.email, "password": password})
    assert answer.status_code == 200, answer.content
    return answer.json()


def refresh(token: str) -> Any:
    return post("token/refresh", {"refresh": token})


def status_of(access: str) -> int:
    """What a request with this token gets."""
    me = APIClient().get("/api/v1/auth/me", headers={"Authorization": f"Bearer {access}"})
    return me.status_code


def at_once(count: int, do: Callable[[], Result]) -> list[Result]:
    """What `count` threads get that all begin together, each on its own connection."""
    start = Barrier(count)

    def one(_: int) -> Result:
        try:
            start.wait(timeout=30)
            return do()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(one, range(count)))
