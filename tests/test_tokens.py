"""Sessions: rotation, reuse, logout, and what ends a user's tokens."""

import time
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from tests.factories import PASSWORD
from tests.logins import NEW_PASSWORD, at_once, log_in, person, post, refresh, status_of
from tests.people import Cast, mint


@pytest.fixture
def user(committed: Cast) -> User:
    """Committed, because the end of a session has to outlive the request that is refused."""
    return person()


# --- Rotation ------------------------------------------------------------------------------------


def test_a_refresh_token_gives_new_tokens_of_the_same_session(user: User):
    first = log_in(user)

    second = refresh(first["refresh"]).json()

    assert second.keys() == first.keys()
    assert second["access"] != first["access"]
    assert second["refresh"] != first["refresh"]
    assert status_of(first["access"]) == status_of(second["access"]) == 200
    assert user.sessions.count() == 1


def test_a_refresh_token_used_twice_ends_the_family_but_no_other(user: User):
    stolen, elsewhere = log_in(user), log_in(user)
    renewed = refresh(stolen["refresh"]).json()

    answer = refresh(stolen["refresh"])

    assert answer.status_code == 401
    assert answer.json()["detail"] == "Could not validate credentials"
    assert status_of(stolen["access"]) == status_of(renewed["access"]) == 401
    assert refresh(renewed["refresh"]).status_code == 401
    assert status_of(elsewhere["access"]) == 200
    assert refresh(elsewhere["refresh"]).status_code == 200


def test_of_twenty_that_refresh_at_once_one_wins_and_the_family_ends(user: User):
    token = log_in(user)["refresh"]

    answers = at_once(20, lambda: refresh(token))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert status_of(won["access"]) == 401
    assert refresh(won["refresh"]).status_code == 401


def test_an_expired_session_is_not_renewed_and_goes_at_the_next_login(user: User):
    token = log_in(user)["refresh"]
    user.sessions.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert refresh(token).status_code == 401
    log_in(user)
    assert user.sessions.count() == 1


def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(user: User):
    tokens = log_in(user)

    assert refresh(tokens["access"]).status_code == 401
    assert status_of(tokens["refresh"]) == 401


def test_a_session_remembers_where_it_came_from(user: User):
    body = {"email": user.email, "password": PASSWORD}
    post("token", body, **{"User-Agent": "curl/8.5\x00" + "x" * 1000})

    session = user.sessions.get()
    assert session.address == "127.0.0.1"
    assert session.user_agent == "curl/8.5" + "x" * 192


# --- Logout --------------------------------------------------------------------------------------


def test_logout_ends_the_session_at_once(user: User):
    tokens, elsewhere = log_in(user), log_in(user)

    assert post("logout", access=tokens["access"]).status_code == 204

    assert status_of(tokens["access"]) == 401
    assert refresh(tokens["refresh"]).status_code == 401
    assert post("logout", access=tokens["access"]).status_code == 401
    assert status_of(elsewhere["access"]) == 200


def test_logout_ends_the_session_of_a_refresh_token_too_if_it_is_ones_own(user: User):
    mine, elsewhere, theirs = log_in(user), log_in(user), log_in(person())

    for other in (elsewhere, theirs):
        mine = log_in(user)
        answer = post("logout", {"refresh": other["refresh"]}, mine["access"])
        assert answer.status_code == 204
    assert status_of(elsewhere["access"]) == 401
    assert status_of(theirs["access"]) == 200
    mine = log_in(user)
    assert post("logout", {"refresh": "nonsense"}, mine["access"]).status_code == 204
    assert post("logout").status_code == 401


def test_logout_with_a_token_minted_elsewhere_ends_nothing(user: User, committed: Cast):
    own, foreign = log_in(user), mint(user.pk, committed.engagement)

    assert post("logout", access=foreign).status_code == 204

    assert status_of(foreign) == status_of(own["access"]) == 200


# --- What ends a user's tokens -------------------------------------------------------------------


def by_save(user: User) -> None:
    user.set_password(NEW_PASSWORD)
    user.save()


