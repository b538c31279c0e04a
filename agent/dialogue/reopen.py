"""Something is wrong and its new value was not said: "that's the wrong person", "can I change the date?". What is meant
is asked for again, and no proposal with the wrong one stands meanwhile."""

import re
from collections.abc import Mapping
from dataclasses import replace

from agent.dialogue import words
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.progress import ask, close_question, say_open, slots_of, withdraw
from agent.dialogue.shapes import Step, Task
from agent.dialogue.tables import DROPS

_CALLED: Mapping[str, str] = {
    "amount": r"amount|sum|figure|how much|price|too (?:much|little)",
    "payee": r"payee|person|recipient|who|whom|beneficiary|bloke|guy|woman|man|name",
    "to_account": r"account",
    "account": r"account|(?:pay|paid|take|taken|come|comes|coming|go|goes|out) (?:it )?(?:from|out)",
    "iban": r"iban|(?:account |bank )?details|account number|account|sort code|number",
    "sort_code": r"sort code",
    "account_number": r"account number",
    "date": r"date|day|when|time",
    "end_date": r"(?:end|last|final) (?:date|day)|until",
    "time": r"time|hour|when",
    "frequency": r"how often|frequency|interval",
    "months": r"months|term|how long|duration|years",
    "reference": r"reference|message|note",
    "branch": r"branch|place|where",
    "text": r"text|story|words",
}
"""How customers name a slot, where not by its own name."""


def reopen(task: Task, heard: Heard, desk: Desk) -> Step:
    """Asks again for the value that is meant; where several could be, which one."""
    slot = _meant(task, heard, desk)
    if slot is None:
        asked = words.with_choices(words.WHAT_TO_CHANGE, [words.called(name) for name in _set(task, desk)])
        return say_open(task, asked)
    withdrawn = withdraw(task)
    before = dict(task["slots"])
    for name in DROPS.get(slot, (slot,)):
        task["slots"].pop(name, None)
    close_question(task)
    task["before"] = before
    return replace(ask(task, slot, desk), withdraw=withdrawn)


def _meant(task: Task, heard: Heard, desk: Desk) -> str | None:
    said = _set(task, desk)
    named = [
        name for name in said if re.search(rf"(?i)\b(?:{_CALLED.get(name, name.replace('_', ' '))})\b", heard.text)
    ]
    return next(iter(named), None) or (said[0] if len(said) == 1 else None)


def _set(task: Task, desk: Desk) -> list[str]:
    """Slots that have a value, of those that go together only the first; what is just asked for is none."""
    names = [
        slot.name for slot in slots_of(task["tool"], desk) if slot.name in task["slots"] and slot.name != task["asks"]
    ]
    beside = {other for name in names for other in DROPS.get(name, ())[1:]}
    return [name for name in names if name not in beside]
