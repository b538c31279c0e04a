"""Personal data that has to outlive a turn is sealed where it is kept: whoever reads a checkpoint without the server's
key finds nothing (Fernet: AES-128-CBC with HMAC-SHA-256)."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """One for each process, from its secret key of at least 32 bytes. What was closed for one purpose does not open for
    another."""

    def __init__(self, secret_key: bytes, purpose: bytes = b"sealed personal data") -> None:
        key = hmac.digest(secret_key, purpose, hashlib.sha256)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def find(self, sealed: str) -> str | None:
        """The text; None for what another key has sealed, or somebody has changed."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
