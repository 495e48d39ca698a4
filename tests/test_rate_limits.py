"""contract.md section 7: every route is limited, and no race lets one more through."""

import logging
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from rest_framework.test import APIClient

from accounts.address import client_address, client_network
from accounts.counters import counters
from config import throttling
from tests.people import Cast
from tests.test_contract_errors import ASSETS, problem
from tests.threads import at_once


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the limits stands still: a race must not end in the next minute."""
    clock = SimpleNamespace(time=lambda: 1_700_000_006.0, monotonic=lambda: 0.0)
    monkeypatch.setattr(throttling, "time", clock)


pytestmark = pytest.mark.usefixtures("still")


def left(answer: Any) -> dict[str, str]:
    """The members of `RateLimit` by name."""
    members = answer.headers["RateLimit"].split(", ")
    return {name.strip('"'): rest for name, _, rest in (m.partition(";") for m in members)}


@override_settings(RATE_LIMIT_USER=3, RATE_LIMIT_ANON=2)
def test_too_many_requests(cast: Cast):
    viewer = cast["viewer"]
    answers = [viewer.get(ASSETS) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert "rate limit" in problem(answers[-1], 429)["message"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert cast["admin"].get(ASSETS).status_code == 200
    assert [APIClient().get("/api/v1/health").status_code for _ in range(3)] == [200, 200, 429]


@override_settings(RATE_LIMIT_USER=3, RATE_LIMIT_ACCOUNT=12000)
def test_every_answer_tells_what_is_left(cast: Cast):
    viewer = cast["viewer"]

    answers = [viewer.get(ASSETS), viewer.get(f"{ASSETS}x"), viewer.post(ASSETS, {})]

    assert [a.status_code for a in answers] == [200, 422, 403]
    for answer, rest in zip(answers, (2, 1, 0), strict=True):
        assert answer.headers["RateLimit-Policy"] == '"user";q=3;w=60, "account";q=12000;w=60'
        assert left(answer)["user"] == f"r={rest};t=34"
    refused = viewer.get(ASSETS)
    assert refused.status_code == 429
    assert left(refused) == {"user": "r=0;t=34", "account": "r=11996;t=34"}
    assert refused.headers["Retry-After"] == "34"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/api/v1/nonsense", "/nonsense", "/api/v1/assets/", "/api/schema/", "/admin/login/"]
)
@override_settings(RATE_LIMIT_ANON=2)
def test_unknown_routes_refused_requests_and_pages_are_limited(path: str):
    answers = [APIClient().get(path) for _ in range(3)]

    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert answers[0].headers["RateLimit-Policy"] == '"address";q=2;w=60'
    assert [left(answer)["address"] for answer in answers] == ["r=1;t=34", "r=0;t=34", "r=0;t=34"]
    assert answers[2].headers["Content-Type"] == "application/problem+json"


@override_settings(RATE_LIMIT_USER=3)
def test_requests_that_a_role_or_a_tenant_refuses_count_for_their_user(cast: Cast):
    asked = [cast["nobody"].get(ASSETS).status_code for _ in range(4)]
    asked += [cast["viewer"].post(ASSETS, {"name": "x"}).status_code for _ in range(4)]

    assert asked == [403, 403, 403, 429] * 2


@override_settings(RATE_LIMIT_ANON=2)
def test_refused_strangers_do_not_block_a_user_of_the_same_address(cast: Cast):
    assert [APIClient().get(ASSETS).status_code for _ in range(3)] == [401, 401, 429]

    assert cast["viewer"].get(ASSETS).status_code == 200


@override_settings(RATE_LIMIT_ACCOUNT=2)
def test_all_users_of_an_account_share_its_limit(cast: Cast):
    asked = [cast[who].get(ASSETS).status_code for who in ("viewer", "admin", "contributor")]

    assert asked == [200, 200, 429]
    assert cast.stranger_at_home.get(ASSETS).status_code == 200


@override_settings(RATE_LIMIT_ACCOUNT=2)
def test_a_stranger_does_not_spend_the_accounts_share(cast: Cast):
    for _ in range(3):
        cast["stranger"].get("/api/v1/auth/me")

    assert cast["viewer"].get(ASSETS).status_code == 200


def test_the_defaults_let_200_in_a_row_pass(cast: Cast):
    contributor = cast["contributor"]

    made = [contributor.post(ASSETS, {"name": f"a{n}"}).status_code for n in range(200)]

    assert set(made) == {201}


@override_settings(RATE_LIMIT_ANON=100)
def test_a_race_of_150_threads_lets_exactly_100_through(django_db_setup: None):
    """Of a route that needs no database, which has not 150 connections."""
    asked = at_once(150, lambda _: APIClient().get("/api/v1/nonsense").status_code)

    assert Counter(asked) == {404: 100, 429: 50}


@override_settings(RATE_LIMIT_USER=100)
def test_a_race_of_one_user_lets_exactly_100_through(committed: Cast):
    viewers = [committed["viewer"] for _ in range(15)]

    def ask(number: int) -> list[int]:
        return [viewers[number].get(ASSETS).status_code for _ in range(10)]

    asked = [status for ten in at_once(15, ask) for status in ten]

    assert Counter(asked) == {200: 100, 429: 50}


@pytest.fixture
def without_redis() -> Iterator[None]:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        counters.cache_clear()
        yield
    counters.cache_clear()


def test_without_redis_requests_pass_and_the_log_says_so_once(
    cast: Cast, without_redis: None, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING, "config.throttling"):
        answers = [cast["viewer"].get(ASSETS) for _ in range(3)]

    assert [a.status_code for a in answers] == [200, 200, 200]
    assert "RateLimit-Policy" in answers[0].headers
    assert "RateLimit" not in answers[0].headers
    assert [record.message[:20] for record in caplog.records] == ["Rate limits are off:"]
    health = cast["viewer"].get("/api/v1/health")
    assert (health.status_code, health.json()["redis"]) == (503, "unreachable")


def test_a_dead_redis_is_left_alone_for_a_while_and_then_tried_again(
    cast: Cast, without_redis: None, monkeypatch: pytest.MonkeyPatch
):
    tried = []
    incr = counters().pipeline
    monkeypatch.setattr(counters(), "pipeline", lambda **how: tried.append(1) or incr(**how))

    for now in (0.0, 0.1, 4.9, 5.1, 5.2):
        monkeypatch.setattr(throttling.time, "monotonic", lambda now=now: now)
        assert cast["viewer"].get(ASSETS).status_code == 200

    assert len(tried) == 2  # at 0.0 and at 5.1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (3, "203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1%eth0", "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "", "192.0.2.1"),
        (1, ",,,", "192.0.2.1"),
        (1, "unknown", "192.0.2.1"),
        (1, "203.0.113.9\r\nSET x 1", "192.0.2.1"),
        (1, "٢٠٣.0.113.9", "192.0.2.1"),
        (1, "[" * 9000, "192.0.2.1"),
    ],
)
def test_the_address_behind_proxies(proxies: int, forwarded: str, address: str):
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)

    with override_settings(PROXIES=proxies):
        assert client_address(request) == address


def test_an_ipv6_client_cannot_change_its_address_to_get_around():
    one, other = (
        client_network(RequestFactory().get("/", REMOTE_ADDR=f"2001:db8:1:2::{n}")) for n in (1, 2)
    )

    assert one == other == "2001:db8:1:2::/64"
    assert client_network(RequestFactory().get("/", REMOTE_ADDR="")) == ""
