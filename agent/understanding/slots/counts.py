"""Numbers that nothing else explains, ordinals, and bare numbers that are amounts because of the words around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from agent.understanding.slots.mention import Amount, Mention
from agent.understanding.slots.nearby import just_before, near
from agent.understanding.slots.numbers import DIGITS, ORDINAL, VAGUELY, WORDS, parse_number, parse_ordinal
from agent.understanding.slots.vocabulary import TENS

_GOES_ON = "|".join((*TENS, "hundred", "thousand", "million", "grand", "and"))
""" "one" counts only before one of them."""
_NUMBER = re.compile(
    rf"(?<![\w.,£€$/:#*'’])(?<!\d[-–])(?P<sign>[-−–]\s?|minus\s+)?(?P<number>{DIGITS}|(?!one\b(?!\s+(?:{_GOES_ON})\b)){WORDS})(?![\w%]|[.,:/-]\d|-(?!ish\b)\w|{VAGUELY})",
    re.IGNORECASE,
)
_ONE = re.compile(r"\W*(?:just\s+|only\s+)?(?P<number>one)\W*", re.IGNORECASE)
_THINGS = (
    r"\s+(?:new\s+|different\s+|more\s+|extra\s+|recent\s+|last\s+|latest\s+|biggest\s+|standing\s+|direct\s+)*(?:transactions?|payments|times?|cards?|pins?|accounts?|people|persons?|kids?|"
    r"children|adults?|orders|debits|payees?|entries|items?|results?|purchases|transfers|withdrawals|digits?|"
    r"percent|per\s?cent|%|days?|weeks?|months?|years?|hours?|minutes?|nights?|rooms?|instal\w+|statements?|copies|of\s+(?:them|my|the|these|those))\b"
)
_COUNTED = re.compile(_THINGS, re.IGNORECASE)
_IS_SPENT = re.compile(
    r"\b(?:pay(?:ing|ment\s+of)?|paid|send(?:ing)?|sent|transfer(?:ring|red)?|mov(?:e|ed|ing)|put|giv(?:e|ing)|gave|wire|withdraw|deposit|top\s?up(?:\s+.{0,30}\b(?:by|with))?"
    r"|add|lend|borrow|sav(?:e|ing)|exchang(?:e|ing)|convert|spen[dt]|charged?|owe[ds]?|refund(?:\s+of)?|loan\s+of|amount(?:\s+(?:is|of|to))?:?|limit(?:\s+(?:is|of|to|at))?"
    r"|(?:increase|raise|lower|reduce|(?:change|set)\b(?=.{0,40}\b(?:it|amount|that|this|limit|payment|order|transfer|sum|debit)))\b.{0,40}\bto|cost|(?:more|less|higher|lower|bigger|smaller)\s+than|over|under|above|below|at\s+least|at\s+most|up\s+to|sum\s+of"
    r"|transfer\s+of|payment\s+of|orders?\s+(?:of|for)|debit\s+of|(?:pay|send|give|transfer|wire|lend|owe)\s+(?:him|her|them|me|back))\s+(?:only\s+|just\s+|about\s+|around\s+|exactly\s+|another\s+|an?\s+|the\s+)*$",
    re.IGNORECASE,
)
_GIVES = re.compile(
    r"\b(?:pay|paying|send|give|transfer|wire|lend|repay|owe|paid|sent)\s+(?:(?:my|the)\s+)?$", re.IGNORECASE
)
_PAYS_MINE = re.compile(r"\b(?:pay|send|give|lend)\s+(?:my|the)\s+[^\W\d]+(?:\s+[^\W\d]+)?\s+$", re.IGNORECASE)
_TO_SOMEBODY = re.compile(
    r"\s+(?:(?:to|into|in|from|for)\s+(?!(?:go|get|be|do|see)\b)(?:\w|\[)|(?:transfer|payment)\b)", re.IGNORECASE
)
_SUMS = frozenset({"amount", "number"})
_SHORT_WORDS = frozenset({"2", "4"})
"""What people write for "to" and "for"."""
_AND = re.compile(r"\s*(?:and|to|or|-|–)\s*", re.IGNORECASE)
_NEXT = 2
"""Words between an amount and whom it is for: "to my"."""
_MOVES = re.compile(r"\b(?:pay|send|transfer|move|put|give|wire|deposit|withdraw|payment|top\s?up)\b", re.IGNORECASE)
_HAS_HUNDREDTHS = re.compile(r"\d[.,]\d\d")
_PLACE = (
    r"(?:(?:option|number|choice|#)\s*(?P<option>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b"
    rf"|(?P<back>(?:second|2nd|third)\s+(?:to\s+|from\s+the\s+)?last|last\s+but\s+one|penultimate)(?:\s+(?:one|option|item|entry))?"
    rf"|(?P<named>former|latter|top|middle|bottom|last|final|(?:very\s+)?first|{ORDINAL})\s+(?:one|ones|option|choice|item|entry|payee|card|account|transaction|payment|of\s+(?:these|those|them))\b"
    r"|(?:the\s+)(?P<bare>former|latter|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)(?=\W*$|\s*,|\s+(?:please|but|and|then|nor|or)\b))"
)
_ORDINALS = re.compile(rf"(?:\bthe\s+|(?<!\ba\s)(?<!\bmy\s)\b|(?<!\w)(?=#)){_PLACE}", re.IGNORECASE)
_WHOLE_ORDINAL = re.compile(
    rf"\W*(?:(?:no|not|yes|the|please|just|i\s+meant?|it'?s|,)\s+)*(?P<ordinal>{ORDINAL}|last|latter|former)(?:\s+please)?\W*",
    re.IGNORECASE,
)
_WORDS_OF_PLACE = {
    "former": 1,
    "first": 1,
    "very first": 1,
    "top": 1,
    "middle": 2,
    "latter": -1,
    "bottom": -1,
    "last": -1,
    "final": -1,
}


def find_ordinals(text: str) -> Iterator[Mention]:
    """Which of several: "the second one", "option 3", "the last"."""
    for match in _ORDINALS.finditer(text):
        yield Mention("ordinal", match[0], match.start(), match.end(), _place(match))
    if whole := _WHOLE_ORDINAL.fullmatch(text):
        said = re.sub(r"\s+", " ", whole["ordinal"].lower())
        yield Mention(
            "ordinal", whole["ordinal"], *whole.span("ordinal"), _WORDS_OF_PLACE.get(said) or parse_ordinal(said)
        )


def _place(match: re.Match[str]) -> int:
    if match["back"]:
        return -3 if match["back"].lower().startswith("third") else -2
    if match["option"]:
        return int(parse_number(match["option"], "en"))
    said = re.sub(r"\s+", " ", (match["named"] or match["bare"]).lower())
    return _WORDS_OF_PLACE.get(said) or parse_ordinal(said)


def find_numbers(text: str, locale: str) -> Iterator[Mention]:
    """Every number; what another finder explains is dropped later."""
    for match in _NUMBER.finditer(text):
        number = parse_number(match["number"], locale)
        number = -number if match["sign"] else number
        yield Mention(
            "number",
            match[0],
            match.start(),
            match.end(),
            int(number) if number == number.to_integral_value() else number,
        )
    if one := _ONE.fullmatch(text):
        yield Mention("number", one["number"], *one.span("number"), 1)


def as_amounts(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions, with numbers made amounts where only money can be meant: "pay Maria 20", "a limit of 500"."""
    around = [None, *mentions, None]
    for number, mention in enumerate(mentions):
        after = around[number + 2]
        if mention.kind == "number" and (currency := _shared_currency(text, mention, after)):
            mention = replace(mention, kind="amount", value=Amount(Decimal(str(mention.value)), currency))
        elif mention.kind == "number" and _is_money(text, mention, around[number], after):
            mention = replace(mention, kind="amount", value=Amount(Decimal(str(mention.value)), None))
        yield mention


