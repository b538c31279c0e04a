"""Opens the cases of what a signed-in customer let be known in a message, tells them, and offers a person. Beside
whatever else the message asked for: nothing of that is changed, and nothing here closes a case."""

import asyncio
import tomllib
from datetime import date
from functools import cache
from pathlib import Path

from agent.care.detector import CareDetector, Concern
from agent.dialogue.shapes import new_dialogue, top
from agent.events import Token
from agent.nodes.context import tool_context
from agent.replay.tape import codec_of
from agent.state import State, Turn
from agent.understanding.intents import OwnIntent
from knowledge.embed import Encoder
from tools.service.care.cases import OpenedCase, open_cases

_WORDS: dict[str, str] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_OF_DISPUTES = frozenset({"open_dispute", "list_disputes", "get_dispute_status", "add_evidence", "withdraw_dispute"})
_COVERED: dict[Concern, frozenset[str]] = {
    "complaint": frozenset({"make_complaint", "list_complaints"}),
    "dispute": _OF_DISPUTES | {"answer_fraud_alert"},
    "fraud": _OF_DISPUTES | {"answer_fraud_alert"},
}
"""Tools that see to a concern themselves, or ask in its words."""
_ASKED_ABOUT: dict[Concern, frozenset[str]] = {"fraud": frozenset({OwnIntent.LIST_FRAUD_ALERTS.value})}
"""Intents that only ask about it: whether there are alerts. Who reports fraud gets the same list, and a case."""


async def take_care(state: State, turn: Turn) -> str:
    """What was said about it, behind what was said before; empty for visitors, and where nothing new came up."""
    message = state["message"]
    if turn.customer_id is None or not message.strip():
        return ""
    loop = asyncio.get_running_loop()
    concerns = await loop.run_in_executor(turn.parts.encoder_threads, _detect, message, turn.parts.encoder)
    under_way = _tools_under_way(state)
    left: tuple[Concern, ...] = tuple(
        concern
        for concern in concerns
        if not under_way & _COVERED.get(concern, frozenset()) and not _only_asks(state, concern)
    )
    if "fraud" in left:
        left = tuple(concern for concern in left if concern != "dispute")  # one matter, one case
    if not left:
        return ""
    opened: list[OpenedCase] = await turn.tape.through(
        "care",
        {"kinds": left, "message": message},
        lambda: open_cases(tool_context(turn), left, message),
        codec_of(list[OpenedCase]),
    )
    if not opened:
        return ""
    text = "\n\n" + " ".join([*map(_told, opened), _WORDS["person"]])
    await turn.emit(Token(text=text))
    return text


def _detect(message: str, encoder: Encoder) -> tuple[Concern, ...]:
    return _detector().detect(message, encoder)


@cache
def _detector() -> CareDetector:
    return CareDetector.load()


def _tools_under_way(state: State) -> frozenset[str]:
    task = top(state.get("dialogue") or new_dialogue())
    return frozenset(filter(None, [state["tool"], task and task["tool"], *(done["name"] for done in state["returns"])]))


def _only_asks(state: State, concern: Concern) -> bool:
    first = state["first"]
    return first is not None and first["intent"] in _ASKED_ABOUT.get(concern, frozenset())


def _told(case: OpenedCase) -> str:
    days = [_in_words(clock.due_on) for clock in case.clocks]
    return _WORDS[case.kind].format(reference=case.reference, day=days[0], last_day=days[-1])


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
