"""What a message does to the conversation itself, and what is left of it: "forget that, what's my balance?" stops, and
leaves a question. Words decide here about a yes and a no; what only explains or repeats is heard (`heard_act`)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, takewhile
from typing import Literal

from agent.dialogue.act_grammar import does, plain
from agent.dialogue.consent import agrees_throughout, is_yes, says_yes


class Act(StrEnum):
    """Values are intents, where there is one."""

    YES = "yes"
    NO = "no"
    CANCEL = "cancel_task"
    UNDO = "undo"
    """What was corrected was right before."""
    CHANGE = "change_answer"
    """Something is wrong, or shall be another, without its new value."""
    POSTPONE = "postpone"
    """Not now but later, without the day."""
    WAIT = "wait"
    WHY = "why_asked"
    WHAT = "what_is_that"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Said:
    act: Act | None
    rest: str
    """The message without the act; all of it where there is none."""
    is_conditional: bool = False
    """"yes, but ..."."""
    is_added: bool = False
    """"yes, and ..."."""


_PART = re.compile(
    r"\s*[,.;:!?…]+(?:\s+|$)|\s+[–—-]+\s+|\s+(?=(?:and|but|so|then|because|cos|coz|since|also|"
    r"instead)\s)",
    re.IGNORECASE,
)
"""Between the parts of a message that are looked at one by one."""
_SEPARATOR = r"(?:\s*[,.;:!?–—-]+\s*(?:(?:and|but|then|also|so|instead)\b)?\s*|\s+(?:and|but|then|also|instead)\s+)"
_LEAD = r"^(?:(?:ok(?:ay)?|oh|ah|um+|uh|erm?|well|hmm+|sorry|actually|please|hey|hi|right|so|look|haha|lol)[\s,.!-]+)*"
_CANCEL_BEFORE = re.compile(
    rf"{_LEAD}(?:(?:never ?mind|nvm)(?: (?:about )?(?:it|that))?|don'?t bother(?: with (?:it|that))?|"
    rf"(?:forget(?: about)?|scrap|drop|cancel|stop|abort|skip|leave) (?:it|that|this|everything|the whole thing)|"
    rf"i(?:'?ve| have)? changed my mind(?: about (?:it|that|this))?)(?=\s)(?!\s+(?:at|as|on|in|from|to|like|alone|"
    rf"until|till?|with|for)\b)",
    re.IGNORECASE,
)
"""Stops, and goes on without a pause: "never mind show me my cards"."""
_NO_BEFORE = re.compile(
    rf"{_LEAD}(?:no+|nope|nah)(?! (?:idea|clue|one|problem|worries|matter|way|more|need|longer|doubt|other|"
    rf"fees?)\b)(?:[\s,.!]+"
    rf"(?:no|nope|thanks|thank you|cheers|please))*(?={_SEPARATOR}|\s)",
    re.IGNORECASE,
)
_PICTURES = re.compile(r"[^\w\s.,;:!?'\"£$€%()\[\]/@&+#*–—…-]")
_TAKEN_OFF = re.compile(rf"^(?:{_SEPARATOR}|[\s,.;:!?…-]+|(?:so|because|cos|coz|since)\s+)+", re.IGNORECASE)
_POLITE_REST = re.compile(r"^(?:please|thanks|thank you|cheers|then|now|mate|sorry)?[\s.!?]*$", re.IGNORECASE)
_LONGEST_ACT = 20
"""Words of a part that can be an act."""
_MOST_PARTS = 12
_Part = Act | Literal["silent"] | None
"""What a part of a message does; "well" and "you know what" are silent, None says something else."""


def find_answer(
    text: str, *, just_asked: bool, verb: str = "", nouns: Iterable[str] = ()
) -> Literal["approve", "deny"] | None:
    """A message that is nothing but a yes or a no.

    Args:
        just_asked: the proposal was the last thing said.
        verb: what it would do, for "yes, cancel it".
        nouns: what it is called, for "forget the payment".
    """
    said = _tidy(text)
    if is_yes(said, just_asked=just_asked, verb=verb, nouns=(*nouns,)):
        return "approve"
    acts = {_act_of(part, tuple(nouns), in_task=True) for _, part in _parts(said)} - {"silent", Act.WAIT}
    return "deny" if acts and acts <= {Act.NO, Act.CANCEL} else None


def read_act(text: str, *, in_task: bool, verb: str = "", nouns: Iterable[str] = ()) -> Said:
    """The act that the message begins with.

    Args:
        in_task: a task is open, so that "cancel the payment" can mean it.
        verb: what the open proposal would do.
        nouns: what the open task is called.
    """
    said = _tidy(text)
    if is_yes(said, just_asked=True, verb=verb, nouns=(*nouns,)):
        return Said(Act.YES, "")
    if end := _leading_yes(said, verb):
        rest = said[end:]
        return Said(
            Act.YES,
            _rest(rest),
            is_conditional=bool(re.match(r"[\s,.;:!-]*(?:but|if|only|as long|unless|except)\b", rest, re.I)),
            is_added=bool(re.match(r"[\s,.;:!-]*(?:and|then|also)\b", rest, re.I)),
        )
    return _by_parts(said, tuple(nouns), in_task=in_task) or Said(None, text)


def _leading_yes(said: str, verb: str) -> int | None:
    """Where a yes ends with which the message begins, of one that goes on; None where it does not begin so, or asks:
    "yes? what would happen then?"."""
    start = end = 0
    for after, part in _parts(said):
        if not agrees_throughout(part, verb):
            break
        start, end = after, start + len(part)
    is_asked = "?" in said[: end + 1]
    return end if start and not is_asked and says_yes(said[:end]) else None


def _by_parts(said: str, nouns: tuple[str, ...], *, in_task: bool) -> Said | None:
    """The first part that stops or takes back, with nothing before it but "no" or "wait". Else how the message begins,
    or how it ends: "I don't have it here, cancel"."""
    parts = [(end, _act_of(part, nouns, in_task=in_task)) for end, part in _parts(said)]
    leading = list(takewhile(lambda part: part[1] is not None, parts))
    for place, (end, act) in enumerate(leading):
        if act in (Act.CANCEL, Act.UNDO):
            more = takewhile(lambda part: part[1] in (Act.CANCEL, Act.NO, "silent"), leading[place + 1 :])
            return Said(act, _rest(said[max([end, *(after for after, _ in more)]) :]))
    acts = [act for _, act in leading if isinstance(act, Act)]
    rest = _rest(said[leading[-1][0] :]) if leading else said
    if Act.NO in acts and (rest or acts[-1] is not Act.WAIT):
        return Said(Act.NO, rest)
    if found := _without_a_pause(said, nouns, in_task=in_task):
        return found
    if Act.WHAT in acts and len(leading) == len(parts):
        return Said(Act.WHAT, "")
    last = parts[-1][1] if parts else None
    if last is Act.CANCEL or (last is Act.NO and not said.endswith("?")):
        return Said(last, "")
    if Act.WAIT in acts:
        return Said(Act.WAIT, rest)
    return Said(Act.WAIT, said) if last is Act.WAIT else None


def _without_a_pause(said: str, nouns: tuple[str, ...], *, in_task: bool) -> Said | None:
    if match := _CANCEL_BEFORE.match(said):
        return Said(Act.CANCEL, _rest(said[match.end() :]))
    if match := _NO_BEFORE.match(said):
        rest = _rest(said[match.end() :])
        again = _by_parts(rest, nouns, in_task=in_task)
        return again if again and not (again.act is Act.WAIT and again.rest) else Said(Act.NO, rest)
    return None


def _act_of(part: str, nouns: tuple[str, ...], *, in_task: bool) -> _Part:
    if len(part.split()) > _LONGEST_ACT:
        return None
    words = plain(part).split()
    if not words:
        return "silent"
    if does("UNDO", words, nouns):
        return Act.UNDO
    if does("REFUSE", words, nouns):
        return Act.NO
    is_told = in_task and does("CANCEL_TASK", words, nouns) and not does("SAYS_TOO_LITTLE", words, nouns)
    if is_told or does("CANCEL", words, nouns):
        return Act.CANCEL
    if in_task and does("HELP", words, nouns):
        return Act.WHAT
    return Act.WAIT if does("WAIT", words, nouns) else None


def _parts(said: str) -> Iterator[tuple[int, str]]:
    """(where it ends, what it says) of each part that has words."""
    start = 0
    for match in islice(_PART.finditer(said), _MOST_PARTS):
        if said[start : match.start()].strip():
            yield match.end(), said[start : match.start()]
        start = match.end()
    if said[start:].strip():
        yield len(said), said[start:]


def _rest(text: str) -> str:
    rest = _TAKEN_OFF.sub("", text).strip()
    return "" if _POLITE_REST.match(rest) else rest


def _tidy(text: str) -> str:
    """Without pictures, which say a yes and a no as well as nothing."""
    return " ".join(_PICTURES.sub(" ", text.replace("’", "'")).split())
