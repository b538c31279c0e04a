"""Features of one event as of now, in one statement; the definitions are SQL (0019_fraud_features.up.sql)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core.db.database import ReadHandle, WriteHandle
from core.db.queries import Queries
from tools.fraud.features.shapes import Features

QUERIES = Queries(Path(__file__).with_name("features.sql"))


@dataclass(frozen=True, slots=True)
class FraudEvent:
    """A payment that is about to be made. ``amount_minor`` without sign; ``country`` is where the card is used or the
    money goes; ``channel`` the terminal's kind (in_store, online, atm) or the door (chat, rest)."""

    party: str | None
    merchant: str | None
    amount_minor: int
    at: datetime
    country: str | None = None
    device: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class _Recorded:
    event_id: int


@dataclass(frozen=True, slots=True)
class _Labelled:
    is_news: bool


def terminal_party(terminal_id: int) -> str:
    return f"terminal:{terminal_id}"


def merchant_name(merchant_id: int) -> str:
    return f"merchant:{merchant_id}"


def account_party(sort_code: str | None, account_number: str | None, iban: str | None) -> str:
    """Of an account at any bank: whose payees it is does not matter."""
    return f"account:{sort_code} {account_number}" if sort_code and account_number else f"account:{iban}"


async def read_features(db: ReadHandle, event: FraudEvent) -> Features:
    """Of the unit of work's customer, who has to be named in its scope."""
    return await db.get(Features, QUERIES["read_features"], asdict(event))


async def record_event(db: WriteHandle, event: FraudEvent, transaction_id: int | None = None) -> int:
    """The event's id. A transaction is recorded once; asked again, it is the same event."""
    values = asdict(event) | {"transaction_id": transaction_id}
    return (await db.get(_Recorded, QUERIES["record_event"], values)).event_id


async def record_label(db: WriteHandle, event_id: int, is_fraud: bool, at: datetime) -> bool:
    """Whether it is news. An event of somebody else is not found, and so is none."""
    values = {"event_id": event_id, "is_fraud": is_fraud, "at": at}
    return (await db.get(_Labelled, QUERIES["record_label"], values)).is_news
