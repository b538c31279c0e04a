"""Values of a form of their own that nothing else has found: the last look beside figures alone (figures.py). An IBAN
whose check digits hold with words between its groups, letters and figures where a word for a passport or an identity
number stands near, a day long ago, the month until which a card is good."""

import re
from collections.abc import Iterable, Iterator

from core.security.pii.kinds import GUESSED, PROVEN, SHAPED, Claim, Kind
from core.security.pii.last_look.explained import BEHIND, is_explained
from core.security.pii.numbers.ibans import LENGTHS, passes_iso_7064
from core.security.pii.reading.dates import DATE, MONTH
from core.security.pii.reading.hints import Gate
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import english

_LOOKS_BACK = 40
_WIDEST = 60
_NEAR = 80
"""Characters between two pieces; and between a word and its number."""
_OLD_YEAR = r"(?:19[2-9]\d|200\d)"
_OLD = re.compile(_OLD_YEAR)
_OLD_DAY = re.compile(
    rf"(?<![\w/.\-])(?:(?:0?[1-9]|[12]\d|3[01])\s?[/.\- ]\s?(?:0?[1-9]|1[0-2])\s?[/.\- ]\s?{_OLD_YEAR}"
    rf"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/{_OLD_YEAR}|{_OLD_YEAR}[/.\-](?:0?[1-9]|1[0-2])[/.\-](?:0?[1-9]"
    rf"|[12]\d|3[01])"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ ,\-]{{1,2}}(?:of )?{MONTH}[ ,\-]{{1,2}}(?:of )?{_OLD_YEAR}"
    rf"|{MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?,? {_OLD_YEAR}"
    r")(?![\w]|[./\-]\d)"
)
_OF_AN_EVENT = re.compile(
    r"\b(?:open|opened|joined|since|dated|founded|established|act|law|war|built|bought|issued|started|took out|began"
    r"|signed|effective|moved|married|until"
    r"|before|after|letter of|statement of|agreement|regulations?|directive|history|archive|released"
    r"|published)\b[^.!?]*\Z"
)
_IBAN_BEGINS = re.compile(r"(?<![^\W_])[A-Za-z]{2} ?\d\d(?![^\W_]{12})")
_IBAN_NUMBER = re.compile(r"\d\d(?:(?<=[A-Za-z]{2}\d\d)|(?<=[A-Za-z]{2} \d\d))")
"""The check digits."""
_COUNTS_LINES = re.compile(r"(?i)\b(?:line|part|page|row|half)\s\d\Z")
_PIECE = re.compile(r"[^\W_]+")
_LONGEST_IBAN = 200
"""Characters, with the words between."""
_ID_WORD = re.compile(
    r"\b(?:(?P<passport>passports?|pasport|passaporto|pasaporte|passeport|reisepass|ppt)|nie|dni|nif|pesel|bsn|nin"
    r"|nino|ni (?:no|num|number)|national insurance|insee|nir|ahv|avs|cnic"
    r"|cedula|mykad|hkid|hong kong id|iqama|oib|jmbg|nric|fin|ic|rfc|curp|cpf|pps[no]?|personnummer|itin|ein|sin|tin"
    r"|utr|pan|svnr|codice fiscale|codi[sc]e? fiscale?|fiscal code|steuer\W?\w*"
    r"|personalausweis|ausweis|rijksregister\w*|emirates id|driv\w+ licen[cs]e|licen[cs]e (?:no|number)|(?:work"
    r"|residence|employment) (?:permit|pass|card)|(?:national|tax|identity|personal|foreign)"
    r" (?:id|number|no|card)|id (?:number|no|card)|my id|identity (?:card|number))\b"
)
_SIGNS = re.compile(
    r"(?<![^\W_])(?:[A-Z]{1,6}|[a-z]{1,2}|[a-z]{5}(?= \d{6}\b)|[A-Za-z]{0,6}\d[A-Za-z\d]{0,13})(?:["
    r" \-./]{1,2}\(?(?:[A-Z]{1,6}|[a-z]|[A-Za-z]{0,6}\d[A-Za-z\d]{0,13})\)?){0,17}(?![^\W_])"
)
_NO_SIGNS = frozenset(str.split("a i is no it me my to I NO ID NI IC FIN NIE DNI RFC PAN NIF UK US EU"))
"""Words, and what is ahead of a number."""
_SHORTEST_ID, _LONGEST_ID, _DIGITS_OF_AN_ID = 6, 20, 3
_CLOSE = 40
_FAR_DAY = 70
_A_DAY = re.compile(rf"(?<![\w£$€.,/\-])(?:{DATE})(?![\w]|[/.,\-]\d)")
_CARD = re.compile(r"\b(?:cards?|visa|mastercard|amex|maestro|debit|credit)\b")
_CARD_UNTIL = re.compile(
    r"(?:\b(?:until|till|til|to|ends?|ended|through|thru)(?= (?:\w+ ){0,2}\d{1,2} ?[/\-])|\b(?:runs? out|ran out"
    r"|expire[sd]?|good|valid|renewed))(?: (?:in|on|is|was|at|by|the end of))?[ :]{1,2}"
    r"(?P<value>(?:0 ?[1-9]|1 ?[0-2]) ?[/\-. ]? ?(?:2 ?0 ?)?(?:2 ?[3-9]|3 ?\d))(?![\w]|[.,/\-]\d)"
)