def without_doubtful(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Without figures that stand side by side and may be one or two: "3 20". Nobody is paid 3 for it."""
    dropped: set[int] = set()
    for at, (one, other) in enumerate(pairwise(mentions)):
        if {one.kind, other.kind} <= _SUMS and _side_by_side(text, one, other) and one.value != other.value:
            dropped |= {at, at + 1}
    return [mention for at, mention in enumerate(mentions) if at not in dropped]


def _side_by_side(text: str, one: Mention, other: Mention) -> bool:
    is_apart = bool(text[one.end : other.start].strip()) or not text[one.end : other.start]
    is_word = other.text in _SHORT_WORDS and text[other.end : other.end + 2].strip().isalpha()
    return not is_apart and not is_word and text[one.end - 1].isdecimal() and text[other.start].isdecimal()


def _is_rate(text: str, mention: Mention, after: Mention | None) -> bool:
    """ "100 a month"."""
    return after is not None and after.kind == "frequency" and not text[mention.end : after.start].strip()


def _shared_currency(text: str, mention: Mention, after: Mention | None) -> str | None:
    """Of "between 20 and 40 pounds"."""
    if after is None or not isinstance(after.value, Amount):
        return None
    return after.value.currency if _AND.fullmatch(text, mention.end, after.start) else None


def _is_money(text: str, mention: Mention, before: Mention | None, after: Mention | None) -> bool:
    if _COUNTED.match(text, mention.end):
        return False
    if just_before(_IS_SPENT, text, mention.start) or _HAS_HUNDREDTHS.search(mention.text):
        return True
    if before is not None and before.kind in ("payee", "name", "account"):
        between = text[before.end : mention.start]
        if not between.strip(" ,") and (just_before(_GIVES, text, before.start) or before.role == "to"):
            return True
    if just_before(_PAYS_MINE, text, mention.start) or _is_rate(text, mention, after):
        return True
    if not _TO_SOMEBODY.match(text, mention.end):
        return False
    is_given = (
        after is not None and after.role in ("to", "from") and len(text[mention.end : after.start].split()) <= _NEXT
    )
    return is_given or bool(near(_MOVES, text, mention.start))
