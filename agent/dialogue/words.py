"""The sentences that only the dialogue manager says: questions, reasons for them, and where we are."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from agent.dialogue.questions import QUESTIONS, QUESTIONS_OF, WHAT, WHY
from agent.dialogue.shapes import Task
from agent.dialogue.specs import Slot, Spec

STOPPED = "All right, I have stopped that. Nothing has changed."
NOTHING_OPEN = "All right. There is nothing under way that I would have to stop."
TAKE_YOUR_TIME = "Take your time."
NOT_UNDERSTOOD = "I'm sorry, I did not understand that."
YES_OR_NO = "Shall I go ahead? Please say yes or no."
NOTHING_ASKED = "I have not asked you anything just now. What can I do for you?"
WHAT_TO_CHANGE = "What is wrong? Tell me what it should be instead."
TO_A_PERSON = "I'm sorry that I do not understand you. A colleague can take over from here."
DONE_ALREADY = "That is done already, there is nothing more to confirm."
HANDED_OVER = (
    "Your request is with a colleague already. If it is settled, just tell them so. Nothing else is under way."
)
PUT_ASIDE = "What we were doing here I have put aside; nothing of it was done."
WHICH_TASK = "What would you like to do?"
HELP = (
    "I'm not sure what you mean. I can look up your accounts, cards, payments and spending, make and schedule "
    "payments, "
    "freeze or replace a card, and answer questions about our services. Please tell me in a few more words."
)
HELP_VISITOR = (
    "I'm not sure what you mean. I can answer questions about our accounts, cards, payments and fees. Please tell me "
    "in "
    "a few more words."
)
_ENGLISH_ONLY = {
    "cy": "Mae'n ddrwg gen i, dim ond Saesneg rydw i'n ei deall.",
    "de": "Leider verstehe ich nur Englisch.",
    "es": "Lo siento, solo entiendo inglés.",
    "fr": "Désolé, je ne comprends que l'anglais.",
    "it": "Mi dispiace, capisco solo l'inglese.",
    "nl": "Sorry, ik begrijp alleen Engels.",
    "pl": "Przepraszam, rozumiem tylko język angielski.",
    "pt": "Desculpe, só entendo inglês.",
    "ro": "Îmi pare rău, înțeleg doar limba engleză.",
}
_CAN_DO = (
    "I can only help in English so far. In English I answer questions about our services, and once you have logged "
    "in I "
    "look up your accounts, cards and payments, and prepare payments and changes for you."
)
_NO_ACCOUNTS = "You have no accounts with us yet."
NONE_OF: Mapping[str, str] = {
    "card": "You have no cards with us yet.",
    "account": _NO_ACCOUNTS,
    "to_account": _NO_ACCOUNTS,
}
"""What is said to whoever has none of what a slot takes one of."""
_BEGINS = re.compile(r"^Prepare\s+")
_ISO_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(.*)$")


def only_english(language: str) -> str:
    """What we can do for somebody who wrote in another language."""
    return " ".join(filter(None, [_ENGLISH_ONLY.get(language), _CAN_DO]))


def question(task: Task, spec: Spec, slot: str) -> str:
    """What is asked for a slot, with what was offered for it."""
    asked = QUESTIONS_OF.get((spec.name, slot)) or QUESTIONS.get(slot) or _from_registry(spec.find(slot), slot)
    return with_choices(asked, task["choices"]) if task["asks"] == slot else asked


def with_choices(asked: str, choices: list[str]) -> str:
    return asked + ("\n\n" + "\n".join(f"- {_choice(each)}" for each in choices) if choices else "")


def why(slot: str) -> str:
    return WHY.get(slot, "I need it to do what you asked for.")


def what(spec: Spec, slot: str) -> str:
    found = spec.find(slot)
    return WHAT.get(slot) or (found.description if found and found.description else "It is what I need to go on.")


def goal(spec: Spec) -> str:
    """What the customer wanted: "to freeze a card", "a payment to a payee"."""
    said = _BEGINS.sub("", spec.tool.title)
    return said if said != spec.tool.title else f"to {said[:1].lower()}{said[1:]}"


def option(spec: Spec) -> str:
    """A task as a line of a list."""
    said = _BEGINS.sub("", spec.tool.title).removeprefix("to ")
    return said[:1].upper() + said[1:]


def back(spec: Spec, asked: str) -> str:
    return f"Back to your request ({goal(spec)}). {asked}"


def still_waits(pending: dict[str, Any]) -> str:
    code = " with the security code" if pending["step_up"] else ""
    return f"{pending['summary']}: this still waits for your confirmation{code}. Nothing has changed yet."


def unknown_payee(name: str, choices: list[str]) -> str:
    known = f" Or name one of yours: {', '.join(choices)}." if choices else ""
    return f"You have no payee called {name}. Shall I add {name} as a new payee?{known}"


def not_valid(slot: str, reason: str) -> str:
    said = reason[:1].upper() + reason[1:] if reason else f"That {_spoken(slot)} is not one that I can use"
    return said if said.endswith((".", "?", "!")) else f"{said}."


def _from_registry(slot: Slot | None, name: str) -> str:
    return f"What is the {_spoken(name)}?" if slot is None or not slot.values else _one_of(slot)


def _one_of(slot: Slot) -> str:
    known = [value.replace("_", " ") for value in slot.values]
    return f"Which {_spoken(slot.name)}: {', '.join(known[:-1])} or {known[-1]}?"


def called(slot: str) -> str:
    return f"the {_spoken(slot)}"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _choice(choice: str) -> str:
    if match := _ISO_DAY.match(choice):
        day = date.fromisoformat(match[1])
        return f"{day:%A} {day.day} {day:%B %Y}{match[2]}"
    return choice[:1].upper() + choice[1:]
