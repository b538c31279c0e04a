"""Decides what a message does: to the task that is open, to the stack, or beside both."""

import re
from copy import deepcopy
from dataclasses import replace
from typing import Any

from agent.dialogue import words
from agent.dialogue.acts import Act, Said, read_act
from agent.dialogue.choices import pick
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.fill import fill, takes_text, whole_answer
from agent.dialogue.options import find_options
from agent.dialogue.residue import residue
from agent.dialogue.residue import words as words_of
from agent.dialogue.shapes import DEEPEST, LONGEST_QUEUE, Dialogue, Offer, Step, StepKind, Task, new_task, top
from agent.dialogue.specs import Slot, Spec
from agent.dialogue.tables import BEGINS_AS, DROPS, EXCLUDES, FAMILIES, PAYMENT_TOOLS, PAYMENTS, PROSE, STANDING
from agent.understanding.intents import CONVERSATION_ACTS, INTENT_ROUTES, PUBLIC_INTENTS, OwnIntent, Route

HAND_OFF_AFTER = 3
"""Messages in a row that nobody understood."""
_SURE = 0.6
"""Confidence from which a message is a request of its own while a question is open."""
_LIKELY, _VERY_SURE, _NEVER = 0.5, 0.85, 2.0
_NAME = 4
"""Words of a name at most."""
_SHORT = 6
"""Words up to which a message may lean on what was said before."""
_ENGLISH = "en"
_HAND_OFF = "request_handoff"
_PAYMENT_INTENTS = frozenset({OwnIntent.MAKE_TRANSFER.value, OwnIntent.CREATE_STANDING_ORDER.value})
_OPERATION, _SMALL_TALK = Route.OPERATION.value, Route.SMALL_TALK.value
_OPERATIONS = frozenset({Route.OPERATION.value, Route.FRAUD.value, Route.HANDOFF.value})
_FOLLOW_UP = re.compile(r"(?i)^\s*(?:and|what about|how about|also|ok(?:ay)?,? and|same (?:for|with|thing)|what of)\b")
_QUESTION = re.compile(
    r"(?i)\?\s*$|^\s*(?:and |but |so |ok(?:ay)?,? )?(?:how|what|when|where|why|who|which|can|could|do|does|did|is|are|"
    r"will|would|should|may|am|have|has)\b"
)
_CHANGES = re.compile(
    r"(?i)\b(?:instead|make (?:it|that)|change (?:it|that|the)|i meant?|i mean|rather|actually|not \w+|correction|"
    r"wrong|should be|oops|typo)\b|^\s*(?:no|sorry|wait)\b"
)
_MORE = re.compile(r"(?i)\b(?:also|as well|another (?:payment|one|card|transfer)|too)\b")
"""Says that something is wanted besides."""
_LATER = re.compile(
    r"(?i)\bschedul\w*|\b(?:for )?later\b|\b(?:future|another|different) (?:date|day)\b|\bnot (?:now|today)\b"
)
_NOW = re.compile(r"(?i)\b(?:now|immediately|straight ?away|right away|at once|today|not later|asap)\b")
_ONCE = re.compile(
    r"(?i)\b(?:just|only) (?:this )?once\b|\bone[- ]off\b|\bsingle payment\b|\bnot (?:every|monthly|weekly)\b"
)


def decide(dialogue: Dialogue, heard: Heard, desk: Desk) -> tuple[Dialogue, Step]:
    """The stack after the message, and the step that answers it."""
    changed, heard = deepcopy(dialogue), _certain(heard)
    task = top(changed)
    if heard.language != _ENGLISH and not (task and answers(changed, heard, desk)):
        return changed, _in_other_language(task, heard, desk)
    offered = task and (task["offer"] or (task if task["operation_id"] else None))
    verb = offered["tool"].partition("_")[0] if offered else ""
    said = read_act(heard.text, in_task=task is not None, verb=verb)
    step = _within(changed, task, heard, said, desk) if task else _afresh(changed, heard, said, desk)
    if changed["unclear"] <= dialogue["unclear"]:
        changed["unclear"] = 0
    return changed, step


def _in_other_language(task: Task | None, heard: Heard, desk: Desk) -> Step:
    said = words.only_english(heard.language)
    if task:
        said += f"\n\n{_open_question(task, desk.specs[task['tool']], desk)}"
    route, intent = Route.OUT_OF_SCOPE.value, OwnIntent.OUT_OF_SCOPE.value
    return Step(kind="say", route=route, intent=intent, words=said, asks=True)


