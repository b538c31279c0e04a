"""Figures that nothing else explains, in a text that says what they may be: the last look.

The other recognizers ask what stands beside a number. Here one counts as what the text speaks of, whatever stands between and in whatever
order, where its length fits and it is no sum, day, time, count, reference or part of a name. A number that is given in pieces with words between
("first line 4842 5076, second line 9360 0593") counts where the pieces together have the length of what the text speaks of."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.security.pii.banks_own import is_the_banks
from core.security.pii.births import DATE, MONTH
from core.security.pii.contact import is_no_phone
from core.security.pii.grammar import has_any, only_digits
from core.security.pii.ibans import LENGTHS, passes_iso_7064
from core.security.pii.kinds import GUESSED, NAMED, PROVEN, SAID, SECRETS, SHAPED, Claim, Kind
from core.security.pii.numbers import passes_luhn
from core.security.pii.ordinary import english
from core.security.pii.reading import Reading

_RUN = re.compile(r"(?<![^\W_])\d(?:(?:[ \t\n.\-]{0,3}|/)\d)*(?![^\W_])")
_MONEY = (
    r"(?:rs|inr|gbp|eur|usd|ngn|chf|aed|zar|kes|r\$|pounds?|quid|euros?|dollars?|bucks|naira|rupees?|francs?|rand|pence|cents?|p|k|m|grand"
    r"|lakhs?|pln|zl|sek|nok|dkk|reais)\b"
)
_COUNTED = (
    r"(?:times?|x|digits?|attempts?|tries|goes|days?|weeks?|hours?|hrs?|h|minutes?|mins?|seconds?(?! (?:line|half|part|bit|set|lot|group|block|number))|secs?|months?|years?|yrs?|percent|%|per cent|working"
    r"|business|cards?|letters?|characters?|wrong|different|o'?clock|am|pm|people|customers?|points?|miles|km|metres?|of (?:my|the|your|them|these)"
    r"|more|or|transactions?|payments?|accounts?|instal+ments?|companies|branches|pages|lines|steps|stars?|numbers?|figures|units?|items?|gb|mb|kwh"
    r"|st|nd|rd|th|bad|internal|not found)\b|%|°|\+"
)
_BEHIND = re.compile(rf" ?(?:{_MONEY}|{_COUNTED}|[€₦₹¥])|[£$]|[.,:]\d| ?[–-] ?(?:digit|day|month|year|hour|minute)")
_MONTH_BEHIND = re.compile(rf"(?:st|nd|rd|th)? (?:of )?{MONTH}\b")
_OF_SUMS = frozenset(
    str.split(
        "paid pay paying spent spend charged withdrew withdraw withdrawn sent send transfer transferred earn cost costs borrow owe owed lent limit balance amount fee price total sum"
        " budget score about around over under than only nearly almost roughly max maximum min minimum upto since until till by year years jan feb mar apr may jun jul aug sep sept oct"
        " nov dec january february march april june july august september october november december"
    )
)
"""What stands ahead of a sum or a day; a number of many figures is none."""
_OF_REFERENCES = frozenset(
    str.split(
        "ending finishing order orders ref reference invoice ticket tracking parcel booking flight receipt transaction serial imei version v claim dispute case policy voucher model"
        " error article art section sec act item product vat room floor bus train gate seat row page chapter terminal atm batch queue mandate cheque check step iso isbn isin utr rrn"
        " arn stan trace complaint http status top agent operator platform build android ios windows iphone galaxy sku employee staff badge merchant store shop branch desk counter"
        " locker box track stop route zone ombudsman registration fca frn originator seal meter pump reader machine device barcode customs docket lot crime incident reg"
        " rs inr gbp eur usd ngn chf aed zar kes r pound pounds euro euros dollar dollars naira rupees"
    )
)
"""And ahead of a reference, a count or money."""
_FILLERS = frozenset(str.split("is was no nr num number code id the it of says said message reading page line"))
_MOST_FILLERS = 3
_AHEAD_OF_MONEY = re.compile(r"[£$€₦₹¥*]\s?\Z|\d[.,:/]\Z")
_JOINED_AHEAD = "#*@_&=:/\\-"
_BACK = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(r"\d{1,2} \d{1,2} (?:19|20)\d\d|\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?|(?:19|20)\d\d[/.\-]\d{1,2}[/.\-]\d{1,2}")
_PRODUCT = re.compile(r"[a-z,] (?!Pin|Code|Cvv|Otp)[A-Z][a-z]+ \Z|\A(?!Pin|Code|Cvv|Otp|Use|Text|Got|Says|Is|My|Was)[A-Z][a-z]+ \Z")
"""A word with a capital ahead: "Nokia 3310"."""
_ROUND = re.compile(r"[1-9]\d?0{2,}")
_LOOKS_BACK = 40


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
    _speaks(Kind.PIN, "pin|key|digit|clave|geheim", r"clave|(?:mot de passe|geheimzahl)|pins?(?: ?code)?(?! (?:code )?(?:of|for) (?:my|the) (?:area|city|town))|key ?pad|(?:four|4)[ \-]digits?", (4, 5, 6)),
    _speaks(
        Kind.CVV,
        "cv|secur|cid|back|front|reverse|rear|strip|csc",
        r"cv[vc]2?|cid|csc|security (?:code|number|digits)|(?:on|from|at) (?:the|its) (?:back|front|reverse)|(?:back|rear|reverse|front) of (?:the|my|our|this) (?:\w+ )?card|signature strip",
        (3, 4),
        80,
    ),
    _speaks(
        Kind.OTP,
        "otp|code|sms|text|message|verif|authenti|passcode|one time|one-time|token",
        r"otps?|one[ \-]time \w+|sms|text(?:ed)?(?: message)?s?|(?:verification|activation|authentication|authori[sz]ation|confirmation|security|access|login"
        r"|log ?in|sms|text|the|a|your|this|that|my) codes?|message|passcode|authenticator|token",
        (4, 5, 6, 7, 8),
        120,
    ),
)
_OF_NUMBERS = (
    _speaks(Kind.CARD, "card|visa|master|amex", r"cards?|visa|mastercard|amex|long number", (14, 15, 16)),
    _speaks(
        Kind.SORT_CODE, "sort|bsb|branch code", r"sort\W?codes?|sortcodes?|bsb|branch code|bank code", (6,)
    ),
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
        r"(?:tele|smart)?phones?|mobiles?|mob|tel|telefono?|cell|call|ring|reach|whatsapp|landline|handy|dial|numbers?|text",
        range(9, 14),
    ),
    _speaks(Kind.US_SSN, "ss|s.s|social", r"ssn|social(?: security)?|s\.?s\.?(?= ?#| (?:no|num|number|is|are)\b)", (9,)),
    _speaks(Kind.PASSPORT, "passport|reisepass|passeport|pasaporte", r"passports?|reisepass|passeport|pasaporte", (7, 8, 9)),
    _speaks(
        Kind.NATIONAL_ID,
        "id|tax|nin|bvn|ein|licen|steuer|sin|tfn|utr|fiscal|ssin|personal|identity|nhs",
        r"(?:national|personal|identity|tax|emirates|voter|citizen|resident|foreign)(?: \w+)? ?(?:id|number|no|card|code)|id(?: card| number| no)?|nin|bvn"
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
    r"\b(?:sort|account|acc|a/c|card|phone|mobile|pin|cvv|cvc|expir\w*|exp|code|iban|born|dob|birth|passport|ref\w*|order|paid|pay|and another|or"
    r"|instead|not|from|to|balance|limit)\b|[£$€?]"
)
_ALONE_AHEAD = re.compile(r"\b(?:in|on|of|at|line|part|last|ends)[ ,]{1,2}\Z|\b(?:card|visa|mastercard|amex|debit|credit)(?: (?:number|no))? \Z")
"""What a number that stands alone is no value behind."""
_OLD_YEAR = r"(?:19[2-9]\d|200\d)"
_OLD = re.compile(_OLD_YEAR)
_OLD_DAY = re.compile(
    rf"(?<![\w/.\-])(?:(?:0?[1-9]|[12]\d|3[01])\s?[/.\- ]\s?(?:0?[1-9]|1[0-2])\s?[/.\- ]\s?{_OLD_YEAR}"
    rf"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/{_OLD_YEAR}|{_OLD_YEAR}[/.\-](?:0?[1-9]|1[0-2])[/.\-](?:0?[1-9]|[12]\d|3[01])"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ ,\-]{{1,2}}(?:of )?{MONTH}[ ,\-]{{1,2}}(?:of )?{_OLD_YEAR}|{MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?,? {_OLD_YEAR}"
    r")(?![\w]|[./\-]\d)"
)
_OF_AN_EVENT = re.compile(
    r"\b(?:open|opened|joined|since|dated|founded|established|act|law|war|built|bought|issued|started|took out|began|signed|effective|moved|married|until"
    r"|before|after|letter of|statement of|agreement|regulations?|directive|history|archive|released|published)\b[^.!?]*\Z"
)
_MONTH_OF_YEAR = re.compile(r"(?<![\w£$€.,/\-])(?:0[1-9]|1[0-2]) ?[/\-] ?(?:20)?(?:2[4-9]|3\d)(?![\w]|[.,/\-]\d)")
_ON_A_STATEMENT = re.compile(r"(?:[A-Z]{2,}[A-Z\d]*[ *#\-]{1,2}){2}\Z|\*\S* ?\Z")
"""As merchants are called there: "SQ *BLUE BOTTLE 0417"."""
_NAMED_BY_LETTERS = re.compile(r"(?<![^\W_])(?!(?:AC|ACC|NO|IS|ID|SC|MY)\b)[A-Z]{1,4}\d* ?\Z")
"""As parcels and disputes are: "RM 4471 2290"."""
_LETTERS_AHEAD = re.compile(r"(?P<account>\b(?:acc|acct|account|a/c|roll)(?: (?:number|no|is|:)){0,2}:? )?(?<![^\W_])[^\W_]*[a-z][^\W_]*[\-/_]\Z")
_PREFIX = re.compile(r"(?<![^\W_])[A-Z]{1,4}[/\-]\Z")
_SORT_AND_ACCOUNT = re.compile(
    r"(?<![\w.,/£$€\-])(?P<sort>\d\d(?P<gap>[ .\-])\d\d(?P=gap)\d\d)\s?[/,;\- ]\s?(?P<account>\d{8}|\d\d(?:[ .\-]\d\d){3}|\d{4}[ .\-]\d{4})(?![\w]|[.,]\d)"
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
_OF_A_DAY = 2


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
    yield from _old_days(lower)
    yield from _ibans_in_pieces(reading.cased)
    yield from _lettered(reading)
    yield from _corrected_days(lower, claims)
    if _CARD.search(lower):
        for month in _CARD_UNTIL.finditer(lower):
            yield Claim(Kind.CARD_EXPIRY, *month.span("value"), GUESSED - 2)
    has_card = any(claim.kind in _ON_CARDS for claim in claims)
    starts = [word.start for word in words]
    for run in runs:
        if run.taken is not False or run.is_explained or (
            len(run.figures) < _LONG and run.end - run.start == len(run.figures) and _ALONE_AHEAD.search(lower, max(0, run.start - _LOOKS_BACK), run.start)
        ):
            continue
        near = words[bisect_left(starts, run.start - _FARTHEST) : bisect_right(starts, run.end + _FARTHEST)]
        kind = _kind(reading.cased, lower, run, near) or (Kind.CVV if has_card and len(run.figures) == _OF_A_CODE else _by_length(reading.cased, run))
        if kind is None or (kind in _LIKE_PHONES and is_no_phone(reading, run.start)):
            continue
        if not (kind in _OF_BANKS and is_the_banks(lower, run.start, run.end)):
            named = _PREFIX.search(reading.cased, max(0, run.start - 8), run.start) if len(run.figures) >= _LONG else None
            yield Claim(kind, named.start() if named else run.start, run.end, GUESSED - 2)
    for pair in _SORT_AND_ACCOUNT.finditer(lower):
        yield Claim(Kind.SORT_CODE, *pair.span("sort"), NAMED)
        yield Claim(Kind.ACCOUNT_NUMBER, *pair.span("account"), NAMED)
    if has_card:
        for month in _MONTH_OF_YEAR.finditer(lower):
            yield Claim(Kind.CARD_EXPIRY, *month.span(), GUESSED - 3)


def _by_length(cased: str, run: _Run) -> Kind | None:
    """What a number in a bank's chat is that nothing explains and no word introduces: six figures are a sort code, eight an account."""
    groups = re.findall(r"\d+", cased[run.start : run.end])
    if (len(groups) > _MOST_GROUPS and any(len(group) > 1 for group in groups)) or _NAMED_BY_LETTERS.search(cased, max(0, run.start - 8), run.start):
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


