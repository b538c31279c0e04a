"""Figures that nothing else explains, in a text that says what they may be: the last look.

The other recognizers ask what stands beside a number. Here one counts as what the text speaks of, whatever stands
between and in whatever order, where its length fits and it is no sum, day, time, count, reference or part of a name. A
number that is given in pieces with words between ("first line 4842 5076, second line 9360 0593") counts where the
pieces together have the length of what the text speaks of. Seven figures and more are an account where nothing says
otherwise."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.security.pii.grammar import has_any, only_digits
from core.security.pii.kinds import GUESSED, NAMED, SAID, SECRETS, Claim, Kind
from core.security.pii.last_look.explained import explains
from core.security.pii.last_look.values import find_values
from core.security.pii.numbers.accounts import passes_luhn
from core.security.pii.numbers.banks_own import is_the_banks
from core.security.pii.numbers.contact import is_no_phone
from core.security.pii.reading.text import Reading

_RUN = re.compile(r"(?<![^\W_])\d(?:(?:[ \t\n.\-]{0,3}|/)\d)*(?![^\W_])")
_LOOKS_BACK = 40
_OF_A_DAY = 2
_YEAR = re.compile(r"(?:19|20)\d\d")
_PRODUCT = re.compile(
    r"[a-z,] (?!Pin|Code|Cvv|Otp)[A-Z][a-z]+ \Z|\A(?!Pin|Code|Cvv|Otp|Use|Text|Got|Says|Is|My|Was)[A-Z][a-z]+ \Z"
)
"""A word with a capital ahead: "Nokia 3310"."""
_ROUND = re.compile(r"[1-9]\d?0{2,}")


class _Speaks(NamedTuple):
    """What a text speaks of, and how many figures that has."""

    kind: Kind
    hints: tuple[str, ...]
    words: re.Pattern[str]
    lengths: frozenset[int]
    reach: int
    """Characters between word and number."""


def _speaks(kind: Kind, hints: str, words: str, lengths: Iterable[int], reach: int = 160) -> _Speaks:
    return _Speaks(kind, tuple(hints.split("|")), re.compile(rf"\b(?:{words})(?!\w)"), frozenset(lengths), reach)


_OF_SECRETS = (
    _speaks(
        Kind.PIN,
        "pin|key|digit|clave|geheim",
        r"clave|(?:mot de passe|geheimzahl)|pins?(?: ?code)?(?! (?:code )?(?:of|for) (?:my|the) (?:area|city|town))"
        r"|key ?pad|(?:four|4)[ \-]digits?",
        (4, 5, 6),
    ),
    _speaks(
        Kind.CVV,
        "cv|secur|cid|back|front|reverse|rear|strip|csc",
        r"cv[vc]2?|cid|csc|security (?:code|number|digits)|(?:on|from|at) (?:the|its) (?:back|front|reverse)|(?:back"
        r"|rear|reverse|front) of (?:the|my|our|this) (?:\w+ )?card|signature strip",
        (3, 4),
        80,
    ),
    _speaks(
        Kind.OTP,
        "otp|code|sms|text|message|verif|authenti|passcode|one time|one-time|token",
        r"otps?|one[ \-]time \w+|sms|text(?:ed)?(?: message)?s?|(?:verification|activation|authentication"
        r"|authori[sz]ation|confirmation|security|access|login"
        r"|log ?in|sms|text|the|a|your|this|that|my) codes?|message|passcode|authenticator|token",
        (4, 5, 6, 7, 8),
        120,
    ),
)
_OF_NUMBERS = (
    _speaks(Kind.CARD, "card|visa|master|amex", r"cards?|visa|mastercard|amex|long number", (14, 15, 16)),
    _speaks(Kind.SORT_CODE, "sort|bsb|branch code", r"sort\W?codes?|sortcodes?|bsb|branch code|bank code", (6,)),
    _speaks(
        Kind.ACCOUNT_NUMBER,
        "acc|a/c|savings|checking|iban|nuban|clabe|roll|overdraft|balance",
        r"acc(?:(?:oun)?ts?|nt)?|a/c|savings|checking|nuban|clabe|roll (?:number|no)|overdraft|balance",
        range(7, 19),
    ),
    _speaks(Kind.ROUTING_NUMBER, "routing|aba|rtn|transit", r"routing|aba|rtn|transit", (9,)),
    _speaks(
        Kind.PHONE,
        "phone|mob|tel|cell|call|ring|number|text|whatsapp|reach|sms|landline|handy|dial",
        r"(?:tele|smart)?phones?|mobiles?|mob|tel|telefono?|cell|call|ring|reach|whatsapp|landline|handy|dial"
        r"|numbers?|text",
        range(9, 14),
    ),
    _speaks(
        Kind.US_SSN, "ss|s.s|social", r"ssn|social(?: security)?|s\.?s\.?(?= ?#| (?:no|num|number|is|are)\b)", (9,)
    ),
    _speaks(
        Kind.PASSPORT, "passport|reisepass|passeport|pasaporte", r"passports?|reisepass|passeport|pasaporte", (7, 8, 9)
    ),
    _speaks(
        Kind.NATIONAL_ID,
        "id|tax|nin|bvn|ein|licen|steuer|sin|tfn|utr|fiscal|ssin|personal|identity|nhs",
        r"(?:national|personal|identity|tax|emirates|voter|citizen|resident|foreign)(?: \w+)? ?(?:id|number|no|card"
        r"|code)|id(?: card| number| no)?|nin|bvn"
        r"|steuer\w*|sin|s\.i\.n|ein|tfn|utr|fiscal\w*|nhs number|driv\w+ licen[cs]e",
        range(8, 16),
    ),
)
_KINDS = (*_OF_SECRETS, *_OF_NUMBERS)
_LONG = 7
"""Figures from which a number is seldom a sum or a count."""
_GIVEN_IN_PIECES = {
    Kind.CARD: frozenset({15, 16}),
    Kind.PHONE: frozenset({10, 11, 12, 13}),
    Kind.ACCOUNT_NUMBER: frozenset({8, 10, 11, 12}),
    Kind.SORT_CODE: frozenset({6}),
    Kind.ROUTING_NUMBER: frozenset({9}),
    Kind.US_SSN: frozenset({9}),
    Kind.OTP: frozenset({6}),
    Kind.PIN: frozenset({4}),
    Kind.PASSPORT: frozenset({9}),
    Kind.NATIONAL_ID: frozenset({9, 10, 11, 12}),
}
_WIDEST = 60
"""Characters between two pieces."""
_MOST_PIECES = 10
_PARTED = re.compile(r"\n\n")
_NAMES_ANOTHER = re.compile(
    r"\b(?:sort|account|acc|a/c|card|phone|mobile|pin|cvv|cvc|expir\w*|exp|code|iban|born|dob|birth|passport|ref\w*"
    r"|order|paid|pay|and another|or"
    r"|instead|not|from|to|balance|limit)\b|[£$€?]"
)
_ALONE_AHEAD = re.compile(
    r"\b(?:in|on|of|at|line|part|last|ends)[ ,]{1,2}\Z|\b(?:card|visa|mastercard|amex|debit|credit)(?: (?:number"
    r"|no))? \Z"
)
"""What a number that stands alone is no value behind."""
_MONTH_OF_YEAR = re.compile(r"(?<![\w£$€.,/\-])(?:0[1-9]|1[0-2]) ?[/\-] ?(?:20)?(?:2[4-9]|3\d)(?![\w]|[.,/\-]\d)")
_NAMED_BY_LETTERS = re.compile(r"(?<![^\W_])(?!(?:AC|ACC|NO|IS|ID|SC|MY)\b)[A-Z]{1,4}\d* ?\Z")
"""As parcels and disputes are: "RM 4471 2290"."""
_PREFIX = re.compile(r"(?<![^\W_])[A-Z]{1,4}[/\-]\Z")
_SORT_AND_ACCOUNT = re.compile(
    r"(?<![\w.,/£$€\-])(?P<sort>\d\d(?P<gap>[ .\-])\d\d(?P=gap)\d\d)\s?[/,;\- ]\s?(?P<account>\d{8}"
    r"|\d\d(?:[ .\-]\d\d){3}|\d{4}[ .\-]\d{4})(?![\w]|[.,]\d)"
)
_OF_BANKS = frozenset({Kind.PHONE, Kind.ACCOUNT_NUMBER, Kind.SORT_CODE, Kind.OTP})
_LIKE_PHONES = frozenset({Kind.PHONE, Kind.ACCOUNT_NUMBER})
_ON_CARDS = frozenset({Kind.CARD, Kind.CARD_EXPIRY})
_OF_CHEQUES = re.compile(r"(?i)\b(?:cheque|check|mandate|ticket|reference)\b")
_LENGTHS_OF_ACCOUNTS = range(7, 13)
_OF_A_TOKEN, _OF_A_CODE = 6, 3
_MOST_GROUPS = 4
_FARTHEST = 160
_MOST_OVER = 6
"""Findings over one number."""
_NEAR = 80


class _Run(NamedTuple):
    start: int
    end: int
    figures: str
    taken: "Kind | bool | None"
    """What another recognizer took it for; False: for nothing."""
    is_explained: bool


class _Word(NamedTuple):
    start: int
    end: int
    what: _Speaks


def find_remaining(reading: Reading, claims: Iterable[Claim]) -> Iterator[Claim]:
    lower, claims = reading.lower, tuple(claims)
    runs = list(_runs(reading, claims))
    spoken_of = [what for what in _KINDS if has_any(lower, what.hints)]
    words = sorted(_Word(*found.span(), what) for what in spoken_of for found in what.words.finditer(lower))
    yield from _in_pieces(lower, runs, words)
    yield from find_values(reading, claims)
    has_card = any(claim.kind in _ON_CARDS for claim in claims)
    starts = [word.start for word in words]
    for run in runs:
        if (
            run.taken is not False
            or run.is_explained
            or (
                len(run.figures) < _LONG
                and run.end - run.start == len(run.figures)
                and _ALONE_AHEAD.search(lower, max(0, run.start - _LOOKS_BACK), run.start)
            )
        ):
            continue
        near = words[bisect_left(starts, run.start - _FARTHEST) : bisect_right(starts, run.end + _FARTHEST)]
        kind = _kind(reading.cased, lower, run, near) or (
            Kind.CVV if has_card and len(run.figures) == _OF_A_CODE else _by_length(reading.cased, run)
        )
        if kind is None or (kind in _LIKE_PHONES and is_no_phone(reading, run.start)):
            continue
        if not (kind in _OF_BANKS and is_the_banks(lower, run.start, run.end)):
            named = (
                _PREFIX.search(reading.cased, max(0, run.start - 8), run.start) if len(run.figures) >= _LONG else None
            )
            yield Claim(kind, named.start() if named else run.start, run.end, GUESSED - 2)
    for pair in _SORT_AND_ACCOUNT.finditer(lower):
        yield Claim(Kind.SORT_CODE, *pair.span("sort"), NAMED)
        yield Claim(Kind.ACCOUNT_NUMBER, *pair.span("account"), NAMED)
    if has_card:
        for month in _MONTH_OF_YEAR.finditer(lower):
            yield Claim(Kind.CARD_EXPIRY, *month.span(), GUESSED - 3)


def _by_length(cased: str, run: _Run) -> Kind | None:
    """What a number is in a bank's chat that nothing explains and no word introduces: six figures are a sort code,
    eight an account."""
    if cased.strip() == cased[run.start : run.end]:
        # By itself it is anything: a field of a tool's result, a count, the id of a payment.
        return None
    groups = re.findall(r"\d+", cased[run.start : run.end])
    if (len(groups) > _MOST_GROUPS and any(len(group) > 1 for group in groups)) or _NAMED_BY_LETTERS.search(
        cased, max(0, run.start - 8), run.start
    ):
        return None
    if "." in cased[run.start : run.end] and min(map(len, groups)) < _OF_A_DAY:
        return None
    if all(_YEAR.fullmatch(group) for group in groups) or len(set(run.figures)) == 1 or run.figures.endswith("0000"):
        return None
    if len(run.figures) == _OF_A_TOKEN and _OF_CHEQUES.search(cased, max(0, run.start - _LOOKS_BACK), run.start):
        return None
    if len(run.figures) in _LENGTHS_OF_ACCOUNTS:
        return Kind.ACCOUNT_NUMBER
    is_even = len({len(group) for group in groups}) == 1
    # A code perhaps; only a word for one makes it the secret that nobody may keep.
    return Kind.SORT_CODE if len(run.figures) == _OF_A_TOKEN and is_even and not run.figures.endswith("000") else None


def _runs(reading: Reading, claims: Iterable[Claim]) -> Iterator[_Run]:
    lower = reading.lower
    taken = sorted((claim.start, claim.end, claim.weight, claim.kind) for claim in claims)
    starts = [start for start, *_ in taken]
    for found in _RUN.finditer(lower):
        start, end = found.span()
        at = bisect_left(starts, end)
        over = max((one for one in taken[max(0, at - _MOST_OVER) : at] if one[1] > start), key=_weight, default=None)
        is_explained = not over and explains(reading.cased, lower, start, end, is_short=end - start < _LONG)
        yield _Run(start, end, only_digits(found[0]), over[3] if over else False, is_explained)


def _weight(taken: "tuple[int, int, int, Kind | None]") -> int:
    return taken[2]


def _kind(cased: str, lower: str, run: _Run, words: Iterable[_Word]) -> Kind | None:
    """What the nearest word says that numbers of that length go with."""
    length = len(run.figures)
    if length < _LONG and _PRODUCT.search(cased, max(0, run.start - 24), run.start):
        return None
    if length < _LONG and (_YEAR.fullmatch(run.figures) or _ROUND.fullmatch(run.figures)):
        return None
    best, nearest = None, _FARTHEST
    for word in words:
        between = (word.end, run.start) if word.end <= run.start else (run.end, word.start)
        distance = between[1] - between[0]
        if length not in word.what.lengths or not 0 <= distance < min(nearest, word.what.reach):
            continue
        if not _PARTED.search(lower, *between):
            best, nearest = word.what.kind, distance
    return best


def _in_pieces(lower: str, runs: list[_Run], words: list[_Word]) -> Iterator[Claim]:
    """Pieces of one number, with whatever stands between."""
    starts = [word.start for word in words]
    done = 0
    for at, run in enumerate(runs[:-1]):
        if run.taken is not False and runs[at + 1].taken is not False:
            continue
        if at < done or run.is_explained or runs[at + 1].start - run.end > _WIDEST:
            continue
        near = words[bisect_left(starts, run.start - _NEAR) : bisect_right(starts, run.end + _FARTHEST)]
        kinds = [word.what.kind for word in sorted(near, key=lambda word: abs(word.start - run.start))]
        for kind in dict.fromkeys((*kinds, Kind.CARD)):
            last = _last_piece(lower, runs, at, kind)
            is_proven = kind in kinds or passes_luhn("".join(one.figures for one in runs[at : last + 1]))
            if last > at and is_proven:
                yield Claim(kind, run.start, runs[last].end, (SAID if kind in SECRETS else NAMED) + 3)
                done = last + 1
                break


def _last_piece(lower: str, runs: list[_Run], first: int, kind: Kind) -> int:
    """The last of the pieces that together have one of these lengths; ``first`` where they have none."""
    lengths = _GIVEN_IN_PIECES.get(kind, frozenset())
    total, last = 0, first
    for at in range(first, min(first + _MOST_PIECES, len(runs))):
        run = runs[at]
        if run.is_explained or run.taken not in (False, kind) or _YEAR.fullmatch(run.figures):
            break
        if at > first and not _joins(lower, runs[at - 1].end, run.start):
            break
        total += len(run.figures)
        if at > first and total in lengths and not all(run.taken is kind for run in runs[first : at + 1]):
            last = at
        if total >= max(lengths, default=0):
            break
    return last


def _joins(lower: str, start: int, end: int) -> bool:
    """Whether what stands between may be an aside, and names nothing else."""
    return end - start <= _WIDEST and not _NAMES_ANOTHER.search(lower, start, end)
