"""Another of what was offered than the one that was proposed: "no, the other one", "not that one, the second"."""

import re
from dataclasses import replace

from agent.dialogue.choices import pick
from agent.dialogue.desk import Desk, Heard
from agent.dialogue.progress import ask, take, withdraw
from agent.dialogue.residue import residue
from agent.dialogue.shapes import Step, Task

_OTHER = re.compile(
    r"(?i)\b(?:the other(?:s| ones?)?|other ones?|another one|a different one|the wrong one|"
    r"wrong (?:card|account|one|person|payee)|"
    r"not (?:that|this)(?: one| card| account)?)\b"
)
_MOST_UNKNOWN = 1
"""Words beside "the other one"."""


def choose_again(task: Task, heard: Heard, desk: Desk) -> Step | None:
    """The step with another choice; None where the message chooses none, or nothing was proposed after a choice."""
    if not task["operation_id"] or "offered" not in task:
        return None
    slot, choices = task["offered"]
    left = _left(choices, task["slots"].get(slot), heard, desk)
    if not left:
        return None
    withdrawn = withdraw(task)
    if len(left) == 1:
        return replace(take(task, {slot: left[0]}, desk, heard), withdraw=withdrawn)
    task["slots"].pop(slot, None)
    task["asks"], task["choices"] = slot, left
    return replace(ask(task, slot, desk), withdraw=withdrawn)


def _left(choices: list[str], chosen: object, heard: Heard, desk: Desk) -> list[str]:
    # What was chosen may be kept in the customer's words: "platinum".
    others = [choice for choice in choices if str(chosen).casefold() not in choice.casefold()]
    text = _OTHER.sub(" ", heard.text)
    picked = pick(choices, text, heard.mentions, described=desk.own.described)
    if picked and picked.is_whole:
        return [choice for choice in picked.choices if choice in others]
    says_nothing = len(residue(text, [mention for mention in heard.mentions if mention.kind != "no"])) <= _MOST_UNKNOWN
    return others if text != heard.text and says_nothing else []
