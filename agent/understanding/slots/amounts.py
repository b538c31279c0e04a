"""Amounts of money: "fifty quid", "1,250.50 EUR", "a fiver", "2k", "one hundred and twenty pounds fifty"."""

import re
from collections.abc import Iterator
from decimal import Decimal

from agent.understanding.slots import currencies
from agent.understanding.slots.mention import Amount, Mention, Role
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import DIGITS, VAGUELY, WORDS, parse_number, scale_of

_SIGN = r"(?P<sign>(?:minus|negative)\s+|(?<![\w.,])[-−–]\s?)?"
_SCALE = r"(?P<scale>k|m|mio|mil|bn|thousand|grand|million|hundred)\b"
_NUMBER = rf"(?:{DIGITS}|\b{WORDS}(?![\w]))"
_BEFORE = re.compile(
    rf"{_SIGN}(?P<unit>{currencies.SYMBOL}|\b{currencies.CODE})\s?(?P<sign2>[-−–]\s?)?(?P<number>{DIGITS})(?:\s?{_SCALE})?"
    rf"(?:\s(?P<minor>\d\d?)\s?{currencies.MINOR})?(?!\s?[-–]\s?(?:{currencies.SYMBOL})?\s?\d|{VAGUELY})",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"{_SIGN}(?<![\w.,/:])(?<!\w-)(?P<number>{_NUMBER})(?!{VAGUELY})(?:[\s-]?{_SCALE})?(?:\s+of)?[\s-]*(?P<unit>(?:{currencies.SYMBOL})(?!\s?\d)|{currencies.WORD})"
    rf"(?:\s?(?:and\s+)?(?P<minor>\d\d\b|\d(?=\s?{currencies.MINOR})|{WORDS}\b)(?P<pence>\s?{currencies.MINOR})?"
    rf"(?!\s*(?:{currencies.SYMBOL}|{currencies.WORD}|[/:.\d]|st\b|nd\b|rd\b|th\b|days?|weeks?|months?|years?|times?|per\s?cent|%)))?",
    re.IGNORECASE,
)
_HUNDREDTHS = re.compile(
    rf"{_SIGN}(?<![\w.,/:])(?<!\w-)(?P<number>{_NUMBER})\s?(?P<unit>{currencies.MINOR})", re.IGNORECASE
)
_SLANG = re.compile(
    r"\b(?:(?P<count>a|an|half\s+an?|one|two|three|four|five|six|seven|eight|nine|ten|couple\s+of|\d+(?:\.\d+)?)\s+)?"
    r"(?P<word>fivers?|tenners?|grand|(?:score|pony|monkey)(?=\W*$|\s*[,.;!?]"
    r"|\s+(?:to|from|off|please|on|by|into|back|now|today|tomorrow|and|more|less|each)\b))\b(?P<half>\s+and\s+a\s+half\b)?",
    re.IGNORECASE,
)
_HALF = Decimal("0.5")
_SLANG_WORTH = {"fiver": 5, "tenner": 10, "grand": 1000, "pony": 25, "monkey": 500, "score": 20}
_THOUSANDS = re.compile(
    r"(?<![\w.,/:£€$-])(?P<number>\d+(?:[.,]\d+)?)(?:k\b|\s?(?P<scale>grand|thousand|million|hundred)\b)", re.I
)

_BROKEN = re.compile(r"\bhalf\b", re.IGNORECASE)
_INTO = re.compile(r"\b(?:to|into|for)\s+$", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s+$", re.IGNORECASE)
_EXCHANGED = re.compile(r"\s+(?:to|into|for)\s+", re.IGNORECASE)
_CURRENCY = re.compile(rf"(?<!\w){currencies.WORD}", re.IGNORECASE)


def find_amounts(text: str, locale: str) -> Iterator[Mention]:
    """Amounts with a currency or in words that only money has. A bare number is not one by itself."""
    for pattern in (_BEFORE, _AFTER):
        for match in pattern.finditer(text):
            yield _mention(match, _whole(match, locale), currencies.code_of(match["unit"]))
    for match in _HUNDREDTHS.finditer(text):
        number = _signed(match, parse_number(match["number"], locale)) / 100
        yield _mention(match, number, currencies.code_of_minor(match["unit"]))
    for match in _SLANG.finditer(text):
        if match["count"] or match["word"].lower() in ("fiver", "tenner"):
            word = match["word"].lower().rstrip("s")
            number = (_count(match["count"], locale) + (_HALF if match["half"] else 0)) * _SLANG_WORTH[word]
            yield _mention(match, number, None if word == "grand" else "GBP")
    for match in _THOUSANDS.finditer(text):
        number = parse_number(match["number"], locale) * scale_of(match["scale"] or "k")
        yield _mention(match, number, None)


def _whole(match: re.Match[str], locale: str) -> Decimal:
    """The number with its scale, hundredths and sign."""
    number = parse_number(match["number"], locale)
    if match["number"][0].isalpha() and number % 1 and not _BROKEN.search(match["number"]):
        # "two fifty" is 2.50, "two fifty pounds" is 250.
        number *= 100
    number *= scale_of(match["scale"])
    if match["minor"]:
        number += parse_number(match["minor"], locale) / 100
    return _signed(match, number)


def _signed(match: re.Match[str], number: Decimal) -> Decimal:
    groups = match.groupdict()
    return -number if groups.get("sign") or groups.get("sign2") else number


def _count(said: str | None, locale: str) -> Decimal:
    if said is None:
        return Decimal(1)
    if said.lower().startswith("half"):
        return Decimal("0.5")
    return parse_number(said, locale)


def _mention(match: re.Match[str], number: Decimal, currency: str | None) -> Mention:
    start = match.start("sign") if match.groupdict().get("sign") else match.start()
    return Mention("amount", match.string[start : match.end()], start, match.end(), Amount(number, currency))


def find_currencies(text: str) -> Iterator[Mention]:
    """Currencies without a number: "in euros", "pounds to dollars"."""
    for match in _CURRENCY.finditer(text):
        yield Mention(
            "currency", match[0], *match.span(), currencies.code_of(match[0]), role=_role(text, *match.span())
        )


def _role(text: str, start: int, end: int) -> Role | None:
    """ "from pounds to euros", "pounds into euros"."""
    if just_before(_INTO, text, start):
        return "to"
    return "from" if _EXCHANGED.match(text, end) or just_before(_FROM, text, start) else None
