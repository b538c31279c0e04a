"""Numbers whose kind a word near them says, whatever stands between: "for the sort code, hold on, glasses, 40 11 62".

Every number of a text is weighed against the words around it that say what a number is: a kind of personal data, or
something else (an order, a sum, a day). The nearest word whose kind has numbers of that length says what it is. What
links a word directly to its number is the other recognizers' matter; these claims give way to theirs."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from core.security.pii.grammar import has_any, word_before
from core.security.pii.kinds import NAMED, PROVEN, SAID, SECRETS, SHAPED, Claim, Kind
from core.security.pii.numbers.banks_own import is_the_banks
from core.security.pii.numbers.contact import is_no_phone
from core.security.pii.numbers.cue_words import CUES, OF_SOMETHING_ELSE, CueWord, find_cue_words
from core.security.pii.reading.dates import DATE
from core.security.pii.reading.dictated import Given, Number, find_rows
from core.security.pii.reading.spoken import says_digits
from core.security.pii.reading.text import Reading
from core.security.pii.secrets.finding import NOT_THAT_CODE, ON_A_RECEIPT

_NUMBER = re.compile(
    r"(?<![^\W_])(?<![£$€#*])(?<!\d[.,:])(?:[A-Z]{1,2} ?|[a-z]{1,2}(?=\d{6})|\+|\((?=0))?\d(?:[ \t\n.\-/]{0,3}\d){2,24}"
    r"(?![^\W_])(?![.,:]\d)"
)
_SIGN = r"(?:[A-Z]{1,4}|[a-z]|[A-Za-z]{0,6}\d[A-Za-z\d]{0,30})"
_LETTERED = re.compile(rf"(?<![^\W_])(?<![£$€#*]){_SIGN}(?:[ \t\n.\-/,]{{1,3}}{_SIGN}){{0,34}}(?![^\W_])")
_PIECE = re.compile(r"[^\W_]+")
_SMALL_WORDS = frozenset("aAI")
_MOST_TRIMMED = 4
_UNITS = re.compile(
    r"\s?(?:pounds?|quid|euros?|dollars?|bucks|gbp|eur|usd|times|days?|hours?|hrs|minutes?|mins?|seconds?|months?|years?|weeks?"
    r"|points?|miles|percent|people|customers|working|business|p\b|k\b|am\b|pm\b|%|£|€|\$)"
)
_SHORT = frozenset({Kind.PIN, Kind.CVV})
_HOLD = re.compile(r"\b(?:hold|hang) on\W*\Z")
_HAD_ITS_OWN = re.compile(r"\s(?:in |with )?\d{1,4}\s(?:but|and)\b")
_NEW_CLAUSE = re.compile(r"[,;.\-] ?(?:and |but )?(?:it'?s|it is|that'?s)\s\Z")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BETWEEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_STOP = re.compile(r"\?(?=\W*\w+\W+\w)|\n\n|[.!]\s(?=\S+(?:\s\S+){6})")
"""Where a sentence ends that says something else."""
_FAR = 100
"""Characters from a number to its word."""
_REACH = _FAR + 200
"""And to where what stands ahead of it begins."""
_WEIGHT = SHAPED + 3
"""More than a form."""
_WEIGHT_OF_ROWS = NAMED + 2
_WEIGHTS = dict.fromkeys(SECRETS, SAID + 2) | {Kind.IBAN: PROVEN + 4, Kind.ADDRESS: SHAPED}
_WEIGHT_OF_PLACES = SHAPED - 3
"""Less than an address that it is part of."""

_BORN = re.compile(
    r"\b(?:d\.?o\.?b\b|birth\w*+|born|bday|b-day)(?!\s(?:party|present|gift|cards?|cake|meal|dinner|trip|money|treat))"
)
_BIRTH_HINTS = ("birth", "born", "dob", "d.o", "do.b", "bday", "b-day")
_DATE = re.compile(rf"(?<![\w£$€.,/\-])(?P<value>{DATE})(?![\w]|[/.,\-]\d)")
_PLUS = re.compile(r"(?:\bplus\s{1,2}|\+\s?\(?|\(\+?)\Z")
_DAY_IN = re.compile(
    r"(?<![\d/])\d\d?/\d\d?(?:/\d{2,4})?(?![\d/])|(?<![\d.-])\d\d?([.-])\d\d?\1(?:19|20)\d\d(?![\d.-])"
)
_OTHER_DAY = re.compile(r"\b(?:paid|due|charged|sent|opened|joined|expir\w*|appointment|transfer\w*|statement)\b")
_AHEAD_OF_BORN = re.compile(
    r"[\s,(]{1,3}(?:(?:is|was|as|for|the|my|right|correct|what|you|have|under|a|real|actual)\s){0,5}"
)
_FAR_BORN = 80


_NOT_A_PIN_BEHIND = frozenset(
    str.split(
        "card debit credit visa mastercard ending ends in on at of since by over under about around one and or than was"
    )
)
"""The card's own last digits, a year, a time or a sum stand behind these."""


