"""Amounts of money and their currencies for a task's slots."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from agent.dialogue.residue import residue, words
from agent.dialogue.tables import NO_CURRENCY
from agent.understanding.slots import Amount, AmountRange, Change, Mention

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217's code for no currency. It stands for money that no bank keeps ("20 bitcoin"), so that the tool refuses the
payment; left out, the same number of pounds would be paid."""
_OVER = re.compile(r"\b(?:over|above|more than|at least|bigger than|larger than|from|minimum(?: of)?)\s*$", re.I)
_UNDER = re.compile(r"\b(?:under|below|less than|at most|up to|smaller than|maximum(?: of)?)\s*$", re.I)
_TO_AMOUNT = re.compile(r"\b(?:to|by|of|at|only|just|for|it'?s|is|be|=|do)\s*$", re.I)
_SETS = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:make|set|change|raise|increase|lower|reduce|put|move|bump|up)\b[^\d]{3,40}$", re.I
)
""" "make the standing order 900"."""
_MAKES_IT = re.compile(
    r"\b(?:make (?:it|that|this)|change (?:it|that|this) to|(?:should|must) (?:be|have been)|(?:i )?meant?)\s+"
    r"(?:just |only |about )?$",
    re.I,
)
""" "make it 12" is a sum, "make it the 12th" a day."""
_NOT_THAT = re.compile(r"\s*,?\s*(?:not|instead of|rather than) \W?\d", re.I)
_AT_LAST = re.compile(r"[,;:–-]\s*$")
""" "that's a bit tight, 180"."""
_IS_RIGHT = re.compile(
    r"\s*(?:was|is|would be|'?d be|sounds|seems|will|would)\s+"
    r"(?:right|correct|fine|better|enough|nice|ok(?:ay)?|do|suit)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(amount|months|days|date|reference)\s+(?:to|is|of|at|be|should be)\s*$", re.I)
_UNKNOWN = re.compile(rf"\s*{NO_CURRENCY}\b", re.I)
_COUNTED = re.compile(
    r"\s+(?!(?:to|for|from|off|on|by|please|pls|plz|today|tomorrow|now|as|asap|back|again|instead|and|then|thanks|or|if|"
    r"was|is|were|would|will|sounds|seems|only|max|maximum|at|i|it|she|he|they|not|actually|rather|really|exactly|like|"
    r"in total|altogether|mate|pal|love|dear|sorry|no|yes|ok)\b)[^\W\d_]",
    re.I,
)
_SHORT = 8
"""Words up to which a message is about what was said before."""
_PARTIES = frozenset({"payee", "name"})
_COUNTS = frozenset({"amount", "number", "duration", "date", "time", "period"})
_DAYS = frozenset({"date", "end_date"})
_LONGEST_MONTH = 31
_HUNDREDTH = Decimal("0.01")


def fill_amounts(
    said: list[Mention], text: str, names: set[str], given: dict[str, Any], asked: str | None
) -> dict[str, Any]:
    """Values of ``amount`` with its ``currency``, or of the bounds of what is looked for."""
    amounts = [mention for mention in said if mention.kind == "amount"]
    if "min_amount" in names:
        return _range(said) or _bounds(amounts, text)
    if "amount" not in names:
        return {}
    if asked in (None, "amount", "payee"):
        amounts = _sums(said, text, given) if not amounts else [*amounts, *_corrections(said)]
    elif not amounts and "amount" in given:
        # "make it 65", while the day is asked for.
        sums = (each for each in _sums(said, text, given) if each.corrects or _TO_AMOUNT.search(text[: each.start]))
        amounts = [each for each in sums if not _may_be_day(each, asked, text)]
    amounts = [each for each in amounts if each.kind == "amount" or slot_before(each, text, names) in (None, "amount")]
    chosen = last_of(amounts)
    if chosen is None:
        return _changed(said, given) if "amount" in given or asked != "amount" else _difference(said)
    currency = chosen.value.currency if isinstance(chosen.value, Amount) else None
    if currency is None and _UNKNOWN.match(text, chosen.end):
        currency = UNKNOWN_CURRENCY
    return {"amount": decimal_of(chosen)} | ({"currency": currency} if currency and "currency" in names else {})


def last_of(mentions: list[Mention]) -> Mention | None:
    """Of several, the last correction; else the first."""
    corrections = [mention for mention in mentions if mention.corrects]
    return corrections[-1] if corrections else (mentions[0] if mentions else None)


def decimal_of(mention: Mention) -> str:
    number = mention.value.number if isinstance(mention.value, Amount) else mention.value
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def slot_before(mention: Mention, text: str, names: set[str]) -> str | None:
    """The slot that was named for it: "the months to 20"."""
    match = _NAMED.search(text[: mention.start])
    return match[1].casefold() if match and match[1].casefold() in names else None