def _certain(heard: Heard) -> Heard:
    """A payment repeats itself only where somebody says so."""
    if heard.intent == OwnIntent.CREATE_STANDING_ORDER and not re.search(rf"(?i)\b{STANDING}\b", heard.text):
        return replace(heard, intent=OwnIntent.MAKE_TRANSFER.value)
    return heard


def resume(dialogue: Dialogue, desk: Desk) -> tuple[Dialogue, Step | None]:
    """Back to what is open, after something else was done: the step that repeats its question."""
    changed = deepcopy(dialogue)
    task = top(changed)
    if task is None:
        return changed, None
    if task["operation_id"] and desk.pending is None:
        return changed, None
    if task["operation_id"] or task["asks"]:
        asked = _open_question(task, desk.specs[task["tool"]], desk)
        return changed, _say(task, asked if task["operation_id"] else words.back(desk.specs[task["tool"]], asked))
    step = _advance(task, desk)
    return changed, replace(step, words=words.back(desk.specs[task["tool"]], step.words)) if step.words else step


def later(dialogue: Dialogue, text: str) -> Dialogue:
    """Keeps a request for when the open task is over."""
    return {**dialogue, "queue": [*dialogue["queue"], text][:LONGEST_QUEUE]}


# While a task is open.


def _within(changed: Dialogue, task: Task, heard: Heard, said: Said, desk: Desk) -> Step:
    match said.act:
        case Act.YES if task["operation_id"]:
            return _agreed(task, heard, said, desk)
        case Act.YES if offer := task["offer"]:
            return _take_offer(changed, offer, said, desk)
        case Act.NO | Act.CANCEL:
            return _refused(changed, task, heard, said, desk)
        case Act.UNDO:
            return _undone(changed, task, desk)
        case Act.WAIT | Act.WHY | Act.WHAT | Act.REPEAT:
            return _explained(task, said.act, desk)
        case _:
            return _answered(task, heard, desk) or _beside(changed, task, heard, desk)


def _agreed(task: Task, heard: Heard, said: Said, desk: Desk) -> Step:
    """A yes with something after it. A condition or a correction is no yes."""
    values = _values(task, heard, said.rest, desk) if said.rest else {}
    if _differs(task, values):
        return _corrected(task, values, heard, desk)
    if said.is_conditional:
        return Step(kind="say", route=_OPERATION, intent=task["intent"], words="", rest=said.rest)
    if not said.rest:
        # A mere "ok", to something else.
        return _say(task, _open_question(task, desk.specs[task["tool"]], desk))
    is_code_needed = bool(desk.pending and desk.pending["step_up"])
    kind: StepKind = "refer" if is_code_needed or not desk.takes_yes else "approve"
    return Step(kind=kind, route=_OPERATION, intent=task["intent"], rest=said.rest)


def _take_offer(changed: Dialogue, offer: Offer, said: Said, desk: Desk) -> Step:
    step = _push(changed, new_task(offer["tool"], offer["tool"], dict(offer["slots"])), desk)
    return replace(step, rest=said.rest)


def _refused(changed: Dialogue, task: Task, heard: Heard, said: Said, desk: Desk) -> Step:
    """A no: with a value after it a correction, to an offer an answer, else the end of the task."""
    if said.rest and said.act is Act.NO:
        rest = _only(heard, said.rest)
        if (step := _answered(task, rest, desk)) is not None:
            return step
        if not residue(rest.text, rest.mentions):
            return _not_understood(changed, heard, desk)
    slot = task["asks"] and desk.specs[task["tool"]].find(task["asks"])
    if slot and said.act is Act.NO and slot.name in ("give", "on", "in_full"):
        return _set(task, {slot.name: False}, desk)
    if task["offer"] and said.act is Act.NO:
        task["offer"] = None
        return replace(_ask(task, task["asks"] or "payee", desk), rest=said.rest)
    return _end(changed, task, said.rest)


def _end(changed: Dialogue, task: Task, rest: str) -> Step:
    if task["operation_id"]:
        step = Step(kind="deny", route=_OPERATION, intent=task["intent"])
    else:
        changed["stack"].pop()
        step = Step(kind="say", route=_SMALL_TALK, intent=Act.CANCEL.value, words=words.STOPPED)
    return replace(step, rest=rest)