def _old_days(lower: str) -> Iterator[Claim]:
    """A whole day so long ago that only a birth, or what somebody remembers, is told by it."""
    for found in _OLD_DAY.finditer(lower) if _OLD.search(lower) else ():
        if not _OF_AN_EVENT.search(lower, max(0, found.start() - _LOOKS_BACK), found.start()):
            yield Claim(Kind.DOB, *found.span(), GUESSED - 2)


def _runs(reading: Reading, claims: Iterable[Claim]) -> Iterator[_Run]:
    lower = reading.lower
    taken = sorted((claim.start, claim.end, claim.weight, claim.kind) for claim in claims)
    starts = [start for start, *_ in taken]
    for found in _RUN.finditer(lower):
        start, end = found.span()
        at = bisect_left(starts, end)
        over = max((one for one in taken[max(0, at - _MOST_OVER) : at] if one[1] > start), key=_weight, default=None)
        is_explained = (
            _DAY.fullmatch(found[0]) is not None
            or _BEHIND.match(lower, end) is not None
            or (len(found[0]) <= _OF_A_DAY and _MONTH_BEHIND.match(lower, end) is not None)
            or _is_explained(lower, start, is_sum=len(found[0]) < _LONG and found[0].isdigit())
            or (lower[start - 1 : start] in _JOINTS and _is_lettered(lower, start))
            or (_is_shouted(reading.cased, start) and _ON_A_STATEMENT.search(reading.cased, max(0, start - _LOOKS_BACK), start) is not None)
        )
        yield _Run(start, end, only_digits(found[0]), over[3] if over else False, is_explained)


