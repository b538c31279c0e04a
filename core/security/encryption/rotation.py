"""Every data key wrapped again by the present master key, in small transactions, while the server serves: what it
encrypted stays as it is. Killed in the middle it leaves keys of either kind, all readable, and goes on where it was.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from core.security.encryption.data_keys import DATA_KEYS, StoredKey, about_key, unwrapped
from core.security.encryption.errors import DataUnreadable
from core.security.encryption.masters import MasterKeys

BATCH = 200
"""Keys of one transaction, which locks them that long."""
_BEFORE_ALL = {"customer_id": UUID(int=0), "purpose": ""}


@dataclass(frozen=True, slots=True)
class KeyReport:
    """How the data keys are wrapped."""

    current: str
    rewrapped: int
    in_use: dict[str, int]
    """Living data keys by the master key that wrapped them."""
    unknown: list[str]
    """Master keys in use that are not set: what they wrapped cannot be read."""
    unreadable: list[str] = field(default_factory=list[str])
    """Customers whose key did not open, and was left as it is."""

    @property
    def is_done(self) -> bool:
        """Whether every other master key may be taken away."""
        return not set(self.in_use) - {self.current}

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"done": self.is_done}


async def rotate_keys(
    owner_url: str, masters: MasterKeys, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> KeyReport:
    """Wraps again whatever another master key has wrapped. ``progress`` is told how many were, after each batch.

    Raises:
        KeyServiceGone: nothing of the batch at hand was changed; run it again.
    """
    current, last, rewrapped, unreadable = await masters.current_id(), _BEFORE_ALL, 0, list[str]()
    async with await AsyncConnection.connect(owner_url, autocommit=True) as owner:
        while True:
            async with owner.transaction():
                batch = await _rows(
                    owner, DATA_KEYS["list_wrapped_otherwise"], {**last, "current": current, "limit": BATCH}
                )
                for row in batch:
                    try:
                        rewrapped += await _rewrap(owner, masters, row, now)
                    except DataUnreadable:
                        unreadable.append(str(row["customer_id"]))
            if not batch:
                break
            last = batch[-1]
            progress(rewrapped)
        if rewrapped or unreadable:
            done = {"current": current, "rewrapped": rewrapped, "unreadable": len(unreadable), "now": now}
            await owner.execute(DATA_KEYS["record_rotation"], done)
        return await _report(owner, masters, current, rewrapped, unreadable)


async def inspect_keys(owner_url: str, masters: MasterKeys) -> KeyReport:
    """As ``rotate_keys``, and changes nothing."""
    async with await AsyncConnection.connect(owner_url, autocommit=True) as owner:
        return await _report(owner, masters, await masters.current_id(), 0, [])


async def _rewrap(owner: AsyncConnection[Any], masters: MasterKeys, row: dict[str, Any], now: datetime) -> int:
    stored = StoredKey(row["id"], row["wrapped"], row["master_id"])
    key = await unwrapped(masters, stored, row["customer_id"], row["purpose"])
    wrapped = await masters.wrap(key.secret, about_key(row["customer_id"], row["purpose"], key.id))
    values = {**row, "before": row["master_id"], "wrapped": wrapped.blob, "master_id": wrapped.master_id, "now": now}
    return (await owner.execute(DATA_KEYS["rewrap_data_key"], values)).rowcount


async def _report(
    owner: AsyncConnection[Any], masters: MasterKeys, current: str, rewrapped: int, unreadable: list[str]
) -> KeyReport:
    found = await _rows(owner, DATA_KEYS["count_by_master"], {})
    in_use = {row["master_id"]: row["keys"] for row in found}
    unknown = [master_id for master_id in in_use if not masters.owns(master_id)]
    return KeyReport(current, rewrapped, in_use, unknown, unreadable)


async def _rows(owner: AsyncConnection[Any], query: LiteralString, values: dict[str, Any]) -> list[dict[str, Any]]:
    async with owner.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(query, values)).fetchall()
