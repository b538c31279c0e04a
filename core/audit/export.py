"""The audit log for a SIEM: JSON lines, CEF (ArcSight Common Event Format 26) or OCSF 1.6 (API Activity, class 6003).

A receiver's cursor is the last place that it has of every chain. Places of a chain have no gaps and are in the order in
which transactions were committed, so that nothing is sent twice or left out, whatever was committed late. Free text is
masked.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.audit.entries import QUERIES
from core.errors import InvalidInput
from core.security.pii import Placeholders, mask
from core.version import VERSION

Format = Literal["jsonl", "cef", "ocsf"]
_AT_ONCE = 1_000
_CEF_HEADER = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": " ", "\r": " "})
_CEF_VALUE = str.maketrans({"\\": "\\\\", "=": "\\=", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Exported:
    chain: int
    seq: int
    hash: bytes
    id: int
    at: datetime
    actor: str
    customer_id: UUID | None
    action: str
    resource: str
    detail: dict[str, Any]
    decision: str | None
    reason: str | None
    policy_version: str | None
    turn_id: UUID | None
    request_id: str | None
    session: UUID | None
    ip: str | None
    user_agent: str | None
    before_hash: str | None
    after_hash: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a receiver has: the last place by chain."""

    seen: Mapping[int, int]

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises InvalidInput for what ``str`` of a Cursor never gave."""
        try:
            places: dict[str, int] = orjson.loads(urlsafe_b64decode(text.strip().encode("ascii")))
            return cls({int(chain): int(seq) for chain, seq in places.items()})
        except (ValueError, AttributeError, TypeError) as error:
            raise InvalidInput(
                "That is no cursor of 'tellergraph audit export', and no moment such as 2026-05-01T00:00:00Z."
            ) from error

    def after(self, entries: list[Exported]) -> "Cursor":
        return Cursor(dict(self.seen) | {entry.chain: entry.seq for entry in entries})

    def __str__(self) -> str:
        places = {str(chain): seq for chain, seq in sorted(self.seen.items())}
        return urlsafe_b64encode(orjson.dumps(places)).decode()


def list_exported(owner_url: str, cursor: Cursor, since: datetime | None) -> Iterator[tuple[list[Exported], Cursor]]:
    """Batches with the cursor after each, until there is nothing left."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        while True:
            query = {"seen": Jsonb({str(c): s for c, s in cursor.seen.items()}), "since": since, "limit": _AT_ONCE}
            with connection.cursor(row_factory=class_row(Exported)) as rows:
                entries = rows.execute(QUERIES["list_exported"], query).fetchall()
            if not entries:
                return
            cursor = cursor.after(entries)
            yield entries, cursor


def as_jsonl(entry: Exported) -> str:
    return orjson.dumps(_masked(entry)).decode()


def as_cef(entry: Exported) -> str:
    """``rt`` in milliseconds, ``externalId`` chain and place; severity 3, 6 for what was denied."""
    shown = _masked(entry)
    names = ("CEF:0", "Tellergraph", "Tellergraph", VERSION, entry.action, entry.action)
    header = "|".join(name.translate(_CEF_HEADER) for name in (*names, "6" if entry.decision == "deny" else "3"))
    extension = {
        "rt": int(entry.at.timestamp() * 1000),
        "externalId": f"{entry.chain}:{entry.seq}",
        "suser": entry.actor,
        "duid": entry.customer_id,
        "request": entry.resource,
        "outcome": entry.decision,
        "reason": shown["reason"],
        "src": entry.ip,
        "requestClientApplication": entry.user_agent,
        "cs1Label": "requestId",
        "cs1": entry.request_id,
        "cs2Label": "turnId",
        "cs2": entry.turn_id,
        "cs3Label": "hash",
        "cs3": shown["hash"],
        "cs4Label": "detail",
        "cs4": orjson.dumps(shown["detail"]).decode(),
    }
    written = (f"{key}={str(value).translate(_CEF_VALUE)}" for key, value in extension.items() if value is not None)
    return f"{header}|{' '.join(written)}"


def as_ocsf(entry: Exported) -> str:
    """An event of class API Activity; what the class has no place for stands in ``unmapped``."""
    shown = _masked(entry)
    is_denied = entry.decision == "deny"
    event = {
        "class_uid": 6003,
        "class_name": "API Activity",
        "category_uid": 6,
        "category_name": "Application Activity",
        "activity_id": 99,
        "activity_name": entry.action,
        "type_uid": 600399,
        "time": int(entry.at.timestamp() * 1000),
        "severity_id": 3 if is_denied else 1,
        "status_id": 2 if is_denied else 1,
        "status_detail": shown["reason"],
        "metadata": {
            "version": "1.6.0",
            "product": {"name": "Tellergraph", "vendor_name": "Tellergraph", "version": VERSION},
            "uid": f"{entry.chain}:{entry.seq}",
            "correlation_uid": entry.request_id,
        },
        "actor": {"user": {"uid": entry.actor}, "session": {"uid": entry.session}},
        "api": {"operation": entry.action, "request": {"uid": entry.request_id or str(entry.id)}},
        "src_endpoint": {"ip": entry.ip},
        "http_request": {"user_agent": entry.user_agent},
        "resources": [{"uid": entry.resource, "owner": {"uid": entry.customer_id}}],
        "unmapped": {
            name: shown[name] for name in ("detail", "policy_version", "turn_id", "before_hash", "after_hash", "hash")
        },
    }
    return orjson.dumps(event).decode()


WRITERS: dict[Format, Callable[[Exported], str]] = {"jsonl": as_jsonl, "cef": as_cef, "ocsf": as_ocsf}


def _masked(entry: Exported) -> dict[str, Any]:
    shown = asdict(entry) | {"hash": entry.hash.hex()}
    return shown | {"reason": _mask(entry.reason), "detail": _mask(entry.detail), "user_agent": _mask(entry.user_agent)}


def _mask(value: object) -> object:
    """Ids and codes stay as they are: only what has a space or an @ in it was written by somebody."""
    if isinstance(value, str):
        return mask(value, Placeholders()) if " " in value or "@" in value else value
    if isinstance(value, dict):
        return {name: _mask(each) for name, each in cast(dict[str, object], value).items()}
    return [_mask(each) for each in cast(list[object], value)] if isinstance(value, list) else value
