"""API keys: what one looks like, and what is kept of it.

``tg_`` + 43 digits of a random number of 256 bits + 6 digits of its CRC-32, all in base 62. The prefix and the checksum
let secret scanners know a key that was committed or pasted somewhere, without asking anybody (the form of GitHub's
tokens). The checksum protects nothing: what protects is that nobody guesses 256 bits.

Only SHA-256 of the key is kept. Slow hashes such as argon2id are for passwords, which can be guessed from a list; there
is no list of 2**256 keys, and a slow hash at each request would be a way to keep the server busy (NIST SP 800-63B-4,
section 3.1.2: a look-up secret with enough entropy is kept under an approved hash function).
"""

import hashlib
import re
import secrets
from binascii import crc32
from dataclasses import dataclass, field

SCHEME = "tg_"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 32
_BODY, _CHECK = 43, 6
"""Base-62 digits of 256 bits, and of 32."""
_SHOWN = len(SCHEME) + 6
"""Characters of a key that lists show: 36 bits, which leaves 220."""

PATTERN = re.compile(rf"{SCHEME}[0-9A-Za-z]{{{_BODY + _CHECK}}}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was just made. The whole of it is shown once and kept nowhere."""

    secret: str = field(repr=False)

    @property
    def prefix(self) -> str:
        return self.secret[:_SHOWN]

    @property
    def digest(self) -> bytes:
        return digest_of(self.secret)


def new_api_key() -> ApiKey:
    body = SCHEME + _base62(int.from_bytes(secrets.token_bytes(_RANDOM_BYTES)), _BODY)
    return ApiKey(body + _base62(crc32(body.encode()), _CHECK))


def looks_like_key(text: str) -> bool:
    """Whether somebody meant a key of ours, right or wrong."""
    return text.startswith(SCHEME)


def is_well_formed(secret: str) -> bool:
    """Whether it has the form of a key and the checksum fits. Says nothing about whether there is such a key."""
    body, check = secret[:-_CHECK], secret[-_CHECK:]
    return PATTERN.fullmatch(secret) is not None and check == _base62(crc32(body.encode()), _CHECK)


def digest_of(secret: str) -> bytes:
    """32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits.rjust(width, _DIGITS[0])
