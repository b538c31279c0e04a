"""What the words around a mention make of it: "not the first" is negated, "no, 55" corrects."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.understanding.slots.mention import Kind, Mention
from agent.understanding.slots.nearby import just_before

_NOT = re.compile(
    r"(?:\b(?:not|neither|nor|isn'?t|wasn'?t|ain'?t|except(?:\s+for)?|rather\s+than|instead\s+of|but\s+not|never|other\s+than|anything\s+but|did\s+i\s+say)"
    r"|\b(?:don'?t|do\s+not|didn'?t|did\s+not)\s+(?:mean|want(?:\s+it)?|pay|send(?:\s+it)?|use|take(?:\s+it)?|transfer(?:\s+it)?|do)(?:\s+to(?:\s+(?:pay|send|use|transfer))?)?)"
    r"\s+(?:(?:to|from|for|the|my|on|at|in|into|with|a|an|on\s+the|pay|paying)\s+)*$",
    re.IGNORECASE,
)
_NOT_ENOUGH = re.compile(r"\bnot\s+(?:more|less|only|just)\b", re.IGNORECASE)
_CUE = re.compile(
    r"(?:^|[.!?;,]\s*|\b(?:oh|wait|and|but|ah|hmm|well|um)\s+)(?:no+|nope|nah)\b(?!\s+(?:idea|problem|one|longer|fees?|more)\b)"
    r"|\b(?:actually|sorry|oops|whoops|wait|hang\s+on|hold\s+on|correction|apologies|my\s+(?:mistake|bad)|scratch\s+that|on\s+second\s+thoughts?)\b"
    r"|\b(?:i|we)\s+(?:meant?|said|wanted|intended)\b|\b(?:make|set|let'?s\s+make|let'?s\s+say|better\s+make)\s+(?:it|that|this|them)\b|\bit\s+(?:should|must|was|is)\b|\bit'?s\b"
    r"|\b(?:should|must|ought\s+to|supposed\s+to)\s+(?:be|have\s+been|read|say|go)\b|\b(?:change|switch|correct|update|amend|alter|bump|raise|increase|lower|reduce|swap)\s+(?:it|that|this|the\s+(?:amount|date|payee|account|reference|recipient|name|currency|day|sum|card|period|frequency))\b"
    r"|\b(?:rather|instead)\b|\bnot\s+(?:that|this)\b|\bbut\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[!?;]|\.(?:\s|$)|\b(?:why|how|what|when|who|whether|if|then|also|first)\b", re.IGNORECASE)
_AFTERWARDS = re.compile(
    r"\s*(?:,\s*)?(?:please\s+)?(?:instead|rather|actually|i\s+me(?:an|ant)|i\s+said)\b(?!\s+of\b)", re.IGNORECASE
)
_JOINS = re.compile(r"\W*(?:(?:and|on|to|from|for|the|at)\s+)*", re.IGNORECASE)
_NOT_BEFORE = re.compile(r"\b(?:not|n't|no)\b", re.IGNORECASE)
_AFTER_NO = re.compile(r"\bno,?\s+(?:(?:it'?s|wait|sorry|make\s+it|i\s+mean|to|for|from|on)\s+)*$", re.IGNORECASE)
""" "pay 45 no 54": without a comma only right before what corrects."""
_FAR = 120
"""Characters between a cue and what it corrects, at most."""
_GROUPS: tuple[tuple[Kind, ...], ...] = (
    ("payee", "name", "merchant", "account"),
    ("amount", "number"),
    ("date", "period"),
    ("card", "ordinal"),
)
_ALIKE = {kind: group for group in _GROUPS for kind in group}
"""Kinds of which one can stand in the place of another: "to Maria, not John", "not 50 but 55"."""


def in_context(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions with ``negated`` and ``corrects``."""
    cues = [match for match in _CUE.finditer(text) if _is_cue(text, match)]
    ends = [match.end() for match in cues]
    negated = {number for number, mention in enumerate(mentions) if _is_negated(text, mention)}
    alike = {kind for number in negated for kind in _ALIKE.get(mentions[number].kind, (mentions[number].kind,))}
    instead = _all_instead(text, mentions)
    for number, mention in enumerate(mentions):
        before = bisect_right(ends, mention.start)
        if number in negated:
            yield replace(mention, negated=True)
        elif (
            number in instead
            or mention.kind in alike
            or _is_corrected(text, mention, cues[before - 1] if before else None)
        ):
            yield replace(mention, corrects=True)
        else:
            yield mention


def _all_instead(text: str, mentions: Sequence[Mention]) -> set[int]:
    """Those of "120 and Friday instead", from the last back."""
    found: set[int] = set()
    for number in reversed(range(len(mentions))):
        mention = mentions[number]
        joins = number + 1 in found and _JOINS.fullmatch(text, mention.end, mentions[number + 1].start)
        if joins or _AFTERWARDS.match(text, mention.end):
            found.add(number)
    return found


def _is_cue(text: str, match: re.Match[str]) -> bool:
    """ "but" is one only after "not": "not 50 but 55"."""
    is_but = match[0].strip().lower() == "but"
    return not is_but or bool(_NOT_BEFORE.search(text, max(0, match.start() - _FAR), match.start()))


def _is_negated(text: str, mention: Mention) -> bool:
    match = just_before(_NOT, text, mention.start)
    return match is not None and not _NOT_ENOUGH.search(text, match.start(), mention.start)


def _is_corrected(text: str, mention: Mention, cue: re.Match[str] | None) -> bool:
    """A cue stands before it in its clause."""
    if just_before(_AFTER_NO, text, mention.start):
        return True
    if cue is None or mention.start - cue.end() > _FAR:
        return False
    return not _CLAUSE.search(text[cue.end() : mention.start].lstrip(" .!,;-"))
