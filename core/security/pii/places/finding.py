"""Postal addresses: by number and street, by postcode, and behind their cue."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import word_before
from core.security.pii.kinds import SHAPED, Claim, Kind
from core.security.pii.places.ends import units_with_postcode, with_town, with_unit
from core.security.pii.places.in_small import NO_LANE, SURE_STREET, find_in_small
from core.security.pii.places.runs import with_runs
from core.security.pii.reading.beginnings import WordPattern
from core.security.pii.reading.hints import Gate, Hints, any_of
from core.security.pii.reading.needed import needs
from core.security.pii.reading.postcodes import POSTCODE, find_apart, is_postcode
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import ORDINARY, capitals, english

_STREET = (
    r"(?:street|str|st|road|rd|avenue|ave|av|lane|ln|drive|dr|close|court|ct|crescent|cres|gardens?|gdns|grove|gr"
    r"|place|pl|square|sq|terrace|terr|way|walk|boulevard|blvd"
    r"|hill|row|mews|park|parkway|pkwy|highway|hwy|circle|cir|trail|trl|view|green|rise|wharf|quay|parade|esplanade"
    r"|mount|vale|yard|path|loop|plaza|common|mill|heights|meadows?|fields?|bridge|wood|woods|cottages|villas|alley"
    r"|turnpike|point|ridge|run|creek|station|crossing|estate|ways|roads|streets|drives|lanes|courts|keys|islands?"
    r"|isle|junction|junctions|forks?|forges?|gateway|glen|glens|grove|groves|harbors?|haven|hollow|inlet|knolls?"
    r"|lakes?|landing|locks?|lodge|manors?|mission|motorway|neck|orchard|oval|overpass|passage|pike|pines?|plains?"
    r"|port|ports|prairie|ramp|ranch|rapids?|rest|route|shoal|shores?|skyway|springs?|spurs?|stravenue|stream|summit"
    r"|track|tunnel|underpass|unions?|valley|viaduct|via|viaducts|village|ville|vista|wall|wells)"
)
_UK = re.compile(rf"(?i)(?<![^\W_]){POSTCODE}(?![^\W_])")
_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY]|GU|PW|PR|VI|AS|MP|FM|MH|A[AEP])"
)
_US = rf"(?:(?<![^\W_]){_STATE}\s\d{{5}}(?:-\d{{4}})?(?!\d))"
_STATE_AND_ZIP, _DIGITS_OF_A_ZIP = re.compile(_US), 5
_LETTERS_BETWEEN = re.compile(
    r"(?<![^\W_])(?:[AC-FHKNPRTV-Y]\d[\dW] ?(?=[\dAC-FHKNPRTV-Y]*[A-Z])(?=[A-Z]*\d)[\dAC-FHKNPRTV-Y]{4}"
    r"|[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d)(?![^\W_])"
)
"""Ireland's postcodes and Canada's."""
_WORD = r"[^\W\d_][\w'’.\-]{0,24}"
_UNIT = (
    r"(?:(?:flat|apartment|apt\.?|unit|suite|ste\.?|room|studio|floor|penthouse|block|#)\s?#?\s?(?:\d[\w\-/]{0,4}"
    r"|[A-Za-z][\-/]?\d{0,3})(?!\w)"
    r"(?:,\s?|\s)){0,2}"
)
_HOUSE = (
    r"(?:(?:house )?(?:number|no\.?|nr\.?)\s?)?(?!0)\d{1,5}(?:\s?[A-Fa-f](?![\w]))?(?:\s?[\-/]\s?\d{1,4}[A-Fa-f]?)?"
)
_TAIL = (
    rf"(?:,?\s(?:apt\.?|suite|ste\.?|unit|flat|#)\s?#?\w{{1,5}})?"
    rf"(?:(?:,\s?|\n|\s(?=(?-i:[A-Z][A-Za-z.'\-]{{2,}}(?:\s[A-Z][A-Za-z.'\-]+)?,?\s(?:{POSTCODE}|{_US})))"
    rf"|\s(?={POSTCODE}|{_US})|\sin\s(?=(?-i:[A-Z])))(?:{POSTCODE}|{_US}|\d{{4,5}}(?:\s(?-i:[A-Z])[\w\-]+)?"
    rf"|(?-i:[A-Z][A-Za-z.'’\-]+(?!\w)(?:[ \-](?:[A-Z][A-Za-z.'’\-]+(?!\w)|upon|on|of|in|le|de|la"
    rf"|under)){{0,3}})(?:,?\s(?:{POSTCODE}|{_US}|(?-i:[A-Z]{{2}})\b|\d{{5}}))?)){{0,5}}"
)
_STREET_ADDRESS = re.compile(
    rf"(?i)(?<![\w£$€.,/\-]){_UNIT}{_HOUSE}(?:,\s?|\s)(?:{_WORD}\s){{1,4}}{_STREET}\b\.?(?!\s?(?:%|pounds"
    rf"|times))(?:\s(?:north|south|east|west|n|s|e|w|ne|nw|se|sw)\b\.?)?{_TAIL}"
)
_NUMBERED_STREET = re.compile(
    rf"(?i)(?<![\w£$€.,/\-]){_UNIT}{_HOUSE}\s(?:(?:n|s|e|w|north|south|east|west)\.?\s)?\d{{1,3}}(?:st|nd|rd"
    rf"|th)\s{_STREET}\b\.?{_TAIL}"
)
_BOX = re.compile(rf"(?i)\b(?:p\.?\s?[o0]\.?\s?|rr \d{{1,3}},? )box\s\d{{1,6}}{_TAIL}")
_ABROAD = re.compile(
    r"(?<![\w])(?:[A-Z][a-zA-Z\-]{1,30}(?i:strasse|straße|str\.?|weg|platz|gasse|allee|ring|damm|ufer|straat|laan"
    r"|gracht|plein|vagen|gatan|gata|veien|vej|gade|katu|tie|utca)"
    r"|(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Ii]mpasse|[Cc]alle|C/|[Aa]venida|Av\.|[Pp]laza|[Pp]aseo|[Vv]ia"
    r"|[Vv]iale|[Pp]iazza|[Cc]orso|[Rr]ua|[Uu]l\.|[Uu]lica|[Aa]l\.)\s(?:[Dd]e\s|[Dd]el\s|[Dd]ella\s|[Dd]u\s|[Dd]es\s"
    r"|[Ll]a\s|[Ll]as\s|[Ll]os\s|d[ao]s?\s|dei\s){0,3}"
    r"[A-Z][\w\-]{1,30}(?:\s[A-Z][\w\-]{1,30}){0,3}),?\s(?:n[.ºo°]\s?)?\d{1,4}(?:\s?[A-Za-z](?![\w])|"
    r"[/\-]\d{1,3})?(?![\w])(?:,?\s\d{1,2}[.ºª°][\w.]{0,4})?(?:,\s(?:[A-Z]{1,2}-)?\d{2}-?\d{2,3}(?:\s?[A-Z]{2})?"
    r"(?:\s[A-Z][\w\-]+){1,3}|,\s[A-Z][\w\-]+)?"
)
_ABROAD_IN_SMALL = re.compile(
    r"(?<![\w])[a-z]{3,25}(?:strasse|straat|gracht|laan|weg|platz|gasse|allee|plein)\s\d{1,4}[a-z]?,?\s(?:in )?\d{4,5}"
    r"(?: ?(?i:[a-z]{2}))?\s[a-z]{3,20}(?!\w)"
)
_HOUSE_IN_WORDS = (
    r"(?:(?:number|no\.?)\s)?(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ \-]?)?(?:one|two|three"
    r"|four|five"
    r"|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty"
    r"|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety)(?:[ \-]hundred)?"
)
_IN_WORDS = re.compile(rf"(?i)\b{_HOUSE_IN_WORDS},?\s(?:{_WORD}\s){{1,3}}{SURE_STREET}\b")
"""Only behind its cue."""
_FLAT = re.compile(
    rf"(?i)(?<![\w£$€.,/\-])(?:flat|apartment|apt\.?|studio"
    rf"|suite)\s#?\d[\w\-/]{{0,4}},\s(?:{_WORD}\s){{1,3}}{_STREET}\b\.?{_TAIL}"
)
"""A house that has a name or a number of its own further on."""
_NAMED_HOUSE = re.compile(
    r"(?<![\w'’])(?!(?:Town|City|Guild|Village|County|Parish)\b)(?:[A-Z][\w'’\-]+ ){1,3}(?:House|Cottage|Rectory"
    r"|Vicarage"
    r"|Farmhouse|Farm|Lodge|Hall|Barn|Manor|Mill|Villa|Bungalow|Grange|Priory|Croft),"
    rf"\s(?:[A-Z][\w'’\-]+ ){{1,3}}(?i:{_STREET})\b(?:,\s[A-Z][\w'’\-]+)?"
)
"""A house without a number."""
_FORCES = re.compile(rf"(?i)\b(?:PSC|CMR|Unit)\s\d{{1,5}},?\sBox\s\d{{1,5}}(?:,?\s(?:APO|FPO|DPO),?\s{_US})?")
"""Military post of the United States."""
_POSTCODE_SAID = re.compile(
    r"(?i)\b(?:post ?code|zip(?: ?code)?)(?:\s(?:is|was|now))?[\s:=]{1,3}(?P<value>(?:[A-Z\d]["
    r" \-]{0,2}){4,7}[A-Z\d])(?![^\W_])"
)
_TOWN_BEHIND = re.compile(r"\A,\s(?P<town>[a-z]{3,20}(?:\s[a-z]{3,20})?)(?=\s*(?:[.;!?\n]|\Z))")
_LISTED_TOWN_BEHIND = re.compile(r"\A,?\s(?P<town>[A-Za-z]{3,20})\b")
_FRENCH = re.compile(
    r"(?i)(?<![\w£$€.,/])\d{1,4}\s?(?:bis|ter)?,?\s(?:rue|avenue|boulevard|place|impasse|chemin|allee|quai|route"
    r"|cours)\s(?:de\s|du\s|des\s|d'|de la\s|de l'|la\s|le\s"
    r"|les\s){0,3}[\w'\-]{2,30}(?:[\s\-](?-i:[A-Z])[\w'\-]{1,30}){0,3}(?:,?\s\d{5}(?:\s[\w\-]+){0,2}|,\s[\w\-]+)?"
)
_CUE = re.compile(
    r"(?i)\b(?:addr(?:\.|:|\.:| is|\b)|c/o|(?:(?:new|home|postal|mailing|billing|current|delivery|correspondence|old"
    r"|permanent|residential|my|our"
    r"|shipping|street) ){1,4}address(?:['’]?s)?(?: (?:is|iz|was|will be|to|changed to|as|now)| now(?: is)?|:| =){1,3}"
    r"|address(?: for [\w ]{2,20}(?=:))?(?: is| iz| to|:|=){1,2}|address(?=\s(?:flat|plot|unit|apt|apartment|house"
    r" no|h\.? ?no|no\.? ?\d|block)\b)"
    r"|new (?:place|house|home|flat)(?: is|:)"
    r"|registered at|(?:i|we) (?:now |currently |still |used to )?(?:live|reside|stay)(?:d)? (?:now"
    r" )?(?:at|(?=(?:(?:at|in) )?(?:plot|no\.?|number|flat|house|block|unit|h\.?no)\s\d|\d))|living at|resident at"
    r"|residing at|(?:just |recently |now )?moved"
    r" (?:house )?to|(?:send|post|deliver|mail|ship)(?: it| them| the card| a card| my card| my new card| the new"
    r" card)? to)"
    r"\s{0,2}:?\s{0,2}(?P<value>(?=[^.;!?\n]{0,60}\d|(?-i:[A-Z])|"
    rf"{_HOUSE_IN_WORDS}\b"
    r")[^\s.;!?][^;!?\n]{4,120})"
)
_WHO_LIVES = re.compile(
    r"(?:my|our|his|her|the) [^\d,]{2,40}? (?:at|in) (?=(?:no\.? |number |flat |apt )?\d)|(?:me|us) (?:at|in) "
)
_LIVES = re.compile(
    r"\b(?:live|lives|living|stay|staying|moved|reside)(?: \w+){0,2} (?:at|to|in) (?P<value>(?:the )?[a-z'’\- ]{3,30}, "
    rf"[a-z'’ ]{{2,30}} {_STREET}\b(?:, (?!no\b)[a-z'’ ]{{3,25}}(?=[,.\n]|\Z)){{0,3}})"
)
"""A house with a name, in small letters."""
_BY_CUE = WordPattern(_CUE)
_CUE_HINTS = Hints(
    (
        *("addr", "new place", "new house", "new home", "new flat", "registered at", "c/o", "live", "resid", "stay"),
        *("living", "moved", "send", "post", "deliver", "mail", "ship"),
    )
)
_ABROAD_HINTS = Hints(
    (
        *(
            "stra",
            "str",
            "weg",
            "platz",
            "gasse",
            "allee",
            "ring",
            "damm",
            "ufer",
            "laan",
            "gracht",
            "plein",
            "vagen",
            "gat",
        ),
        *(
            "veien",
            "vej",
            "gade",
            "katu",
            "tie",
            "utca",
            "rue",
            "avenue",
            "boulevard",
            "place",
            "impasse",
            "calle",
            "c/",
        ),
        *("avenida", "av.", "plaza", "paseo", "via", "piazza", "corso", "rua", "ul.", "ulica", "al.", "chemin", "quai"),
        *("route", "cours"),
    )
)
_ENDS_PLACE = re.compile(
    r"(?i)(?:(?<!\bapt)(?<!\bst)(?<!\brd)(?<!\bave)(?<!\bno)(?<!\bdr)(?<!\bste)(?<!\bstr)(?<!\bln)\.(?:\s|\Z)"
    r"|,?\s(?:please|thanks|thank you|and (?:my|i|the|please|can|could|then|not|send|also)|but|so|since|because"
    r"|instead|not|can you|could you|would you|do i|how|what|which|from (?:now|next|the)|as of|starting|until|if|when"
    r"|where|for the|is that|i\b|my|now|that|ok|you have|you|on file|with effect|effective|asap|rather|from)\b"
    r"|\s-\s).*\Z",
    re.DOTALL,
)
_NO_STREET = re.compile(
    r"(?i)\b(?:bad|in|on|at|to|of|a|my|for|and|by|times|days|day|weeks?|months?|years?|pounds?|euros?|dollars?|minutes"
    r"|hours|cards?|is|was|from|with|it|i|you|per|other|more|people)\b"
)


_BEFORE_STREET = re.compile(
    r"(?<![\w'’])(?:[A-Z][\w'’\-]*(?: (?:of|the|at|[A-Z][\w'’\-]*)){0,4}\n"
    r"|(?:The )?[A-Z][\w'’\-]+(?: [A-Z][\w'’\-]+){0,2} (?:House|Cottage|Rectory|Vicarage|Court|Farm|Lodge|Hall|Barn"
    r"|Manor|Mill|Villa|Buildings?|Mansions|Tower|Wharf|Bungalow|Grange|Priory|Croft|Point|Heights|Halls),?[ \n])\Z"
)
"""A house's name, or the line above."""
_LINE_OF_PLACE = r"[A-Z][\w'’\-]*(?: (?:of|the|on|upon|under|[A-Z][\w'’\-]*|\d{1,4})){0,4}"
_BEFORE_POSTCODE = re.compile(
    rf"(?<![\w'’])(?:{_LINE_OF_PLACE}(?:, |,?\n)){{1,5}}(?:{_LINE_OF_PLACE} )?\Z|(?<![\w'’]){_LINE_OF_PLACE} \Z"
)
_TURNED = (
    rf"(?:[A-Z][\w'’\-]+\s){{1,3}}(?i:{_STREET})\.?,?\s(?:(?i:number|no\.?|nr\.?)\s)?\d{{1,4}}[a-zA-Z]?(?!\w|[.,]\d)"
)
_TURNED_STREET = re.compile(
    rf"(?<!\w)(?P<value>{_TURNED})(?=,?\s(?i:{POSTCODE}))"
    rf"|(?i:\b(?:live|life|living|address|adress|street|reside)\b)[^.\n]{{0,20}}?\s(?P<cued>{_TURNED})"
)
"""The number behind the street, as most of Europe writes it."""
_JOINS = re.compile(r"[\s,]{1,3}(?:[^\W\d_]{3,20}[,\s]{1,3}(?:\d{1,4}[a-z]?[,\s]{1,3})?){0,3}")
_TOWN_AND_STATE = re.compile(rf"(?i),?\s(?P<town>[a-z]{{3,20}}(?:\s[a-z]{{3,20}})?),?\s{_STATE}\b(?:\s\d{{5}})?")
_LONGEST_BETWEEN = 40
"""Characters between two pieces of one address."""