class _IsPlaced(Protocol):
    @property
    def start(self) -> int: ...


_T = TypeVar("_T", bound=_IsPlaced)


class _Placed(Generic[_T]):
    """Numbers or words by where they stand, so that each asks only what is near."""

    def __init__(self, items: Iterable[_T]) -> None:
        self.items = sorted(items, key=lambda item: item.start)
        self._starts: list[int] = [item.start for item in self.items]

    def around(self, start: int, end: int) -> list[_T]:
        return self.items[bisect_left(self._starts, start - _REACH) : bisect_right(self._starts, end + _FAR)]


def find_near(reading: Reading) -> Iterator[Claim]:
    lower = reading.lower
    if not reading.figures and not says_digits(reading.folded.words):
        return
    numbers = _Placed(_numbers(reading) if reading.figures else ())
    rows = list(find_rows(reading.cased, lower))
    if not numbers.items and not rows:
        return
    words = _Placed(find_cue_words(lower))
    if all(word.cue.kind is None for word in words.items):
        return
    for number in numbers.items:
        kind = _kind(lower, number, words, numbers)
        if kind is not None and not _is_other(reading, number, kind):
            yield Claim(kind, number.start, number.end, _WEIGHT_OF_PLACES if kind is Kind.ADDRESS else _WEIGHT)
    yield from _bit_by_bit(reading, rows, words, numbers)


def _bit_by_bit(
    reading: Reading, rows: Iterable[Given], words: _Placed[CueWord], numbers: _Placed[Number]
) -> Iterator[Claim]:
    """What is given bit by bit; heavier than what any of the bits may be by itself."""
    lower = reading.lower
    for row_start, row_end, versions in rows:
        if all(word.cue.kind is None for word in words.around(row_start, row_end)):
            continue
        fitting = (row for row in versions if not _UNITS.match(lower, row.end))
        kinds = ((row, _kind(lower, row, words, numbers)) for row in fitting)
        row, kind = next(((row, kind) for row, kind in kinds if kind is not None), (None, None))
        if row is None or kind is None or _is_other(reading, row, kind):
            continue
        start = row.start
        if kind is Kind.PHONE and (plus := _PLUS.search(lower, max(0, start - 8), start)):
            start = plus.start()
        yield Claim(kind, start, row.end, _WEIGHTS.get(kind, _WEIGHT_OF_ROWS))


def _is_other(reading: Reading, row: Number, kind: Kind) -> bool:
    if kind is Kind.PHONE:
        return is_no_phone(reading, row.start) or is_the_banks(reading.lower, row.start, row.end)
    return kind is Kind.ACCOUNT_NUMBER and _DAY_IN.search(reading.lower, row.start, row.end) is not None


def _numbers(reading: Reading) -> Iterator[Number]:
    for found in _NUMBER.finditer(reading.cased):
        if not _UNITS.match(reading.lower, found.end()):
            yield Number(*found.span(), "".join(filter(str.isalnum, found[0])).upper())
    for found in _LETTERED.finditer(reading.cased):
        yield from _parts(found)


def _parts(run: re.Match[str]) -> Iterator[Number]:
    """A run of letters and digits as it is, and without words at its ends."""
    pieces = list(_PIECE.finditer(run[0]))
    while pieces and pieces[0][0] in _SMALL_WORDS:
        pieces.pop(0)
    if len(pieces) > 1 and pieces[-1][0] in _SMALL_WORDS:
        yield from _from_each(run.start(), pieces[:-1])
    yield from _from_each(run.start(), pieces)


