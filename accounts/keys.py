"""The keys of tokens: what signs them, what checks them, and what others may know."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

_RSA_BITS: Final = 2048  # RFC 7518 asks for no fewer
ALGORITHMS: Final[tuple[str, ...]] = ("HS256", "RS256", "EdDSA")


class UnusableKey(ValueError):
    """The key does not fit the algorithm; the message says what would."""


@dataclass(frozen=True)
class Keys:
    """`public` is the JWK of the checking key; None for a secret that both sides share."""

    algorithm: str
    signing: Any
    checking: Any
    public: Mapping[str, str] | None = None

    @property
    def headers(self) -> dict[str, str] | None:
        return {"kid": self.public["kid"]} if self.public else None


def current() -> Keys:
    return load(settings.JWT_ALGORITHM, settings.JWT_SIGNING_KEY)


@cache
def load(algorithm: str, key: str) -> Keys:
    """`key` is the secret of HS256, or the private key of RS256 and EdDSA in PEM."""
    if algorithm == "HS256":
        return Keys(algorithm, key, key)
    private = _private_key(algorithm, key)
    checking = private.public_key()
    return Keys(algorithm, private, checking, _published(algorithm, checking))


def _private_key(algorithm: str, pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKey("it is not an unencrypted private key in PEM") from error
    if algorithm == "EdDSA" and isinstance(private, Ed25519PrivateKey):
        return private
    if algorithm == "RS256" and isinstance(private, RSAPrivateKey):
        if private.key_size >= _RSA_BITS:
            return private
        raise UnusableKey(f"an RSA key needs at least {_RSA_BITS} bits")
    expected = "an RSA key" if algorithm == "RS256" else "an Ed25519 key"
    raise UnusableKey(f"{algorithm} needs {expected}")


def _published(algorithm: str, checking: Any) -> dict[str, str]:
    """The JWK, named by its RFC 7638 thumbprint: a new key has a new name by itself."""
    jwk: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(checking, as_dict=True)
    required = {name: jwk[name] for name in sorted(jwk) if name != "key_ops"}
    digest = hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return required | {"kid": kid, "use": "sig", "alg": algorithm}