_OF_A_FIRM = re.compile(
    r"\b(?:branch(?:es)?|shops?|stores?|offices?|head ?office|headquarters|atms?|cash ?machines?|cash ?points?"
    r"|museum|station"
    r"|restaurant|caf[eé]|pub|supermarket|hotel)\b(?:,? \w+){0,4}[ ,]{1,2}\Z"
)
_FIRM_BEHIND = re.compile(
    r",? (?:is |isn't )?(?:your|the bank'?s) (?:head |main |registered |nearest |local )?(?:office|branch|hq"
    r"|headquarters)\b|,? (?:branch|office|store|shop|atm|cash ?machine|cash ?point)\b"
)
_OF_THE_BANK = re.compile(
    r"\b(?:the |a )?(?:ombudsman|hmrc|fca|embassy|consulate|council|tax office|post office"
    r"|regulator)(?:['’]s)?\b[^?!;\n]{0,30}\Z|\b(?:your|the bank'?s|bank'?s|its|ur) (?:[\w']+ ){0,2}(?:branch|office"
    r"|headquarters|hq|atm|call centre|payment cent(?:er|re)|processing cent(?:er|re)|lockbox|department|team"
    r"|address on (?:the|that|this) (?:letter|leaflet|envelope|website|poster|form)"
    r"|registered address"
    r"|postal address)\b(?: (?!(?:my|i|me|we|our)\b)[^ ?!;.\n]+){0,8}[ ,:]{1,2}\Z"
)
_SOMEBODYS = re.compile(
    r"\b(?:live|living|lives|lived|reside|resident|moved|moving|address|addr|home|deliver|send|post|mail|flat|apartment"
    r"|my (?:house|place|office)|born|name)\b"
)
"""Where a text speaks of nothing of that kind, a street behind a branch or a shop is theirs."""


