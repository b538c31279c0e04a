"""Reads a signed token, believing nothing before the signature and nothing loosely after it (RFC 8725, best practices).

What could point elsewhere or mean two things is refused: other algorithms, headers of any other kind (jku, x5u, jwk,
crit, b64), names that stand twice, numbers that are no whole numbers, base64 that could be written otherwise.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.security.signing_keys import ALGORITHM, LONGEST_TTL, TOKEN_TYPE

ISSUER = "tellergraph"
AUDIENCE = "tellergraph"
CLOCK_SKEW = 5
"""Seconds that another worker's clock may be ahead of ours. None for the end: a token is not good for longer by it."""

_NEEDED = {"iss", "aud", "sub", "account_type", "role", "permissions", "iat", "exp", "jti"}
_SHAPE = re.compile(r"([A-Za-z0-9_-]{2,512})\.([A-Za-z0-9_-]{2,8192})\.([A-Za-z0-9_-]{86})")
_JWS = jwt.PyJWS(algorithms=[ALGORITHM])


class InvalidToken(ValueError):
    """Its text says what was wrong, for us alone."""


def read_claims(token: str, keys: Mapping[str, Ed25519PublicKey]) -> tuple[str, dict[str, Any]]:
    """The id of the key that has signed a token, and its claims; ours, complete, not yet looked at for time.

    Raises:
        InvalidToken: anything else.
    """
    parts = _SHAPE.fullmatch(token)
    if parts is None:
        raise InvalidToken("shape")
    head, body, _ = (_decode(part) for part in parts.groups())
    header = _parse(head)
    kid = header.get("kid")
    if not isinstance(kid, str) or header != {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": kid}:
        raise InvalidToken("header")
    key = keys.get(kid)
    if key is None:
        raise InvalidToken("key")
    try:
        _JWS.decode_complete(token, key, algorithms=[ALGORITHM])
    except jwt.PyJWTError as error:
        raise InvalidToken("signature") from error
    claims = _parse(body)
    if not claims.keys() >= _NEEDED or claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
        raise InvalidToken("claims")
    if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= 64:
        raise InvalidToken("jti")
    return kid, claims


@dataclass(frozen=True, slots=True)
class Times:
    """When a token was issued, when it is good from and until; seconds since 1970."""

    issued: int
    begins: int
    expires: int

    def check_begun(self, now: int) -> None:
        """Raises InvalidToken where it is not good yet."""
        if self.issued > now + CLOCK_SKEW or self.begins > now + CLOCK_SKEW:
            raise InvalidToken("not yet")


def read_times(claims: Mapping[str, Any]) -> Times:
    """Raises InvalidToken where they are none, or it was never meant to be good for as long."""
    times = [claims["iat"], claims.get("nbf", 0), claims["exp"]]
    if any(type(each) is not int or each < 0 for each in times):
        raise InvalidToken("times")
    found = Times(*cast(list[int], times))
    if not 0 < found.expires - found.issued <= LONGEST_TTL.total_seconds():
        raise InvalidToken("how long")
    return found


def _decode(part: str) -> bytes:
    try:
        found = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise InvalidToken("base64") from error
    if base64.urlsafe_b64encode(found).rstrip(b"=") != part.encode():
        raise InvalidToken("base64 of another form")
    return found


def _parse(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidToken("JSON") from error
    if not isinstance(found, dict):
        raise InvalidToken("no object")
    return cast(dict[str, Any], found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidToken("a name stands twice")
    return found


def _refuse(constant: str) -> Any:
    raise InvalidToken(constant)
