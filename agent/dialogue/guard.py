"""The guard rail of language models: what a model wants to prepare is a suggestion for the open task. The words of the
customer go before it."""

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from agent.dialogue.desk import Desk
from agent.dialogue.progress import branch
from agent.dialogue.residue import words
from agent.dialogue.shapes import Dialogue, top
from agent.dialogue.specs import Form, Slot
from agent.dialogue.tables import PAYMENT_TOOLS
from agent.release import figures

_FREE = ("date", "end_date", "time", "frequency", "currency", "to_currency")
"""Slots that are worked out from words rather than copied: a wrong one is seen in the confirmation."""


def guarded(
    dialogue: Dialogue, tool: str, arguments: dict[str, Any], said: Iterable[str], desk: Desk
) -> tuple[Dialogue, str, dict[str, Any]]:
    """The call as it may be made: the tool that the stack stands at, with the values of the customer, and of the
    model's only those that the customer said.

    Args:
        said: the customer's messages of this conversation.
    """
    changed = deepcopy(dialogue)
    task = top(changed)
    if task is None or not (task["tool"] == tool or {task["tool"], tool} <= PAYMENT_TOOLS):
        return dialogue, tool, arguments
    spec, text = desk.specs[tool], "\n".join(said)
    unknown = {name: value for name, value in arguments.items() if spec.find(name) is None}
    for name, value in arguments.items():
        slot = spec.find(name)
        if slot is not None and name not in task["slots"] and _was_said(slot, value, text):
            task["slots"][name] = value
    branch(task, desk)
    # What no tool knows is refused by the tool, so that the model hears of it.
    return changed, task["tool"], task["slots"] | unknown


def _was_said(slot: Slot, value: Any, text: str) -> bool:
    if slot.form is not Form.TEXT or slot.name in _FREE:
        return True
    if not isinstance(value, str):
        return False
    if found := figures(value):
        return found <= figures(text)
    known = set(words(text))
    return bool(re.search(r"\w", value)) and any(word in known for word in words(value))
