"""A task takes values and goes on: it branches, asks for what is missing, or calls its tool."""

import re
from dataclasses import replace
from typing import Any

from agent.dialogue import words
from agent.dialogue.act_grammar import plain
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.fill import fill, without_replaced
from agent.dialogue.residue import residue
from agent.dialogue.shapes import DEEPEST, Dialogue, Step, Task, new_task
from agent.dialogue.specs import Form, Slot, Spec
from agent.dialogue.tables import EXCLUDES, FAMILIES, PAYMENT_TOOLS, PAYMENTS
from agent.understanding.clauses import begins_request
from agent.understanding.intents import INTENT_ROUTES, OwnIntent, Route

_SHORT = 6
"""Words up to which a message may lean on what was said before."""
PAYMENT_INTENTS = frozenset({OwnIntent.MAKE_TRANSFER.value, OwnIntent.CREATE_STANDING_ORDER.value})
_CHANGES = re.compile(
    r"(?i)\b(?:make (?:it|that)|change (?:it|that|the)|i meant?|i mean|rather|not \w+|correction|wrong|should be|"
    r"oops|typo)\b"
)
_MAY_CHANGE = re.compile(r"(?i)\b(?:instead|actually)\b|^\s*(?:no|sorry|wait)\b")
"""A lead-in as well, to a request of its own."""
_VERY_SURE = 0.85
_MOST_SHOWN = 8
"""Of what the customer has, with a question for one of them."""
_LATER = re.compile(
    r"(?i)\bschedul\w*|\b(?:for )?later\b|\b(?:future|another|different) (?:date|day)\b|\bnot (?:now|today)\b"
)
_TO_OWN = re.compile(
    r"(?i)\b(?:to|into) (?:another|a different|some other|any other|(?:one of )?my other) (?:of my )?accounts?"
    r"(?: of (?:mine|my own))?\b(?! of )|\bbetween my (?:own )?accounts\b"
)
_NOW = re.compile(r"(?i)\b(?:now|immediately|straight ?away|right away|at once|today|not later|asap)\b")
_ONCE = re.compile(r"(?i)\b(?:just|only) (?:this )?once\b|\bone[- ]off\b|\bsingle payment\b")


def push(changed: Dialogue, task: Task, desk: Desk) -> Step:
    changed["stack"] = [*changed["stack"], task][-DEEPEST:]
    branch(task, desk)
    return advance(task, desk)


def advance(task: Task, desk: Desk) -> Step:
    """Asks for what is missing or cannot be; else calls the tool."""
    spec = desk.specs[task["tool"]]
    slot = spec.missing(task["slots"])
    if slot == "account" and desk.only_account:
        task["slots"][slot] = desk.only_account
        slot = spec.missing(task["slots"])
    if slot is not None:
        return ask(task, slot, desk)
    for name, reason in spec.faults(task["slots"]):
        if task["slots"].pop(name, None) is None or _can_do_without(name, spec):
            continue
        return ask(task, name, desk, words.not_valid(name, reason))
    return Step(
        kind="call",
        route=route_of(task["intent"]),
        intent=task["intent"],
        tool=task["tool"],
        arguments=dict(task["slots"]),
    )


def _can_do_without(name: str, spec: Spec) -> bool:
    """ "my last 5000 transactions" are as many as there are."""
    slot = spec.find(name)
    return not spec.prepares and slot is not None and slot.form is Form.NUMBER and not slot.required


def ask(task: Task, slot: str, desk: Desk, reason: str = "") -> Step:
    if task["asks"] != slot:
        task["asks"], task["choices"] = slot, []
    asked = f"{reason} {words.question(task, desk.specs[task['tool']], slot)}".strip()
    if not task["choices"]:
        asked = words.with_choices(asked, _own(task, slot, desk))
    return Step(kind="ask", route=route_of(task["intent"]), intent=task["intent"], words=asked)


def _own(task: Task, slot: str, desk: Desk) -> list[str]:
    """What the customer has of the kind, for the eye alone: in other words it may be named as well."""
    own = [name for name in desk.own.of(slot) if name not in task["slots"].values()]
    return own if 1 < len(own) <= _MOST_SHOWN else []


def take(task: Task, values: dict[str, Any], desk: Desk, heard: Heard | None = None) -> Step:
    """Takes values into the task and goes on with it."""
    before, slots, was_asked = dict(task["slots"]), dict(task["slots"]), task["asks"]
    if heard is not None and _is_whole(task, values, heard, desk):
        slots = {}
    for name in values:
        for other in EXCLUDES.get(name, ()):
            if other not in values:
                slots.pop(other, None)
    slots = {name: value for name, value in (slots | values).items() if value is not None}
    for name, value in task["refused"].items():
        slots.setdefault(name, value)
    task["slots"] = slots
    close_question(task)
    is_changed = any(slots.get(name) != value for name, value in before.items())
    if is_changed or (was_asked is None and slots != before):
        task["before"] = before
    if heard is not None:
        take_turn(task, heard.text)
    branch(task, desk)
    return advance(task, desk)