def _undone(changed: Dialogue, task: Task, desk: Desk) -> Step:
    """ "Leave it as it was": back to before the last correction; where there was none, "leave it" ends the task."""
    before = task["before"]
    if before is None:
        return _end(changed, task, "")
    withdrawn = _withdraw(task)
    task["slots"], task["before"] = before, None
    _close_question(task)
    return replace(_advance(task, desk), withdraw=withdrawn)


def _explained(task: Task, act: Act, desk: Desk) -> Step:
    spec, slot = desk.specs[task["tool"]], task["asks"]
    asked = _open_question(task, spec, desk)
    match act:
        case Act.WAIT:
            said = f"Take your time. {asked}"
        case Act.WHY:
            said = f"{words.why(task, slot)} {asked}" if slot else f"Nothing happens without your yes. {asked}"
        case Act.WHAT:
            said = f"{words.what(task, spec, slot)} {asked}" if slot else asked
        case _:
            said = asked
    return Step(kind="say", route=_SMALL_TALK, intent=act.value, words=said, asks=True)


def _open_question(task: Task, spec: Spec, desk: Desk) -> str:
    if task["operation_id"] and desk.pending:
        return words.still_waits(desk.pending)
    offer = task["offer"]
    if offer:
        return words.unknown_payee(str(offer["slots"].get("name", "")), task["choices"])
    return words.question(task, spec, task["asks"] or "")


def _answered(task: Task, heard: Heard, desk: Desk) -> Step | None:
    """The answer to what was asked, a correction, or both; None where the message is neither."""
    picked = pick(task["choices"], heard.text, heard.mentions)
    if picked and task["asks"] and not _is_other(task, heard, {}, desk):
        if picked.one is not None:
            named = {} if _has_ordinal(heard) else _values(task, heard, heard.text, desk)
            return _set(task, _chosen(task["asks"], picked.one) | named, desk, heard)
        task["choices"] = list(picked.choices)
        return _ask(task, task["asks"], desk)
    values, turns = _values(task, heard, heard.text, desk), _turns(task, heard)
    if not turns and _is_other(task, heard, values, desk):
        return None
    if task["operation_id"]:
        return _corrected(task, values, heard, desk) if _differs(task, values) or turns else None
    is_told = task["asks"] in PROSE and task["asks"] not in values
    if (is_told or not values) and not turns and (text := _as_text(task, heard, desk)):
        values |= {task["asks"] or "": text}
    if values or turns:
        return _set(task, values, desk, heard)
    return None


def _has_ordinal(heard: Heard) -> bool:
    return any(mention.kind == "ordinal" for mention in heard.mentions)


def answers(dialogue: Dialogue, heard: Heard, desk: Desk) -> bool:
    """Whether the message answers what has just been asked, and is no request of its own."""
    task = top(dialogue)
    if task is None or not task["asks"] or read_act(heard.text, in_task=True).act is not None:
        return False
    values = _values(task, heard, heard.text, desk)
    if _is_other(task, heard, values, desk):
        return False
    return task["asks"] in values or _as_text(task, heard, desk) is not None


def _chosen(slot: str, choice: str) -> dict[str, Any]:
    """A choice of a day may bring its time."""
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


def _values(task: Task, heard: Heard, text: str, desk: Desk) -> dict[str, Any]:
    mentions = heard.mentions if text == heard.text else _only(heard, text).mentions
    return fill(_slots(task["tool"], desk), mentions, text, today=desk.today, given=task["slots"], asked=task["asks"])


def _slots(tool: str, desk: Desk) -> tuple[Slot, ...]:
    """Of the tool, or of all the tools that it may turn into."""
    tools = FAMILIES["make_transfer"] if tool in PAYMENT_TOOLS else (tool,)
    slots = {slot.name: slot for name in tools if name in desk.specs for slot in desk.specs[name].slots}
    return tuple(slots.values())


def _only(heard: Heard, rest: str) -> Heard:
    """The message without its beginning."""
    start = len(heard.text) - len(rest)
    mentions = tuple(
        replace(mention, start=mention.start - start, end=mention.end - start)
        for mention in heard.mentions
        if mention.start >= start
    )
    return replace(heard, text=rest, mentions=mentions)


