"""Names of people: behind what introduces one, and by lists of given names and surnames. A pipeline of the bank's
own may add others (named_entities.py)."""

import re
from collections.abc import Iterable, Iterator

from core.security.pii.asked import find_asked
from core.security.pii.kinds import GUESSED, NAMED, Claim, Kind
from core.security.pii.people.ends import whole_name
from core.security.pii.people.introduced import find_beside, find_introduced
from core.security.pii.people.listed import find_listed
from core.security.pii.people.names import name_end
from core.security.pii.people.plain import find_plain
from core.security.pii.people.public import is_public, sayings
from core.security.pii.reading.beginnings import WordPattern, begins
from core.security.pii.reading.hints import Gate, Hints, any_of
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import is_unknown
from core.security.pii.words.people import (
    STRONG_HINTS,
    is_english,
    list_more_surnames,
    list_surnames,
)

_STRONG = re.compile(
    r"\b(?:(?:my|the|his|her|their|your|full|legal|first|last|middle|maiden|sur|user|real|given|family|account"
    r"|new|correct|actual|whole|complete|married|payee'?s?|beneficiary'?s?|recipient'?s?|holder'?s?|cardholder'?s?"
    r"|customer'?s?)\s?(?:full |legal |first |last |real |given )?names?"
    r"(?:['’]?s|(?:\s(?:is|was|are|to|should be|as|reads|on (?:the |my )?(?:card|account|passport)|that|now|spelled"
    r"|spelt|actually)){1,4}|\s?[:=\-])(?:\s(?:is|mr|mrs|ms|dr)\.?)?"
    r"|(?:i am|i'm|im|this is|it is|it's|its) called|(?:he's|she's|who's|who is|someone|somebody|person|man|woman|guy"
    r"|lady|friend|colleague|payee|son|daughter|cousin|employee|adviser|agent) (?:called|named)|they call me|you can"
    r" call me|call me|i go by|known as|aka|signed(?:,| by|:)"
    r"|names? is|name\s?[:=]|(?:card ?holder|account holder|beneficiary|recipient|payee|sender|claimant|applicant"
    r"|customer"
    r"|holder|payer|tenant|landlord|emergency contact|next of kin)(?: name)?(?:\s(?:is|was)|\s?[:=])"
    r"|(?:in|under|to|into) the names? of|made out to|(?:cheque|check) (?:payable )?to|in favou?r of|on behalf of"
    r"|attn:?|attention:|care of|c/o|registered to|belongs to|belonging to|addressed to)\s{1,2}[\"']?"
)
_SHOULD_READ = re.compile(
    r"\bnames?\b[^.?!\n]{0,60}?\b(?:should|must|ought to) (?:read|be|say|have been)(?: as)?:?\s{1,2}[\"']?"
)
_SPEAKING_HINTS = Hints(("speaking", "here", "calling", "writing"))
_SPELT_HINTS = Hints(("spel", " for ", " as in ", "name"))
_SPEAKING = re.compile(
    r"(?P<value>(?:[A-Z][\w'’\-]{1,24}\s){2,3})(?=(?:speaking|here|calling|writing)\b)"
    r"|(?i:\b(?:this is|it's|it is|its|i'm|i am|im|you're speaking (?:to"
    r"|with))\s{1,2}(?P<said>(?:[^\W\d_][\w'’\-]{0,24}\s){1,4})(?=(?:speaking|here|calling|writing)\b))"
)
_ADDRESSED = (
    r"\b(?:(?:name|names|dear|hi|hello|hey|sincerely|regards|cheers|wishes|thanks|signed),?"
    r"|(?P<title>mr|mister|mrs|ms|miss|missus|mx|dr|sgt|sergeant|capt|captain|lt|lieutenant|col|colonel|cpl|corporal|maj|major|cmdr|judge|justice|pastor|rabbi|imam|sheikh|sheikha|sr|fr|engr|alhaji|hajia|chief|datuk|shri|smt|sri|kumari|don|dona|sra|sig|hon|prof|professor|doctor|sir|lady|lord|dame|rev|reverend|herr|frau|monsieur|madame"
    r"|mme|senor|senora|signor|signora)\.?)"
)
_TITLE = re.compile(rf"{_ADDRESSED}\s{{1,2}}")
"""With a capital behind it."""
_CAPITAL = re.compile("[A-Z]")
_OF_A_STREET = re.compile(r"(?:unit|apt|apartment|suite|ste|flat|north|south|east|west|nw|ne|sw|se|[nsew])\b")
"""Where "Dr" is a drive."""
_PAID_HINTS = Hints(("pay", "send", "give", "transfer", "owe", "wire"))
_SOME_NAME = r"(?P<value>[^\W\d_][\w'’\-]{1,24}\s[^\W\d_][\w'’\-]{1,24})"
_SUM = r"(?:[£$€]\s?)?\d[\d.,]{0,12}(?:\s?(?:pounds?|quid|euros?|dollars?|bucks|gbp|eur|usd|p|k|[£$€]))?"
_PAID = re.compile(
    rf"(?i)\b(?:pay|send|give|transfer|owe|wire)\s(?:{_SOME_NAME}\s(?={_SUM})"
    rf"|{_SUM}\sto\s{_SOME_NAME.replace('value', 'to')}(?=\s(?:now|today|tonight|tomorrow|please|pls|plz|thx|thanks"
    rf"|asap|for|on|from|by)\b|[.,!?]"
    rf"|\Z))"
)