def _is_explained(lower: str, start: int, *, is_sum: bool = False) -> bool:
    """Whether a word ahead says that the number is a reference, a count or money; ``is_sum``: or a sum or a day, as a short one may be."""
    before = lower[max(0, start - _LOOKS_BACK) : start]
    if _AHEAD_OF_MONEY.search(before) or (is_sum and before.rstrip(" ")[-1:] in _JOINED_AHEAD and before.strip()):
        return True
    words = _BACK.findall(before)
    for _ in range(_MOST_FILLERS):
        if words and words[-1] in _FILLERS and words[-1] not in _OF_REFERENCES:
            words.pop()
    return bool(words) and _ENDS_CLAUSE.search(before) is None and (words[-1] in _OF_REFERENCES or (is_sum and words[-1] in _OF_SUMS))


_ENDS_CLAUSE = re.compile(r"(?<!\bno)(?<!\bnr)(?<!\bref)(?<!\binv)[.!?;]\s\Z|\n\s*\Z")


_JOINTS = ("-", "/", "_")


def _is_shouted(cased: str, start: int) -> bool:
    before = cased[max(0, start - 3) : start]
    return "*" in cased[max(0, start - _LOOKS_BACK) : start] or any(map(str.isupper, before))


def _is_lettered(lower: str, start: int) -> bool:
    """ "DSP-20448137"; an account may begin so as well."""
    found = _LETTERS_AHEAD.search(lower, max(0, start - _LOOKS_BACK), start)
    return found is not None and found["account"] is None


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


