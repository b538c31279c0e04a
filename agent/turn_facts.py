"""What is told of a turn to those who watch (core/telemetry/observing.py)."""

from collections.abc import Mapping

import orjson

from agent.conversations import TurnKey
from agent.events import Done, Event, Failed
from agent.models.fencing.details import OwnDetails, kind_of
from agent.state import Turn, TurnRecord
from core.db.database import Scope
from core.security.pii import SECRETS, Kind, Placeholders, find_personal
from core.telemetry.observing import Fact
from core.telemetry.pseudonyms import Pseudonyms
from tools.registry import InitiatedBy, Registry


def facts_at_begin(key: TurnKey, door: InitiatedBy, pseudonyms: Pseudonyms) -> Mapping[str, Fact]:
    """Turn, session and person by their pseudonyms."""
    customer = key.scope.customer_id
    return {
        "turn": pseudonyms.trace_id(key.turn_id),
        "session": lambda: pseudonyms.of(key.session_id),
        "customer": lambda: None if customer is None else pseudonyms.of(customer),
        "caller": _caller(key.scope),
        "door": door,
    }


def facts_of_ending(ending: Event, tools: Registry) -> Mapping[str, Fact]:
    """Its vocabulary and figures, not its words; of the tools that a model called those that there are."""
    if isinstance(ending, Failed):
        return {"outcome": "failed", "error_code": ending.code}
    if not isinstance(ending, Done):
        return {}
    return {
        "outcome": "waits" if ending.confirmation else "done",
        "route": ending.route,
        "intent": ending.intent,
        "confidence": ending.confidence,
        "model": ending.model,
        "prompt": ending.prompt or None,
        "tools": tuple(name for name in ending.tool_calls if tools.find(name)),
        "operation": ending.operation.status if ending.operation else None,
        "citations": len(ending.citations),
        "notices": tuple(notice.code for notice in ending.notices),
        **ending.usage,
        **ending.timings,
    }


def texts_of(stored: TurnRecord, turn: Turn) -> Mapping[str, Fact]:
    """As the database keeps them: masked. ``details_text`` is what is known of the customer and what was hidden so far,
    for whoever hides it in other texts of the turn, and for nothing else. Right after they were stored: the engine
    still knows what it read in the answer, in which only secrets may have stayed."""
    are_masked = turn.record is not None and not find_personal(turn.record.answer, SECRETS)
    return {
        "question_text": stored.message,
        "answer_text": stored.answer,
        "details_text": lambda: _details(turn.own or OwnDetails(), turn.placeholders, are_masked=are_masked),
    }


def _details(own: OwnDetails, placeholders: Placeholders, *, are_masked: bool) -> str:
    """``are_masked``: question and answer have nothing left that the engine and what is known of the customer find."""
    hidden: list[tuple[str, str]] = []
    for placeholder, original in placeholders.originals.items():
        kind = placeholder[1:].rpartition("_")[0]
        if kind in Kind.__members__:
            hidden.append((kind_of(Kind[kind]), original))
    known = [(detail.kind, detail.value) for detail in own.details]
    account_names = sorted(own.account_names)
    return orjson.dumps(
        {"own": known, "hidden": hidden, "account_names": account_names, "are_masked": are_masked}
    ).decode()


def _caller(scope: Scope) -> str:
    """``customer``, ``staff`` or ``visitor``."""
    return (scope.subject or "visitor:").partition(":")[0]