_PLAIN = r"(?P<value>[^\W\d_][\w'’\-]{2,24}\s[^\W\d_][\w'’\-]{2,24})"
_SAID_PLAINLY = re.compile(
    rf"(?i)\b(?:(?:i'?m|i am)\s{_PLAIN}(?=\s(?:and|but) (?:i|my|we)\b)"
    rf"|who(?:'?s| is| was)\s{_PLAIN.replace('value', 'who')}(?=\s(?:and|on|in)\b|[,.?!]|\Z))"
)
"""Two words that are no English of a bank's customer, also in small letters."""
_SPELT = re.compile(
    r"(?i)\bspel(?:led|t|ling)(?: is| as|:)?\s(?P<value>[^\W\d_](?:[\s\-.,]{1,2}[^\W\d_](?![^\W_])){2,24})"
    r"|(?P<said>\b[^\W\d_],? (?:for|as in) [^\W\d_]{2,12}(?:,? (?:and )?[^\W\d_] (?:for|as in) [^\W\d_]{2,12}){2,24})"
    r"|name(?: is| was| would be|:)?\s(?P<mixed>[^\W\d_](?: (?:for|as in) [^\W\d_]{2,12})?"
    r"(?:[\s,\-]{1,2}[^\W\d_](?![^\W_])(?: (?:for|as in) [^\W\d_]{2,12})?){2,24})"
)
"""Letter by letter, or by a spelling alphabet."""
_SIGNED = re.compile(
    r"(?i:\b(?:thanks|thanks? you|advance|regards|wishes|cheers|sincerely|faithfully|truly|love))[,.!]?\s{1,3}"
    r"(?P<value>[A-Z][\w'’\-]{1,24}(?:\s[A-Z][\w'’.\-]{0,24}){0,3})\s{0,3}\Z"
)
_INITIALS = re.compile(
    r"(?<![\w.])(?:(?:[A-Z]\.\s?){1,3}|[B-HJ-Z]\s)(?P<surname>[A-Z][^\W\d_]{2,24}(?:-[A-Z][^\W\d_]{2,24})?)(?!\w)"
)
"""Before a surname: "H. R. Montague"."""
_MR = re.compile(r"\b(?:mr|mister|mrs|ms|miss|dr)\.?\s(?P<value>[^\W\d_][\w'’\-]{2,24})")
"""In small letters as well, before a surname of the list."""

_STRONGLY = WordPattern(_STRONG)
_STRONG_HINTS, _SHOULD_READ_HINTS = Hints(STRONG_HINTS), needs(_SHOULD_READ)
_TITLE_HINTS, _MR_HINTS = Gate(test=re.compile(rf"{_ADDRESSED}\Z").search), begins(_MR)
_SAID_PLAINLY_HINTS = needs(_SAID_PLAINLY)
_SIGNED_HINTS = needs(_SIGNED)
_INITIALS_HINTS = Gate(test=re.compile(r"(?<![\w.])(?:[a-z]\.|[b-hj-z]\Z)").search)
_CUED = any_of(_STRONG_HINTS, _SHOULD_READ_HINTS, _TITLE_HINTS, _SPEAKING_HINTS, _PAID_HINTS)
_FORMED = any_of(_SAID_PLAINLY_HINTS, _SPELT_HINTS, _SIGNED_HINTS, _INITIALS_HINTS, _MR_HINTS)