def _is_other(task: Task, heard: Heard, values: dict[str, Any], desk: Desk) -> bool:
    """Whether the message is a request or a question of its own rather than an answer to the open one."""
    if not residue(heard.text, heard.mentions) or heard.intent in CONVERSATION_ACTS:
        return False
    if heard.route in _OPERATIONS and _MORE.search(heard.text) and heard.confidence >= _SURE:
        return True
    if values and _changes(heard):
        return False
    is_question = bool(_QUESTION.search(heard.text))
    tool = desk.tool_of(heard.intent)
    if tool is not None and _is_same(tool, task["tool"]):
        return False
    if heard.intent in (OwnIntent.UNCLEAR, OwnIntent.GIBBERISH):
        return False
    needed = _SURE if is_question else _needed(task, heard, values, desk)
    if heard.route in _OPERATIONS:
        return heard.confidence >= needed
    if heard.route == Route.OUT_OF_SCOPE and not is_question and len(heard.text.split()) <= _NAME:
        return False
    return is_question or (heard.is_clear and heard.confidence >= needed)


def _needed(task: Task, heard: Heard, values: dict[str, Any], desk: Desk) -> float:
    """How sure the understanding has to be, where no question is asked: the better an answer fits, the surer."""
    slot = desk.specs[task["tool"]].find(task["asks"] or "")
    if slot is None:
        return _LIKELY
    is_short = len(heard.text.split()) <= _NAME
    if slot.name in PROSE:
        return _VERY_SURE if len(heard.text.split()) <= _SHORT else _NEVER
    if values.keys() & {slot.name, *DROPS.get(slot.name, ())}:
        return _VERY_SURE if takes_text(slot.name) else _NEVER
    return _VERY_SURE if takes_text(slot.name) and is_short else _LIKELY


def _changes(heard: Heard) -> bool:
    return any(mention.corrects for mention in heard.mentions) or bool(_CHANGES.search(heard.text))


def _is_same(one: str, other: str) -> bool:
    return one == other or {one, other} <= PAYMENT_TOOLS


def _differs(task: Task, values: dict[str, Any]) -> bool:
    return any(task["slots"].get(name) != value for name, value in values.items())


def _turns(task: Task, heard: Heard) -> bool:
    """Whether the message moves a payment to another branch without naming anything: "schedule it", "no, now"."""
    if task["tool"] not in PAYMENT_TOOLS or not (heard.intent in _PAYMENT_INTENTS or _is_short(heard)):
        return False
    is_later = bool(task["slots"].get("date")) or bool(task["later"])
    turns_later = bool(_LATER.search(heard.text)) and not is_later
    turns_now = bool(_NOW.search(heard.text)) and is_later and task["tool"] == "schedule_payment"
    return turns_later or turns_now or (bool(_ONCE.search(heard.text)) and "frequency" in task["slots"])


def _is_short(heard: Heard) -> bool:
    return len(heard.text.split()) <= _SHORT


def _corrected(task: Task, values: dict[str, Any], heard: Heard, desk: Desk) -> Step:
    """Another value for a proposal: it is withdrawn before anything else happens."""
    withdrawn = _withdraw(task)
    return replace(_set(task, values, desk, heard), withdraw=withdrawn)


def _withdraw(task: Task) -> tuple[str, ...]:
    withdrawn, task["operation_id"] = task["operation_id"], None
    return (withdrawn,) if withdrawn else ()


def _close_question(task: Task) -> None:
    task["asks"], task["choices"], task["offer"], task["refused"] = None, [], None, {}


def _set(task: Task, values: dict[str, Any], desk: Desk, heard: Heard | None = None) -> Step:
    """Takes values into the task and goes on with it."""
    before, slots = dict(task["slots"]), dict(task["slots"])
    if heard is not None and _is_whole(task, values, heard, desk):
        slots = {}
    for name in values:
        for other in EXCLUDES.get(name, ()):
            if other not in values:
                slots.pop(other, None)
    slots |= values
    for name, value in task["refused"].items():
        slots.setdefault(name, value)
    changed_one = any(name in before and before[name] != value for name, value in slots.items()) or set(before) - set(
        slots
    )
    task["slots"] = slots
    _close_question(task)
    if changed_one:
        task["before"] = before
    if heard is not None:
        _take_turn(task, heard.text)
    branch(task, desk)
    return _advance(task, desk)


def _is_whole(task: Task, values: dict[str, Any], heard: Heard, desk: Desk) -> bool:
    """Whether the message is the same request once more with all that it needs: then nothing is left of the first."""
    tool = desk.tool_of(heard.intent)
    if tool is None or not _is_same(tool, task["tool"]) or _changes(heard) or not residue(heard.text, heard.mentions):
        return False
    fresh = new_task(task["tool"], task["intent"], dict(values))
    branch(fresh, desk)
    return bool(values) and desk.specs[fresh["tool"]].missing(values) is None