def _ibans_in_pieces(text: str) -> Iterator[Claim]:
    """With words between the groups; the check digits must hold."""
    for begun in _IBAN_BEGINS.finditer(text):
        length = LENGTHS.get(begun[0][:2].upper())
        if length is None:
            continue
        number, last = "", begun.start()
        for piece in _PIECE.finditer(text, begun.start(), min(len(text), begun.start() + _LONGEST_IBAN)):
            if piece.start() - last > _WIDEST or len(number) >= length:
                break
            if _COUNTS_LINES.search(text, max(0, piece.start() - 6), piece.end()):
                continue
            if any(map(str.isdigit, piece[0])) or piece[0].isupper():
                number, last = number + piece[0].upper(), piece.end()
        if len(number) == length and passes_iso_7064(number):
            yield Claim(Kind.IBAN, begun.start(), last, PROVEN + 4)


_ID_WORD = re.compile(
    r"\b(?:(?P<passport>passports?|pasport|passaporto|pasaporte|passeport|reisepass|ppt)|nie|dni|nif|pesel|bsn|nin|nino|ni (?:no|num|number)|national insurance|insee|nir|ahv|avs|cnic"
    r"|cedula|mykad|hkid|hong kong id|iqama|oib|jmbg|nric|fin|ic|rfc|curp|cpf|pps[no]?|personnummer|itin|ein|sin|tin|utr|pan|svnr|codice fiscale|codi[sc]e? fiscale?|fiscal code|steuer\W?\w*"
    r"|personalausweis|ausweis|rijksregister\w*|emirates id|driv\w+ licen[cs]e|licen[cs]e (?:no|number)|(?:work|residence|employment) (?:permit|pass|card)|(?:national|tax|identity|personal|foreign)"
    r" (?:id|number|no|card)|id (?:number|no|card)|my id|identity (?:card|number))\b"
)
_SIGNS = re.compile(
    r"(?<![^\W_])(?:[A-Z]{1,6}|[a-z]{1,2}|[a-z]{5}(?= \d{6}\b)|[A-Za-z]{0,6}\d[A-Za-z\d]{0,13})(?:[ \-./]{1,2}\(?(?:[A-Z]{1,6}|[a-z]|[A-Za-z]{0,6}\d[A-Za-z\d]{0,13})\)?){0,17}(?![^\W_])"
)
_SHORTEST_ID, _LONGEST_ID, _DIGITS_OF_AN_ID = 6, 20, 3


