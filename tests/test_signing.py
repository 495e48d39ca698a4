"""Which keys sign tokens, which tokens are read, and what stops the start."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.exceptions import ImproperlyConfigured
from rest_framework.test import APIClient

from accounts.models import User
from config import environment as configuration
from tests.logins import log_in, person, refresh, status_of
from tests.people import Cast


@pytest.fixture
def user(committed: Cast) -> User:
    return person()


def pem(private) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


PRIVATE = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.fixture(params=PRIVATE)
def algorithm(request, settings) -> str:
    settings.JWT_ALGORITHM = request.param
    settings.JWT_SIGNING_KEY = pem(PRIVATE[request.param])
    return request.param


def test_the_published_key_checks_our_tokens(user: User, algorithm: str):
    tokens = log_in(user)
    (published,) = APIClient().get("/api/v1/auth/jwks").json()["keys"]
    key = jwt.PyJWK(published)

    for token in (tokens["access"], tokens["refresh"]):
        assert jwt.get_unverified_header(token) == {
            "alg": algorithm,
            "kid": published["kid"],
            "typ": "JWT",
        }
        assert jwt.decode(token, key, [algorithm])["sub"] == str(user.pk)
    assert status_of(tokens["access"]) == 200
    assert refresh(tokens["refresh"]).status_code == 200
    assert not {"d", "p", "q"} & published.keys()


def test_with_a_shared_secret_no_key_is_published(db):
    assert APIClient().get("/api/v1/auth/jwks").json() == {"keys": []}


def forged(header: dict, claims: dict, secret: bytes | None) -> str:
    """By hand: PyJWT refuses to make what it refuses to read."""

    def part(value: dict | bytes) -> bytes:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    body = part(header) + b"." + part(claims)
    mac = hmac.digest(secret, body, hashlib.sha256) if secret else b""
    return (body + b"." + part(mac)).decode()


def test_only_the_one_algorithm_is_read(user: User, algorithm: str):
    claims = {"sub": str(user.pk), "exp": int(time.time()) + 60, "type": "access"}
    public = PRIVATE[algorithm].public_key()
    published = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    other = next(name for name in PRIVATE if name != algorithm)
    assert status_of(jwt.encode(claims, PRIVATE[algorithm], algorithm)) == 200

    for token in (
        forged({"alg": "HS256", "typ": "JWT"}, claims, published),
        forged({"alg": "HS256", "typ": "JWT"}, claims, pem(PRIVATE[algorithm]).encode()),
        forged({"alg": "none", "typ": "JWT"}, claims, None),
        forged({"alg": algorithm, "typ": "JWT"}, claims, None),
        jwt.encode(claims, PRIVATE[other], other),
    ):
        assert status_of(token) == 401


def test_a_token_of_another_algorithm_is_not_read_with_a_shared_secret(user: User, settings):
    claims = {"sub": str(user.pk), "exp": int(time.time()) + 60, "type": "access"}
    secret = settings.JWT_SIGNING_KEY.encode()
    assert status_of(forged({"alg": "HS256"}, claims, secret)) == 200

    assert status_of(jwt.encode(claims, secret * 2, "HS512")) == 401
    assert status_of(forged({"alg": "none"}, claims, None)) == 401
    for name, private in PRIVATE.items():
        assert status_of(jwt.encode(claims, private, name)) == 401


# --- What stops the start ------------------------------------------------------------------------

SECRET = {"JWT_SIGNING_KEY": "s" * 32}
RSA = {"JWT_PRIVATE_KEY": pem(PRIVATE["RS256"])}
ED25519 = {"JWT_PRIVATE_KEY": pem(PRIVATE["EdDSA"])}
P256 = {"JWT_PRIVATE_KEY": pem(ec.generate_private_key(ec.SECP256R1()))}
SHORT_RSA = {"JWT_PRIVATE_KEY": pem(rsa.generate_private_key(65537, 1024))}
LOCKED = PRIVATE["EdDSA"].private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
)


@pytest.mark.parametrize(
    ("algorithm", "environment", "sentence"),
    [
        ("HS256", RSA, "JWT_PRIVATE_KEY needs JWT_ALGORITHM"),
        ("RS256", {}, "needs JWT_PRIVATE_KEY or JWT_PRIVATE_KEY_FILE"),
        ("RS256", SECRET, "needs JWT_PRIVATE_KEY or JWT_PRIVATE_KEY_FILE"),
        ("EdDSA", ED25519 | SECRET, "no JWT_SIGNING_KEY"),
        ("RS256", ED25519, "RS256 needs an RSA key"),
        ("EdDSA", RSA, "EdDSA needs an Ed25519 key"),
        ("EdDSA", P256, "EdDSA needs an Ed25519 key"),
        ("RS256", SHORT_RSA, "at least 2048 bits"),
        ("EdDSA", {"JWT_PRIVATE_KEY": LOCKED.decode()}, "not an unencrypted private key"),
        ("EdDSA", {"JWT_PRIVATE_KEY": "nonsense"}, "not an unencrypted private key"),
        ("EdDSA", {"JWT_PRIVATE_KEY_FILE": "/nowhere.pem"}, "JWT_PRIVATE_KEY_FILE cannot be read"),
    ],
)
def test_a_key_that_does_not_fit_is_told_in_a_sentence(
    monkeypatch, algorithm: str, environment: dict[str, str], sentence: str
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        configuration.signing_key(algorithm, otherwise="")


def test_a_private_key_comes_from_a_file_or_in_one_line(monkeypatch, tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(pem(PRIVATE["EdDSA"]))
    monkeypatch.setenv("JWT_PRIVATE_KEY_FILE", str(path))
    assert configuration.signing_key("EdDSA", otherwise="") == path.read_text()

    monkeypatch.delenv("JWT_PRIVATE_KEY_FILE")
    monkeypatch.setenv("JWT_PRIVATE_KEY", path.read_text().replace("\n", "\\n"))
    assert configuration.signing_key("EdDSA", otherwise="") == path.read_text()


def test_without_a_key_of_its_own_tokens_are_signed_with_the_secret_key(monkeypatch, settings):
    assert settings.SIMPLE_JWT["SIGNING_KEY"] == settings.SECRET_KEY
    assert configuration.signing_key("HS256", otherwise=settings.SECRET_KEY) == settings.SECRET_KEY
    monkeypatch.setenv("JWT_SIGNING_KEY", "s" * 32)
    assert configuration.signing_key("HS256", otherwise=settings.SECRET_KEY) == "s" * 32