def _take_turn(task: Task, text: str) -> None:
    if task["tool"] not in PAYMENT_TOOLS:
        return
    if _LATER.search(text):
        task["later"] = True
    elif _NOW.search(text) and task["tool"] == "schedule_payment":
        task["later"] = False
        task["slots"].pop("date", None)
    if _ONCE.search(text) and task["slots"].pop("frequency", None):
        task["slots"].pop("end_date", None)
        task["intent"] = OwnIntent.MAKE_TRANSFER.value


def branch(task: Task, desk: Desk) -> None:
    """The tool that the slots call for; what it does not take is dead and goes."""
    slots = task["slots"]
    if task["tool"] in PAYMENT_TOOLS and task["intent"] != OwnIntent.CREATE_STANDING_ORDER:
        if "frequency" not in slots and slots.get("date") == desk.today.isoformat():
            del slots["date"]
        tool = next(branch.tool for branch in PAYMENTS if not branch.takes or branch.takes & slots.keys())
        is_now = tool in ("pay_payee", "transfer_between_accounts")
        task["tool"] = "schedule_payment" if is_now and task["later"] else tool
    task["slots"] = desk.specs[task["tool"]].kept(slots)


def _advance(task: Task, desk: Desk) -> Step:
    """Asks for what is missing or cannot be; else calls the tool."""
    spec = desk.specs[task["tool"]]
    slot = spec.missing(task["slots"])
    if slot is not None:
        return _ask(task, slot, desk)
    for name, reason in spec.faults(task["slots"]):
        if name in task["slots"]:
            del task["slots"][name]
            return _ask(task, name, desk, words.not_valid(name, reason))
    return Step(
        kind="call",
        route=_route_of(task["intent"]),
        intent=task["intent"],
        tool=task["tool"],
        arguments=dict(task["slots"]),
    )


def _ask(task: Task, slot: str, desk: Desk, reason: str = "") -> Step:
    if task["asks"] != slot:
        task["asks"], task["choices"] = slot, []
    asked = f"{reason} {words.question(task, desk.specs[task['tool']], slot)}".strip()
    return Step(kind="ask", route=_route_of(task["intent"]), intent=task["intent"], words=asked)


def _route_of(intent: str) -> str:
    return INTENT_ROUTES.get(intent, Route.OPERATION).value


def _say(task: Task, said: str) -> Step:
    return Step(kind="say", route=_route_of(task["intent"]), intent=task["intent"], words=said, asks=True)


# Requests of their own, and messages that are nothing of the kind.


def _beside(changed: Dialogue, task: Task, heard: Heard, desk: Desk) -> Step:
    """Something else in the middle of a task, which waits; or nothing that anybody could make sense of."""
    if _is_other(task, heard, {}, desk):
        return _begin(changed, heard, desk)
    return _not_understood(changed, heard, desk)


def _afresh(changed: Dialogue, heard: Heard, said: Said, desk: Desk) -> Step:
    options, changed["options"] = changed["options"], []
    if (chosen := _of_options(options, heard, desk)) is not None:
        return _push_heard(changed, chosen, chosen, heard, desk)
    if said.act is Act.CANCEL and said.rest:
        return Step(kind="say", route=_SMALL_TALK, intent=Act.CANCEL.value, words="", rest=said.rest)
    if said.act in (Act.CANCEL, Act.UNDO):
        return Step(kind="say", route=_SMALL_TALK, intent=Act.CANCEL.value, words=words.NOTHING_OPEN)
    if said.act in (Act.WHY, Act.WHAT, Act.REPEAT, Act.WAIT) and not changed["last"]:
        return Step(kind="say", route=_SMALL_TALK, intent=said.act.value, words=words.NOTHING_ASKED)
    if (step := _followed_up(changed, heard, desk)) is not None:
        return step
    if len(words_of(heard.text)) == 1 and (step := _which(changed, heard, desk)) is not None:
        return step
    return _begin(changed, heard, desk)


def _of_options(options: list[str], heard: Heard, desk: Desk) -> str | None:
    names = {words.option(desk.specs[tool]): tool for tool in options if tool in desk.specs}
    tool = desk.tool_of(heard.intent)
    if tool in options and heard.confidence >= _SURE:
        return tool
    picked = pick(list(names), heard.text, heard.mentions)
    return names[picked.one] if picked and picked.one else None


