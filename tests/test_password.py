"""A change of password by its owner, and with the token of a mail."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.mail import invited
from accounts.models import User
from accounts.tasks import mail_password_link
from tests.conftest import ROOT, database_url
from tests.factories import PASSWORD, UserFactory
from tests.logins import NEW_PASSWORD, at_once, log_in, person, post, status_of
from tests.people import Cast, mint

KNOWN = "If an account has this address, a mail is on its way to it."


def fields_of(answer) -> set[str]:
    assert answer.status_code == 422, answer.content
    return {error["field"] for error in answer.json()["error"]["details"]["field_errors"]}


# --- Known ---------------------------------------------------------------------------------------


def test_a_change_ends_all_sessions_and_answers_with_a_new_one(db):
    user = person()
    here, elsewhere = log_in(user), log_in(user)
    passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    answer = post("password", passwords, here["access"])

    assert answer.status_code == 200
    assert status_of(answer.json()["access"]) == 200
    for old in (here, elsewhere):
        assert status_of(old["access"]) == 401
    assert post("token", {"email": user.email, "password": PASSWORD}).status_code == 401
    log_in(user, NEW_PASSWORD)


def test_a_token_minted_elsewhere_may_change_the_password_of_its_user(cast: Cast):
    user = person()
    passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    token = mint(user.pk, cast.engagement)

    assert status_of(post("password", passwords, token).json()["access"]) == 200
    assert status_of(token) == 401


@pytest.mark.parametrize("weak", ["short", "password1234", "1234567890", ""])
def test_a_weak_password_is_refused(db, weak: str):
    user = person()
    access = log_in(user)["access"]

    answer = post("password", {"current_password": PASSWORD, "new_password": weak}, access)

    assert fields_of(answer) == {"new_password"}
    assert status_of(access) == 200


def test_only_somebody_logged_in_changes_a_password(db):
    passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    assert post("password", passwords).status_code == 401


# --- Forgotten -----------------------------------------------------------------------------------


def confirm(user: User, token: str | None = None, password: str = NEW_PASSWORD):
    token = token or default_token_generator.make_token(user)
    return post("password/confirm", {"uid": str(user.pk), "token": token, "new_password": password})


def test_known_unknown_and_inactive_addresses_get_the_same_answer_without_a_look(
    db, django_assert_num_queries, django_capture_on_commit_callbacks
):
    for email in (person().email, person(is_active=False).email, "nobody@example.com"):
        with django_capture_on_commit_callbacks() as callbacks, django_assert_num_queries(2):
            answer = post("password/reset", {"email": email})  # the savepoint, and its release
        assert answer.status_code == 202
        assert answer.json() == {"detail": KNOWN}
        assert len(callbacks) == 1


def test_mails_to_one_address_are_limited(db, settings):
    settings.LOGIN_ATTEMPTS_ACCOUNT = 3

    statuses = [
        post("password/reset", {"email": "nobody@example.com"}).status_code for _ in range(4)
    ]

    assert statuses == [202, 202, 202, 429]


def test_the_mail_has_all_that_is_needed(db, settings):
    user = person(email="forgetful@example.com")
    mail_password_link("Forgetful@Example.com ")
    settings.PASSWORD_RESET_URL = "https://inventory.example.com/password?lang=en"
    mail_password_link(user.email)
    plain, linked = mail.outbox

    assert plain.to == linked.to == [user.email]
    assert plain.subject == "Set a new password"
    uid, token = re.search(r"uid: (\S+)\ntoken: (\S+)", plain.body).groups()
    link = urlsplit(re.search(r"https://\S+", linked.body)[0])
    assert parse_qs(link.query) == {"lang": ["en"], "uid": [uid], "token": [token]}
    assert uid == str(user.pk)
    assert confirm(user, token).status_code == 204
    log_in(user, NEW_PASSWORD)


def test_nobody_else_gets_mail(db):
    mail_password_link(person(is_active=False).email)
    mail_password_link("nobody@example.com")

    assert mail.outbox == []


def test_a_token_works_once_and_ends_all_sessions(db):
    user = person()
    tokens, token = log_in(user), default_token_generator.make_token(user)

    assert confirm(user, token).status_code == 204

    assert status_of(tokens["access"]) == 401
    assert fields_of(confirm(user, token)) == {"token"}


def test_a_token_that_is_sent_twice_at_once_sets_one_password(committed: Cast):
    user = person()
    token = default_token_generator.make_token(user)

    statuses = [answer.status_code for answer in at_once(5, lambda: confirm(user, token))]

    assert sorted(statuses) == [204] + [422] * 4


def test_what_is_wrong_with_a_confirmation_is_named(db, settings):
    user, inactive, other = person(), person(is_active=False), person()
    theirs = default_token_generator.make_token(other)

    assert fields_of(confirm(user, theirs)) == {"token"}
    assert fields_of(confirm(inactive)) == {"token"}
    assert fields_of(confirm(UserFactory.build())) == {"token"}
    assert fields_of(confirm(user, password="short")) == {"new_password"}
    assert fields_of(post("password/confirm", {"uid": "x"})) == {"uid", "token", "new_password"}
    token = default_token_generator.make_token(user)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert fields_of(confirm(user, token)) == {"token"}


def test_a_queue_that_is_away_is_no_failure(committed: Cast):
    """In a process of its own, which has never seen a broker."""
    code = (
        "import django; django.setup(); from rest_framework.test import APIClient; "
        "client = APIClient(SERVER_NAME='localhost'); body = {'email': 'nobody@example.com'}; "
        "print(client.post('/api/v1/auth/password/reset', body).status_code)"
    )
    away = os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": "redis://127.0.0.1:1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=away, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "202"
    assert "Error calling forgotten" in done.stderr


# --- New -----------------------------------------------------------------------------------------


def mailed(to: str) -> str:
    """What a worker wrote to the folder that EMAIL_URL names, as it would send it."""
    folder = Path(os.environ["EMAIL_URL"].removeprefix("filemail:///"))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in folder.glob("*") if folder.is_dir() else []:
            if f"To: {to}" in (text := path.read_text()):
                return text
        time.sleep(0.1)
    raise AssertionError(f"no mail to {to}")


def test_a_worker_sends_the_mail_of_an_invitation(committed: Cast, worker):
    user = UserFactory(password=make_password(None))

    invited(user, committed.engagement.client_account)

    text = mailed(user.email)
    assert "Subject: You have been invited" in text
    uid, token = re.search(r"uid: (\S+)\ntoken: (\S+)", text).groups()
    assert uid == str(user.pk)
    assert confirm(user, token).status_code == 204


def test_create_tenant_makes_a_member_without_a_password(
    db, capsys, django_capture_on_commit_callbacks
):
    command = ["create_tenant", "--name=Invited", "--member=new@example.com::viewer"]
    with django_capture_on_commit_callbacks() as callbacks:
        call_command(*command)

    user = User.objects.get(email="new@example.com")
    assert not user.has_usable_password()
    assert len(callbacks) == 1

    user.set_password(NEW_PASSWORD)
    user.save()
    with django_capture_on_commit_callbacks() as callbacks:
        call_command(*command)
    assert callbacks == []
    log_in(user, NEW_PASSWORD)


@pytest.mark.parametrize("member", ["a@example.com:admin", "a@example.com::owner", "a::admin"])
def test_create_tenant_refuses_what_it_cannot_read(db, member: str):
    with pytest.raises(CommandError, match="e-mail"):
        call_command("create_tenant", "--name=x", f"--member={member}")
