"""Access tokens: JWT (RFC 7519, profile of RFC 9068), signed with Ed25519 (RFC 8037), short-lived. The verified token
is the only source of identity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import jwt

from core.clock import Clock, system_clock
from core.errors import Unauthorized
from core.security.jwt_claims import AUDIENCE, ISSUER, InvalidToken, Times, read_claims, read_times
from core.security.seen_tokens import SeenTokens
from core.security.signing_keys import ALGORITHM, TOKEN_TYPE, Trust


class AccountType(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token speaks for."""

    id: UUID
    account_type: AccountType
    role: str
    permissions: frozenset[str] = frozenset()
    session_id: UUID | None = None
    """The login that the token comes from; None for one that no session stands behind."""

    @property
    def subject(self) -> str:
        """As conversations and the audit name their owner."""
        return f"{self.account_type}:{self.id}"


class TokenSigner:
    """Issues and verifies access tokens by the keys and denials that ``trust`` gives at that moment."""

    def __init__(self, trust: Callable[[], Trust], ttl: timedelta, clock: Clock = system_clock) -> None:
        self._trust = trust
        self._clock = clock
        self.ttl = ttl
        self._seen = SeenTokens[tuple[Identity, Times]]()

    def issue(self, identity: Identity, now: datetime, ttl: timedelta | None = None) -> str:
        """Good from now for ``ttl``, or for as long as is usual.

        Raises:
            Unauthorized: the session has ended.
            Unavailable: what is to be trusted could not be asked lately.
        """
        trust = self._trust()
        expires_at = int((now + (ttl or self.ttl)).timestamp())
        # What was said before somebody's role changed is refused, up to a second that may not be over yet.
        issued_at = max(int(now.timestamp()), trust.denied_until(identity.session_id) + 1)
        if issued_at >= expires_at:
            raise _ended()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(identity.id),
            "account_type": identity.account_type.value,
            "role": identity.role,
            "permissions": sorted(identity.permissions),
            "iat": issued_at,
            "exp": expires_at,
            "jti": str(uuid4()),
        }
        if identity.session_id:
            claims["sid"] = str(identity.session_id)
        key = trust.current
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": TOKEN_TYPE})

    def verify(self, token: str) -> Identity:
        """Raises Unauthorized for anything but a valid token of ours, Unavailable as ``issue``."""
        trust, now = self._trust(), int(self._clock().timestamp())
        try:
            identity, times = self._read(token, trust)
            times.check_begun(now)
        except InvalidToken as error:
            raise Unauthorized("Please log in.", code="invalid_token") from error
        denied_until = trust.denied_until(identity.session_id)
        if denied_until >= times.expires:
            raise _ended()
        if times.expires <= now or denied_until >= times.issued:
            raise Unauthorized("Your session has ended. Please log in again.", code="token_expired")
        return identity

    def _read(self, token: str, trust: Trust) -> tuple[Identity, Times]:
        """Raises InvalidToken."""
        if seen := self._seen.find(token, trust.verifying):
            return seen
        kid, claims = read_claims(token, trust.verifying)
        content = _identity(claims), read_times(claims)
        self._seen.keep(token, kid, trust.verifying[kid], content)
        return content


def _ended() -> Unauthorized:
    return Unauthorized("Your session has ended. Please log in again.", code="session_ended")


def _identity(claims: dict[str, Any]) -> Identity:
    """Raises InvalidToken."""
    kind, role, permissions = claims["account_type"], claims["role"], claims["permissions"]
    if kind not in list(AccountType) or not isinstance(role, str) or not 0 < len(role) <= 40:
        raise InvalidToken("kind of account or role")
    if not isinstance(permissions, list) or not all(isinstance(each, str) for each in permissions):  # pyright: ignore[reportUnknownVariableType]
        raise InvalidToken("permissions")
    session = _uuid(claims["sid"]) if "sid" in claims else None
    return Identity(_uuid(claims["sub"]), AccountType(kind), role, frozenset[str](permissions), session)  # pyright: ignore[reportUnknownArgumentType]


def _uuid(value: object) -> UUID:
    try:
        if isinstance(value, str) and str(found := UUID(value)) == value:
            return found
    except ValueError:
        pass
    raise InvalidToken("an id")
