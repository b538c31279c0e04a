"""Tries at passwords and codes, counted by the database before anything is looked at, for each login and each network
address, whether there is such a login or not. Each further failure makes everybody wait longer, 15 minutes at most, so
that nobody is locked out for good; a new password by e-mail ends the lock of its login at once.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Literal

from api.logins.sql import QUERIES, Done
from core.db.database import Database, Scope
from core.errors import TooMany
from core.security.counts import ATTEMPTS

Kind = Literal["password", "code", "registration"]

_MOMENT = 0.1
_MOMENTS = 100
"""While as many tries are being looked at as might still fail, the next one waits its turn: seconds, and how often."""
_IPV6_NETWORK = 64
"""Bits that one connection has to itself (RFC 6177)."""


@dataclass(frozen=True, slots=True)
class _Taken:
    try_id: int | None
    retry_at: datetime | None
    crowded: bool


@dataclass(frozen=True, slots=True)
class _Failed:
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Try:
    """One that is being looked at. It counts as failed unless ``passed`` is called."""

    database: Database
    kind: Kind
    login: str
    id: int

    async def failed(self, now: datetime) -> None:
        ATTEMPTS.add(self.kind, "failed")
        async with self.database.writing(Scope(login_email=self.login)) as db:
            await db.all(_Failed, QUERIES["fail_try"], {"try_id": self.id, "now": now})

    async def passed(self) -> None:
        ATTEMPTS.add(self.kind, "passed")
        async with self.database.writing(Scope(login_email=self.login)) as db:
            await db.all(Done, QUERIES["pass_try"], {"try_id": self.id})


async def take_try(database: Database, kind: Kind, login: str, address: str, now: datetime) -> Try:
    """
    Args:
        login: the e-mail address as it was typed, in lower case.
        address: whose request it is; what differs within an IPv6 network of /64 is one.

    Raises:
        TooMany: ``too_many_tries``; ``details.retry_after`` in seconds.
    """
    values = {"kind": kind, "address": _hash(_network(address)), "now": now}
    for _ in range(_MOMENTS):
        async with database.writing(Scope(login_email=login)) as db:
            taken = await db.get(_Taken, QUERIES["take_try"], values)
        if taken.retry_at is not None:
            ATTEMPTS.add(kind, "locked")
            raise _too_many(kind, taken.retry_at - now)
        if taken.try_id is not None:
            return Try(database, kind, login, taken.try_id)
        await asyncio.sleep(_MOMENT)
    ATTEMPTS.add(kind, "locked")
    raise _too_many(kind, timedelta(seconds=1))


def _too_many(kind: Kind, pause: timedelta) -> TooMany:
    seconds = max(1, round(pause.total_seconds()))
    after = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
    # A new password lifts the pause of passwords alone.
    besides = ", or ask for a new password" if kind == "password" else ""
    return TooMany(
        f"There were too many wrong tries. Please try again in {after}{besides}.",
        seconds,
        code="too_many_tries",
    )


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(int(found) >> (128 - _IPV6_NETWORK))
    return str(found)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