def find_people(reading: Reading) -> Iterator[Claim]:
    claims = list(dict.fromkeys(_people(reading)))
    if not claims:
        return
    said = list(sayings(reading.lower))
    found = list(_somebodys(reading, claims, said))
    yield from found
    places = {(claim.start, claim.end): claim for claim in found}
    if places:
        beside = dict.fromkeys(find_beside(reading.cased, places.values()))
        new = [claim for claim in beside if not any(start <= claim.start and claim.end <= end for start, end in places)]
        yield from _somebodys(reading, new, said)


def _somebodys(reading: Reading, claims: Iterable[Claim], said: Iterable[tuple[int, int]]) -> Iterator[Claim]:
    """Those that are no saying's, and nobody's of whom everybody speaks."""
    public: dict[tuple[int, int], bool] = {}
    for claim in claims:
        place = (claim.start, claim.end)
        if place not in public:
            is_said = any(start < claim.end and claim.start < end for start, end in said)
            public[place] = is_said or is_public(reading.cased, reading.lower, *place)
        if not public[place]:
            yield claim._replace(end=whole_name(reading.cased, claim.start, claim.end))


def _people(reading: Reading) -> Iterator[Claim]:
    if reading.may_have(_CUED):
        yield from _by_cue(reading)
    if reading.may_have(_FORMED):
        yield from _by_form(reading)
    yield from find_plain(reading)
    yield from find_listed(reading)
    yield from find_introduced(reading)
    yield from (claim for claim in find_asked(reading) if claim.kind is Kind.PERSON)


def _by_cue(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    for cue in _STRONGLY.finditer(reading.lower) if reading.has(_STRONG_HINTS) else ():
        if end := name_end(text, cue.end(), is_sure=True):
            yield Claim(Kind.PERSON, cue.end(), end, NAMED)
    for cue in _SHOULD_READ.finditer(reading.lower) if reading.has(_SHOULD_READ_HINTS) else ():
        if end := name_end(text, cue.end(), is_sure=True):
            yield Claim(Kind.PERSON, cue.end(), end, NAMED)
    for cue in _TITLE.finditer(reading.lower) if reading.has_capitals and reading.has(_TITLE_HINTS) else ():
        if _OF_A_STREET.match(reading.lower, cue.end()):
            continue
        if _CAPITAL.match(text, cue.end()) and (end := name_end(text, cue.end(), is_sure=True, capitals=True)):
            yield Claim(Kind.PERSON, cue.start() if cue["title"] else cue.end(), end, NAMED)
    for spoken in _SPEAKING.finditer(text) if reading.has(_SPEAKING_HINTS) else ():
        start, before_it = spoken.span("value" if spoken["value"] else "said")
        end = name_end(text, start, is_sure=True)
        if end and end >= before_it - 1:
            yield Claim(Kind.PERSON, start, end, NAMED)
    for paid in _PAID.finditer(text) if reading.figures and reading.has(_PAID_HINTS) else ():
        group = "value" if paid["value"] else "to"
        if not is_english(paid[group]):
            yield Claim(Kind.PERSON, *paid.span(group), GUESSED)


def _by_form(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    for plain in _SAID_PLAINLY.finditer(text) if reading.has(_SAID_PLAINLY_HINTS) else ():
        group = "value" if plain["value"] else "who"
        if not is_english(plain[group]):
            yield Claim(Kind.PERSON, *plain.span(group), GUESSED)
    for spelt in _SPELT.finditer(text) if reading.has(_SPELT_HINTS) else ():
        yield Claim(Kind.PERSON, *spelt.span(spelt.lastgroup or 0), NAMED)
    for signed in _SIGNED.finditer(text) if reading.has_capitals and reading.has(_SIGNED_HINTS) else ():
        if not is_english(signed["value"]):
            yield Claim(Kind.PERSON, *signed.span("value"), NAMED)
    for initialled in _INITIALS.finditer(text) if reading.has_capitals and reading.has(_INITIALS_HINTS) else ():
        plain = initialled["surname"].lower()
        if plain in list_surnames() or plain in list_more_surnames() or is_unknown(plain):
            yield Claim(Kind.PERSON, *initialled.span(), GUESSED)
    for titled in _MR.finditer(reading.lower) if reading.has(_MR_HINTS) else ():
        surname = titled["value"]
        if surname in list_surnames() or is_unknown(surname):
            yield Claim(Kind.PERSON, *titled.span("value"), GUESSED)