def _lettered(reading: Reading) -> Iterator[Claim]:
    """Letters and figures, also in groups, where a word for a passport or an identity number stands near: "C4F7 K29L M"."""
    cues = [(cue.start(), cue.end(), Kind.PASSPORT if cue["passport"] else Kind.NATIONAL_ID) for cue in _ID_WORD.finditer(reading.lower)]
    for found in _SIGNS.finditer(reading.cased) if cues else ():
        start, end = found.span()
        pieces = list(_PIECE.finditer(reading.cased, start, end))
        while pieces and pieces[0][0].isalpha() and (pieces[0][0].islower() and pieces[0][0] in ("a", "i", "is", "no", "it", "me", "my", "to") or pieces[0][0] in ("I", "NO", "ID", "NI", "IC", "FIN", "NIE", "DNI", "RFC", "PAN", "NIF", "UK", "US", "EU")):
            pieces.pop(0)
        while pieces and pieces[-1][0].isalpha() and (pieces[-1][0] in ("I", "a", "i", "A") or (len(pieces[-1][0]) > 1 and pieces[-1][0].lower() in english())):
            pieces.pop()
        signs = "".join(piece[0] for piece in pieces)
        if not _SHORTEST_ID <= len(signs) <= _LONGEST_ID or signs.isdigit() or sum(map(str.isdigit, signs)) < _DIGITS_OF_AN_ID:
            continue
        start, end = pieces[0].start(), pieces[-1].end()
        if _BEHIND.match(reading.lower, end):
            continue
        kind = next((kind for begin, stop, kind in cues if -_NEAR <= start - stop <= _NEAR or 0 <= begin - end <= _CLOSE), None)
        if kind is not None and not _is_explained(reading.lower, start):
            yield Claim(kind, start, end, SHAPED - 1)


_CLOSE = 40


def _corrected_days(lower: str, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Another day behind a birth: "dob 3/3/71, no that's wrong, 3/4/71"."""
    for claim in claims:
        if claim.kind is Kind.DOB:
            for found in _A_DAY.finditer(lower, claim.end, min(len(lower), claim.end + _FAR_DAY)):
                if not _OF_AN_EVENT.search(lower, claim.end, found.start()):
                    yield Claim(Kind.DOB, *found.span(), GUESSED - 1)


_FAR_DAY = 70
_A_DAY = re.compile(rf"(?<![\w£$€.,/\-])(?:{DATE})(?![\w]|[/.,\-]\d)")
_CARD = re.compile(r"\b(?:cards?|visa|mastercard|amex|maestro|debit|credit)\b")
_CARD_UNTIL = re.compile(
    r"(?:\b(?:until|till|til|to|ends?|ended|through|thru)(?= (?:\w+ ){0,2}\d{1,2} ?[/\-])|\b(?:runs? out|ran out|expire[sd]?|good|valid|renewed))(?: (?:in|on|is|was|at|by|the end of))?[ :]{1,2}"
    r"(?P<value>(?:0 ?[1-9]|1 ?[0-2]) ?[/\-. ]? ?(?:2 ?0 ?)?(?:2 ?[3-9]|3 ?\d))(?![\w]|[.,/\-]\d)"
)
_IBAN_BEGINS = re.compile(r"(?<![^\W_])[A-Za-z]{2} ?\d\d(?![^\W_]{12})")
_COUNTS_LINES = re.compile(r"(?i)\b(?:line|part|page|row|half)\s\d\Z")
_PIECE = re.compile(r"[^\W_]+")
_LONGEST_IBAN = 200
"""Characters, with the words between."""


def _joins(lower: str, start: int, end: int) -> bool:
    """Whether what stands between may be an aside, and names nothing else."""
    return end - start <= _WIDEST and not _NAMES_ANOTHER.search(lower, start, end)
