"""What renews a login: 256 random bits behind the id of their session, opaque to who holds it, kept as a keyed hash."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Self
from uuid import UUID

_PREFIX = "tgr_"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class RefreshToken:
    session_id: UUID
    secret: bytes

    @classmethod
    def make(cls, session_id: UUID) -> Self:
        return cls(session_id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def find(cls, text: str) -> Self | None:
        """None for what is no such token. That it is one says nothing of who has it."""
        try:
            content = base64.b64decode(text.removeprefix(_PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if not text.startswith(_PREFIX) or len(content) != 16 + _SECRET_BYTES:
            return None
        return cls(UUID(bytes=content[:16]), content[16:])

    @property
    def text(self) -> str:
        return _PREFIX + base64.urlsafe_b64encode(self.session_id.bytes + self.secret).decode()

    def hash(self, key: bytes) -> bytes:
        return hmac.digest(key, self.session_id.bytes + self.secret, hashlib.sha256)


def hash_key(secret_key: bytes) -> bytes:
    """Without the deployment's secret nobody can plant a token in the database; with another one, all sessions are
    over."""
    return hmac.digest(secret_key, b"refresh tokens", hashlib.sha256)