def find_places(reading: Reading) -> Iterator[Claim]:
    is_somebodys = reading.has(_SOMEBODYS_HINTS) and _SOMEBODYS.search(reading.lower) is not None
    places = _joined(reading, is_somebodys=is_somebodys)
    if not reading.has_capitals or not reading.figures or reading.cased.isupper():
        yield from places
        return
    for claim in with_runs(reading, places):
        if not _is_public(reading.lower, claim, is_somebodys=is_somebodys):
            yield claim


def _is_public(lower: str, claim: Claim, *, is_somebodys: bool) -> bool:
    """Whether it is the bank's, a shop's or another's that everybody may know."""
    if _FIRM_BEHIND.match(lower, claim.end) or _OF_THE_BANK.search(lower, max(0, claim.start - 80), claim.start):
        return True
    return not is_somebodys and _OF_A_FIRM.search(lower, max(0, claim.start - 60), claim.start) is not None


def _joined(reading: Reading, *, is_somebodys: bool) -> Iterator[Claim]:
    """Pieces of one address that stand beside each other are one claim."""
    text, at = reading.cased, 0
    found = sorted(_list_places(reading), key=lambda claim: (claim.start, -claim.end))
    found = [claim for claim in found if not _is_public(reading.lower, claim, is_somebodys=is_somebodys)]
    while at < len(found):
        claim = found[at]
        end, at = claim.end, at + 1
        while at < len(found) and (found[at].start <= end or _joins(text[end : found[at].start])):
            end, at = max(end, found[at].end), at + 1
        end = with_town(text, _state_end(text, end))
        while at < len(found) and found[at].start < end:
            end, at = max(end, found[at].end), at + 1
        yield claim._replace(start=with_unit(text, _house_start(text, claim.start)), end=end)