_OLD_HINTS, _ID_HINTS, _CARD_HINTS, _UNTIL_HINTS = (
    Gate(test=_OLD.search),
    needs(_ID_WORD),
    needs(_CARD),
    needs(_CARD_UNTIL),
)


def find_values(reading: Reading, claims: Iterable[Claim]) -> Iterator[Claim]:
    if reading.has(_OLD_HINTS):
        yield from _old_days(reading.lower)
    if all(claim.kind is not Kind.IBAN for claim in claims):
        yield from _ibans_in_pieces(reading.cased)
    if reading.has(_ID_HINTS):
        yield from _lettered(reading)
    yield from _corrected_days(reading.lower, claims)
    if reading.has(_CARD_HINTS) and reading.has(_UNTIL_HINTS) and _CARD.search(reading.lower):
        for month in _CARD_UNTIL.finditer(reading.lower):
            yield Claim(Kind.CARD_EXPIRY, *month.span("value"), GUESSED - 2)


def _old_days(lower: str) -> Iterator[Claim]:
    """A whole day so long ago that only a birth, or what somebody remembers, is told by it."""
    for found in _OLD_DAY.finditer(lower):
        if not _OF_AN_EVENT.search(lower, max(0, found.start() - _LOOKS_BACK), found.start()):
            yield Claim(Kind.DOB, *found.span(), GUESSED - 2)


def _ibans_in_pieces(text: str) -> Iterator[Claim]:
    """With words between the groups; the check digits must hold."""
    for begun in _IBAN_BEGINS.finditer(text) if _has_country(text) else ():
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


def _has_country(text: str) -> bool:
    """Whether check digits may stand behind a country somewhere."""
    starts = (found.start() for found in _IBAN_NUMBER.finditer(text))
    return any(text[max(0, at - 3) : at].rstrip(" ")[-2:].upper() in LENGTHS for at in starts)


def _lettered(reading: Reading) -> Iterator[Claim]:
    """Letters and figures, also in groups, where a word for a passport or an identity number stands near."""
    cues = [
        (cue.start(), cue.end(), Kind.PASSPORT if cue["passport"] else Kind.NATIONAL_ID)
        for cue in _ID_WORD.finditer(reading.lower)
    ]
    for found in _SIGNS.finditer(reading.cased) if cues else ():
        start, end = found.span()
        pieces = list(_PIECE.finditer(reading.cased, start, end))
        while pieces and pieces[0][0] in _NO_SIGNS:
            pieces.pop(0)
        while (
            pieces
            and pieces[-1][0].isalpha()
            and (
                pieces[-1][0] in ("I", "a", "i", "A") or (len(pieces[-1][0]) > 1 and pieces[-1][0].lower() in english())
            )
        ):
            pieces.pop()
        signs = "".join(piece[0] for piece in pieces)
        if (
            not _SHORTEST_ID <= len(signs) <= _LONGEST_ID
            or signs.isdigit()
            or sum(map(str.isdigit, signs)) < _DIGITS_OF_AN_ID
        ):
            continue
        start, end = pieces[0].start(), pieces[-1].end()
        if BEHIND.match(reading.lower, end):
            continue
        kind = next(
            (kind for begin, stop, kind in cues if -_NEAR <= start - stop <= _NEAR or 0 <= begin - end <= _CLOSE), None
        )
        if kind is not None and not is_explained(reading.lower, start):
            yield Claim(kind, start, end, SHAPED - 1)


def _corrected_days(lower: str, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Another day behind a birth: "dob 3/3/71, no that's wrong, 3/4/71"."""
    for claim in claims:
        if claim.kind is Kind.DOB:
            for found in _A_DAY.finditer(lower, claim.end, min(len(lower), claim.end + _FAR_DAY)):
                if not _OF_AN_EVENT.search(lower, claim.end, found.start()):
                    yield Claim(Kind.DOB, *found.span(), GUESSED - 1)
