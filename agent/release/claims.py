"""What a sentence claims, by kind: each number in it is part of exactly one claim.

``read_claims`` reads what a model says and what the evidence says with the same eyes, so that "£12.50", "12.50 GBP" and
"twelve pounds fifty" are one claim. What no kind takes is a ``number``, so nothing goes unread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from agent.release.dates import MONTHS, WEEKDAYS, date_at, day_words_at, is_year
from agent.release.tokens import Token, read_tokens, to_plain
from agent.release.units import FREE_NOUNS, TIME_UNITS, WORKING, currency_at, in_base_unit, stem

Kind = Literal["money", "rate", "date", "time", "duration", "tail", "count", "number", "code", "word", "mark"]
Bound = Literal["", "more", "less", "least", "most", "not"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure, day, name in figures or telling word.

    ``value`` by ``kind``:

    - money: (amount without sign, ISO 4217 code or "" for none). rate: (per cent, "" for a year or of a sum, else the
      time it is for). number: Decimal. count: (Decimal, the stem of what is counted).
    - date: (year, month, day, weekday), None for what was not said; weekday 0 is Monday. time: minutes after midnight.
      duration: (Decimal, "minute", "day" or "month", whether working days).
    - tail: last digits of an account or card. code: phone number, reference, IBAN, link, in compact form. word: a word
      that is a figure in its context, such as "twice". mark: a citation's number.
    """

    kind: Kind
    value: Any
    start: int
    end: int
    """In the plain text."""
    bound: Bound = ""
    """ "more than £5", "at most £5", "not £5"."""
    negative: bool = False
    others: tuple[Any, ...] = ()
    """Further values of the kind that may be meant: of "21/11" the day and the month of expiry."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence, read."""

    plain: str
    tokens: list[Token]
    claims: list[Claim]
    words: frozenset[str]


_TAIL_WORDS = frozenset({"ending", "ends", "end", "ended", "finishing", "finishes"})
_AFTER_TAIL = frozenset({"in", "with", "is", "are", "number", "digits", "four", "4", ":", "on", "by", "numbered", "as"})
_PER = frozenset({"a", "an", "per", "each", "every"})
_TELLING = frozenset({"twice", "double", "triple", "thrice", "dozens", "half", "quarter", "christmas", "easter"})
_BEFORE_ONE_UNIT = frozenset({"within", "in", "takes", "take", "for", "after", "lasts", "about", "another"})
_NO_COST = re.compile(
    r"\b(?:(?:(?<!limit )(?:is|are)|it's|completely|entirely|totally)\s+free\b|for\s+free\b|free\s+of\s+charge"
    r"|(?:at|for)\s+no\s+(?:extra\s+)?(?:cost|charge|fee)|without\s+(?:a\s+|any\s+)?(?:cost|charge|fee)|costs?\s+(?:you\s+)?nothing|no\s+fees?\b|no\s+charges?\b)"
)
_NO_MORE = r"(?:no|not|never)"
_COSTS = r"hold|have|be|exactly|cost|contain|owe|pay|paid|spend|spent"
_BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (
        "least",
        re.compile(rf"(?:at least|{_NO_MORE} (?:less|fewer) than|minimum(?: is| of)?:?|starting (?:at|from))\s*$"),
    ),
    ("most", re.compile(rf"(?:at most|up to|{_NO_MORE} more than|maximum(?: is| of)?:?|within|no later than)\s*$")),
    ("more", re.compile(r"(?:more than|over|above|exceeds|exceeding|greater than|higher than|upwards of)\s*$")),
    ("less", re.compile(r"(?:less than|fewer than|under|below|lower than|short of)\s*$")),
    ("not", re.compile(rf"(?:\bnot|n't|\bnever)(?:\s+(?:{_COSTS}))?\s*$")),
)
_DENIED = re.compile(r"(?:\bnot|n't|n’t|\bnever)(?: [a-z]+){0,3} $")
"""Of "charged twice" and the like."""
_LONGEST_LIST = 20
_SHORTEST_CODE = 6
"""Digits without a unit that are an account number or a code, and no amount."""
_BEFORE = 28
"""Characters before a claim in which its bound stands."""


def read(text: str, today: date | None) -> Reading:
    """``today`` resolves "tomorrow"; None for evidence whose day is not known."""
    plain = to_plain(text)
    tokens = read_tokens(plain)
    claims = list(_bounded(plain.lower(), _claims(plain, tokens, today)))
    return Reading(plain, tokens, claims, frozenset(token.text for token in tokens if token.kind == "word"))


