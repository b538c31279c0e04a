"""What a line that a tool offered stands for, where it is more than the value of the slot that was asked for: a payment
is found again by its day, merchant and amount, a dispute by its number."""

import re
from datetime import datetime
from typing import Any

from agent.dialogue.fill import find_word
from agent.dialogue.specs import Form, Spec
from agent.dialogue.tables import CHOICES


def values_of_choice(spec: Spec, slot: str, choice: str) -> dict[str, Any] | None:
    """Slot values; None where the choice is itself the value."""
    found = spec.find(slot)
    if found is not None and found.form is Form.WORD and choice not in found.values:
        value = find_word(slot, found.values, choice)
        return None if value is None else {slot: value}
    match = re.fullmatch(CHOICES[spec.name], choice) if spec.name in CHOICES else None
    return {name: _value(name, said) for name, said in match.groupdict().items()} if match else None


def _value(name: str, said: str) -> str:
    if name == "date":
        return datetime.strptime(said, "%d %B %Y").date().isoformat()  # noqa: DTZ007
    return said.replace(",", "") if name == "amount" else said
