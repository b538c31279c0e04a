"""The record of a turn: what it was given and what came of it, sealed with the server's key."""

import hashlib
import re
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from agent.replay.tape import MODEL, Exchange, LiveTape
from agent.state import Turn, TurnRecord
from core.errors import NotFound
from core.security.sealing import Seal
from core.version import VERSION

_FORMAT = 1
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
_SECRET = re.compile(r"\[(PIN|CVV|OTP|PASSWORD|SECURITY_ANSWER|SECRET)_\d+\]")
"""What is never stored, sealed or not."""


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """What is stored beside the sealed record, to be searched: no personal data."""

    model: str
    digests: dict[str, Any]
    sealed: str


def keep(turn: Turn) -> KeptTurn | None:
    """None for a turn that has no end, or was a replay itself."""
    record, tape = turn.record, turn.tape
    if record is None or not isinstance(tape, LiveTape):
        return None
    stored = {
        "format": _FORMAT,
        "turn_id": str(turn.turn_id),
        "session_id": str(turn.session_id),
        "customer_id": str(turn.customer_id) if turn.customer_id else None,
        "subject": turn.scope.subject,
        "audiences": turn.scope.audiences,
        "scopes": sorted(turn.parts.scopes),
        "door": turn.initiated_by,
        "now": turn.now.isoformat(),
        "message": record.message,
        "originals": _originals(record.message, turn),
        "slip": str(turn.slip.operation_id) if turn.slip else None,
        "memory": tape.memory or {},
        "exchanges": tape.exchanges,
        "outcome": outcome_of(record),
        "settings": {
            "bank": turn.parts.prompts.bank,
            "tokens": turn.parts.prompts.tokens,
            "is_offline": turn.parts.models.is_offline,
            **_made_with(),
        },
    }
    return KeptTurn(record.model, _digests(record, tape.exchanges), seal(stored, turn.parts.seal))


def outcome_of(record: TurnRecord) -> dict[str, Any]:
    """What an answer is compared by. Notices are about the day's budgets, and the vector is the message again."""
    kept = {field.name: getattr(record, field.name) for field in fields(record)} | {
        "citations": [citation.model_dump(mode="json") for citation in record.citations],
        "operation": record.operation.model_dump(mode="json") if record.operation else None,
    }
    del kept["notices"], kept["vector"]
    return orjson.loads(orjson.dumps(kept))


def seal(stored: dict[str, Any], by: Seal) -> str:
    return by.close(b64encode(zlib.compress(orjson.dumps(stored, default=str))).decode())


def unseal(sealed: str, by: Seal) -> dict[str, Any]:
    """Raises NotFound for what this server's key does not open."""
    text = by.find(sealed)
    if text is None:
        raise NotFound(
            "The record was sealed with another key, or changed: add the TELLERGRAPH_SECRET_KEY of then to "
            "TELLERGRAPH_OLD_SECRET_KEYS."
        )
    return orjson.loads(zlib.decompress(b64decode(text)))


def _originals(message: str, turn: Turn) -> dict[str, str]:
    """What the customer's own words need to be whole again, but for secrets."""
    known = turn.placeholders.originals
    named = set(_PLACEHOLDER.findall(message))
    return {name: known[name] for name in sorted(named & known.keys()) if not _SECRET.fullmatch(name)}


def _digests(record: TurnRecord, exchanges: list[Exchange]) -> dict[str, Any]:
    passages = [found for each in exchanges if each.port == "retrieve" for found in each.answer or ()]
    return {
        "prompts": [each.asked["prompt"] for each in exchanges if each.port == MODEL],
        "templates": record.prompt,
        "passages": [{"id": found["id"], "version": _digest(found["text"].encode())} for found in passages],
        "tools": record.tool_calls,
    } | _made_with()


@cache
def _made_with() -> dict[str, str]:
    """What the answer depends on beside its record: program, encoder and heads."""
    heads = files("agent") / "understanding" / "heads" / "heads.npz"
    encoder = files("knowledge") / "encoder" / "SHA256SUMS"
    return {"version": VERSION, "encoder": _digest(encoder.read_bytes()), "heads": _digest(heads.read_bytes())}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def made_with() -> dict[str, str]:
    return dict(_made_with())