def _bounded(plain: str, claims: Iterator[Claim]) -> Iterator[Claim]:
    for claim in claims:
        if claim.kind in ("money", "rate", "duration", "number", "count"):
            before = plain[max(0, claim.start - _BEFORE) : claim.start]
            bound = next((bound for bound, form in _BOUNDS if form.search(before)), "")
            if bound == "more" and claim.kind in ("duration", "count") and before.rstrip().endswith("over"):
                bound = ""
            yield replace(claim, bound=bound) if bound else claim
        elif claim.kind == "word" and _DENIED.search(plain[: claim.start]):
            yield replace(claim, bound="not")
        else:
            yield claim


def _claims(plain: str, tokens: list[Token], today: date | None) -> Iterator[Claim]:
    place = 0
    while place < len(tokens):
        claim, after = _claim_at(tokens, place, today)
        if claim is not None:
            yield claim
        place = max(after, place + 1)
    if free := _NO_COST.search(plain.lower()):
        yield Claim("word", "free", free.start(), free.end())


def _claim_at(tokens: list[Token], place: int, today: date | None) -> tuple[Claim | None, int]:
    token = tokens[place]
    match token.kind:
        case "number":
            return _number_at(tokens, place, today)
        case "symbol":
            return _money_after_symbol(tokens, place)
        case "word":
            return _word_at(tokens, place, today)
        case "other" | "dash" | "percent" | "placeholder":
            return None, place + 1
        case "iso" | "slash" | "stamp" | "expiry" | "ordinal":
            return _date(tokens, place, today)
        case "clock":
            return Claim("time", _minutes(token.text), token.start, token.end), place + 1
        case "mark":
            return Claim("mark", int(token.text[1:-1]), token.start, token.end), place + 1
        case _:
            return _code(tokens, place, place + 1)


def _code(tokens: list[Token], place: int, after: int) -> tuple[Claim, int]:
    """What is compared as it is written, but for spaces, hyphens and the size of letters."""
    first, last = tokens[place], tokens[after - 1]
    text = first.text.rstrip(".,;:!?") if first.kind in ("link", "mail", "domain") else compact(first.text)
    return Claim("code", text, first.start, last.end), after


