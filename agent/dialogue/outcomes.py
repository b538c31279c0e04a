"""What a tool's answer means for the task that called it: a proposal waits, a question is open, or the task is over."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from agent.dialogue import words
from agent.dialogue.desk import Desk
from agent.dialogue.request_words import spoken_of
from agent.dialogue.residue import words as words_of
from agent.dialogue.shapes import Dialogue, Done, Offer, Task, new_task, top
from agent.dialogue.specs import Spec
from agent.dialogue.tables import (
    ASKS_AGAIN,
    ASKS_AGAIN_OF,
    DROPS,
    GOES_OVER,
    MAY_FIT_LATER,
    NEEDS_ONE,
    PAYMENT_TOOLS,
    UNCLEAR_AS,
)

_UNCLEAR = "_unclear"
_NEW_PAYEE = "add_payee"


class Answered(NamedTuple):
    """A tool's result as JSON, or its error."""

    result: dict[str, Any] | None
    error_code: str | None = None
    faults: Sequence[tuple[str, str]] = ()
    """Slots that the tool's type refuses, each with the reason (Spec.faults)."""

    @property
    def code(self) -> str:
        return str((self.result or {}).get("status") or self.error_code or "")


class Settled(NamedTuple):
    dialogue: Dialogue
    instead: str | None = None
    """What is said in place of the result."""
    question: str | None = None
    """What is asked after the result has been told."""


def settle(dialogue: Dialogue, tool: str, answered: Answered, desk: Desk) -> Settled:
    """Of a call that was made for the open task; of any other call nothing follows."""
    changed = deepcopy(dialogue)
    task = top(changed)
    if task is None or task["tool"] != tool:
        return Settled(changed)
    spec, code = desk.specs[tool], answered.code
    if code == "confirmation_needed" and answered.result:
        task["operation_id"] = str(answered.result["operation_id"])
        task["asks"], task["choices"], task["offer"] = None, [], None
        return Settled(changed)
    for slot, reason in answered.faults:
        if slot in task["slots"]:
            del task["slots"][slot]
            task["asks"], task["choices"] = slot, []
            return Settled(changed, instead=f"{words.not_valid(slot, reason)} {words.question(task, spec, slot)}")
    if not code:
        # Arguments that a model got wrong: it may try again.
        return Settled(changed)
    if code.endswith(_UNCLEAR) and answered.result:
        return _unclear(changed, task, spec, answered.result, desk)
    if (following := GOES_OVER.get((tool, code))) and _is_known(following[0], task, desk):
        changed["stack"][-1] = _over_to(*following, task, desk)
        return Settled(changed)
    slot = _slot_to_ask(code, spec)
    if slot is not None:
        return _refused(changed, task, spec, code, slot)
    changed["stack"].pop()
    changed["about"] = spoken_of(task) or changed["about"]
    if answered.result and (code == "found" or "message" not in answered.result):
        changed["last"] = Done(tool=tool, intent=task["intent"], slots=task["slots"])
    return Settled(changed)


def ended(dialogue: Dialogue, operation_id: str, *, completed: bool) -> Dialogue:
    """The customer decided on a proposal: its task is over, and what it made possible is known to the one below."""
    changed = deepcopy(dialogue)
    stack = changed["stack"]
    for index, task in enumerate(stack):
        if task["operation_id"] != operation_id:
            continue
        del stack[index]
        if completed:
            changed["last"], changed["done"] = Done(tool=task["tool"], intent=task["intent"], slots={}), task["tool"]
            if task["tool"] == _NEW_PAYEE:
                changed["about"]["payee"] = task["slots"]["name"]
            below = stack[index - 1] if index else None
            if below and below["offer"] and below["offer"]["tool"] == task["tool"]:
                below["slots"][below["asks"] or "payee"] = task["slots"]["name"]
                below["asks"], below["choices"], below["offer"] = None, [], None
        break
    return changed


def handed_over(dialogue: Dialogue) -> Dialogue:
    """A colleague goes on: what was open here is put aside, so that no later yes can be to that."""
    return {**dialogue, "stack": [], "queue": []}


def withdrawn(dialogue: Dialogue, operation_id: str) -> Dialogue:
    """A proposal that another one took the place of has to be prepared again, should its task come back."""
    changed = deepcopy(dialogue)
    for task in changed["stack"]:
        if task["operation_id"] == operation_id:
            task["operation_id"] = None
    return changed


def _unclear(changed: Dialogue, task: Task, spec: Spec, result: dict[str, Any], desk: Desk) -> Settled:
    slot = str(result["status"]).removesuffix(_UNCLEAR)
    slot = UNCLEAR_AS.get(slot, slot)
    slot = slot if spec.find(slot) else next(iter(task["slots"]), slot)
    if not result["choices"] and slot in words.NONE_OF and not desk.own.of(slot):
        # There is nothing to choose from, so the question would never end.
        changed["stack"].pop()
        told = str(result["message"])
        return Settled(changed, instead=words.NONE_OF[slot] if told.endswith("?") else told)
    said, choices = task["slots"].pop(slot, None), [str(each) for each in result["choices"]]
    task["asks"], task["choices"], task["offer"] = slot, choices, None
    if (
        slot == "payee"
        and said
        and spec.name in PAYMENT_TOOLS
        and _NEW_PAYEE in desk.specs
        and not _named(said, choices)
    ):
        task["offer"] = Offer(tool=_NEW_PAYEE, slots={"name": str(said)})
        return Settled(changed, instead=words.unknown_payee(str(said), choices))
    return Settled(changed)


def _named(said: Any, choices: list[str]) -> bool:
    """Whether several answer to what was said, rather than none."""
    return any(set(words_of(str(said))) & set(words_of(choice)) for choice in choices)


def _is_known(tool: str, task: Task, desk: Desk) -> bool:
    """Whether the customer said something that the other tool takes."""
    return tool in desk.specs and bool(desk.specs[tool].kept(task["slots"]))


def _over_to(tool: str, known: Mapping[str, str], task: Task, desk: Desk) -> Task:
    return new_task(tool, tool, {**desk.specs[tool].kept(task["slots"]), **known})


def _slot_to_ask(code: str, spec: Spec) -> str | None:
    slot = ASKS_AGAIN_OF.get((spec.name, code)) or ASKS_AGAIN.get(code)
    if slot == "":
        slot = next((alternatives[0] for alternatives in NEEDS_ONE.get(spec.name, ())), None)
    return slot if slot is not None and spec.find(slot) else None


def _refused(changed: Dialogue, task: Task, spec: Spec, code: str, slot: str) -> Settled:
    dropped = {name: task["slots"].pop(name) for name in DROPS.get(slot, (slot,)) if name in task["slots"]}
    task["asks"], task["choices"], task["operation_id"] = slot, [], None
    task["refused"] = dropped if code in MAY_FIT_LATER else {}
    return Settled(changed, question=words.question(task, spec, slot))
