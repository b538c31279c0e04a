"""What a message does to the task that is open: answers, corrects, ends or explains it, or leaves it waiting."""

import re
from dataclasses import replace
from typing import Any

from agent.dialogue import words
from agent.dialogue.acts import Act, Said, read_act
from agent.dialogue.choice_values import values_of_choice
from agent.dialogue.choices import Picked, pick
from agent.dialogue.choose_again import choose_again
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.fill import answer_in
from agent.dialogue.free_text import takes_text, whole_answer
from agent.dialogue.other import is_other
from agent.dialogue.person import wants_person
from agent.dialogue.progress import (
    advance,
    ask,
    branch,
    changes,
    close_question,
    only,
    open_question,
    push,
    route_of,
    say_open,
    take,
    turns_payment,
    values_in,
    withdraw,
)
from agent.dialogue.reopen import reopen
from agent.dialogue.requests import OPERATION, QUESTION, SMALL_TALK, SURE, begin, not_understood
from agent.dialogue.residue import residue
from agent.dialogue.shapes import Dialogue, Offer, Step, StepKind, Task, new_task, top
from agent.dialogue.specs import Form
from agent.dialogue.tables import OWN_YES, PAYMENT_TOOLS, PROSE, YES_AND_NO
from agent.understanding.clauses import begins_request
from agent.understanding.intents import OwnIntent, Route

_SHORT = 6
_ALTERS = frozenset(
    {OwnIntent.CHANGE_ANSWER, OwnIntent.CANCEL_TASK, OwnIntent.DECLINE, OwnIntent.UNDO, OwnIntent.POSTPONE}
)
_SHORTEST_QUESTION = 4
"""Words of a question that can be looked up."""
_SECOND_THOUGHTS = re.compile(
    r"(?i)\b(?:wait|hold on|hang on|don'?t|do not|nope|never ?mind|(?:stop|cancel)(?: it| that)?\W*$|no\W*$)"
)
_EXPLAINS = re.compile(
    r"(?i)^(?:i|it|that|this|he|she|they|we|my|the)\b(?!.{0,20}\b(?:want|need|like|rather)\b)(?=(?:\W+\w+){3})"
    r"|^(?:i|it|that|this|he|she|they|we)\b(?!.{0,20}\b(?:want|need|like|rather|balance|cards?)\b)"
)
_PARTS = re.compile(r"[,;.]\s+")
_SWAPS = re.compile(
    r"(?i)\b(?:(?:other|wrong|opposite) (?:way|direction|round)|the opposite|back to front|vice versa|the reverse|"
    r"(?:swap|switch|flip|reverse)(?: (?:them|those|these|it|that|both|the (?:two )?accounts?))?"
    r"(?: (?:round|around|over))?)(?=\W|$)"
)
_POINTS = re.compile(
    r"(?i)\b(?:pay|send|transfer|move|make|do|schedule|book|put|set|give|change) (?:it|that|this|them)\b"
)
_SECRET = "[SECRET]"  # noqa: S105
_CODE = re.compile(
    re.escape(_SECRET) + r"|(?<![\d.,£$€])\d{6}(?!\d|[.,]\d|\s*(?:pounds?|euros?|dollars?|quid|gbp|eur|usd)\b)", re.I
)
"""Also as ``screen`` leaves it."""


def within(changed: Dialogue, task: Task, heard: Heard, said: Said, desk: Desk) -> Step:
    """The step after a message while ``task`` is open."""
    if task["operation_id"] and desk.pending and desk.pending["step_up"] and _is_code(heard):
        # A code is never read from a message, and is no amount either.
        return Step(kind="refer", route=OPERATION, intent=task["intent"])
    if task["operation_id"] and task["tool"] in OWN_YES and wants_person(heard.text):
        # A plain request for what is proposed is as good as a yes.
        kind: StepKind = "approve" if desk.takes_yes else "refer"
        return Step(kind=kind, route=route_of(task["intent"]), intent=task["intent"])
    if task["operation_id"] and (named := answer_in(task, heard.text)):
        if not named.items() <= task["slots"].items():
            return _corrected(task, named, None, desk)
        if said.act is not Act.YES:
            return say_open(task, open_question(task, desk.specs[task["tool"]], desk))
    if said.act in (None, Act.NO, Act.CHANGE, Act.UNDO) and (step := choose_again(task, heard, desk)):
        return step
    match said.act:
        case Act.YES | Act.NO if (meant := YES_AND_NO.get(task["asks"] or "")) and not said.rest:
            return take(task, {task["asks"] or "": meant[said.act is Act.NO]}, desk)
        case Act.YES if task["operation_id"]:
            return _agreed(changed, task, heard, said, desk)
        case Act.YES if offer := task["offer"]:
            return _take_offer(changed, offer, said, desk)
        case Act.NO | Act.CANCEL:
            return _refused(changed, task, heard, said, desk)
        case Act.UNDO:
            return _undone(changed, task, desk)
        case Act.CHANGE if not (_SWAPS.search(heard.text) or _picked(task, heard, heard.text, desk)):
            return reopen(task, heard, desk)
        case Act.POSTPONE:
            return _postponed(changed, task, desk)
        case Act.WAIT | Act.WHY | Act.WHAT | Act.REPEAT:
            return _explained(task, said.act, desk)
        case _:
            return _answered(task, heard, desk) or _beside(changed, task, heard, desk)


