"""Master keys wrap the customers' keys and nothing else (NIST SP 800-57 part 1, 5.3.5: key-encrypting keys).

``MasterKeys`` is the border to a key management service: the keys of the environment or a file here, Vault's transit
engine in vault.py, another service by writing these four methods.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import ConfigurationError
from core.security.encryption.errors import DataUnreadable, KeyUnknown
from core.security.encryption.fields import KEY_BYTES, NONCE_BYTES


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as the database keeps it, and which master key opens it."""

    master_id: str
    blob: bytes


class MasterKeys(Protocol):
    """``about`` says whose key is wrapped; the same is needed to unwrap it."""

    async def current_id(self) -> str:
        """Of the key that wraps now."""
        ...

    def owns(self, master_id: str) -> bool:
        """Whether ``unwrap`` can be asked about it."""
        ...

    async def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        """Raises KeyServiceGone."""
        ...

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        """Raises:
        KeyUnknown: the master key is not among ours.
        DataUnreadable: what is stored was changed, or another key goes by that name.
        KeyServiceGone: the key service cannot be asked.
        """
        ...


class LocalMasters:
    """Keys that this process holds. The first is the present one."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._current = next(iter(keys))

    async def current_id(self) -> str:
        return self._current

    def owns(self, master_id: str) -> bool:
        return master_id in self._keys

    async def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, secret, _about(self._current, about))
        return Wrapped(self._current, nonce + sealed)

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        key = self._keys.get(wrapped.master_id)
        if key is None:
            raise unknown_master(wrapped.master_id)
        nonce, sealed = wrapped.blob[:NONCE_BYTES], wrapped.blob[NONCE_BYTES:]
        try:
            return key.decrypt(nonce, sealed, _about(wrapped.master_id, about))
        # A blob that was cut off leaves a nonce that is too short.
        except (InvalidTag, ValueError) as error:
            raise DataUnreadable(
                f"A data key does not open with master key {wrapped.master_id}: it was changed, or another key has "
                f"that name."
            ) from error


class KeyRing:
    """Several sources of master keys. The first wraps, all of them unwrap."""

    def __init__(self, members: Sequence[MasterKeys]) -> None:
        self._members = tuple(members)

    async def current_id(self) -> str:
        return await self._members[0].current_id()

    def owns(self, master_id: str) -> bool:
        return any(member.owns(master_id) for member in self._members)

    async def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        return await self._members[0].wrap(secret, about)

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        for member in self._members:
            if member.owns(wrapped.master_id):
                return await member.unwrap(wrapped, about)
        raise unknown_master(wrapped.master_id)


def unknown_master(master_id: str) -> KeyUnknown:
    return KeyUnknown(
        f"The master key {master_id} is not set, and data keys were wrapped with it: see docs/encryption.md, 'A key is "
        f"missing'."
    )


def read_masters(text: str, source: str) -> dict[str, bytes]:
    """``name=base64`` by comma or line, the present one first; ``source`` is what an error names.

    Raises:
        ConfigurationError: one of them is no key of 32 bytes, or has no name or one that stands twice.
    """
    keys: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in text.replace("\n", ",").split(","))):
        name, _, encoded = part.partition("=")
        key = _decoded(encoded)
        if not name.replace("-", "").isalnum() or key is None or f"local:{name}" in keys:
            raise ConfigurationError(
                f"{source}: each key is name=BASE64 of 32 random bytes, and each name stands once. "
                f"`openssl rand -base64 32` makes one."
            )
        keys[f"local:{name}"] = key
    if not keys:
        raise ConfigurationError(f"{source}: there is no key in it.")
    return keys


def derived_masters(secrets_of_server: Sequence[bytes]) -> dict[str, bytes]:
    """From the server's secret key and those of before (HKDF, RFC 5869): what a deployment has that sets nothing. Named
    by their fingerprint."""
    derived = [
        HKDF(SHA256(), KEY_BYTES, salt=None, info=b"tellergraph master key").derive(s) for s in secrets_of_server
    ]
    return {f"secret:{sha256(b'master key id' + key).hexdigest()[:12]}": key for key in derived}


def _decoded(encoded: str) -> bytes | None:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _about(master_id: str, about: bytes) -> bytes:
    return len(master_id).to_bytes(2, "big") + master_id.encode() + about
