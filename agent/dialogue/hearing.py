"""Which act of the conversation a message is: by its words where they settle it, else as the encoder's heads understood
it. Never a yes: that is in the words alone (consent.py)."""

from collections.abc import Mapping

from agent.dialogue.act_grammar import plain
from agent.dialogue.acts import Act, Said, read_act
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.free_text import takes_text
from agent.dialogue.progress import only, turns_payment, values_in
from agent.dialogue.residue import residue
from agent.dialogue.shapes import Task
from agent.dialogue.tables import PAYMENT_TOOLS, PROSE
from agent.understanding.clauses import begins_request
from agent.understanding.intents import OwnIntent, Route

_LEARNED: Mapping[str, Act] = {
    act.value: act for act in (Act.CANCEL, Act.CHANGE, Act.WAIT, Act.WHY, Act.WHAT, Act.REPEAT)
}
_LIKELY, _SURE, _VERY_SURE, _NEVER = 0.5, 0.6, 0.85, 2.0
"""Confidence that is enough while a task is open; while none is, or beside values; and for what could be the text that
was asked for."""
_CREATE = frozenset({"create", "book", "make", "request", "open", "add", "apply"})
"""Verbs of tools that make what they are named after: "forget the appointment" ends the booking."""


def hear_act(heard: Heard, task: Task | None, desk: Desk) -> Said:
    offered = task and (task["offer"] or (task if task["operation_id"] else None))
    verb = offered["tool"].partition("_")[0] if offered else ""
    said = read_act(heard.text, in_task=task is not None, verb=verb, nouns=nouns_of(task))
    if said.act is Act.WAIT and said.rest:
        return Said(Act.WAIT, "") if _says_nothing(said.rest, heard, task, desk) else Said(None, heard.text)
    if said.act is Act.UNDO and task and task["choices"]:
        # "the original one" is one of them.
        return Said(None, heard.text)
    if said.act is Act.UNDO and said.rest and (task is None or task["before"] is None):
        # "leave the card alone, pay Jimmy instead"
        return Said(Act.CANCEL, said.rest)
    if said.act is Act.NO and task and _names_slot(said.rest, task):
        # "no reference"
        return Said(None, heard.text)
    if said.act is None or (said.act is Act.NO and said.rest and heard.intent == OwnIntent.CHANGE_ANSWER):
        learned = _learned(heard, task, desk)
        return said if learned is None else Said(learned, "")
    return said


def nouns_of(task: Task | None) -> tuple[str, ...]:
    """What a customer calls the open task."""
    if task is None:
        return ()
    if task["tool"] in PAYMENT_TOOLS:
        return "payment", "transfer", "money", "standing order"
    verb, _, thing = task["tool"].partition("_")
    thing = thing.removeprefix("for_").replace("_", " ")
    return (verb, thing, thing.rpartition(" ")[2]) if verb in _CREATE else (verb,)


def _learned(heard: Heard, task: Task | None, desk: Desk) -> Act | None:
    act = _LEARNED.get(heard.intent)
    if act is None or heard.confidence < _enough(act, heard, task, desk):
        return None
    return act


def _enough(act: Act, heard: Heard, task: Task | None, desk: Desk) -> float:
    if task is None:
        return _SURE
    if task["asks"] in PROSE and act is not Act.WHY:
        return _VERY_SURE
    values = values_in(task, heard, heard.text, desk)
    if values and (not residue(heard.text, heard.mentions) or (task["asks"] in values and act is Act.CANCEL)):
        return _NEVER
    is_new = any(task["slots"].get(name) != value for name, value in values.items())
    if is_new or turns_payment(task, heard):
        return _NEVER if act in (Act.CANCEL, Act.WAIT, Act.CHANGE) else _SURE
    return _VERY_SURE if task["asks"] and takes_text(task["asks"]) and act is Act.CHANGE else _LIKELY


def _names_slot(rest: str, task: Task) -> bool:
    return plain(rest).replace(" ", "_") in task["slots"]


def _says_nothing(rest: str, heard: Heard, task: Task | None, desk: Desk) -> bool:
    """ "hang on, the dog's barking": neither a request nor an answer."""
    behind = only(heard, rest)
    values = values_in(task, behind, rest, desk) if task else {}
    if heard.intent == OwnIntent.WAIT and (not values or residue(rest, behind.mentions)):
        return True
    is_asked = heard.route in (Route.OPERATION, Route.FRAUD, Route.KNOWLEDGE) and heard.confidence >= _VERY_SURE
    return not (values or is_asked or begins_request(rest) or begins_request(plain(rest)))
