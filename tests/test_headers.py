"""What every answer tells browsers and caches, and what the service is behind TLS."""

import base64
import hashlib
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from tests.conftest import ROOT
from tests.factories import AssetFactory
from tests.people import Cast

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
APP = "https://app.example.com"


def policy(answer: Any) -> dict[str, list[str]]:
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, *sources in map(str.split, directives)}


@pytest.fixture
def operator(cast: Cast) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "a-long-password"))
    return client


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("/api/v1/health", "GET", {}, 200),
        ("/api/v1/assets/", "GET", {}, 401),
        ("/api/v1/nowhere", "GET", {}, 404),
        ("/api/v1/health", "DELETE", {}, 405),
        ("/api/v1/health", "POST", {"transfer-encoding": "chunked"}, 411),
        ("/api/v1/health", "GET", {"host": "evil.example"}, 400),
        ("/api/schema/", "GET", {}, 200),
        ("/api/docs/", "GET", {}, 200),
        ("/admin/login/", "GET", {}, 200),
        ("/admin/", "GET", {}, 302),
        ("/nowhere", "GET", {}, 404),
        ("/static/unfold/js/app.js", "GET", {}, 200),
    ],
)
def test_every_answer_has_them(
    db: None, path: str, method: str, headers: dict[str, str], status: int
):
    answer = Client().generic(method, path, headers=headers)
    if answer.streaming:
        answer.getvalue()

    assert answer.status_code == status
    assert answer.headers.items() >= EVERYWHERE.items()
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert policy(answer)["frame-ancestors"] == ["'none'"]
    assert policy(answer)["default-src"] == ["'none'"]


def test_an_answer_of_the_api_may_load_nothing(cast: Cast):
    assert policy(cast["viewer"].get("/api/v1/assets/")) == {
        name: ["'none'"] for name in ("default-src", "base-uri", "form-action", "frame-ancestors")
    }


def test_a_hostile_host_is_refused_and_not_repeated(db: None):
    answer = Client().get("/api/v1/health", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert b"evil" not in answer.content + repr(answer.headers).encode()


def test_tenant_data_is_kept_by_no_shared_cache_and_tokens_by_none(cast: Cast):
    for path in ("assets/", "assets/export", "assets/nowhere"):
        answer = cast["viewer"].get(f"/api/v1/{path}")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        asked_by = {name.strip().lower() for name in answer.headers["Vary"].split(",")}
        assert asked_by >= {"authorization", "x-client-account-id", "x-engagement-id"}
        if answer.streaming:
            answer.getvalue()
    token = cast["viewer"].post("/api/v1/auth/token", {})
    assert token.headers["Cache-Control"] == "no-store"


# --- Pages --------------------------------------------------------------------------------------


def scripts_within(page: str) -> list[str]:
    found = re.findall(r"<script\b[^>]*>(.*?)</script>", page, re.DOTALL)
    return [text for text in found if text.strip()]


def test_the_docs_page_holds_nothing_that_its_policy_forbids(db: None):
    answer = Client().get("/api/docs/")
    page = answer.content.decode()

    assert policy(answer)["script-src"] == ["'self'"]
    assert scripts_within(page) == []
    assert not re.search(r"\son[a-z]+=|\sstyle=", page)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in styles]
    assert policy(answer)["style-src"] == ["'self'", *(f"'sha256-{one}'" for one in hashes)]
    script = re.search(r'src="(/api/docs/\?[^"]*script[^"]*)"', page)
    assert script, "the page starts Swagger UI from a script of its own"
    started = Client().get(script[1].replace("&amp;", "&"))
    assert b"SwaggerUIBundle" in started.content


def test_the_admin_needs_no_inline_script(operator: Client, cast: Cast):
    with cast.scope():
        asset = AssetFactory()
    for path in ("", "login/", "assets/asset/", f"assets/asset/{asset.pk}/change/"):
        answer = operator.get(f"/admin/{path}", follow=True)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert scripts_within(page) == []
        assert not re.search(r"<[^>]*\son(click|change|submit|load|error)=", page)
        assert policy(answer)["script-src"] == ["'self'", "'unsafe-eval'"]
        assert policy(answer)["form-action"] == ["'self'"]
        assert "no-store" in answer.headers["Cache-Control"] or path == "login/"


