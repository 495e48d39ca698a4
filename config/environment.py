"""Reads and checks what the environment says; settings.py says what it means.

A setting that cannot work raises `ImproperlyConfigured` with a sentence.
"""

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts import keys
from discovery.agents.money import Budget, Price

env = environ.Env()
_ADDRESS = re.compile(
    r"https?://([\w.-]+|\[[0-9a-fA-F:]+\])"
    r"(:([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
    r"(/[^\s?#]*)?",
    re.ASCII,
)

DATA_DIR = Path(env.str("DATA_DIR", default="var")).resolve()

# The addresses of the embedded servers, while a supervisor (config/embedded) runs on this folder.
env.read_env(DATA_DIR / "embedded.env")
if "migrate" in sys.argv:  # no other process may know the owner of the tables
    env.read_env(DATA_DIR / "owner.env")


def required(name: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set and no embedded stack runs in {DATA_DIR}. "
            f"Set {name}, or start the stack with `make serve`."
        )
    return value


def secret_key() -> str:
    generated = DATA_DIR / "secret_key"
    if not env.str("SECRET_KEY", default="") and generated.is_file():
        return generated.read_text().strip()
    return required("SECRET_KEY")


def positive(name: str, default: int, least: int = 1, most: int = sys.maxsize) -> int:
    try:
        value: int = env.int(name, default=default)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        bounds = f"{least} or more" if most == sys.maxsize else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name} must be a whole number, {bounds}.")
    return value


def _private_key() -> str:
    path = env.str("JWT_PRIVATE_KEY_FILE", default="")
    try:
        return Path(path).read_text() if path else env.str("JWT_PRIVATE_KEY", "", multiline=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"JWT_PRIVATE_KEY_FILE cannot be read: {error}") from error


def signing_key(algorithm: str, otherwise: str) -> str:
    """The secret of HS256, by default `otherwise`; or the private key of RS256 and EdDSA."""
    secret, private = env.str("JWT_SIGNING_KEY", default=""), _private_key()
    if algorithm == "HS256" and private:
        raise ImproperlyConfigured("JWT_PRIVATE_KEY needs JWT_ALGORITHM=RS256 or EdDSA.")
    if algorithm == "HS256":
        return secret or otherwise
    if secret or not private:
        raise ImproperlyConfigured(
            f"JWT_ALGORITHM={algorithm} needs JWT_PRIVATE_KEY or JWT_PRIVATE_KEY_FILE, "
            "and no JWT_SIGNING_KEY, which is the secret of HS256."
        )
    try:
        keys.load(algorithm, private)
    except keys.UnusableKey as error:
        raise ImproperlyConfigured(f"JWT_PRIVATE_KEY cannot be used: {error}.") from error
    return private


def origins(name: str) -> list[str]:
    """As browsers send them in `Origin`: scheme, host and port, and nothing behind."""
    origins: list[str] = env.list(name, default=[])
    for origin in origins:
        if not re.fullmatch(
            r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:]+\](:[0-9]+)?", origin
        ):
            raise ImproperlyConfigured(
                f"{name} must list origins such as https://app.example.com, in lower case, "
                f"without a path and without a wildcard; {origin!r} is none."
            )
    return origins


def postgres(name: str, engine: str) -> dict[str, Any]:
    try:
        database: dict[str, Any] = env.db_url_config(required(name))
    except (ValueError, environ.ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {error}") from error
    if "postgresql" not in database.get("ENGINE", ""):
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL database: postgres://…")
    return database | {"ENGINE": engine}


def one_of(name: str, values: tuple[str, ...]) -> str:
    """One of `values`, by default the first."""
    value: str = env.str(name, default="") or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(values)}.")
    return value


def http_address(name: str, default: str) -> str:
    value: str = env.str(name, default="") or default
    if not _ADDRESS.fullmatch(value):
        raise ImproperlyConfigured(
            f"{name} must be an address such as {default}, without user, password and query."
        )
    return value.rstrip("/")


def word(name: str) -> str:
    """What goes into an HTTP header or the ledger: visible ASCII without blanks, or nothing."""
    value: str = env.str(name, default="")
    if not re.fullmatch(r"[!-~]{0,200}", value):
        raise ImproperlyConfigured(
            f"{name} must be one word of at most 200 letters, digits and signs (ASCII)."
        )
    return value


def _money(name: str, text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text):
        raise ImproperlyConfigured(f"{name} must hold amounts such as 0.25; {text!r} is none.")
    return Decimal(text)


def prices(name: str) -> dict[str, Price]:
    """`model=0.10/0.30,…`: the price of a million tokens, sent and answered."""
    found = {}
    for entry in env.list(name, default=[]):
        model, _, amounts = entry.strip().rpartition("=")
        sent, slash, answered = amounts.partition("/")
        if not model or not slash:
            raise ImproperlyConfigured(
                f"{name} must list prices such as org/model=0.10/0.30; {entry!r} is none."
            )
        found[model] = Price(_money(name, sent), _money(name, answered))
    return found


def budget(prefix: str, *, requests: int, tokens: int, seconds: int) -> Budget:
    cost = env.str(f"{prefix}_COST", default="")
    return Budget(
        requests=positive(f"{prefix}_REQUESTS", requests, least=0),
        tokens=positive(f"{prefix}_TOKENS", tokens, least=0),
        seconds=positive(f"{prefix}_SECONDS", seconds, least=0),
        cost=_money(f"{prefix}_COST", cost) if cost else None,
    )
