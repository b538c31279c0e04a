"""What a message keeps of personal data: kinds of what was masked, and the original under the customer's key.

Secrets (PIN, CVV, password, one-time code) have no original: ``Placeholders`` never holds one, so they stay masked here
too.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.database import ReadHandle
from core.logging import get_logger
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.errors import DataUnreadable, KeyServiceGone
from core.security.encryption.fields import DataKey, Place, decrypt_field, encrypt_field
from core.security.pii import Placeholders

_log = get_logger(__name__)
_MARK = re.compile(r"\[(?:([A-Z][A-Z_]*)_\d+|(SECRET))\]")


@dataclass(frozen=True, slots=True)
class Personal:
    """Of one message."""

    kinds: list[str]
    original: str | None
    """None where nothing was masked that is not a secret."""


def personal_in(masked: str, placeholders: Placeholders) -> Personal:
    """``masked`` as it is stored. What only looks like a placeholder counts for nothing."""
    found = {mark[1] or mark[2] for mark in _MARK.finditer(masked) if mark[2] or mark[0] in placeholders.originals}
    whole = placeholders.restore(masked)
    return Personal(sorted(found), whole if whole != masked else None)


def message_place(turn_id: UUID, role: str, customer_id: UUID) -> Place:
    """A turn has one message of each role."""
    return Place("chat_messages", "original", f"{turn_id}/{role}", f"customer:{customer_id}")


async def find_key(keys: DataKeys, customer_id: UUID | None, now: datetime) -> DataKey | None:
    """None for a visitor, and where no key can be had: a turn does not fail for an original that nobody asked for."""
    if customer_id is None:
        return None
    try:
        return await keys.find_for_writing(customer_id, now)
    except (KeyServiceGone, DataUnreadable) as error:
        _log.warning("original_not_kept", code=error.error_code)
        return None


async def find_reading_key(keys: DataKeys, db: ReadHandle, customer_id: UUID | None) -> DataKey | None:
    """None for a visitor, and where the key was destroyed or cannot be had now: what is masked can still be read."""
    if customer_id is None:
        return None
    try:
        return await keys.open(db, customer_id)
    except (KeyServiceGone, DataUnreadable) as error:
        _log.warning("original_not_shown", code=error.error_code)
        return None


def sealed_original(key: DataKey | None, turn_id: UUID, role: str, customer_id: UUID | None, text: str) -> bytes | None:
    if key is None or customer_id is None:
        return None
    return encrypt_field(key, message_place(turn_id, role, customer_id), text)


def opened_original(key: DataKey, turn_id: UUID, role: str, customer_id: UUID, sealed: bytes) -> str:
    """Raises DataUnreadable, KeyUnknown."""
    return decrypt_field(key, message_place(turn_id, role, customer_id), bytes(sealed))
