"""Passwords, hashed with argon2id (RFC 9106) at pwdlib's recommended cost (64 MiB, t=3, p=4)."""

import asyncio
from functools import cache

from pwdlib import PasswordHash

_HASHER = PasswordHash.recommended()
_AT_ONCE = asyncio.Semaphore(2)
"""Each hash takes 64 MiB and half a second of a core: a burst of logins must queue, not take the machine."""


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


async def hash_password_async(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(hash_password, password)


async def verify_password(password: str, hashed: str | None) -> bool:
    """``hashed`` is None where there is no such login: the same time is spent, so that timing tells nothing."""
    async with _AT_ONCE:
        matches = await asyncio.to_thread(_HASHER.verify, password, hashed or await asyncio.to_thread(_decoy))
    return matches and hashed is not None


@cache
def _decoy() -> str:
    return hash_password("nobody has this password")