def _is_code(heard: Heard) -> bool:
    """Whether the message brings a code, or what may be one. A PIN that slipped into a question is none."""
    found = _CODE.search(heard.text)
    is_question = (
        heard.route == Route.KNOWLEDGE.value and heard.is_clear and len(heard.text.split()) > _SHORTEST_QUESTION
    )
    return found is not None and not (is_question and found[0] == _SECRET)


def _agreed(changed: Dialogue, task: Task, heard: Heard, said: Said, desk: Desk) -> Step:
    """A yes with something after it. A condition, a correction or second thoughts are no yes."""
    if not said.is_conditional and answer_in(task, said.rest):
        return Step(kind=_approval(desk), route=OPERATION, intent=task["intent"])
    again = read_act(said.rest, in_task=True) if said.rest else said
    if again.act not in (None, Act.YES):
        return within(changed, task, only(heard, said.rest), again, desk)
    values = values_in(task, heard, said.rest, desk) if said.rest else {}
    is_second = said.is_added and begins_request(said.rest) and not changes(only(heard, said.rest))
    if _differs(task, values) and not is_second:
        return _corrected(task, values, heard, desk)
    if said.is_conditional or _SECOND_THOUGHTS.search(said.rest):
        return Step(kind="say", route=OPERATION, intent=task["intent"], words="", rest=said.rest)
    if not said.rest:
        # A mere "ok", to something else.
        return say_open(task, open_question(task, desk.specs[task["tool"]], desk))
    # "yes, send it to Maria" says nothing new.
    rest = "" if values and not is_second and not QUESTION.search(said.rest) else said.rest
    return Step(kind=_approval(desk), route=OPERATION, intent=task["intent"], rest=rest)


def _approval(desk: Desk) -> StepKind:
    is_code_needed = bool(desk.pending and desk.pending["step_up"])
    return "refer" if is_code_needed or not desk.takes_yes else "approve"


def _take_offer(changed: Dialogue, offer: Offer, said: Said, desk: Desk) -> Step:
    step = push(changed, new_task(offer["tool"], offer["tool"], dict(offer["slots"])), desk)
    return replace(step, rest=said.rest)


def _refused(changed: Dialogue, task: Task, heard: Heard, said: Said, desk: Desk) -> Step:
    """A no: with a value after it a correction, to an offer an answer, else the end of the task."""
    rest = only(heard, said.rest)
    is_bare = not residue(rest.text, rest.mentions) or _was_before(task, rest, desk) or _is_about_it(task, rest, desk)
    if said.rest and (said.act is Act.NO or is_bare):
        if (step := _answered(task, rest, desk)) is not None:
            return step
        if is_bare:
            return not_understood(changed, heard, desk)
    slot = task["asks"] and desk.specs[task["tool"]].find(task["asks"])
    if slot and said.act is Act.NO and slot.name in ("give", "on", "in_full"):
        return take(task, {slot.name: False}, desk)
    left = said.rest if _asks_for_something(said.rest) else ""
    if task["offer"] and said.act is Act.NO:
        task["offer"] = None
        return replace(ask(task, task["asks"] or "payee", desk), rest=left)
    return _end(changed, task, left)


def _was_before(task: Task, rest: Heard, desk: Desk) -> bool:
    """ "scratch that, 70 is fine", where it was 70 at first."""
    before, values = task["before"] or {}, values_in(task, rest, rest.text, desk)
    return bool(values) and _differs(task, values) and values.items() <= before.items()


