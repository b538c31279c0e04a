"""Which act of the conversation a message is: by its words where they settle it, else as the encoder's heads understood
it. Never a yes: that is in the words alone (consent.py)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.dialogue.act_grammar import plain
from agent.dialogue.acts import Act, Said, read_act
from agent.dialogue.choices import pick
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.fill import find_word
from agent.dialogue.free_text import takes_text
from agent.dialogue.progress import only, turns_payment, values_in
from agent.dialogue.requests import QUESTION
from agent.dialogue.residue import residue
from agent.dialogue.shapes import Task
from agent.dialogue.specs import Form
from agent.dialogue.tables import PAYMENT_TOOLS, PROSE
from agent.understanding.clauses import begins_request
from agent.understanding.intents import OwnIntent, Route
from agent.understanding.slots import Value

_LEARNED: Mapping[str, Act] = {
    act.value: act for act in (Act.CANCEL, Act.UNDO, Act.CHANGE, Act.POSTPONE, Act.WAIT, Act.WHY, Act.WHAT, Act.REPEAT)
} | {OwnIntent.DECLINE.value: Act.NO}
_BEHIND_NO = frozenset({OwnIntent.CHANGE_ANSWER, OwnIntent.UNDO, OwnIntent.POSTPONE})
"""What "no, ..." may lead to."""
_ENDS = frozenset({Act.CANCEL, Act.NO, Act.UNDO})
_ALTERS = frozenset({Act.CANCEL, Act.UNDO, Act.CHANGE, Act.POSTPONE})
"""They mean little where nothing is open."""
_HARMLESS = frozenset({Act.CANCEL, Act.NO, Act.WAIT, Act.WHY, Act.WHAT, Act.REPEAT})
_LOW, _LIKELY, _SURE, _VERY_SURE, _NEVER = 0.4, 0.5, 0.6, 0.85, 2.0
"""Confidence that is enough for what says something again or ends it, while a task is open; for other acts; while none
is, or beside values; and for what could be the text that was asked for."""
_SIGH = re.compile(r"(?i)\W*(?:oh|ah|aw|ugh|argh|god|christ|shit|crap)\W+(?:\w+\W+)?no+\b(?=\W+\w+\W+\w)")
_TOLD = frozenset({"reason"})
"""Slots that customers fill when they are asked for something else."""
_PARTS = re.compile(r"[,.;:!?]+(?:\s+|$)|\s+(?:and|but|so)\s+", re.IGNORECASE)
_CREATE = frozenset({"create", "book", "make", "request", "open", "add", "apply"})
"""Verbs of tools that make what they are named after: "forget the appointment" ends the booking."""


def hear_act(heard: Heard, task: Task | None, desk: Desk) -> Said:
    offered = task and (task["offer"] or (task if task["operation_id"] else None))
    verb = offered["tool"].partition("_")[0] if offered else ""
    said = read_act(heard.text, in_task=task is not None, verb=verb, nouns=nouns_of(task))
    if said.act is Act.WAIT and said.rest:
        return Said(Act.WAIT, "") if _says_nothing(said.rest, heard, task, desk) else Said(None, heard.text)
    if task and (said.act is Act.UNDO or (said.act is Act.NO and not said.rest)) and _chooses(heard, task, desk):
        # "the original one", "neither of the first two"
        return Said(None, heard.text)
    if (said.act is None or said.act in _ALTERS | {Act.NO}) and task and _names_what_is_asked(heard.text, task, desk):
        # "someone else did that", where the reason was asked for
        return Said(None, heard.text)
    if said.act is Act.NO and task and _cries_out(heard, task, desk):
        # "oh no, I think I lost my card, freeze it"
        return Said(None, heard.text)
    if said.act is Act.CANCEL and not said.rest and task and task["before"] and _undoes(heard):
        # "forget what I just said"
        return Said(Act.UNDO, "")
    if said.act is Act.CANCEL and said.rest and task:
        return replace(said, rest=_without_object(said.rest, heard, task))
    if said.act is Act.UNDO and said.rest and (task is None or task["before"] is None):
        # "leave the card alone, pay Jimmy instead"
        return Said(Act.CANCEL, said.rest)
    if said.act is Act.NO and not said.rest and task and _begins_with_value(heard, task, desk):
        # "Thursday please, not now"
        return Said(None, heard.text)
    if said.act is Act.NO and task and _names_slot(said.rest, task):
        # "no reference"
        return Said(None, heard.text)
    if said.act is None or (said.act is Act.NO and said.rest and heard.intent in _BEHIND_NO):
        learned = _learned(heard, task, desk)
        return said if learned is None else Said(learned, "")
    return said


def _cries_out(heard: Heard, task: Task, desk: Desk) -> bool:
    """Whether the no is a sigh before something else that is wrong."""
    is_ours = heard.route in (Route.OPERATION, Route.FRAUD, Route.KNOWLEDGE) and heard.is_clear
    is_other = desk.tool_of(heard.intent) != task["tool"] and heard.confidence >= _SURE
    return bool(_SIGH.match(heard.text)) and is_ours and is_other and not values_in(task, heard, heard.text, desk)


def _names_what_is_asked(text: str, task: Task, desk: Desk) -> bool:
    """Whether it names a value that was or will be asked for, and whatever in it sounds like an act does so, too."""
    slots = [slot for slot in desk.specs[task["tool"]].slots if slot.form is Form.WORD and _is_open(slot.name, task)]
    parts = [part for part in _PARTS.split(text) if part.strip()]
    named = {part: any(find_word(slot.name, slot.values, part) for slot in slots) for part in parts}
    return any(named.values()) and all(is_one or not read_act(part, in_task=True).act for part, is_one in named.items())


def _is_open(slot: str, task: Task) -> bool:
    return slot == task["asks"] or (slot in _TOLD and slot not in task["slots"] and task["asks"] is not None)


def nouns_of(task: Task | None) -> tuple[str, ...]:
    """What a customer calls the open task."""
    if task is None:
        return ()
    if task["tool"] in PAYMENT_TOOLS:
        return "payment", "transfer", "money", "standing order"
    verb, _, thing = task["tool"].partition("_")
    thing = thing.removeprefix("for_").replace("_", " ")
    return (verb, thing, thing.rpartition(" ")[2]) if verb in _CREATE else (verb,)


def _undoes(heard: Heard) -> bool:
    return heard.intent == OwnIntent.UNDO and heard.confidence >= _SURE


def _without_object(rest: str, heard: Heard, task: Task) -> str:
    """ "never mind Maria, pay Jimmy 16" is about Jimmy."""
    first = next((mention for mention in only(heard, rest).mentions if not mention.start), None)
    if first is None or not re.match(r"\s*[,.;:!-]|\s+(?:and|just|but)\b", rest[first.end :]):
        return rest
    is_given = any(value in _spoken(first.value) for value in task["slots"].values())
    return re.sub(r"^[\s,.;:!-]+(?:(?:and|but|just)\s+)*", "", rest[first.end :]) if is_given else rest


def _spoken(value: Value) -> tuple[object, ...]:
    return (*value,) if isinstance(value, tuple) else (value,)


def _chooses(heard: Heard, task: Task, desk: Desk) -> bool:
    picked = pick(task["choices"], heard.text, heard.mentions, described=desk.own.described)
    return picked is not None and picked.is_whole


def _learned(heard: Heard, task: Task | None, desk: Desk) -> Act | None:
    act = _LEARNED.get(heard.intent)
    if heard.intent == OwnIntent.AGREE and task and task["offer"]:
        # It begins a task, which confirms nothing.
        act = Act.YES
    if act is None or not _can_be(act, task, desk) or heard.confidence < _enough(act, heard, task, desk):
        return None
    return act


def _can_be(act: Act, task: Task | None, desk: Desk) -> bool:
    """Whether there is something to take back or to put off."""
    if task is None:
        return True
    if act is Act.POSTPONE:
        return task["tool"] in PAYMENT_TOOLS or desk.specs[task["tool"]].find("date") is not None
    return act is not Act.UNDO or task["before"] is not None


def _enough(act: Act, heard: Heard, task: Task | None, desk: Desk) -> float:
    if task is None:
        return _VERY_SURE if act in _ALTERS else _SURE
    if (task["asks"] in PROSE and act is not Act.WHY) or (act in _ENDS and QUESTION.search(heard.text)):
        return _VERY_SURE
    if _chooses(heard, task, desk):
        return _NEVER
    values = values_in(task, heard, heard.text, desk)
    if values and (not residue(heard.text, heard.mentions) or (task["asks"] in values and act is Act.CANCEL)):
        return _NEVER
    if _is_new(task, values) or turns_payment(task, heard):
        if act is Act.UNDO:
            # "the first one was right" mentions a first.
            return _VERY_SURE if task["before"] is not None else _NEVER
        return _NEVER if act in (Act.CANCEL, Act.NO, Act.WAIT, Act.CHANGE, Act.POSTPONE) else _SURE
    if task["asks"] and takes_text(task["asks"]) and act in (Act.CHANGE, Act.YES):
        return _VERY_SURE if act is Act.CHANGE else _SURE
    return _LOW if act in _HARMLESS and not values else _LIKELY


def _begins_with_value(heard: Heard, task: Task, desk: Desk) -> bool:
    first, pause, _ = heard.text.partition(",")
    if not pause or len(first) == len(heard.text):
        return False
    begun = replace(heard, text=first, mentions=tuple(each for each in heard.mentions if each.end <= len(first)))
    return not residue(first, begun.mentions) and _is_new(task, values_in(task, begun, first, desk))


def _is_new(task: Task, values: Mapping[str, Any]) -> bool:
    return any(task["slots"].get(name) != value for name, value in values.items())


def _names_slot(rest: str, task: Task) -> bool:
    return plain(rest).replace(" ", "_") in task["slots"]


def _says_nothing(rest: str, heard: Heard, task: Task | None, desk: Desk) -> bool:
    """ "hang on, the dog's barking": neither a request nor an answer."""
    behind = only(heard, rest)
    values = values_in(task, behind, rest, desk) if task else {}
    is_correction = task and task["operation_id"] and _is_new(task, values)
    if heard.intent == OwnIntent.WAIT and not is_correction and (not values or residue(rest, behind.mentions)):
        return True
    is_asked = heard.route in (Route.OPERATION, Route.FRAUD, Route.KNOWLEDGE) and heard.confidence >= _VERY_SURE
    return not (values or is_asked or begins_request(rest) or begins_request(plain(rest)))
