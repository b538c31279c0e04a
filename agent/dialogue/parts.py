"""Which parts of a message are requests of their own. What only names something, greets or explains belongs to the one
before it: "Hi, send money. To Maria. 50 pounds." is one request, "pay Maria 20 and John 30" is two."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from agent.dialogue.act_grammar import plain
from agent.dialogue.acts import read_act
from agent.dialogue.residue import residue
from agent.understanding.clauses import begins_request, split_clauses
from agent.understanding.slots import Mention

_AND = re.compile(r"\s*,?\s+and\s+(?:also\s+)?|\s*[,;]\s*", re.IGNORECASE)
_COMMAND = re.compile(
    r"(?:pay|send|transfer|move|freeze|unfreeze|block|show|list|cancel|order|book|add|remove|delete|change|set|open|close|"
    r"report|activate|schedule|check|tell|give|find)\s+(?:me\s+|my\s+|the\s+|an?\s+|all\s+|[A-Z£$€\d])",
)
_SAME = re.compile(
    r"(?i)(?:please )?(?:block|stop|cancel|lock|do|send|pay|make|confirm|change|add|remove|delete|arrange|sort) "
    r"(?:it|that|this|them|him|her)\b(?: \w+){0,2}\W*$"
)
"""The request before in other words: "report my card lost and block it"."""
_CORRECTS = re.compile(r"(?i)(?:no|nah|sorry|wait|oops|rather|actually|i mean|i meant|make (?:it|that))\b")
"""What begins so is another value for the request before: "pay Maria 30, no, 40"."""
_RECIPIENTS = frozenset({"payee", "name"})
_EACH = re.compile(r"(?i)\s*\b(?:each|apiece|both(?: of)?)\b")
_NEXT = re.compile(r"\s*,?\s+(?:and|plus)\s+|\s*[,&]\s*", re.IGNORECASE)
_SHARED = re.compile(r"(?i)\b(?:between|among(?:st)?|split|shar(?:e|ing)|halve)\b")
"""One sum for all of them."""
_SOMEBODY = re.compile(
    r"(?!(?i:then|also|thanks?|please|cheers|that|it|so|the|for)\b)(?:my )?[^\W\d_][\w'’-]+(?: [A-Z][\w'’-]+){0,3}"
)


def parts_of(text: str, requests: Sequence[int], mentions: Sequence[Mention], lists: Iterable[str]) -> list[str]:
    """At least one, in order. One that leaves out its verb gets that of the one before.

    Args:
        requests: where clauses begin that were understood as requests or answers.
        lists: what there are lists of, such as "standing orders".
    """
    parts: list[str] = []
    for part in _clauses(text, requests, mentions):
        own = _within(mentions, *part)
        said = text[slice(*part)].strip()
        if parts and own and not residue(said, _moved(own, part[0])):
            said = f"{_verb(parts[-1])} {said}".strip()
        parts += chain.from_iterable(_two_lists(one, lists) for one in _for_each(said, _moved(own, part[0])))
    return parts or [text]


def _for_each(text: str, mentions: Sequence[Mention]) -> list[str]:
    """ "pay Maria and Jimmy 15 pounds each": as many payments as there are people."""
    amounts = [mention for mention in mentions if mention.kind in ("amount", "number")]
    first = next((mention for mention in mentions if mention.kind in _RECIPIENTS), None)
    if first is None or len(amounts) != 1 or _SHARED.search(text):
        return [text]
    people = [(first.start, first.end), *_others(text, first.end, mentions)]
    if len(people) == 1:
        return [text]
    before, after = text[: first.start], text[people[-1][1] :]
    return [_EACH.sub("", f"{before}{text[slice(*one)]}{after}").strip() for one in people]


def _others(text: str, end: int, mentions: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    """Who is named behind somebody: payees, and where each is to have as much also who is none yet."""
    known = {mention.start: mention.end for mention in mentions if mention.kind in _RECIPIENTS}
    has_each = _EACH.search(text) is not None
    while link := _NEXT.match(text, end):
        named = _SOMEBODY.match(text, link.end()) if has_each else None
        start, end = link.end(), known.get(link.end(), named.end() if named else 0)
        if not end:
            return
        yield start, end


def _two_lists(text: str, lists: Iterable[str]) -> list[str]:
    """ "list my cards and my standing orders"."""
    either = "|".join(re.escape(name) for name in sorted(lists, key=len, reverse=True))
    match = (
        re.fullmatch(rf"(.*?)\b({either}),? and (?:my |the )?({either})([\s.?!]*)", text, re.IGNORECASE)
        if either
        else None
    )
    return [f"{match[1]}{match[2]}", f"{match[1]}{match[3]}{match[4]}"] if match else [text]


def _clauses(text: str, requests: Sequence[int], mentions: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    for start, end in pairwise(sorted({*_starts(text, requests, mentions), *_commands(text), len(text)})):
        own = _within(mentions, start, end)
        cuts = (match for match in _AND.finditer(text, start, end) if not _CORRECTS.match(text, match.end()))
        cut = next((match for match in cuts if _pairs(own, match)), None)
        if cut is None:
            yield start, end
        else:
            yield start, cut.start()
            yield cut.end(), end


def _starts(text: str, requests: Sequence[int], mentions: Sequence[Mention]) -> list[int]:
    """An act such as "forget that" stays with what comes after it; so does what says nothing: "before that, ..."."""
    starts = [0]
    first, *others = split_clauses(text)
    end = first.end
    for span in others:
        before, end = text[starts[-1] : end].strip(), span.end
        own = _within(mentions, span.start, span.end)
        has_amounts = _amounts(own) and _amounts(_within(mentions, starts[-1], span.start))
        # What comes before the first request explains it.
        is_next = span.start in requests and span.start > min(requests)
        if (
            (is_next or (has_amounts and not _CORRECTS.match(span.text)))
            and not _is_act(before)
            and not _SAME.match(span.text)
        ):
            starts.append(span.start)
    return starts


def _commands(text: str) -> list[int]:
    """ "Freeze my card, pay Jimmy 7 pounds": each begins like a request of its own."""
    commas = list(re.finditer(r",\s+(?=\w)", text))
    if not begins_request(text) or not commas:
        return []
    return [comma.end() for comma in commas if _commands_at(text, comma.end())]


def _commands_at(text: str, start: int) -> bool:
    return bool(_COMMAND.match(text, start))


def _is_act(text: str) -> bool:
    said = read_act(text, in_task=True)
    return not plain(text) or (said.act is not None and not said.rest)


def _pairs(mentions: Sequence[Mention], cut: re.Match[str]) -> bool:
    """Whether there is an amount and somebody to have it on both sides."""
    sides = (
        [mention for mention in mentions if mention.end <= cut.start()],
        [mention for mention in mentions if mention.start >= cut.end()],
    )
    return all(
        any(mention.kind in ("amount", "number") for mention in side)
        and any(mention.kind in _RECIPIENTS for mention in side)
        for side in sides
    )


def _within(mentions: Sequence[Mention], start: int, end: int) -> list[Mention]:
    """Without yes and no: they answer, and ask for nothing."""
    return [each for each in mentions if start <= each.start and each.end <= end and each.kind not in ("yes", "no")]


def _moved(mentions: Sequence[Mention], start: int) -> list[Mention]:
    return [replace(mention, start=mention.start - start, end=mention.end - start) for mention in mentions]


def _amounts(mentions: Sequence[Mention]) -> bool:
    return any(mention.kind == "amount" for mention in mentions)


def _verb(part: str) -> str:
    return part.partition(" ")[0]
