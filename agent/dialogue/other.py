"""Whether a message in the middle of a task is a request or a question of its own, rather than an answer to it."""

import re
from typing import Any

from agent.dialogue.act_grammar import plain
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.free_text import takes_text
from agent.dialogue.progress import changes, is_same, replaces
from agent.dialogue.request_words import PAYS, claims_to_be_another
from agent.dialogue.requests import OPERATIONS, QUESTION, SURE, VERY_SURE
from agent.dialogue.residue import residue
from agent.dialogue.shapes import Task
from agent.dialogue.tables import ANSWERED_BY, DROPS, PLACES, PROSE
from agent.understanding.clauses import begins_request
from agent.understanding.intents import CONVERSATION_ACTS, OwnIntent, Route

_LIKELY, _NEVER = 0.5, 2.0
_NAME = 4
"""Words of a name at most."""
_MORE = re.compile(
    rf"(?i)\b(?:also|as well|another (?:payment|one|card|transfer|[£€$]?\d)|too(?=\W*$))\b|"
    rf"(?<!the )\bfirst,? (?:i\b|{PAYS}\b)|\bfirst\W*$|\bbefore (?:that|this|we do)\b|\bhold that thought\b|"
    r"\b(?:meanwhile|in the meantime)\b"
)
"""Says that something is wanted besides."""
_FIRST = re.compile(r"(?i)(?<!the )\bfirst(?: of all)?,?\s+(?:(?:please|can you|could you)\s+)*")
_TAKES_THAT = re.compile(
    r"(?i)\b(?:use|take|do|go (?:with|for)|let'?s (?:do|have|say|go for)) (?:that|this|it)"
    r"(?: (?:one|day|date|amount|account))?\W*$"
)
""" "I get paid on Thursday, use that day"."""
_A_SUBJECT = 3
"""Words beside an answer from which a question has a subject of its own: "what will the weather be like tomorrow?"."""
_MAY_IT = re.compile(
    r"(?i)^\W*(?:\w+\W+){0,2}?(?:can|could|would|may|shall|should)\b.{0,20}\b(?:it|this|that|them|we|you|i|one|her|him)\b"
)
_ARRIVES = re.compile(r"(?i)\b(?:arrive|reach|get there|be there|clear|land|take|cost|charge|have|receive|see)\w*\b")
_CALLS_IT = re.compile(r"(?i)\b(?:call|name|label) (?:it|that|this|them|him|her)\b")
""""Call it Holiday" names what is being made, and renames nothing else."""


def is_other(task: Task, heard: Heard, values: dict[str, Any], desk: Desk) -> bool:
    """Whether the message is a request or a question of its own rather than an answer to the open one."""
    if heard.intent == OwnIntent.OUT_OF_SCOPE and claims_to_be_another(heard.text):
        return True
    if heard.intent in CONVERSATION_ACTS or not (residue(heard.text, heard.mentions) or _is_asked(heard)):
        return False
    if heard.route in OPERATIONS and heard.is_clear and _wants_more(heard.text):
        return True
    if values and (changes(heard) or replaces(task, heard) or _TAKES_THAT.search(heard.text)):
        return False
    is_question = bool(QUESTION.search(heard.text)) and not _asks_for_change(task, heard, values)
    tool = desk.tool_of(heard.intent)
    if (
        values
        and tool is not None
        and tool in ANSWERED_BY
        and (ANSWERED_BY[tool][0] == task["tool"] or "reason" in values)
    ):
        # "I didn't authorise it" says why a payment is disputed.
        return False
    if (tool is not None and is_same(tool, task["tool"])) or ("name" in values and _CALLS_IT.search(heard.text)):
        return False
    if values and tool is not None and _is_request(heard):
        return True
    if heard.intent in (OwnIntent.UNCLEAR, OwnIntent.GIBBERISH):
        return False
    needed = SURE if is_question else _needed(task, heard, values, desk)
    if heard.route in OPERATIONS:
        return heard.confidence >= needed
    if heard.route == Route.OUT_OF_SCOPE and _may_answer(task, heard, values, is_question=is_question):
        return False
    return is_question or (heard.is_clear and heard.confidence >= needed)


def _asks_for_change(task: Task, heard: Heard, values: dict[str, Any]) -> bool:
    """ "can it be sent on Friday?", while it would be sent today."""
    is_new = any(task["slots"].get(name, value) != value or name not in task["slots"] for name, value in values.items())
    return is_new and bool(_MAY_IT.search(heard.text)) and not _ARRIVES.search(heard.text)


def _is_asked(heard: Heard) -> bool:
    """A question in words that say little: "will the number change?"."""
    return heard.route == Route.KNOWLEDGE and heard.confidence >= SURE and bool(QUESTION.search(heard.text))


def _wants_more(text: str) -> bool:
    first = _FIRST.search(text)
    return bool(_MORE.search(text)) or (first is not None and begins_request(text[first.end() :]))


def _may_answer(task: Task, heard: Heard, values: dict[str, Any], *, is_question: bool) -> bool:
    """What is no business of a bank by itself: "would Tuesday at eleven be convenient?"."""
    if is_question:
        asks_little = len(residue(heard.text, heard.mentions)) < _A_SUBJECT
        return task["asks"] in values and (asks_little or heard.confidence < VERY_SURE)
    return bool(values) or len(heard.text.split()) <= _NAME


def _is_request(heard: Heard) -> bool:
    """Whether it begins like one, whatever else it names."""
    return heard.is_clear and heard.confidence >= SURE and begins_request(plain(heard.text))


def _needed(task: Task, heard: Heard, values: dict[str, Any], desk: Desk) -> float:
    """How sure the understanding has to be, where no question is asked: the better an answer fits, the surer."""
    slot = desk.specs[task["tool"]].find(task["asks"] or "")
    if slot is None:
        # Beside a proposal a value says what it should be instead.
        is_correction = any(task["slots"].get(name) != value for name, value in values.items())
        return VERY_SURE if is_correction and not begins_request(plain(heard.text)) else _LIKELY
    is_short = len(heard.text.split()) <= _NAME
    if slot.name in PROSE:
        return VERY_SURE if begins_request(heard.text) else _NEVER
    if values.keys() & {slot.name, *DROPS.get(slot.name, ())}:
        return VERY_SURE if takes_text(slot.name) and len(values) == 1 else _NEVER
    if not takes_text(slot.name) or not is_short:
        return _LIKELY
    return _NEVER if slot.name in PLACES else VERY_SURE
