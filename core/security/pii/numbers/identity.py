"""Numbers that states give to people: US SSN, UK NINO, passports, and others by form and checksum."""

import re
from collections.abc import Callable, Iterator

from stdnum.be import nn
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.it import codicefiscale
from stdnum.se import personnummer

from core.security.pii.grammar import cued, digits, has_any, matches, only_digits, word_before
from core.security.pii.kinds import NAMED, PROVEN, SHAPED, Claim, Kind
from core.security.pii.reading.text import Reading

_SSN_FORM = re.compile(r"(?<![\d\-])(?P<value>\d{3}([- ])\d{2}\2\d{4})(?![\d]|-\d)")
_SSN_SAID = cued(
    r"ssn|soc(?:ial)?\.?(?: sec(?:urity)?\.?)?(?: ?(?:number|no\.?|num|#))?|s\.s\.n\.?", rf"(?<!\d){digits(9, 9)}(?!\d)"
)
_NINO = re.compile(
    r"(?i)(?:(?<![^\W_])|(?<=nino)|(?<=\bni))(?P<value>(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z]["
    r" .\-]?[A-CEGHJ-NPR-TW-Z](?:["
    r" .\-\n]{0,2}\d){6}[ .\-\n]{0,2}[A-D])(?![^\W_])"
)
_NINO_SAID = cued(
    r"nino|n\.?i\.?(?: ?(?:number|no\.?|num))?|nat(?:ional)?\.? ins(?:urance)?\.?(?: ?(?:number|no\.?|num))?",
    r"[A-Z][ .\-]?[A-Z](?:[ .\-\n/]{0,3}\d){6}(?:[ .\-\n/]{0,3}[A-D](?![^\W_]))?",
    cased=True,
)
_PASSPORT_SAID = cued(
    r"(?:uk |us |eu |british |american |irish |german |french |spanish )?(?:passport|ppt|pp(?= ?(?:n|#)))"
    r"(?: ?(?:number|no\.?|num|nr\.?|#"
    r"|id))?",
    r"(?<![^\W_])(?:[A-Z]{0,3}(?=\d)|(?-i:(?:[A-Z][ \-]{0,2}){1,3}))(?:[ \-]{0,2}\d){6,9}[A-Z]{0,2}(?![^\W_])"
    r"|(?<![^\W_])(?=[A-Z0-9]{8,9}\b)(?:[A-Z]*\d){4,9}[A-Z]*(?![^\W_])",
    cased=True,
)
_PASSPORT_FAR = re.compile(
    r"(?i)\bpassports?\b[^.?!\n\d]{1,40}?(?<![^\W_])(?P<value>(?:(?-i:[A-Z]{1,2})[ \-]?)?\d(?:[ ]?\d){6,8}"
    r"|(?-i:(?=[A-Z]*\d)[A-Z0-9]{9}))(?![^\W_]|[.,]\d)"
)
"""With other words between: "the passport which I renewed is 533 380 006". Nine signs: ICAO 9303."""
_SSN_LAST = re.compile(
    r"(?i)\blast (?:four|4)(?: digits)? (?:of|on) (?:my |the |his |her )?(?:social(?: security)?(?: number)?|ssn)"
    r"[\s:]{1,2}(?:(?:is|are|being)\s)?(?P<value>\d{4})(?!\d)"
    r"|\b(?:social(?: security)?(?: number)?|ssn) (?:ends|ending)(?: in| with)?\s(?P<end>\d(?:[ \-]?\d){3})(?!\d)"
)
_ID_SAID = cued(
    r"nie|dni|nif|cif|pesel|bsn|bvn|nin|insee|ahv|avs|cnic|cedula|mykad|hkid|iqama|oib|jmbg|rut|nss"
    r"|aadh?aa?r|nric|cpf|curp|tfn|svnr|pps(?:n| number)?|personnummer|cpr|hetu"
    r"|steuer-?id(?:nummer)?|codice fiscale|nir|nhs"
    r" number|itin|tax (?:id|number|identification number)"
    r"|(?:national |personal )?id(?:entity|entification)?(?: card)?(?: number| no\.?| code)?|national (?:id|identity"
    r"|identification)(?: card)?(?: number)?"
    r"|driv(?:ing|er'?s?) licen[cs]e(?: number| no\.?)?",
    r"(?<![^\W_])(?!(?:is|was|no|nr|num)\b)(?=(?:[\-. /]?[A-Z0-9]){8,20}(?![^\W_]))(?:[A-Z]{0,6}[\-."
    r" /]?\d){5,14}(?:[\-./]?[A-Z0-9]){0,6}(?:[ \-][A-Z]){0,2}(?![^\W_])",
    cased=True,
)
_NIR_SAID = re.compile(
    r"(?i)\b(?:secu(?:rit[ey])? sociale?|sicurezza sociale|numero de secu|(?:french|france'?s?) social(?: security)?"
    r"|social security|insee|nir|carte"
    r" vitale)\b"
    r"[^\d\n]{0,30}?(?P<value>[12](?:[ .\-]?\d){4}[ .\-]?(?:\d[ .\-]?[\dAB])(?:[ .\-]?\d){6}(?:[ .\-]{0,3}\d){2})(?!\d)"
)
"""France's, of 15 signs."""
_ID_HINTS = (
    *("nie", "dni", "nif", "cif", "pesel", "bsn", "aad", "nric", "cpf", "curp", "tfn", "svnr", "pps", "personn", "cpr"),
    *("bvn", "nin", "insee", "ahv", "avs", "cnic", "cedula", "mykad", "iqama", "oib", "jmbg", "rut", "nss"),
    *("hetu", "steuer", "codice", "nir", "nhs", "itin", "tax", "id", "licen"),
)
_OTHER_IDS = frozenset(
    str.split(
        "transaction order session user customer device app payment apple face touch reference request message error"
        " caller case turn"
    )
)
_BY_FORM: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (re.compile(r"(?i)(?<![^\W_])\d{8}[ \-]?[A-Z](?![^\W_])"), dni.is_valid),
    (re.compile(r"(?i)(?<![^\W_])[XYZ][ \-]?\d{7}[ \-]?[A-Z](?![^\W_])"), nie.is_valid),
    (re.compile(r"(?i)(?<![^\W_])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![^\W_])"), codicefiscale.is_valid),
    (re.compile(r"(?i)(?<![^\W_])\d{6}[-+A]\d{3}[0-9A-Y](?![^\W_])"), hetu.is_valid),
    (re.compile(r"(?<![\d\-])\d{6}[-+]\d{4}(?![\d\-])"), personnummer.is_valid),
    (re.compile(r"(?<![\d.])\d{2}\.\d{2}\.\d{2}-\d{3}[.\-]\d{2}(?!\d)"), nn.is_valid),
)
_BY_FORM_ALONE = re.compile(
    r"(?<![^\W_])(?:[STFGM]\d{7}[A-Z]|[A-Z]{5}\d{4}[A-Z]|[A-Z]{4}[ \-]?\d{6}[ \-]?(?:[A-Z\d]{3}"
    r"|[HM][A-Z]{5}[A-Z\d]\d)|784[ \-]?(?:19|20)\d\d[ \-]?\d{7}[ \-]?\d)(?![^\W_])"
)
"""Singapore's, India's, Mexico's, the Emirates'."""
_FORM_HINT = re.compile(r"\d{6}|[A-Za-z]{6}\d\d|\d\d\.\d\d\.\d\d-|[XYZxyz][ \-]?\d{7}")
"""Forms that are seldom anything else, with the checksum that must hold; the others need their cue."""


