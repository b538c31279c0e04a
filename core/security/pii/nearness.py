"""Numbers whose kind a word near them says, whatever stands between: "for the sort code, hold on, glasses, 40 11 62".

Every number of a text is weighed against the words around it that say what a number is: a kind of personal data, or
something else (an order, a sum, a day). The nearest word whose kind has numbers of that length says what it is. What
links a word directly to its number is the other recognizers' matter; these claims give way to theirs."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.security.pii.births import DATE
from core.security.pii.contact import is_no_phone
from core.security.pii.dictated import find_rows
from core.security.pii.grammar import word_before
from core.security.pii.kinds import NAMED, PROVEN, SAID, SECRETS, SHAPED, Claim, Kind
from core.security.pii.reading import Reading
from core.security.pii.secrets import NOT_THAT_CODE
from core.security.pii.spoken import says_digits


class _Cue(NamedTuple):
    """Words that say what kind of number stands near them."""

    kind: Kind | None
    """None: no personal data."""
    form: re.Pattern[str]
    """Of the number's signs, in capitals and with nothing between them."""
    before: int
    """How many words may lie between them and a number behind them."""
    after: int
    """And a number ahead of them."""
    loose: re.Pattern[str]
    """The form with letters that look like figures."""
    has_letters: bool

    def fits(self, signs: str, *, is_solid: bool) -> bool:
        if self.form.fullmatch(signs):
            return True
        return (
            (is_solid or self.has_letters)
            and self.kind is not None
            and self.loose.fullmatch(signs) is not None
            and sum(map(str.isdigit, signs)) >= sum(map(_LIKE_FIGURES.__contains__, signs))
        )


_LIKE_FIGURES = frozenset("OILSBZ")
_PARTS_OF_FORMS = re.compile(r"\[A-Z\]|\[[^\]]*\]|\\d")
_LOOSE = {r"\d": r"[\dOILSBZ]", "[A-Z]": "[A-Z0]"}


def _cue(kind: Kind | None, form: str, before: int, after: int) -> _Cue:
    loose = _PARTS_OF_FORMS.sub(lambda found: _LOOSE.get(found[0], found[0]), form)
    return _Cue(kind, re.compile(form), before, after, re.compile(loose), "A-Z" in form)


