"""Personal data that has to outlive a turn is sealed where it is kept: whoever reads it without the server's key finds
nothing. AES-256-GCM (NIST SP 800-38D) under keys derived from the server's secret (HKDF, RFC 5869).

For what moves between rows before it stands still, such as an application on its way through its operation. What stays
in its place is encrypted there, under its customer's own key (core/security/encryption).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
_VERSION = "2"


class Seal:
    """One for each process, from its secret key of at least 32 bytes, and those of before, which open alone. What was
    closed for one purpose does not open for another."""

    def __init__(
        self, secret_key: bytes, old_keys: Iterable[bytes] = (), *, purpose: bytes = b"sealed personal data"
    ) -> None:
        secret_keys = (secret_key, *old_keys)
        derived = [_derive(key, purpose) for key in secret_keys]
        self._keys = {_id_of(key): AESGCM(key) for key in derived}
        self._key_id = _id_of(derived[0])
        self._before = MultiFernet([_fernet(key) for key in secret_keys])

    def close(self, text: str) -> str:
        """``2.<key id>.<base64url of nonce, ciphertext and tag>``"""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._keys[self._key_id].encrypt(nonce, text.encode(), self._key_id.encode())
        return self.prefix + base64.urlsafe_b64encode(sealed).decode()

    def find(self, sealed: str) -> str | None:
        """The text; None for what another key has sealed, or somebody has changed."""
        version, _, rest = sealed.partition(".")
        if version != _VERSION:
            return self._find_before(sealed)
        key_id, _, encoded = rest.partition(".")
        try:
            raw = base64.b64decode(encoded, altchars=b"-_", validate=True)
            return self._keys[key_id].decrypt(raw[:_NONCE], raw[_NONCE:], key_id.encode()).decode()
        except (KeyError, binascii.Error, InvalidTag, ValueError):
            return None

    @property
    def prefix(self) -> str:
        """What the present key has sealed begins with this."""
        return f"{_VERSION}.{self._key_id}."

    def _find_before(self, sealed: str) -> str | None:
        """Sealed by a version of Tellergraph that used Fernet."""
        try:
            return self._before.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def _derive(secret_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"tellergraph seal: " + purpose).derive(secret_key)


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"seal key id" + key).hexdigest()[:8]


def _fernet(secret_key: bytes) -> Fernet:
    key = hmac.digest(secret_key, b"sealed personal data", hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(key))