def fill_currencies(said: list[Mention], names: set[str]) -> dict[str, Any]:
    """Which currency is sold and which is bought, in an exchange; elsewhere the amount brings its own."""
    named = [mention for mention in said if mention.kind == "currency"]
    if "to_currency" not in names:
        has_amount = any(isinstance(mention.value, Amount) and mention.value.currency for mention in said)
        if has_amount:
            # "150 bucks, I mean pounds"
            named = [mention for mention in named if mention.corrects]
        return {"currency": named[-1].value} if named and "currency" in names else {}
    values: dict[str, Any] = {}
    for mention in named:
        name = "currency" if mention.role == "from" else "to_currency"
        values.setdefault(name, mention.value)
    if len(named) > 1 and "currency" not in values:
        values |= {"currency": named[0].value, "to_currency": named[1].value}
    return values


def _range(said: list[Mention]) -> dict[str, Any]:
    ranges = [mention.value for mention in said if isinstance(mention.value, AmountRange)]
    if not ranges:
        return {}
    return {"min_amount": format(ranges[-1].least.number, "f"), "max_amount": format(ranges[-1].most.number, "f")}


def _bounds(amounts: list[Mention], text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for mention in amounts:
        before = text[: mention.start]
        bound = "max_amount" if _UNDER.search(before) else "min_amount" if _OVER.search(before) else None
        for name in (bound,) if bound else ("min_amount", "max_amount"):
            values[name] = decimal_of(mention)
    return values


def _sums(said: list[Mention], text: str, given: dict[str, Any]) -> list[Mention]:
    """Numbers that say nothing of what they count: "no, 55", "only 15", "Jimmy needs 40 off me"; and where there is an
    amount already, the only number of a short message: "she said 60"."""
    numbers = [each for each in said if each.kind == "number"]
    numbers = [each for each in numbers if decimal_of(each) != given.get("amount")] or numbers
    is_again = "amount" in given and len(text.split()) <= _SHORT
    is_only = len(numbers) == 1 and (is_again or any(each.kind in _PARTIES for each in said))
    return [each for each in numbers if _is_sum(each, text, said) or (is_only and not _counts(each, text))]


def _may_be_day(number: Mention, asked: str, text: str) -> bool:
    if asked not in _DAYS or _MAKES_IT.search(text[: number.start]) or _NOT_THAT.match(text, number.end):
        return False
    return isinstance(number.value, int | Decimal) and number.value <= _LONGEST_MONTH


def _is_sum(number: Mention, text: str, said: list[Mention]) -> bool:
    before, after = text[: number.start], text[number.end :]
    is_told = (
        _TO_AMOUNT.search(before)
        or (_SETS.search(before) and not words(after))
        or _IS_RIGHT.match(after)
        or (_AT_LAST.search(before) and not words(after))
    )
    return number.corrects or bool(is_told) or not residue(text, said)


def _counts(number: Mention, text: str) -> bool:
    """ "John has 2 cards"."""
    return bool(_COUNTED.match(text, number.end))


def _corrections(said: list[Mention]) -> list[Mention]:
    """Numbers that correct an amount: "45 to John, no, 54", but not "5,000 over two years, no, 3"."""
    found: list[Mention] = []
    counted = [mention for mention in said if mention.kind in _COUNTS]
    for before, mention in pairwise(counted):
        if mention.kind == "number" and mention.corrects and (before.kind == "amount" or before in found):
            found.append(mention)
    return found


def _changed(said: list[Mention], given: dict[str, Any]) -> dict[str, Any]:
    """The amount that was given, changed: "double it", "ten less". Nothing where none was, or in another currency."""
    changes = [mention.value for mention in said if isinstance(mention.value, Change)]
    amount = _number(given.get("amount"))
    if not changes or amount is None:
        return {}
    currency = given.get("currency", "GBP")
    for factor, more, said_in in changes:
        if said_in not in (None, currency):
            return {}
        amount = amount * factor + more
    rounded = amount.quantize(_HUNDREDTH, ROUND_HALF_UP)
    return {"amount": format(rounded if amount != amount.to_integral_value() else amount.to_integral_value(), "f")}


def _difference(said: list[Mention]) -> dict[str, Any]:
    """What was asked for, as something more: "just 45 on top"."""
    more = [mention.value.more for mention in said if isinstance(mention.value, Change) and mention.value.more > 0]
    return {"amount": format(more[-1], "f")} if more else {}


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        # What a language model wrote need not be a number.
        return None