def _is_about_it(task: Task, rest: Heard, desk: Desk) -> bool:
    """ "I changed my mind, pay it today", but not "forget it, pay John"."""
    if not (task["operation_id"] and _POINTS.search(rest.text)):
        return False
    return turns_payment(task, rest) or _differs(task, values_in(task, rest, rest.text, desk))


def _asks_for_something(rest: str) -> bool:
    """ "no, I just found it" explains, and asks for nothing."""
    is_request = any(begins_request(part) for part in _PARTS.split(rest))
    return is_request or bool(QUESTION.search(rest)) or not _EXPLAINS.match(rest)


def _end(changed: Dialogue, task: Task, rest: str) -> Step:
    if task["operation_id"]:
        step = Step(kind="deny", route=OPERATION, intent=task["intent"])
    else:
        changed["stack"].pop()
        below = top(changed)
        if below and below["offer"] and below["offer"]["tool"] == task["tool"]:
            # What was only wanted for the task below ends with it.
            changed["stack"].pop()
        step = Step(kind="say", route=SMALL_TALK, intent=Act.CANCEL.value, words=words.STOPPED)
    return replace(step, rest=rest)


def _undone(changed: Dialogue, task: Task, desk: Desk) -> Step:
    """ "Leave it as it was": back to before the last correction; where there was none, "leave it" ends the task."""
    before = task["before"]
    if before is None:
        return _end(changed, task, "")
    withdrawn = withdraw(task)
    task["slots"], task["before"], task["later"] = before, None, False
    close_question(task)
    branch(task, desk)
    return replace(advance(task, desk), withdraw=withdrawn)


def _postponed(changed: Dialogue, task: Task, desk: Desk) -> Step:
    """ "Can it wait?": on another day, where what is done has a day; else not at all."""
    if task["tool"] in PAYMENT_TOOLS:
        task["later"] = True
        task["slots"].pop("date", None)
        return _corrected(task, {}, None, desk)
    if desk.specs[task["tool"]].find("date") is None:
        return _end(changed, task, "")
    withdrawn = withdraw(task)
    task["slots"].pop("date", None)
    return replace(ask(task, "date", desk), withdraw=withdrawn)


def _explained(task: Task, act: Act, desk: Desk) -> Step:
    spec, slot = desk.specs[task["tool"]], task["asks"]
    asked = open_question(task, spec, desk)
    match act:
        case Act.WAIT:
            said = f"{words.TAKE_YOUR_TIME} {asked}"
        case Act.WHY:
            said = f"{words.why(slot)} {asked}" if slot else f"Nothing happens without your yes. {asked}"
        case Act.WHAT:
            said = f"{words.what(spec, slot)} {asked}" if slot else asked
        case _:
            said = asked
    return Step(kind="say", route=SMALL_TALK, intent=act.value, words=said, asks=True)


def _answered(task: Task, heard: Heard, desk: Desk) -> Step | None:
    """The answer to what was asked, a correction, or both; None where the message is neither."""
    # "the Leeds branch" names the slot as well.
    slot = (task["asks"] or "").replace("_", " ")
    said = re.sub(rf"(?i)\b{re.escape(slot)}\b", " ", heard.text) if slot else heard.text
    picked = _picked(task, heard, said, desk)
    if picked and task["asks"] and (picked.is_whole or not is_other(task, heard, {}, desk)):
        if picked.one is not None:
            task["offered"] = task["asks"], task["choices"]
            named = {} if _has_ordinal(heard) else values_in(task, heard, heard.text, desk)
            meant = values_of_choice(desk.specs[task["tool"]], task["asks"], picked.one)
            chosen = _chosen(task["asks"], picked.one, named) if meant is None else meant
            return take(task, named | chosen, desk, heard)
        task["choices"] = list(picked.choices)
        return ask(task, task["asks"], desk)
    values, turns = values_in(task, heard, heard.text, desk), turns_payment(task, heard)
    if swaps(task, heard.text, desk):
        values = {"account": task["slots"]["to_account"], "to_account": _payer(task, desk)}
        return _corrected(task, values, heard, desk)
    if not turns and is_other(task, heard, values, desk):
        return None
    if task["operation_id"]:
        return _corrected(task, values, heard, desk) if _differs(task, values) or turns else None
    is_told = task["asks"] in PROSE and task["asks"] not in values
    if (is_told or not values) and not turns and (text := _as_text(task, heard, desk)):
        values |= {task["asks"] or "": text}
    if values or turns:
        return take(task, values, desk, heard)
    return None