def compact(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()


def _number_at(tokens: list[Token], place: int, today: date | None) -> tuple[Claim | None, int]:
    token = tokens[place]
    if _is_list_number(tokens, place):
        return None, place + 1
    if tail := _tail_at(tokens, place):
        return tail, place + 1
    dated, after = _date(tokens, place, today)
    if dated is not None:
        return dated, after
    negative = _is_negative(tokens, place)
    unit, after = _unit_at(tokens, place)
    match unit:
        case ("money", currency, scale):
            amount, after = _with_minor(tokens, token.value.scaleb(scale), scale, after)
            return _money(tokens, place, after, amount, currency, negative)
        case ("rate", factor):
            value = (token.value * factor, _period_at(tokens, after))
            return Claim("rate", value, token.start, tokens[after - 1].end, negative=negative), after
        case ("duration", name, working):
            value = in_base_unit(token.value, name, working)
            return Claim(
                "duration", value, token.start, tokens[after - 1].end, others=_ago(tokens, after, value, today)
            ), after
        case ("count", *nouns):
            if FREE_NOUNS.intersection(nouns) or (token.text == "one" and not _counts_one(tokens, place)):
                return None, after
            values = [(token.value, noun) for noun in nouns]
            return Claim("count", values[0], token.start, tokens[after - 1].end, others=tuple(values[1:])), after
        case _:
            if token.text == "one":
                return None, place + 1
            if token.raw.isdigit() and len(token.raw) >= _SHORTEST_CODE:
                return _code(tokens, place, place + 1)
            return Claim("number", token.value, token.start, token.end, negative=negative), place + 1


def _counts_one(tokens: list[Token], place: int) -> bool:
    """ "one account", not "one of the accounts", "the one account", "which one thing"."""
    return place == 0 or tokens[place - 1].text in ("have", "has", "only", "just", "is", "are", "'s", "found", "see", "s", "got", "there's", "exactly", "i", "you", "and", ":", ",")  # fmt: skip # noqa: E501


def _is_list_number(tokens: list[Token], place: int) -> bool:
    """The number of a list's item: "1." or "2)" where the line begins."""
    token = tokens[place]
    if place or token.in_words or token.value > _LONGEST_LIST or len(tokens) < 2:
        return False
    return tokens[1].text in (".", ")") and tokens[1].start == token.end and (
        len(tokens) == 2 or tokens[2].start > tokens[1].end
    )  # fmt: skip


def _tail_at(tokens: list[Token], place: int) -> Claim | None:
    token = tokens[place]
    if token.in_words or len(token.raw) != 4 or not token.raw.isdigit():
        return None
    around = "".join(each.text for each in (*tokens[max(0, place - 1) : place], *tokens[place + 1 : place + 2]))
    if around == "()" and not is_year(token):
        return Claim("tail", token.raw, token.start, token.end)
    for before in reversed(tokens[max(0, place - 5) : place]):
        if before.text in _TAIL_WORDS or before.text in ("digits", "last4"):
            return Claim("tail", token.raw, token.start, token.end)
        is_between = before.text in _AFTER_TAIL or before.kind in ("dash", "mark") or before.text in ("(", ",", "and", "or", "your", "last")  # fmt: skip # noqa: E501
        if not (is_between or before.kind == "number"):
            return None
    return None


def _is_negative(tokens: list[Token], place: int) -> bool:
    """Whether a sign stands before the number, or before its currency: "-£5", not "2-5"."""
    at = place - 2 if place > 1 and tokens[place - 1].kind == "symbol" else place - 1
    if at < 0:
        return False
    if tokens[at].text in ("minus", "negative"):
        return True
    is_sign = tokens[at].kind == "dash" and tokens[at + 1].start == tokens[at].end
    return is_sign and (at == 0 or tokens[at - 1].end < tokens[at].start)


def _unit_at(tokens: list[Token], place: int) -> tuple[tuple[Any, ...], int]:
    """What the number counts, and where that ends. Of "2 to 3 working days" the 2 counts days too."""
    token, after = tokens[place], place + 1
    if token.suffix:
        found = currency_at(token.suffix if token.suffix.isupper() else token.suffix.lower())
        if found is not None:
            return ("money", *found), after
        if token.suffix == "h":
            return ("duration", "hour", False), after
    unit, end = _unit_of(tokens, after)
    if not unit and after + 1 < len(tokens):
        joins = tokens[after].kind == "dash" or tokens[after].text in ("to", "or", "and", "–")
        if joins and tokens[after + 1].kind == "number" and not tokens[after + 1].suffix:
            unit, _ = _unit_of(tokens, after + 2)
            return (unit, after) if unit and unit[0] != "count" else ((), after)
    return unit, end


def _unit_of(tokens: list[Token], after: int) -> tuple[tuple[Any, ...], int]:
    at = after + 1 if after < len(tokens) and tokens[after].kind == "dash" else after
    if at >= len(tokens):
        return (), after
    token = tokens[at]
    follows = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if token.kind == "percent":
        return ("rate", Decimal(1) if token.raw == "%" else Decimal("0.1")), at + 1
    if token.kind == "symbol" and (at + 1 >= len(tokens) or tokens[at + 1].kind != "number"):
        found = currency_at(token.raw)
        return (("money", *found), at + 1) if found else ((), after)
    if token.kind != "word":
        return (), after
    if token.text in ("percent", "pct", "apr", "aer") or (token.text == "per" and follows in ("cent", "cents")):
        return ("rate", Decimal(1)), at + (2 if token.text == "per" else 1)
    if token.text in ("bps", "bp") or (token.text == "basis" and follows.startswith("point")):
        return ("rate", Decimal("0.01")), at + (2 if token.text == "basis" else 1)
    if token.text in ("us", "of", "british") and (follows in ("dollars", "dollar") or (token.text == "british" and follows == "pounds")):  # fmt: skip # noqa: E501
        return ("money", *(currency_at(follows) or ("", 0))), at + 2
    if found := currency_at(token.raw if token.raw.isupper() else token.text):
        return ("money", *found), at + 1
    working = token.text in WORKING
    if working:
        at += 1
        token = tokens[at] if at < len(tokens) else token
    if token.text in TIME_UNITS:
        return ("duration", TIME_UNITS[token.text], working), at + 1
    nouns = _nouns_at(tokens, at)
    return (("count", *nouns), at + 1) if nouns else ((), after)


_NO_NOUN_WORDS = (
    "of to and or is are was were in on at a the with from for as by per each more less then that this it if you "
    "we i ending ends and has have had will may can do does now so but left until after before between over than "
    "not"
)
_NO_NOUN = frozenset(_NO_NOUN_WORDS.split())


def _nouns_at(tokens: list[Token], at: int) -> list[str]:
    """The stems of the noun and of what may stand before it: "3 fraud alerts"."""
    nouns: list[str] = []
    for token in tokens[at : at + 3]:
        if token.kind != "word" or token.text in _NO_NOUN or token.text in MONTHS or token.text in WEEKDAYS:
            break
        nouns.append(stem(token.text))
        if token.text.endswith("s") and len(token.text) > 3:
            break
    return nouns[::-1]


def _money_after_symbol(tokens: list[Token], place: int) -> tuple[Claim | None, int]:
    number = place + 1
    negative = False
    if number < len(tokens) and tokens[number].kind == "dash":
        number, negative = number + 1, True
    if all(token.kind == "mark" for token in tokens[place + 1 :]):
        # The amount may stand in the next line. A citation between may be taken out.
        return _code(tokens, place, place + 1)
    if number < len(tokens) and tokens[number].kind == "word" and tokens[number].start == tokens[place].end:
        # "£MMCD" is read as an amount.
        return _code(tokens, number, number + 1)
    if number >= len(tokens) or tokens[number].kind not in ("number", "code", "clock", "expiry", "phone"):
        return None, place + 1
    if tokens[number].kind != "number":
        # "£2,48O" and "£2.480,15" are no amounts that could be compared.
        return _code(tokens, number, number + 1)
    found = currency_at(tokens[place].raw) or (tokens[place].text, 0)
    negative = negative or _is_negative(tokens, number)
    after = number + 1
    if after < len(tokens) and tokens[after].text in ("million", "billion", "thousand"):
        after += 1
    return _money(tokens, place, after, tokens[number].value.scaleb(found[1]), found[0], negative)


def _money(
    tokens: list[Token], place: int, after: int, amount: Decimal, currency: str, negative: bool
) -> tuple[Claim, int]:
    return Claim("money", (amount, currency), tokens[place].start, tokens[after - 1].end, negative=negative), after


def _with_minor(tokens: list[Token], amount: Decimal, scale: int, after: int) -> tuple[Decimal, int]:
    """ "twelve pounds fifty", "two pounds and five pence"."""
    at = after + 1 if after < len(tokens) and tokens[after].text == "and" else after
    if scale or at >= len(tokens) or tokens[at].kind != "number" or not 0 < tokens[at].value < 100:
        return amount, after
    unit, end = _unit_of(tokens, at + 1)
    is_pence = (tokens[at].suffix in ("p", "c")) or (unit[:1] == ("money",) and unit[2] == -2)
    if is_pence:
        return amount + tokens[at].value.scaleb(-2), max(end, at + 1)
    is_bare = at == after and not unit and tokens[at].in_words
    return (amount + tokens[at].value.scaleb(-2), at + 1) if is_bare else (amount, after)


def _period_at(tokens: list[Token], at: int) -> str:
    """What a rate is for, where it is no year: "1.5 % a month"."""
    while at < len(tokens) and tokens[at].text in ("apr", "aer", "interest"):
        at += 1
    if at + 1 < len(tokens) and tokens[at].text in _PER:
        unit = TIME_UNITS.get(tokens[at + 1].text, "")
        return "" if unit == "year" else unit
    return {"monthly": "month", "daily": "day", "weekly": "week"}.get(tokens[at].text, "") if at < len(tokens) else ""


def _ago(tokens: list[Token], after: int, value: Any, today: date | None) -> tuple[Any, ...]:
    return (("ago", value),) if after < len(tokens) and tokens[after].text == "ago" and today else ()


def _word_at(tokens: list[Token], place: int, today: date | None) -> tuple[Claim | None, int]:
    token = tokens[place]
    follows = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if token.text in _TELLING:
        if token.text == "half" and follows == "past":
            return Claim("time", -1, token.start, token.end), place + 2
        return Claim("word", token.text, token.start, token.end), place + 1
    if token.text in ("noon", "midnight", "midday"):
        return Claim("time", 0 if token.text == "midnight" else 720, token.start, token.end), place + 1
    if token.text in ("fiver", "tenner"):
        return _money(tokens, place, place + 1, Decimal(5 if token.text == "fiver" else 10), "GBP", negative=False)
    if token.text in ("a", "an") and follows in TIME_UNITS and place and tokens[place - 1].text in _BEFORE_ONE_UNIT:
        value = in_base_unit(Decimal(1), TIME_UNITS[follows], working=False)
        return Claim("duration", value, token.start, tokens[place + 1].end), place + 2
    if token.text == "both" and (nouns := _nouns_at(tokens, place + 1)):
        return Claim("count", (Decimal(2), nouns[0]), token.start, tokens[place + 1].end), place + 2
    return _date(tokens, place, today)


def _date(tokens: list[Token], place: int, today: date | None) -> tuple[Claim | None, int]:
    values, after = date_at(tokens, place)
    if not values:
        values, after = day_words_at(tokens, place, today)
    if not values:
        return (None, place + 1) if tokens[place].kind in ("word", "number") else _code(tokens, place, place + 1)
    return Claim("date", values[0], tokens[place].start, tokens[after - 1].end, others=tuple(values[1:])), after


def _minutes(text: str) -> int:
    """Minutes after midnight, -1 for no such time."""
    found = re.match(r"(\d{1,2})(?:[:.](\d\d))?(?::\d\d)?\s?([ap])?", text)
    if found is None:
        return -1
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    return hour * 60 + minute
