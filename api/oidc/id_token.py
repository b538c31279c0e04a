"""Whether an ID token is one: OpenID Connect Core 1.0, 3.1.3.7. joserfc checks the signature against the provider's own
keys and the algorithms that were chosen here (``none`` and shared secrets are never among them), Authlib's claims the
rest."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.oidc.providers import TENANT, Provider
from core.errors import Unauthorized
from core.logging import get_logger

_log = get_logger(__name__)

LEEWAY = 60
"""Seconds that the provider's clock may differ."""
_LONGEST_SUBJECT = 255
"""Core 1.0, section 2."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at a provider: issuer and subject. What else it says of them proves nothing here."""

    issuer: str
    sub: str
    email: str | None
    name: str | None


def read_identity(token: str, keys: KeySet, provider: Provider, nonce: str, now: datetime) -> Identity:
    """
    Raises:
        Unauthorized: ``oidc_token_invalid``; the log says why.
    """
    try:
        decoded = jwt.decode(token, keys, algorithms=list(provider.algorithms))
    except (JoseError, ValueError) as error:
        raise _invalid(type(error).__name__) from error
    claims = decoded.claims
    options = {
        "iss": {"essential": True, "value": _issuer(provider, claims)},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": provider.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    try:
        params = {"nonce": nonce, "client_id": provider.client_id}
        CodeIDToken(claims, decoded.header, options, params).validate(int(now.timestamp()), LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise _invalid(str(error)) from error
    return _identity(claims)


def _issuer(provider: Provider, claims: dict[str, Any]) -> str:
    """As it has to stand in this token. A tenant is a UUID, so that nothing else gets into the issuer's place."""
    if TENANT not in provider.issuer:
        return provider.issuer
    try:
        tenant = str(UUID(str(claims.get("tid"))))
    except ValueError as error:
        raise _invalid("no tenant") from error
    if provider.tenants and tenant not in provider.tenants:
        raise _invalid("tenant")
    return provider.issuer.replace(TENANT, tenant)


def _identity(claims: dict[str, Any]) -> Identity:
    issuer, sub = claims["iss"], claims["sub"]
    if not isinstance(sub, str) or not 0 < len(sub) <= _LONGEST_SUBJECT or not sub.isascii() or not sub.isprintable():
        raise _invalid("subject")
    return Identity(issuer, sub, _text(claims.get("email")), _text(claims.get("name")))


def _text(value: object) -> str | None:
    return value[:254] if isinstance(value, str) and value.isprintable() and value else None


def same(one: str, other: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def _invalid(reason: str) -> Unauthorized:
    _log.warning("oidc_token_refused", reason=reason)
    return Unauthorized("The other provider's answer cannot be trusted. Please try again.", code="oidc_token_invalid")
