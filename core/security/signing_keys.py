"""The keys that access tokens are signed with, and what a process trusts at one moment.

Keys of one deployment lie in ``signing_keys``, the private part sealed with the deployment's secret key. There is one
``current`` key, which signs, and one ``next``, which every process knows before it is used; what a ``retired`` key
signed stays good until it expires, what a ``withdrawn`` one signed is refused.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.security.sealing import Seal

ALGORITHM = "EdDSA"
TOKEN_TYPE = "at+jwt"  # noqa: S105
"""RFC 9068, section 2.1: no token of another kind is taken for one that opens doors."""
LONGEST_TTL = timedelta(hours=24)
"""Of any access token. Retired keys and denials are kept for an hour longer."""

KeyStatus = Literal["next", "current", "retired", "withdrawn"]


def key_seal(secret_key: bytes) -> Seal:
    """What private keys are sealed with."""
    return Seal(secret_key, purpose=b"signing keys")


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def make(cls) -> Self:
        private = Ed25519PrivateKey.generate()
        return cls(thumbprint(public_text(private.public_key())), private)

    @classmethod
    def find(cls, kid: str, sealed: str, seal: Seal) -> Self | None:
        """None for one that was sealed with another secret key."""
        opened = seal.find(sealed)
        return cls(kid, Ed25519PrivateKey.from_private_bytes(_bytes(opened))) if opened else None

    @property
    def public(self) -> str:
        return public_text(self.private.public_key())

    def sealed(self, seal: Seal) -> str:
        return seal.close(_text(self.private.private_bytes_raw()))


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed: keys by id, and until when tokens of a session are not."""

    current: SigningKey
    verifying: Mapping[str, Ed25519PublicKey]
    denials: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, *keys: SigningKey) -> Self:
        """The first signs, all verify, nothing is denied."""
        return cls(keys[0], {key.kid: key.private.public_key() for key in keys})

    def denied_until(self, session_id: UUID | None) -> int:
        """Tokens that were issued up to this second since 1970 are refused; -1: none are."""
        return self.denials.get(str(session_id), -1) if session_id else -1

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWK set (RFC 7517, RFC 8037)."""
        return {"keys": [_jwk(kid, key) for kid, key in sorted(self.verifying.items())]}


def _jwk(kid: str, key: Ed25519PublicKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": public_text(key), "kid": kid, "use": "sig", "alg": ALGORITHM}


def thumbprint(public: str) -> str:
    """RFC 7638, with the members that RFC 8037 names."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": public}, separators=(",", ":"))
    return _text(hashlib.sha256(members.encode()).digest())


def public_text(key: Ed25519PublicKey) -> str:
    return _text(key.public_bytes_raw())


def read_public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