def _is_whole(task: Task, values: dict[str, Any], heard: Heard, desk: Desk) -> bool:
    """Whether the message is the same request once more with all that it needs: then nothing is left of the first."""
    tool = desk.tool_of(heard.intent)
    if task["asks"] in values:
        # An answer.
        return False
    if tool is None or not is_same(tool, task["tool"]) or changes(heard) or not residue(heard.text, heard.mentions):
        return False
    fresh = new_task(task["tool"], task["intent"], dict(values))
    branch(fresh, desk)
    return bool(values) and desk.specs[fresh["tool"]].missing(values) is None


def withdraw(task: Task) -> tuple[str, ...]:
    withdrawn, task["operation_id"] = task["operation_id"], None
    return (withdrawn,) if withdrawn else ()


def close_question(task: Task) -> None:
    task["asks"], task["choices"], task["offer"], task["refused"] = None, [], None, {}


def branch(task: Task, desk: Desk) -> None:
    """The tool that the slots call for; what it does not take is dead and goes."""
    slots = task["slots"]
    if task["tool"] in PAYMENT_TOOLS and task["intent"] != OwnIntent.CREATE_STANDING_ORDER:
        if "frequency" not in slots and slots.get("date") == desk.today.isoformat():
            del slots["date"]
        tool = next(branch.tool for branch in PAYMENTS if not branch.takes or branch.takes & slots.keys())
        if tool == "pay_payee" and task["own"] and "payee" not in slots:
            tool = "transfer_between_accounts"
        is_now = tool in ("pay_payee", "transfer_between_accounts")
        task["tool"] = "schedule_payment" if is_now and task["later"] else tool
    task["slots"] = desk.specs[task["tool"]].kept(slots)


def take_turn(task: Task, text: str) -> None:
    if task["tool"] not in PAYMENT_TOOLS:
        return
    if _TO_OWN.search(text):
        task["own"] = True
    if _LATER.search(text):
        task["later"] = True
    elif _NOW.search(text) and task["tool"] == "schedule_payment":
        task["later"] = False
        task["slots"].pop("date", None)
    if _ONCE.search(text) and task["slots"].pop("frequency", None):
        task["slots"].pop("end_date", None)
        task["intent"] = OwnIntent.MAKE_TRANSFER.value


def turns_payment(task: Task, heard: Heard) -> bool:
    """Whether the message moves a payment to another branch without naming anything: "schedule it", "no, now"."""
    if task["tool"] not in PAYMENT_TOOLS or not (heard.intent in PAYMENT_INTENTS or is_short(heard)):
        return False
    is_later = bool(task["slots"].get("date")) or bool(task["later"])
    turns_later = bool(_LATER.search(heard.text)) and not is_later
    turns_now = bool(_NOW.search(heard.text)) and is_later and task["tool"] == "schedule_payment"
    return turns_later or turns_now or (bool(_ONCE.search(heard.text)) and "frequency" in task["slots"])


def changes(heard: Heard) -> bool:
    if any(mention.corrects for mention in heard.mentions) or _CHANGES.search(heard.text):
        return True
    is_request = begins_request(plain(heard.text)) and heard.is_clear and heard.confidence >= _VERY_SURE
    return bool(_MAY_CHANGE.search(heard.text)) and not is_request


def replaces(task: Task, heard: Heard) -> bool:
    """Whether it names what the task has and something else of its kind: "change Maria to John"."""
    said = [mention for mention in heard.mentions if not mention.negated]
    return len(without_replaced(said, task["slots"])) < len(said)


def is_short(heard: Heard) -> bool:
    return len(heard.text.split()) <= _SHORT


def is_same(one: str, other: str) -> bool:
    return one == other or {one, other} <= PAYMENT_TOOLS


def slots_of(tool: str, desk: Desk) -> tuple[Slot, ...]:
    """Of the tool, or of all the tools that it may turn into."""
    tools = FAMILIES["make_transfer"] if tool in PAYMENT_TOOLS else (tool,)
    slots = {slot.name: slot for name in tools if name in desk.specs for slot in desk.specs[name].slots}
    return tuple(slots.values())


def values_in(task: Task, heard: Heard, text: str, desk: Desk) -> dict[str, Any]:
    mentions = heard.mentions if text == heard.text else only(heard, text).mentions
    # "half of that" may be of what was too much.
    given = task["refused"] | task["slots"]
    return fill(slots_of(task["tool"], desk), mentions, text, today=desk.today, given=given, asked=task["asks"])


def only(heard: Heard, rest: str) -> Heard:
    """The message without its beginning."""
    start = len(heard.text) - len(rest)
    mentions = tuple(
        replace(mention, start=mention.start - start, end=mention.end - start)
        for mention in heard.mentions
        if mention.start >= start
    )
    return replace(heard, text=rest, mentions=mentions)


def open_question(task: Task, spec: Spec, desk: Desk) -> str:
    if task["operation_id"] and desk.pending:
        return words.still_waits(desk.pending)
    offer = task["offer"]
    if offer:
        return words.unknown_payee(str(offer["slots"].get("name", "")), task["choices"])
    return words.question(task, spec, task["asks"] or "")


def say_open(task: Task, said: str) -> Step:
    return Step(kind="say", route=route_of(task["intent"]), intent=task["intent"], words=said, asks=True)


def route_of(intent: str) -> str:
    return INTENT_ROUTES.get(intent, Route.OPERATION).value