_FEWEST_OF_AN_ID, _DIGITS_OF_A_NINO = 5, 6


def find_identities(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    for found in _SSN_FORM.finditer(text):
        if is_ssn(only_digits(found["value"])):
            yield Claim(Kind.US_SSN, *found.span("value"), SHAPED + 2)
    for found in matches(_SSN_SAID, reading.lower) if has_any(reading.lower, ("soc", "ssn", "s.s.n")) else ():
        yield Claim(Kind.US_SSN, *found.span("value"), NAMED + 1)
    for found in _NINO.finditer(text) if reading.figures >= _DIGITS_OF_A_NINO else ():
        yield Claim(Kind.UK_NINO, *found.span("value"), PROVEN)
    for found in _SSN_LAST.finditer(text) if has_any(reading.lower, ("social", "ssn")) else ():
        yield Claim(Kind.US_SSN, *found.span("value" if found["value"] else "end"), NAMED + 1)
    is_nino = reading.figures >= _DIGITS_OF_A_NINO and has_any(reading.lower, ("ni", "n.i", "nat"))
    for found in matches(_NINO_SAID, text) if is_nino else ():
        yield Claim(Kind.UK_NINO, *found.span("value"), NAMED)
    for found in matches(_PASSPORT_SAID, text) if has_any(reading.lower, ("passport", "pp")) else ():
        yield Claim(Kind.PASSPORT, *found.span("value"), NAMED + 1)
    if "passport" in reading.lower:
        for found in _PASSPORT_FAR.finditer(text):
            yield Claim(Kind.PASSPORT, *found.span("value"), NAMED)
    for pattern, is_valid in _BY_FORM if _FORM_HINT.search(text) else ():
        for found in pattern.finditer(text):
            if is_valid(found[0]):
                yield Claim(Kind.NATIONAL_ID, *found.span(), PROVEN)
    for found in _BY_FORM_ALONE.finditer(text):
        yield Claim(Kind.NATIONAL_ID, *found.span(), SHAPED)
    for found in _NIR_SAID.finditer(text) if has_any(reading.lower, ("soci", "insee", "nir", "vitale")) else ():
        yield Claim(Kind.NATIONAL_ID, *found.span("value"), PROVEN + 1)
    is_id = reading.figures >= _FEWEST_OF_AN_ID and has_any(reading.lower, _ID_HINTS)
    for found in matches(_ID_SAID, text) if is_id else ():
        if word_before(reading.lower, found.start()) not in _OTHER_IDS:
            yield Claim(Kind.NATIONAL_ID, *found.span("value"), SHAPED)


def is_ssn(number: str) -> bool:
    """Social Security Administration, randomised since 2011: no group of zeros, no area 666 or from 900."""
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
