"""What "it" stands for after something was shown: "release it" after the payments that are held. The message is read
once more with that in its place, and counts as it was read where it then asks for what can be done with it."""

import re

from agent.dialogue.shapes import Dialogue, top
from agent.dialogue.tables import POINTED_AT

_IT = re.compile(r"(?i)\b(?:it|that|this|them|one)\b(?! (?:week|month|year|time|day)\b)")
_LONGEST = 8
"""Words of a message that leans on what was said before."""


def in_full(dialogue: Dialogue, text: str) -> tuple[str, frozenset[str]] | None:
    """The message with what it points at, and the intents that it may then have; None where it points at nothing."""
    last = dialogue["last"]
    if last is None or top(dialogue) or last["tool"] not in POINTED_AT or len(text.split()) > _LONGEST:
        return None
    thing, intents = POINTED_AT[last["tool"]]
    return (_IT.sub(thing, text), intents) if _IT.search(text) else None