_ID = r"[A-Z]{5}\d{4}[A-Z]|[A-Z]{0,6}\d{6,14}[A-Z]{0,3}|[A-Z]{2,6}\d{4,7}[A-Z\d]{3,6}"
_CUES: dict[str, _Cue] = {
    "sort": _cue(Kind.SORT_CODE, r"\d{6}", 14, 6),
    "account": _cue(Kind.ACCOUNT_NUMBER, r"\d{7,12}", 14, 6),
    "moved": _cue(Kind.ACCOUNT_NUMBER, r"(?!(?:19|20)\d{6})\d{8,12}", 1, 0),
    "routing": _cue(Kind.ROUTING_NUMBER, r"\d{9}", 14, 6),
    "passport": _cue(Kind.PASSPORT, r"[A-Z]{0,3}\d{6,9}[A-Z]{0,2}", 12, 6),
    "nino": _cue(Kind.UK_NINO, r"[A-Z]{2}\d{6}[A-D]?", 12, 6),
    "ssn": _cue(Kind.US_SSN, r"\d{9}", 14, 6),
    "iban": _cue(Kind.IBAN, r"[A-Z]{2}\d{2}[A-Z\d]{11,30}", 12, 6),
    "card": _cue(Kind.CARD, r"\d{14,19}", 14, 8),
    "phone": _cue(Kind.PHONE, r"\d{9,14}", 12, 8),
    "pin": _cue(Kind.PIN, r"\d{4}", 9, 4),
    "cvv": _cue(Kind.CVV, r"\d{3,4}", 8, 5),
    "expiry": _cue(Kind.CARD_EXPIRY, r"(?:0?[1-9]|1[0-2])(?:20)?[2-4]\d", 10, 5),
    "otp": _cue(Kind.OTP, r"G?\d{6}", 10, 10),
    "code": _cue(Kind.OTP, r"G?\d{6}", 8, 8),
    "id": _cue(Kind.NATIONAL_ID, _ID, 10, 6),
    "birth": _cue(Kind.DOB, r"\d{5,8}", 12, 6),
    "postcode": _cue(
        Kind.ADDRESS,
        r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}|\d{5}(?:\d{4})?|[A-Z]\d[A-Z]\d[A-Z]\d|[A-Z]\d[\dW][A-Z\d]{4}|\d{4}[A-Z]{2}",
        10,
        6,
    ),
    "other": _cue(None, r".*", 5, 2),
    "sum": _cue(None, r"\d{1,7}", 3, 1),
    "day": _cue(None, r"\d{1,8}", 3, 2),
}
_WORDS = re.compile(
    r"\b(?:(?P<sort>sort\W?codes?|sortcodes?|s/c|sort)"
    r"|(?P<account>acc(?:(?:oun)?ts?|nt)?|a/c|act(?= n)|ac(?=\W{0,3}\d)|checking|savings|current account|konto(?:nummer)?|cuenta|conta|compte"
    r"|an(?=\W{0,2}\d))"
    r"|(?P<moved>(?:move|moved|transfer|transferred|take|took|send|sent|pay|paid|pull|go|wire)(?: (?:it|this|that|money|the money|cash|them))?"
    r" (?:out of|from|into))"
    r"|(?P<routing>routing|aba|rtn|transit)"
    r"|(?P<passport>passports?|passaporto|pasaporte|passeport|reisepass|ppt)"
    r"|(?P<nino>nino|n\.?i\.?(?=\W|\Z)|nat(?:ional)?\.? ins(?:urance)?)"
    r"|(?P<iban>ibans?)"
    r"|(?P<expiry>exp(?:iry|ires?|iration)?|valid (?:thru|until|to|till))"
    r"|(?P<birth>d\.?o\.?b|date of birth|birth ?(?:date|day)|b-?day|born)"
    r"|(?P<postcode>post(?:al)? ?codes?|p/?codes?|eircode|zip(?: ?code)?)"
    r"|(?P<ssn>ssn|social(?: security)?)"
    r"|(?P<phone>phones?|mobiles?|cell|landline|tel|call|ring|text|whatsapp|reach|callback)"
    r"|(?P<pin>pin|p\W?i\W?n)"
    r"|(?P<cvv>cvv2?|cvc2?|cv2|cvn|csc|sec(?:urity)? (?:code|number|nr|no|num|digits|value)|(?:three|3|four|4)[ \-]digits?(?: code| number)?|(?:on|at|of|from) (?:the |its )?(?:back"
    r"|reverse|rear)|(?:the )?(?:back|reverse)(?= (?:says|reads|has|of|side))|signature strip)"
    r"|(?P<otp>otp|sms|authenticator|texted me|text (?:says|said|reads|message)|confirm|passcode|one[ \-]time|verification|authentication|2fa|(?:six|6)[ \-]digits?|log ?in|sign ?in)"
    r"|(?P<code>codes?|token)"
    r"|(?P<card>cards?|visa|mastercard|amex|pan)"
    r"|(?P<id>nie|dni|nif|pesel|bsn|aadhaa?r|nric|cpf|curp|pps[no]?|personnummer|nhs|itin|tin|tfn"
    r"|driv(?:ing|er'?s?) licen[cs]e|licen[cs]e (?:no|number|nr|num)|(?:national|tax|identity) (?:id|number|card|code))"
    r"|(?P<other>orders?|ref|reference|invoices?|tickets?|tracking|parcel|booking|flight|receipt|transaction|serial|imei|version"
    r"|claim|dispute|case|policy|voucher|model|error|ending|ends|article|item|product|vat|company number)"
    r"|(?P<sum>limit|balance|amount|fee|fees|price|cost|costs|paid|pay|spent|charged|rent|salary|loan|mortgage|deposit"
    r"|withdraw|withdrew|transfer|earn)"
    r"|(?P<day>since|until|till|due|dated|date|year|years|day|days))\b"
)
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
_YEAR = re.compile(r"(?:19|20)\d\d")
_SPACES = re.compile(r"\s+")
_BETWEEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_STOP = re.compile(r"\?|\n\n|[.!]\s(?=\S+(?:\s\S+){6})")
"""Where a sentence ends that says something else."""
_FAR = 100
"""Characters from a number to its word."""
_WEIGHT = SHAPED + 3
"""More than a form."""
_WEIGHT_OF_ROWS = NAMED + 2
_WEIGHTS = dict.fromkeys(SECRETS, SAID + 2) | {Kind.IBAN: PROVEN + 4, Kind.ADDRESS: SHAPED}
_WEIGHT_OF_PLACES = SHAPED - 3
"""Less than an address that it is part of."""

