"""Amounts between two others: "between 40 and 50 pounds", "£40-50", "40 or 50". Neither end is an amount to pay."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from agent.understanding.slots import currencies
from agent.understanding.slots.mention import Amount, AmountRange, Mention
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import DIGITS, parse_number

_HYPHENED = re.compile(
    rf"(?<![\w.,/:-])(?P<before>{currencies.SYMBOL})?\s?(?P<least>{DIGITS})\s?[-–]\s?(?P<between>{currencies.SYMBOL})?\s?"
    rf"(?P<most>{DIGITS})(?:\s?(?P<behind>{currencies.SYMBOL}|{currencies.WORD}))?(?![-\w])",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\s*(?:(?P<and>and)|(?P<or>or)|(?P<to>to|up\s+to|[-–]))\s*(?:about\s+|maybe\s+|even\s+)?", re.IGNORECASE
)
_BETWEEN = re.compile(r"\bbetween\s+(?:about\s+)?$", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s+(?:about\s+)?$", re.IGNORECASE)
_CHANGES = re.compile(
    r"\b(?:change|raise|increase|decrease|reduce|lower|bump|move|set|put|up|drop|cut|bring|take|switch|alter|amend)\b[^.;!?]*$",
    re.IGNORECASE,
)
""" "raise it from 40 to 50" names the old amount and the new one."""


def find_amount_ranges(text: str, locale: str) -> Iterator[Mention]:
    """ "£40-50", "40-50 euros": with a currency, since dates and sort codes have hyphens too."""
    for match in _HYPHENED.finditer(text):
        said = match["before"] or match["between"] or match["behind"]
        if said is None:
            continue
        code = currencies.code_of(said)
        ends = (Amount(parse_number(match[end], locale), code) for end in ("least", "most"))
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        yield Mention("amount_range", text[start : match.end()], start, match.end(), AmountRange(*sorted(ends)))


def join_amount_ranges(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions, with neighbours joined that are the ends of a range. Of a change from one amount to another the old
    one is negated."""
    number = 0
    while number < len(mentions):
        first, second = mentions[number], mentions[number + 1] if number + 1 < len(mentions) else None
        number += 1
        if second is None or not (_is_sum(first) and _is_sum(second)) or first.negated or second.corrects:
            yield first
        elif _is_change(text, first, second):
            yield replace(first, negated=True)
        elif _is_range(text, first, second):
            number += 1
            yield _spanning(text, first, second)
        else:
            yield first


def _is_sum(mention: Mention) -> bool:
    return mention.kind in ("amount", "number")


def _is_change(text: str, first: Mention, second: Mention) -> bool:
    link = _LINK.fullmatch(text, first.end, second.start)
    if link is None or not link["to"]:
        return False
    return bool(just_before(_FROM, text, first.start) and just_before(_CHANGES, text, first.start))


def _is_range(text: str, first: Mention, second: Mention) -> bool:
    link = _LINK.fullmatch(text, first.end, second.start)
    if link is None:
        return False
    if link["and"]:
        return just_before(_BETWEEN, text, first.start) is not None
    if link["or"] or just_before(_FROM, text, first.start) or just_before(_BETWEEN, text, first.start):
        return True
    return "amount" in (first.kind, second.kind) and not just_before(_CHANGES, text, first.start)


def _spanning(text: str, first: Mention, second: Mention) -> Mention:
    ends = _amount_of(first), _amount_of(second)
    currency = ends[1].currency or ends[0].currency
    least, most = sorted(Amount(end.number, currency) for end in ends)
    return Mention("amount_range", text[first.start : second.end], first.start, second.end, AmountRange(least, most))


def _amount_of(mention: Mention) -> Amount:
    return mention.value if isinstance(mention.value, Amount) else Amount(Decimal(str(mention.value)), None)