def _from_each(start: int, pieces: list[re.Match[str]]) -> Iterator[Number]:
    for first in range(min(len(pieces), _MOST_TRIMMED)):
        if first and not pieces[first - 1][0].isalpha():
            break
        signs = "".join(piece[0] for piece in pieces[first:]).upper()
        if not signs.isalpha() and not signs.isdigit():
            yield Number(start + pieces[first].start(), start + pieces[-1].end(), signs)


def _kind(lower: str, number: Number, words: _Placed[CueWord], numbers: _Placed[Number]) -> Kind | None:
    """What the nearest fitting word says."""
    best, nearest = None, float("inf")
    for word in words.around(number.start, number.end):
        is_before = word.end <= number.start
        if (not is_before and word.start < number.end) or not word.cue.fits(number.signs, is_solid=number.is_solid):
            continue
        if _is_no_cue(lower, word, number) or (is_before and _is_over(lower, word, number)):
            continue
        between = lower[word.end : number.start] if is_before else lower[number.end : word.start]
        if len(between) > _FAR:
            continue
        distance = len(_BETWEEN.findall(between))
        if distance > (word.cue.before if is_before else word.cue.after) or _STOP.search(between):
            continue
        # Behind its number a word is said less often.
        cost = distance + (0 if is_before else 2)
        if cost < nearest and not _is_taken(word, number, numbers, is_before=is_before):
            best, nearest = word.cue.kind, cost
    return best


def _is_no_cue(lower: str, word: CueWord, number: Number) -> bool:
    """Whether the word is part of another term, or the number a year or what else stands behind such a word."""
    if word.cue.kind is Kind.OTP and ON_A_RECEIPT.match(lower, number.end):
        return True
    if word.cue is CUES["code"]:
        return word_before(lower, word.start) in NOT_THAT_CODE
    if word.cue is CUES["expiry"]:
        return OF_SOMETHING_ELSE.search(lower, max(0, word.start - 40), word.start) is not None
    return word.cue.kind in _SHORT and (
        _YEAR.fullmatch(number.signs) is not None
        or (
            word_before(lower, number.start) in _NOT_A_PIN_BEHIND
            and not _HOLD.search(lower, max(0, number.start - 12), number.start)
        )
    )


def _is_over(lower: str, word: CueWord, number: Number) -> bool:
    """Whether the word had its own number, or its clause ends: "ends 88 but it is ...", "for ten years, its ..."."""
    if word.cue.kind is not None:
        return False
    return bool(_HAD_ITS_OWN.match(lower, word.end)) or (
        word.cue is CUES["day"] and _NEW_CLAUSE.search(lower, word.end, number.start) is not None
    )


def _is_taken(word: CueWord, number: Number, numbers: _Placed[Number], *, is_before: bool) -> bool:
    """Whether another number that fits stands nearer to the word."""
    low, high = (word.end, number.start) if is_before else (number.end, word.start)
    return any(
        low <= other.start and other.end <= high and word.cue.fits(other.signs, is_solid=other.is_solid)
        for other in numbers.around(low, high)
    )


def find_near_births(reading: Reading) -> Iterator[Claim]:
    """A whole date behind a word about birth, with no other day's word nearer to it."""
    lower = reading.lower
    for cue in _BORN.finditer(lower) if has_any(lower, _BIRTH_HINTS) else ():
        for found in _DATE.finditer(lower, cue.end(), min(len(lower), cue.end() + _FAR_BORN)):
            between = lower[cue.end() : found.start()]
            if not _OTHER_DAY.search(between) and "?" not in between and _has_year(found["value"]):
                yield Claim(Kind.DOB, *found.span("value"), _WEIGHT)
            break
        # "Is 24 February 1988 the right birthday?"
        ahead = list(_DATE.finditer(lower, max(0, cue.start() - _FAR_BORN), cue.start()))[-1:]
        if ahead and _AHEAD_OF_BORN.fullmatch(lower, ahead[0].end(), cue.start()) and _has_year(ahead[0]["value"]):
            yield Claim(Kind.DOB, *ahead[0].span("value"), _WEIGHT)


def _has_year(date: str) -> bool:
    return len(re.findall(r"\d+|[a-z]+", date)) > 2 or bool(re.fullmatch(r"\d{6}|\d{8}", date))
