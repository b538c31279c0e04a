"""Encrypts a file in chunks, each bound to its file, its owner, its place and whether it is the last: nothing can be
left out, swapped or moved to another file (the STREAM construction: Hoang, Reyhanitabar, Rogaway and Vizár,
CRYPTO 2015, over AES-256-GCM, NIST SP 800-38D).

Each file has a random key of its own, and the nonce of a chunk is its number: no nonce is used twice under a key. That
key is kept sealed under one derived from the server's secret (HKDF, RFC 5869), by whose id a file says which. After the
secret was changed, the old one in TELLERGRAPH_OLD_SECRET_KEYS still opens what it sealed.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import TellergraphError

CHUNK = 256 * 1024
"""Bytes of a file in one row."""

_NONCE = 12


class SealBroken(TellergraphError):
    """What is stored is not what was sealed, or its key is not among ours: nothing of it is given out."""

    code = "attachment_unreadable"


@dataclass(frozen=True, slots=True)
class SealedFile:
    key_id: str
    sealed_key: bytes
    chunks: tuple[bytes, ...]


class FileCipher:
    """One for each process, from its secret key of at least 32 bytes, and those of before."""

    def __init__(self, secret_key: bytes, old_keys: Iterable[bytes] = ()) -> None:
        derived = [_derive(key) for key in (secret_key, *old_keys)]
        self._keys = {_id_of(key): AESGCM(key) for key in reversed(derived)}
        self.key_id = _id_of(derived[0])
        """Of the present key."""

    def seal(self, content: bytes, about: bytes) -> SealedFile:
        """``about``: whose file it is, and which; the same is needed to open it."""
        key = secrets.token_bytes(32)
        cipher = AESGCM(key)
        chunks = tuple(cipher.encrypt(place, chunk, about) for place, chunk in _placed(content))
        return SealedFile(self.key_id, self._seal_key(key, about), chunks)

    def open(self, sealed: SealedFile, about: bytes) -> bytes:
        """Raises SealBroken."""
        cipher = AESGCM(self._open_key(sealed.key_id, sealed.sealed_key, about))
        try:
            places = _places(len(sealed.chunks))
            parts = [cipher.decrypt(n, chunk, about) for n, chunk in zip(places, sealed.chunks, strict=True)]
        except InvalidTag as error:
            raise SealBroken("This file is damaged.") from error
        return b"".join(parts)

    def reseal_key(self, key_id: str, sealed_key: bytes, about: bytes) -> bytes:
        """The file's own key sealed by the present key; the file stays as it is. Raises SealBroken."""
        return self._seal_key(self._open_key(key_id, sealed_key, about), about)

    def _seal_key(self, key: bytes, about: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._keys[self.key_id].encrypt(nonce, key, about)

    def _open_key(self, key_id: str, sealed_key: bytes, about: bytes) -> bytes:
        outer = self._keys.get(key_id)
        if outer is None:
            raise SealBroken("This file was sealed with a key that is not set. Set TELLERGRAPH_OLD_SECRET_KEYS.")
        try:
            return outer.decrypt(sealed_key[:_NONCE], sealed_key[_NONCE:], about)
        except InvalidTag as error:
            raise SealBroken("This file is damaged.") from error


def _derive(secret_key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"tellergraph attachments").derive(secret_key)


def _id_of(key: bytes) -> str:
    return sha256(b"key id" + key).hexdigest()[:16]


def _placed(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    bounds = [*range(0, len(content), CHUNK), len(content)]
    cut = [content[begin:end] for begin, end in pairwise(bounds)]
    return zip(_places(len(cut)), cut, strict=True)


def _places(count: int) -> list[bytes]:
    return [n.to_bytes(_NONCE - 1, "big") + bytes([n == count - 1]) for n in range(count)]