_BORN = re.compile(
    r"\b(?:d\.?o\.?b\b|birth\w*+|born|bday|b-day)(?!\s(?:party|present|gift|cards?|cake|meal|dinner|trip|money|treat))"
)
_DATE = re.compile(rf"(?<![\w£$€.,/\-])(?P<value>{DATE})(?![\w]|[/.,\-]\d)")
_PLUS = re.compile(r"(?:\bplus\s{1,2}|\+\s?\(?|\(\+?)\Z")
_DAY_IN = re.compile(r"(?<![\d/])\d\d?/\d\d?(?:/\d{2,4})?(?![\d/])")
_OTHER_DAY = re.compile(r"\b(?:paid|due|charged|sent|opened|joined|expir\w*|appointment|transfer\w*|statement)\b")
_FAR_BORN = 80


_NOT_A_PIN_BEHIND = frozenset(
    str.split(
        "card debit credit visa mastercard ending ends in on at of since by over under about around one and or than was"
    )
)
"""The card's own last digits, a year, a time or a sum stand behind these."""


class _Number(NamedTuple):
    start: int
    end: int
    signs: str
    """In capitals, with nothing between them."""
    is_solid: bool = True
    """Letters may have been typed for figures."""


class _Word(NamedTuple):
    start: int
    end: int
    cue: _Cue


def find_near(reading: Reading) -> Iterator[Claim]:
    lower = reading.lower
    if not reading.figures and not says_digits(reading.folded.words):
        return
    numbers = list(_numbers(reading))
    words = [
        _Word(found.start(), found.end(), _CUES[found.lastgroup])
        for found in _WORDS.finditer(lower)
        if found.lastgroup is not None
    ]
    # A number of a card, and India's permanent account number.
    words += [word._replace(cue=_CUES["id"]) for word in words if lower[word.start : word.end] == "pan"]
    for number in numbers:
        kind = _kind(lower, number, words, numbers)
        if kind is not None and not (kind is Kind.PHONE and is_no_phone(reading, number.start)):
            yield Claim(kind, number.start, number.end, _WEIGHT_OF_PLACES if kind is Kind.ADDRESS else _WEIGHT)
    yield from _dictated(reading, words, numbers)


def _dictated(reading: Reading, words: list[_Word], numbers: list[_Number]) -> Iterator[Claim]:
    """What is given bit by bit; heavier than what any of the bits may be by itself."""
    lower = reading.lower
    for versions in find_rows(reading.cased, lower):
        for row in versions:
            if _UNITS.match(lower, row.end):
                break
            number = _Number(row.start, row.end, row.signs, row.is_solid)
            others = [other for other in numbers if other.end <= row.start or other.start >= row.end]
            kind = _kind(lower, number, words, others)
            if kind is not None and (kind is not Kind.ACCOUNT_NUMBER or not _DAY_IN.search(lower, row.start, row.end)):
                start = row.start
                if kind is Kind.PHONE and is_no_phone(reading, start):
                    break
                if kind is Kind.PHONE and (plus := _PLUS.search(lower, max(0, start - 8), start)):
                    start = plus.start()
                yield Claim(kind, start, row.end, _WEIGHTS.get(kind, _WEIGHT_OF_ROWS))
                break