# --- CORS ---------------------------------------------------------------------------------------

PREFLIGHT = {
    "origin": APP,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization,if-match,x-client-account-id",
}


def test_no_other_origin_may_read_by_default(cast: Cast):
    for method in ("get", "options"):
        answer = getattr(cast["viewer"], method)("/api/v1/assets/", headers=PREFLIGHT)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@override_settings(CORS_ALLOWED_ORIGINS=[APP])
def test_an_allowed_origin_may_read_without_credentials(cast: Cast):
    preflight = Client().options("/api/v1/assets/", headers=PREFLIGHT)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == APP
    allowed = preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "x-client-account-id", "x-engagement-id", "if-match"} < set(allowed)
    assert {"if-none-match", "idempotency-key", "x-request-id", "content-type"} < set(allowed)

    for path in ("assets/", "nowhere"):
        answer = cast["viewer"].get(f"/api/v1/{path}", headers={"origin": APP})
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert "Access-Control-Allow-Credentials" not in answer.headers
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"X-Request-ID", "ETag", "RateLimit", "RateLimit-Policy", "Retry-After"} < {*exposed}
        assert {"Idempotency-Replayed", "Location"} < {*exposed}


@override_settings(CORS_ALLOWED_ORIGINS=[APP])
@pytest.mark.parametrize("origin", ["https://evil.example", f"{APP}.evil.example", "null"])
def test_another_origin_may_not(cast: Cast, origin: str):
    answer = cast["viewer"].get("/api/v1/assets/", headers={"origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Origin" not in Client().get("/admin/login/").headers


# --- In a process of its own, with real settings ------------------------------------------------


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "Wn3-" + "abcdefghij" * 6} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "origin", ["*", "app.example.com", f"{APP}/", "https://*.example.com", "null", APP.upper()]
)
def test_a_wrong_origin_stops_the_start(origin: str):
    done = run("manage.py", "check", CORS_ALLOWED_ORIGINS=f"http://localhost:3000,{origin}")

    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "CORS_ALLOWED_ORIGINS must list origins such as https://app.example.com" in last
    assert repr(origin) in last


def test_behind_tls_django_has_nothing_to_complain_about():
    done = run("manage.py", "check", "--deploy", "--fail-level=WARNING", BEHIND_TLS="true")
    assert done.returncode == 0, done.stderr


def test_without_tls_it_misses_tls_alone():
    done = run("manage.py", "check", "--deploy", BEHIND_TLS="false")
    assert set(re.findall(r"security\.W\d+", done.stderr)) == {
        "security.W004",  # HSTS
        "security.W008",  # a redirect to TLS
        "security.W012",  # a session cookie that needs TLS
        "security.W016",  # a CSRF cookie that needs TLS
    }


ASK = """
import django; django.setup()
from django.test import Client
plain = Client().get("/api/v1/assets/")
print(plain.status_code, plain.headers["Location"], plain.headers["X-Content-Type-Options"])
hostile = Client().get("/api/v1/assets/", headers={"host": "evil.example"})
print(hostile.status_code, hostile.headers["Content-Type"])
print(Client().get("/api/v1/health").status_code, Client().get("/api/v1/health/").status_code)
page = Client().get("/admin/login/", headers={"x-forwarded-proto": "https"})
print(page.status_code, page.headers["Strict-Transport-Security"])
print(page.cookies.output(header=""))
"""


def test_behind_tls():
    done = run(
        "-c",
        ASK,
        BEHIND_TLS="true",
        DJANGO_SETTINGS_MODULE="config.settings",
        ALLOWED_HOSTS="testserver",
    )
    assert done.returncode == 0, done.stderr
    redirect, hostile, health, page, cookie = done.stdout.strip().splitlines()

    assert redirect == "301 https://testserver/api/v1/assets/ nosniff"
    assert hostile == "400 application/problem+json"
    assert health == "200 200", "the health check of the container comes without TLS"
    assert page == "200 max-age=31536000; includeSubDomains"
    assert cookie.strip().startswith("__Host-csrf=")
    assert {"Secure", "SameSite=Strict", "Path=/"} <= set(cookie.strip().split("; "))
