"""What the words around a mention make of it: "not the first" is negated, "no, 55" corrects."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.understanding.slots.mention import Kind, Mention
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.phrases import one_of

_THEM = r"(?:it|that|this|them)"
_NEGATION = rf"\b(?:{one_of('negations')})"
_DO_NOT = (
    rf"\b(?:do|did)(?:n['’]?t|\s+not)\s+(?:{one_of('do_not')})"
    # "I don't want to pay John"
    r"(?:\s+to(?:\s+(?:pay|send|use|transfer))?)?"
)
_NOT = re.compile(rf"(?:{_NEGATION}|{_DO_NOT})\s+(?:(?:{one_of('small')})\s+)*$", re.IGNORECASE)
_NOT_ENOUGH = re.compile(r"\bnot\s+(?:more|less|only|just)\b", re.IGNORECASE)
_CUES = (
    # "no, 55", "oh no 55"
    rf"(?:^|[.!?;,]\s*|\b(?:{one_of('before_refusal')})\s+)(?:{one_of('refusals')})\b(?!\s+(?:{one_of('refusal_goes_on')})\b)",
    rf"\b(?:{one_of('cues')})\b",
    rf"\b(?:i|we)\s+(?:{one_of('says')})\b",
    rf"\b(?:{one_of('makes')})\s+{_THEM}\b",
    rf"\b(?:{one_of('ought')})\s+(?:{one_of('ought_be')})\b",
    rf"\b(?:{one_of('changes')})\s+(?:{one_of('changed')})\b",
)
_CUE = re.compile("|".join(_CUES), re.IGNORECASE)
_CLAUSE = re.compile(rf"[!?;]|\.(?:\s|$)|\b(?:{one_of('clause')})\b", re.IGNORECASE)
_AFTERWARDS = re.compile(rf"\s*(?:,\s*)?(?:please\s+)?(?:{one_of('afterwards')})\b(?!\s+of\b)", re.IGNORECASE)
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