def _numbers(reading: Reading) -> Iterator[_Number]:
    for found in _NUMBER.finditer(reading.cased):
        if not _UNITS.match(reading.lower, found.end()):
            yield _Number(*found.span(), "".join(filter(str.isalnum, found[0])).upper())
    for found in _LETTERED.finditer(reading.cased):
        yield from _parts(found)


def _parts(run: re.Match[str]) -> Iterator[_Number]:
    """A run of letters and digits as it is, and without words at its ends."""
    pieces = list(_PIECE.finditer(run[0]))
    while pieces and pieces[0][0] in _SMALL_WORDS:
        pieces.pop(0)
    if len(pieces) > 1 and pieces[-1][0] in _SMALL_WORDS:
        yield from _from_each(run.start(), pieces[:-1])
    yield from _from_each(run.start(), pieces)


def _from_each(start: int, pieces: list[re.Match[str]]) -> Iterator[_Number]:
    for first in range(min(len(pieces), _MOST_TRIMMED)):
        if first and not pieces[first - 1][0].isalpha():
            break
        signs = "".join(piece[0] for piece in pieces[first:]).upper()
        if not signs.isalpha() and not signs.isdigit():
            yield _Number(start + pieces[first].start(), start + pieces[-1].end(), signs)


def _kind(lower: str, number: _Number, words: list[_Word], numbers: list[_Number]) -> Kind | None:
    """What the nearest fitting word says."""
    best, nearest = None, float("inf")
    for word in words:
        if not word.cue.fits(number.signs, is_solid=number.is_solid):
            continue
        if word.cue is _CUES["code"] and word_before(lower, word.start) in NOT_THAT_CODE:
            continue
        if word.cue.kind in _SHORT and (
            _YEAR.fullmatch(number.signs)
            or (
                word_before(lower, number.start) in _NOT_A_PIN_BEHIND
                and not _HOLD.search(lower, max(0, number.start - 12), number.start)
            )
        ):
            continue
        is_before = word.end <= number.start
        between = lower[word.end : number.start] if is_before else lower[number.end : word.start]
        if len(between) > _FAR or (word.start < number.end and word.end > number.start):
            continue
        distance = len(_BETWEEN.findall(between))
        if distance > (word.cue.before if is_before else word.cue.after) or _STOP.search(between):
            continue
        if _is_taken(word, number, numbers, is_before=is_before):
            continue
        # Behind its number a word is said less often.
        cost = distance + (0 if is_before else 2)
        if cost < nearest:
            best, nearest = word.cue.kind, cost
    return best


def _is_taken(word: _Word, number: _Number, numbers: list[_Number], *, is_before: bool) -> bool:
    """Whether another number that fits stands nearer to the word."""
    low, high = (word.end, number.start) if is_before else (number.end, word.start)
    return any(
        low <= other.start and other.end <= high and word.cue.fits(other.signs, is_solid=other.is_solid)
        for other in numbers
    )


def find_near_births(reading: Reading) -> Iterator[Claim]:
    """A whole date behind a word about birth, with no other day's word nearer to it."""
    lower = reading.lower
    for cue in _BORN.finditer(lower):
        for found in _DATE.finditer(lower, cue.end(), min(len(lower), cue.end() + _FAR_BORN)):
            between = lower[cue.end() : found.start()]
            if not _OTHER_DAY.search(between) and "?" not in between and _has_year(found["value"]):
                yield Claim(Kind.DOB, *found.span("value"), _WEIGHT)
            break


def _has_year(date: str) -> bool:
    return len(re.findall(r"\d+|[a-z]+", date)) > 2 or bool(re.fullmatch(r"\d{6}|\d{8}", date))
