"""Personal data that an open task still needs, such as the sort code before the account number: sealed in the state for
as long as the task names it."""

import re
from typing import Any

from agent.dialogue.shapes import Dialogue
from agent.state import State, Turn

_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")


def unseal(state: State, turn: Turn) -> None:
    """Puts what an open task needs behind its placeholders again."""
    for placeholder, sealed in state.get("sealed", {}).items():
        if original := turn.parts.seal.find(sealed):
            turn.placeholders.originals[placeholder] = original


def seal(dialogue: Dialogue, turn: Turn) -> dict[str, str]:
    """Sealed originals by placeholder, of those that stand in the slots of a task."""
    needed = {name for task in dialogue["stack"] for name in _named({**task["slots"], **(task["before"] or {})})}
    originals = turn.placeholders.originals
    return {name: turn.parts.seal.close(originals[name]) for name in sorted(needed) if name in originals}


def _named(slots: dict[str, Any]) -> list[str]:
    return [name for value in slots.values() if isinstance(value, str) for name in _PLACEHOLDER.findall(value)]
