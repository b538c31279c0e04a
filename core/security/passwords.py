"""Passwords, hashed with argon2id (RFC 9106) at pwdlib's recommended cost (64 MiB, t=3, p=4). What is typed is brought
into one form first (NFKC, as NIST SP 800-63B, 3.1.1.2 asks): keyboards differ in how they write an accent."""

import asyncio
from dataclasses import dataclass
from functools import cache
from unicodedata import normalize

from pwdlib import PasswordHash

_HASHER = PasswordHash.recommended()
_AT_ONCE = asyncio.Semaphore(2)
"""Each hash takes 64 MiB and half a second of a core: a burst of logins must queue, not take the machine."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of comparing a password."""

    matches: bool
    rehashed: str | None = None
    """The password hashed anew, where its hash was made at another cost than today's."""


def hash_password(password: str) -> str:
    return _HASHER.hash(normalize("NFKC", password))


async def hash_password_async(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(hash_password, password)


async def compare_password(password: str, hashed: str | None) -> Verified:
    """``hashed`` is None where there is no such login: the same time is spent, so that timing tells nothing."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_verify, normalize("NFKC", password), hashed)


def _verify(password: str, hashed: str | None) -> Verified:
    # Nothing is an argon2id hash that a migration back and forth left empty.
    matches, rehashed = _HASHER.verify_and_update(password, hashed or _decoy())
    return Verified(matches and bool(hashed), rehashed if matches and hashed else None)


@cache
def _decoy() -> str:
    return hash_password("nobody has this password")