def _followed_up(changed: Dialogue, heard: Heard, desk: Desk) -> Step | None:
    """ "and my savings?" after a balance: the same once more, with what is said now. A change starts clean."""
    last = changed["last"]
    if last is None or last["tool"] not in desk.specs or not _is_short(heard):
        return None
    spec = desk.specs[last["tool"]]
    is_bare = not residue(heard.text, heard.mentions) and not spec.prepares
    if not (_FOLLOW_UP.match(heard.text) or is_bare):
        return None
    tool = desk.tool_of(heard.intent)
    if tool is not None and not _is_same(tool, last["tool"]) and heard.confidence >= _VERY_SURE and not is_bare:
        return None
    values = fill(_slots(last["tool"], desk), heard.mentions, heard.text, today=desk.today, given={}, asked=None)
    if not values:
        return None
    slots = {**({} if spec.prepares else last["slots"]), **values}
    return _push(changed, new_task(last["tool"], last["intent"], slots), desk)


def _begin(changed: Dialogue, heard: Heard, desk: Desk) -> Step:
    """What the message asks for by itself."""
    tool = desk.tool_of(heard.intent)
    if heard.intent in (OwnIntent.UNCLEAR, OwnIntent.GIBBERISH) or not heard.is_clear:
        return _which(changed, heard, desk) or _not_understood(changed, heard, desk)
    if tool is not None and heard.route in _OPERATIONS:
        return _push_heard(changed, tool, heard.intent, heard, desk)
    if heard.route in _OPERATIONS and (desk.signed_in or heard.intent in PUBLIC_INTENTS or heard.route == Route.FRAUD):
        return _step("look_up", heard)
    return _step("look_up" if heard.route == Route.KNOWLEDGE else "talk", heard)


def _step(kind: StepKind, heard: Heard) -> Step:
    return Step(kind=kind, route=heard.route, intent=heard.intent)


def _push_heard(changed: Dialogue, tool: str, intent: str, heard: Heard, desk: Desk) -> Step:
    slots = fill(_slots(tool, desk), heard.mentions, heard.text, today=desk.today, given={}, asked=None)
    below = top(changed)
    if below and below["offer"] and below["offer"]["tool"] == tool:
        slots = below["offer"]["slots"] | slots
    task = new_task(tool, BEGINS_AS.get(intent, intent), slots)
    _take_turn(task, heard.text)
    return _push(changed, task, desk)


def _push(changed: Dialogue, task: Task, desk: Desk) -> Step:
    changed["stack"] = [*changed["stack"], task][-DEEPEST:]
    branch(task, desk)
    return _advance(task, desk)


def _which(changed: Dialogue, heard: Heard, desk: Desk) -> Step | None:
    """Lists what a bare noun or verb may mean; where it is one thing only, that is meant."""
    options = find_options(heard.text, desk.specs)
    if not options:
        return None
    if len(options) == 1:
        return _push_heard(changed, options[0], options[0], heard, desk)
    changed["options"] = options
    said = words.with_choices(words.WHICH_TASK, [words.option(desk.specs[tool]) for tool in options])
    return Step(kind="say", route=_OPERATION, intent=OwnIntent.UNCLEAR.value, words=said, asks=True)


def _not_understood(changed: Dialogue, heard: Heard, desk: Desk) -> Step:
    changed["unclear"] += 1
    if changed["unclear"] >= HAND_OFF_AFTER:
        changed["unclear"] = 0
        return _to_a_person(changed, desk)
    task = top(changed)
    if task is None:
        said = words.HELP if desk.signed_in else words.HELP_VISITOR
        return Step(kind="say", route=heard.route, intent=OwnIntent.UNCLEAR.value, words=said)
    asked = _open_question(task, desk.specs[task["tool"]], desk)
    return Step(
        kind="say",
        route=_route_of(task["intent"]),
        intent=OwnIntent.UNCLEAR.value,
        words=f"{words.NOT_UNDERSTOOD} {asked}",
        asks=True,
    )


def _to_a_person(changed: Dialogue, desk: Desk) -> Step:
    route, intent = Route.HANDOFF.value, OwnIntent.TALK_TO_HUMAN.value
    if _HAND_OFF not in desk.specs:
        return Step(kind="talk", route=route, intent=intent, words=words.TO_A_PERSON)
    return replace(_push(changed, new_task(_HAND_OFF, intent, {}), desk), words=words.TO_A_PERSON)