def _picked(task: Task, heard: Heard, said: str, desk: Desk) -> Picked | None:
    """Of what was offered, or else of what the customer has of the kind that was asked for."""
    slot = desk.specs[task["tool"]].find(task["asks"] or "")
    is_told = not task["choices"] or (slot is not None and slot.form is Form.WORD)
    if is_told and task["asks"] in values_in(task, heard, heard.text, desk):
        return None
    choices = task["choices"] or list(desk.own.of(task["asks"]))
    picked = pick(choices, said, heard.mentions, described=desk.own.described)
    if picked is None or slot is None or slot.form is not Form.WORD:
        return picked
    # Sentences share their small words with any message.
    return picked if picked.is_whole and (_has_ordinal(heard) or not QUESTION.search(heard.text)) else None


def swaps(task: Task, text: str, desk: Desk) -> bool:
    """Whether the money shall go the other way."""
    return "to_account" in task["slots"] and bool(_payer(task, desk)) and bool(_SWAPS.search(text))


def _payer(task: Task, desk: Desk) -> str | None:
    """The account that the money comes from, also where the bank chose it."""
    proposed = desk.pending if task["operation_id"] and desk.pending else {}
    return task["slots"].get("account") or proposed.get("account")


def _has_ordinal(heard: Heard) -> bool:
    return any(mention.kind == "ordinal" for mention in heard.mentions)


def answers(dialogue: Dialogue, heard: Heard, desk: Desk) -> bool:
    """Whether the message answers what has just been asked, and is no request of its own."""
    task = top(dialogue)
    if task is None or not task["asks"] or read_act(heard.text, in_task=True).act is not None:
        return False
    values = values_in(task, heard, heard.text, desk)
    if is_other(task, heard, values, desk):
        return False
    return task["asks"] in values or _as_text(task, heard, desk) is not None


def _chosen(slot: str, choice: str, named: dict[str, Any]) -> dict[str, Any]:
    """In the customer's words, where these are part of it. A choice of a day may bring its time."""
    if slot in named and str(named[slot]).casefold() in choice.casefold():
        return {}
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}).*", choice)
    return {"date": match[1], "time": match[2]} if match and slot == "date" else {slot: choice}


def _as_text(task: Task, heard: Heard, desk: Desk) -> str | None:
    """The message as it is, for a slot that takes text."""
    slot = task["asks"]
    if slot is None or not takes_text(slot) or heard.intent == OwnIntent.GIBBERISH or not _is_a_text(heard):
        return None
    spec = desk.specs[task["tool"]].find(slot)
    if spec is None or spec.values:
        return None
    return whole_answer(heard.text) or None


def _is_a_text(heard: Heard) -> bool:
    """More than a number, a greeting or a yes."""
    return any(word.isalpha() for word in residue(heard.text, heard.mentions))


def _differs(task: Task, values: dict[str, Any]) -> bool:
    return any(task["slots"].get(name) != value for name, value in values.items())


def _corrected(task: Task, values: dict[str, Any], heard: Heard | None, desk: Desk) -> Step:
    """Another value for a proposal: it is withdrawn before anything else happens."""
    withdrawn = withdraw(task)
    return replace(take(task, values, desk, heard), withdraw=withdrawn)


def _beside(changed: Dialogue, task: Task, heard: Heard, desk: Desk) -> Step:
    """Something else in the middle of a task, which waits; or nothing that anybody could make sense of."""
    if is_other(task, heard, {}, desk):
        return begin(changed, heard, desk)
    if heard.intent in _ALTERS and QUESTION.search(heard.text) and len(heard.text.split()) >= _SHORTEST_QUESTION:
        # It sounds like an act that cannot be meant here: "can I pay it back early?" puts no loan off.
        return Step(kind="look_up", route=Route.KNOWLEDGE.value, intent=OwnIntent.BANKING_QUESTION.value)
    if heard.intent == OwnIntent.AGREE and heard.confidence >= SURE:
        if offer := task["offer"]:
            return _take_offer(changed, offer, Said(Act.YES, ""), desk)
        if task["operation_id"]:
            # Words that may well agree, and confirm nothing.
            asked = f"{words.YES_OR_NO} {open_question(task, desk.specs[task['tool']], desk)}"
            return Step(kind="say", route=OPERATION, intent=task["intent"], words=asked, asks=True)
    return not_understood(changed, heard, desk)
