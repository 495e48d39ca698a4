"""Failed logins are limited per account and per address, also where no such account exists."""

import logging

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import attempts
from accounts.address import client_network
from accounts.counters import counters
from accounts.models import User
from tests.factories import PASSWORD, UserFactory
from tests.logins import NEW_PASSWORD, at_once, log_in, person, post
from tests.people import Cast

ADDRESS = {"REMOTE_ADDR": "203.0.113.7"}
LOGIN = "admin:login"


@pytest.fixture(autouse=True)
def few(settings) -> None:
    settings.LOGIN_ATTEMPTS_ACCOUNT = 5


def guess(email: str, password: str = "wrong"):
    return post("token", {"email": email, "password": password})


def nobody() -> User:
    return UserFactory.build(email="nobody-at-all@example.com")


def inactive() -> User:
    return person(is_active=False)


def without_password() -> User:
    return UserFactory(password=make_password(None))


PEOPLE = [person, inactive, without_password, nobody]


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.__name__)
def test_everybody_gets_the_same_answers(db, who):
    email = who().email

    answers = [guess(email if turn % 2 else f" {email.upper()}") for turn in range(7)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[0].json()["detail"] == "Could not validate credentials"
    assert "rate limit" in answers[-1].json()["error"]["message"]
    assert 290 <= int(answers[-1].headers["Retry-After"]) <= 300


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.__name__)
def test_every_check_hashes_exactly_once(db, who, monkeypatch):
    """What takes the time: counted, because a clock would tell something else at each run."""
    from accounts.hashers import ModestArgon2Hasher

    email, hashed = who().email, []
    for name in ("encode", "verify"):
        original = getattr(ModestArgon2Hasher, name)

        def counted(self, *args, original=original, name=name):
            hashed.append(name)
            return original(self, *args)

        monkeypatch.setattr(ModestArgon2Hasher, name, counted)

    assert guess(email).status_code == 401
    assert len(hashed) == 1


@pytest.mark.parametrize("who", [person, nobody], ids=["known", "unknown"])
def test_of_thirty_guesses_at_once_no_more_get_through(committed: Cast, who):
    email = who().email

    statuses = [answer.status_code for answer in at_once(30, lambda: guess(email))]

    assert sorted(statuses) == [401] * 5 + [429] * 25


def test_of_a_hundred_attempts_at_once_no_more_get_a_place():
    def reserved() -> bool:
        try:
            attempts.reserve("login", "ada@example.com", "203.0.113.7")
        except attempts.TooManyAttempts:
            return False
        return True

    assert sum(at_once(100, reserved)) == 5


def test_the_right_password_does_not_help_once_the_limit_is_reached(db):
    user = person()
    for _ in range(5):
        guess(user.email)

    assert guess(user.email, PASSWORD).status_code == 429
    log_in(person())


def test_a_success_does_not_count(db):
    user = person()
    for _ in range(4):
        guess(user.email)

    for _ in range(6):
        log_in(user)
    assert guess(user.email).status_code == 401
    assert guess(user.email).status_code == 429


def test_a_refused_attempt_does_not_lengthen_the_wait(db):
    for _ in range(5):
        attempts.reserve("login", "ada@example.com", "")
    waits = []
    for _ in range(20):
        with pytest.raises(attempts.TooManyAttempts) as refused:
            attempts.reserve("login", "ada@example.com", "")
        waits.append(refused.value.wait)

    assert waits == sorted(waits, reverse=True)


@pytest.mark.parametrize(
    ("neighbours", "others"),
    [
        (["203.0.113.7"] * 3, "203.0.113.8"),
        (["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"], "2001:db8:0:1::1"),
        (["::ffff:203.0.113.7"] * 3, "::ffff:203.0.113.8"),
    ],
    ids=["IPv4", "IPv6", "IPv4 in IPv6"],
)
def test_an_address_is_limited_over_all_accounts(settings, neighbours, others):
    settings.LOGIN_ATTEMPTS_ADDRESS = 2

    def guess(email: str, address: str) -> None:
        request = RequestFactory().get("/", REMOTE_ADDR=address)
        attempts.reserve("login", email, client_network(request))

    first, second, third = neighbours
    guess("a@example.com", first)
    guess("b@example.com", second)

    with pytest.raises(attempts.TooManyAttempts):
        guess("c@example.com", third)
    guess("c@example.com", others)


def test_without_redis_people_get_in_and_the_log_says_so(db, settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    counters.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, logger="accounts.attempts"):
            tokens = log_in(person())
    finally:
        counters.cache_clear()

    assert tokens["access"]
    assert "Redis does not answer" in caplog.text


# --- The admin -----------------------------------------------------------------------------------


def enter(email: str, password: str):
    form = {"username": email, "password": password}
    return Client(**ADDRESS).post(reverse(LOGIN), form)


def test_the_admin_counts_with_the_api_and_says_so_in_the_form(db):
    root = person(is_staff=True, is_superuser=True)
    assert enter(root.email, PASSWORD).status_code == 302
    for _ in range(3):
        guess(root.email)
    for _ in range(2):
        assert "Please enter the correct email" in enter(root.email, "wrong").content.decode()

    answer = enter(root.email, PASSWORD)

    assert answer.status_code == 200
    assert "Too many failed attempts. Try again in" in answer.content.decode()
    assert guess(root.email, PASSWORD).status_code == 429


# --- One's own password --------------------------------------------------------------------------


def change(access: str, current: str, new: str = NEW_PASSWORD):
    return post("password", {"current_password": current, "new_password": new}, access)


def test_a_wrong_current_password_counts_as_a_failed_login(db):
    user = person()
    access = log_in(user)["access"]

    for _ in range(5):
        answer = change(access, "wrong")
        assert answer.status_code == 422
        (error,) = answer.json()["error"]["details"]["field_errors"]
        assert error["field"] == "current_password"
    assert change(access, PASSWORD).status_code == 429
    assert guess(user.email, PASSWORD).status_code == 429
    assert user.check_password(PASSWORD)