def _joins(between: str) -> bool:
    return (
        len(between) <= _LONGEST_BETWEEN
        and _JOINS.fullmatch(between) is not None
        and ORDINARY.isdisjoint(re.findall(r"[a-z]+", between.lower()))
    )


def _house_start(text: str, start: int) -> int:
    found = _BEFORE_STREET.search(text, max(0, start - 60), start)
    return found.start() if found else start


def _state_end(text: str, end: int) -> int:
    found = _TOWN_AND_STATE.match(text, end)
    return found.end() if found and english().isdisjoint(found["town"].lower().split()) else end


def _lines_start(text: str, start: int) -> int:
    """Where the lines of an address begin that end with a postcode."""
    found = _BEFORE_POSTCODE.search(text, max(0, start - 120), start)
    return found.start() if found and any(sign in found[0] for sign in ",\n") else start


def _list_places(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    if not reading.figures and not reading.may_have(_ANY):
        return
    if reading.figures:
        streets = (_STREET_ADDRESS, _NUMBERED_STREET, _FLAT) if reading.has(_NAMES_STREET) else ()
        boxes = (_BOX, _FORCES) if reading.has(_BOX_HINTS) else ()
        abroad = (_ABROAD, _ABROAD_IN_SMALL, _FRENCH) if reading.has(_ABROAD_HINTS) else ()
        for start, end in units_with_postcode(reading):
            yield Claim(Kind.ADDRESS, start, end, SHAPED)
        for pattern in (*streets, *boxes, *abroad):
            for found in pattern.finditer(text):
                if pattern is not _STREET_ADDRESS or _is_street(found[0]):
                    yield Claim(Kind.ADDRESS, found.start(), _town_end(text, found.end()), SHAPED)
        for found in _POSTCODE_SAID.finditer(text) if reading.has(_POSTCODE_HINTS) else ():
            if re.fullmatch(rf"(?i){POSTCODE}|\d{{5}}(?:\d{{4}})?", re.sub(r"[ \-]", "", found["value"])):
                yield Claim(Kind.ADDRESS, *found.span("value"), SHAPED)
        has_code = reading.has(_LETTER_AND_FIGURE)
        for found in _UK.finditer(text) if has_code else ():
            if not is_postcode(re.sub(r"\s", "", found[0]).upper()):
                continue
            yield Claim(Kind.ADDRESS, _lines_start(text, found.start()), found.end(), SHAPED - 1)
        for found in _LETTERS_BETWEEN.finditer(text) if has_code else ():
            yield Claim(Kind.ADDRESS, _lines_start(text, found.start()), found.end(), SHAPED - 1)
        for start, end in find_apart(text):
            yield Claim(Kind.ADDRESS, start, end, SHAPED - 1)
        for found in _TURNED_STREET.finditer(text) if streets else ():
            yield Claim(Kind.ADDRESS, *found.span("value" if found["value"] else "cued"), SHAPED)
        for found in _STATE_AND_ZIP.finditer(text) if reading.longest >= _DIGITS_OF_A_ZIP else ():
            yield Claim(Kind.ADDRESS, *found.span(), SHAPED - 1)
    if reading.has(_NAMES_STREET) or reading.has(_ABROAD_HINTS):
        for start, end in find_in_small(reading.lower):
            value = _ENDS_PLACE.sub("", reading.lower[start:end]).rstrip(" ,.")
            yield Claim(Kind.ADDRESS, start, start + len(value), SHAPED - 1)
    for found in _NAMED_HOUSE.finditer(text) if reading.has_capitals and reading.has(_NAMES_STREET) else ():
        yield Claim(Kind.ADDRESS, *found.span(), SHAPED)
    for found in _LIVES.finditer(reading.lower) if reading.has(_CUE_HINTS) else ():
        if NO_LANE.isdisjoint(found["value"].split()):
            yield Claim(Kind.ADDRESS, *found.span("value"), SHAPED)
    for found in _BY_CUE.finditer(text) if reading.has(_CUE_HINTS) else ():
        value = _ENDS_PLACE.sub("", found["value"]).rstrip(" ,.")
        who = _WHO_LIVES.match(value)
        start = found.start("value") + (who.end() if who else 0)
        value = value[who.end() :] if who else value
        if _is_place(value) and word_before(reading.lower, found.start("value")) != "mail":
            yield Claim(Kind.ADDRESS, start, start + len(value), SHAPED)


_STREET_WORD = re.compile(_STREET)
_LETTERS = re.compile(r"[a-z]{2,}")
"""Kinds of streets have no other letters."""
_NAMES_STREET = Hints(test=lambda piece: any(map(_STREET_WORD.fullmatch, _LETTERS.findall(piece))))
_POSTCODE_HINTS, _BOX_HINTS, _SOMEBODYS_HINTS = Hints(("post", "zip")), Hints(("box",)), needs(_SOMEBODYS)
_ANY = any_of(_NAMES_STREET, _ABROAD_HINTS, _CUE_HINTS)
_LETTER_AND_FIGURE = Gate(test=re.compile(r"(?<![^\W_])[a-z]{1,2}\d").search)


def _town_end(text: str, end: int) -> int:
    """Behind a town in small letters that ends the sentence, where one follows."""
    town = _TOWN_BEHIND.match(text[end : end + 50])
    if town and not ORDINARY.intersection(town["town"].split()):
        return end + town.end()
    town = _LISTED_TOWN_BEHIND.match(text[end : end + 30])
    plain = town["town"].lower() if town and not _TOWN_AND_STATE.match(text, end) else ""
    return (
        end + town.end() if town and plain in capitals() and plain not in ORDINARY and plain not in english() else end
    )


def _is_street(said: str) -> bool:
    """ "3 days in a row", "2 payments on the way" are none."""
    return not _NO_STREET.search(said.partition(",")[0])


def _is_place(value: str) -> bool:
    words = value.split()
    has_number = any(map(str.isdigit, value)) or bool(_IN_WORDS.match(value))
    has_capital = any(word[0].isupper() and word.lower() not in ORDINARY for word in words)
    return (
        len(value) > 5
        and "@" not in value
        and "[" not in value
        and (
            has_number
            and any(map(str.isalpha, value))
            and len(words) > 1
            and (has_capital or "," in value or bool(re.search(rf"(?i)\b{_STREET}\b", value)))
        )
    )
