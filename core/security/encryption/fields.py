"""One value of one column, encrypted with AES-256-GCM (NIST SP 800-38D) under its customer's key.

    1 byte    version, 1
    16 bytes  id of the data key
    12 bytes  nonce, random: a customer's key may encrypt 2^32 values before two are likely to meet (SP 800-38D, 8.3)
    n bytes   ciphertext
    16 bytes  tag

The tag also covers where the value stands (``Place``) and the key's id: a value that was moved to another column, row
or customer is refused as one that was changed.
"""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.security.encryption.errors import DataUnreadable, KeyUnknown

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_VERSION = b"\x01"
_HEADER = len(_VERSION) + 16
_SHORTEST = _HEADER + NONCE_BYTES + TAG_BYTES


@dataclass(frozen=True, slots=True)
class DataKey:
    """A customer's key in the clear. Never logged, never stored."""

    id: UUID
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. ``row`` names the row within its table, ``subject`` whose it is."""

    table: str
    column: str
    row: str
    subject: str


def encrypt_field(key: DataKey, place: Place, text: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    about = _about(place, key.id)
    return _VERSION + key.id.bytes + nonce + AESGCM(key.secret).encrypt(nonce, text.encode(), about)


def decrypt_field(key: DataKey, place: Place, sealed: bytes) -> str:
    """Raises:
    KeyUnknown: another key encrypted it.
    DataUnreadable: it was changed, cut, or moved here from another place.
    """
    if len(sealed) < _SHORTEST or not sealed.startswith(_VERSION):
        raise DataUnreadable(f"What stands in {place.table}.{place.column} is no encrypted value.")
    if sealed[len(_VERSION) : _HEADER] != key.id.bytes:
        raise KeyUnknown(f"What stands in {place.table}.{place.column} was encrypted with another key.")
    nonce, rest = sealed[_HEADER : _HEADER + NONCE_BYTES], sealed[_HEADER + NONCE_BYTES :]
    try:
        return AESGCM(key.secret).decrypt(nonce, rest, _about(place, key.id)).decode()
    except InvalidTag as error:
        raise DataUnreadable(
            f"What stands in {place.table}.{place.column} was changed, or belongs somewhere else."
        ) from error


def _about(place: Place, key_id: UUID) -> bytes:
    """Each part after its length, so that no two places look the same."""
    parts = (place.table, place.column, place.row, place.subject, str(key_id))
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
