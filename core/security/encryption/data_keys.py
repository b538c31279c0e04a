"""The customers' own keys. A customer has one for each purpose; the database keeps it wrapped by a master key, and for
erasure it is destroyed, which makes unreadable what was encrypted with it, in every backup too.

``chat``      what the customer wrote and was told, unmasked
``retained``  what the law has the bank keep about a customer whose data was erased (tools/privacy)
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Literal
from uuid import UUID, uuid4

from core.db.database import Database, ReadHandle, Scope
from core.db.queries import Queries
from core.security.encryption.errors import KeyUnknown
from core.security.encryption.fields import KEY_BYTES, DataKey
from core.security.encryption.masters import MasterKeys, Wrapped

DATA_KEYS = Queries(Path(__file__).with_suffix(".sql"))

Purpose = Literal["chat", "retained"]

_KEPT_FOR = timedelta(minutes=5)
_MOST_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class StoredKey:
    id: UUID
    wrapped: bytes | None
    """None: it was destroyed."""
    master_id: str


class DataKeys:
    """One for each process. Unwrapped keys are kept for five minutes, so that a key service is not asked in every turn;
    what is written meanwhile under a key that another process destroyed is not stored (``insert_message``)."""

    def __init__(self, database: Database, masters: MasterKeys, now: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._masters = masters
        self._now = now
        self._kept: OrderedDict[UUID, tuple[float, DataKey]] = OrderedDict()

    async def find_for_writing(self, customer_id: UUID, now: datetime) -> DataKey | None:
        """The customer's key for ``chat``, made if there is none; None where it was destroyed.

        Raises:
            KeyServiceGone: the key service cannot be asked.
            DataUnreadable: the stored key does not open.
        """
        ends_at, key = self._kept.get(customer_id, (0.0, None))
        if key is not None and ends_at > self._now():
            return key
        key = await self._find_or_make(customer_id, now)
        if key is not None:
            self._keep(customer_id, key)
        return key

    async def open(self, db: ReadHandle, customer_id: UUID, purpose: Purpose = "chat") -> DataKey | None:
        """The customer's key as the database has it in this transaction; None where there never was one.

        Raises:
            KeyUnknown: it was destroyed, or its master key is not among ours.
        """
        stored = await db.find(StoredKey, DATA_KEYS["find_data_key"], {"customer_id": customer_id, "purpose": purpose})
        return None if stored is None else await unwrapped(self._masters, stored, customer_id, purpose)

    def forget(self, customer_id: UUID) -> None:
        self._kept.pop(customer_id, None)

    async def _find_or_make(self, customer_id: UUID, now: datetime) -> DataKey | None:
        values = {"customer_id": customer_id, "purpose": "chat"}
        scope = Scope(customer_id=customer_id)
        find = (StoredKey, DATA_KEYS["find_data_key"], values)
        if not (stored := await self._database.fetch(*find, scope=scope)):
            fresh = await fresh_key(self._masters, customer_id, "chat", now)
            await self._database.run((DATA_KEYS["insert_data_key"], fresh), scope=scope)
            stored = await self._database.fetch(*find, scope=scope)
        if not stored or stored[0].wrapped is None:
            return None
        return await unwrapped(self._masters, stored[0], customer_id, "chat")

    def _keep(self, customer_id: UUID, key: DataKey) -> None:
        self._kept[customer_id] = (self._now() + _KEPT_FOR.total_seconds(), key)
        self._kept.move_to_end(customer_id)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


async def fresh_key(masters: MasterKeys, customer_id: UUID, purpose: Purpose, now: datetime) -> dict[str, object]:
    """The row of a new key, for ``insert_data_key``."""
    key_id = uuid4()
    wrapped = await masters.wrap(secrets.token_bytes(KEY_BYTES), about_key(customer_id, purpose, key_id))
    return {
        "customer_id": customer_id,
        "purpose": purpose,
        "id": key_id,
        "wrapped": wrapped.blob,
        "master_id": wrapped.master_id,
        "now": now,
    }


async def unwrapped(masters: MasterKeys, stored: StoredKey, customer_id: UUID, purpose: Purpose) -> DataKey:
    """Raises as ``MasterKeys.unwrap``; KeyUnknown also for a key that was destroyed."""
    if stored.wrapped is None:
        raise KeyUnknown("The customer's key was destroyed: what it encrypted is erased.")
    wrapped = Wrapped(stored.master_id, stored.wrapped)
    return DataKey(stored.id, await masters.unwrap(wrapped, about_key(customer_id, purpose, stored.id)))


def about_key(customer_id: UUID, purpose: str, key_id: UUID) -> bytes:
    """Whose key it is and what for: a wrapped key does not open as another customer's."""
    return b"data key" + customer_id.bytes + key_id.bytes + purpose.encode()