def by_update_fields(user: User) -> None:
    user.set_password(NEW_PASSWORD)
    user.save(update_fields=["password"])


def by_taking_the_password_away(user: User) -> None:
    user.set_unusable_password()
    user.save()


def by_create_tenant(user: User) -> None:
    member = f"--member={user.email}:{NEW_PASSWORD}:viewer"
    call_command("create_tenant", "--name=Tokens", member, stdout=StringIO())


def operator() -> Client:
    client = Client()
    root = person(is_staff=True, is_superuser=True)
    client.force_login(root)
    return client


def by_admin_form(user: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[user.pk])
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    assert operator().post(path, form).status_code == 302


def by_admin_form_without_password(user: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[user.pk])
    form = {"usable_password": "false", "unset-password": ""}
    assert operator().post(path, form).status_code == 302
    user.refresh_from_db()
    assert not user.has_usable_password()


def change_in_admin(user: User, **boxes: str) -> None:
    empty = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    path = reverse("admin:accounts_user_change", args=[user.pk])
    answer = operator().post(path, {"email": user.email, "name": "", **boxes, **empty})
    assert answer.status_code == 302, answer.content


def by_deactivation(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.is_active = True
    user.save(update_fields=["is_active"])


def by_deactivation_in_the_admin(user: User) -> None:
    change_in_admin(user)
    user.refresh_from_db()
    assert not user.is_active
    change_in_admin(user, is_active="on")
    user.refresh_from_db()
    assert user.is_active


ENDS = [
    by_save,
    by_update_fields,
    by_taking_the_password_away,
    by_create_tenant,
    by_admin_form,
    by_admin_form_without_password,
    by_deactivation,
    by_deactivation_in_the_admin,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_tokens_end_with_the_password_and_with_the_user(committed: Cast, user: User, end):
    own, foreign = log_in(user), mint(user.pk, committed.engagement)
    no_iat = mint(user.pk, committed.engagement, iat=None)
    assert status_of(own["access"]) == status_of(foreign) == status_of(no_iat) == 200

    end(User.objects.get(pk=user.pk))

    assert status_of(own["access"]) == status_of(foreign) == status_of(no_iat) == 401
    assert refresh(own["refresh"]).status_code == 401
    later = mint(user.pk, committed.engagement, iat=int(time.time()) + 1)
    assert status_of(later) == 200, "one that was minted after the change is good"


def test_an_inactive_user_has_no_tokens(user: User):
    tokens = log_in(user)
    user.is_active = False
    user.save()

    assert status_of(tokens["access"]) == 401
    assert refresh(tokens["refresh"]).status_code == 401
    assert post("token", {"email": user.email, "password": PASSWORD}).status_code == 401


def test_tokens_outlive_other_changes_and_a_stronger_hash(user: User):
    User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    tokens = log_in(user)
    change_in_admin(user, is_active="on")

    again = log_in(user)

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert user.tokens_valid_from is None
    assert status_of(tokens["access"]) == status_of(again["access"]) == 200


def test_a_login_that_began_with_the_old_password_is_void(user: User, rf):
    """Between the check of the password and the start of the session the password changes."""
    checked = User.objects.get(pk=user.pk)
    by_save(User.objects.get(pk=user.pk))

    late = Session.objects.start(checked, rf.post("/"))

    assert not Session.objects.get(pk=late.pk).is_alive


def test_a_token_minted_elsewhere_is_good_right_after_the_user_was_made(committed: Cast):
    user = User.objects.create_user("right-after@example.com", PASSWORD)

    for iat in (int(time.time()), int(time.time()) + 1, None, "soon", float("inf"), -1, 10**30):
        assert status_of(mint(user.pk, committed.engagement, iat=iat)) == 200, iat


def test_a_session_of_somebody_else_or_of_nobody_is_refused(user: User, committed: Cast):
    log_in(user)
    other = committed.users["viewer"]

    for sid in (str(user.sessions.get().pk), "8c1f0f0e-8a51-4a1c-9f0e-000000000000", "x", 7, None):
        token = mint(other.pk, committed.engagement, sid=sid)
        assert status_of(token) == 401, sid
