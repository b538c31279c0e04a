"""Access tokens: JWT (RFC 7519), HS256, short-lived. The verified token is the only source of identity."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

import jwt

from core.errors import Unauthorized

_ISSUER = "tellergraph"
_ALGORITHM = "HS256"


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
    """Issues and verifies access tokens with one secret key of at least 32 bytes."""

    def __init__(self, secret_key: bytes, ttl: timedelta) -> None:
        self._key = secret_key
        self.ttl = ttl

    def issue(self, identity: Identity, now: datetime) -> str:
        claims = {
            "iss": _ISSUER,
            "sub": str(identity.id),
            "account_type": identity.account_type.value,
            "role": identity.role,
            "iat": now,
            "exp": now + self.ttl,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Identity:
        """Raises Unauthorized for anything but a valid token of ours."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "jti", "account_type", "role"]},
            )
            return Identity(UUID(claims["sub"]), AccountType(claims["account_type"]), str(claims["role"]))
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("Your session has ended. Please log in again.", code="token_expired") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthorized("Please log in.", code="invalid_token") from error
