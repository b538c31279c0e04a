"""E-mail addresses, telephone numbers, addresses of machines."""

import ipaddress
import re
from collections.abc import Iterator

from core.security.pii.grammar import cued, digits, matches, only_digits, said_before, word_before
from core.security.pii.kinds import NAMED, PROVEN, SHAPED, Claim, Kind
from core.security.pii.numbers.banks_own import is_a_mailbox, is_the_banks
from core.security.pii.numbers.said_emails import NO_LOCAL, find_said, names_shop
from core.security.pii.reading.hints import Gate, Hints
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading

_EMAIL = re.compile(
    r"(?<![\w.+'-])(?:[\w.+'-]{1,40}(?:(?<=[._+\-])\n"
    r"|\n(?=[._+\-])))?[\w.+'-]{1,64}\s?@\s?[\w-]{1,63}(?:\s?\.\s?(?=[a-zA-Z])[\w-]{1,63}|\.[\w-]{1,63}){1,5}"
)
_TIGHT_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LABEL = r"(?:\w(?: \w(?!\w)){2,40}|[\w\-+]{1,40})"
_APART = re.compile(
    rf"(?<![\w@.'])(?:{_LABEL}\s?[._\-]\s?){{0,4}}{_LABEL}\s?@\s?{_LABEL}(?:\s?\.\s?{_LABEL}){{0,3}}"
    r"\s?\.\s?(?:[a-z]{2,8}(?!\w)|[a-z](?: [a-z](?!\w)){1,5})"
)
"""With spaces between its signs."""
_AT = r"(?:\s?[\[({<]\s?(?:at?|@)\s?[\])}>]\s?|\s(?:at|@)\s)"
_DOT = r"(?:\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s(?:dot|point)\s|\.)"
_ENDS = (
    r"(?:com|org|net|edu|gov|info|biz|eu|uk|us|de|fr|es|it|nl|ie|ca|au|in|pl|ch|at|be|se|no|dk|fi|pt|example|test"
    r"|email|me|io|co|app|dev"
    r"|ng|ke|za|gh|br|mx|ar|cl|pe|jp|cn|kr|ru|tr|gr|cz|hu|ro|bg|hr|rs|ua|il|ae|sa|eg|ma|nz|sg|my|id|ph|th|vn|hk|tw"
    r"|pk|bd|lk|lt|lv|ee|is|lu|mt|cy|si|sk|tz|ug|rw|qa|kw|jo|lb|cat|online|shop|store|tech|xyz|mail|cloud|bank)"
)
_SPOKEN_EMAIL = re.compile(
    rf"(?i)(?<![\w.+-])(?P<value>[\w+-]{{1,40}}(?:{_DOT}[\w+-]{{1,40}}|\s(?:underscore|dash|hyphen"
    rf"|plus)\s[\w+-]{{1,40}}){{0,4}}{_AT}"
    rf"[\w-]{{1,40}}(?:{_DOT}[\w-]{{1,40}}){{0,2}}{_DOT}{_ENDS})\b"
)
_DOMAIN_SAID = re.compile(rf"(?i){_AT}[\w-]{{1,40}}(?:{_DOT}[\w-]{{1,40}}){{0,2}}{_DOT}{_ENDS}\b")
"""What a spoken one ends with: costs less than to look for the whole from every word."""
_AT_HINT = re.compile(r"@|\bat\b|[(\[]a[)\]]")
_SPOKEN_WORDS = frozenset({"at", "dot", "point"})
_FILLER = re.compile(
    r"(?i)(?:.{0,80}\s)?(?:is|to|email|e-mail|at|me|address|it's|its|on|mail|use|or|and|from|contact|my|:)\s+(?=\S)"
)

_PHONE = re.compile(
    r"(?<![\w.,£$€#])(?<!\b[A-Z]-)(?<!\d-)(?!\d{2}-\d{2}-\d{4})(?:(?:\(?(?:\+|\bplus\s?|\b00)[ ]?\d{1,3}[)"
    r" .\-/]{0,2}(?:\(0?\d{0,4}\)[ .\-]?)?)(?:[ .\-/()]{0,3}\d){8,12}|\(?0(?:[ .\-/()]{0,3}\d){8,11})"
    r"(?![\d]|[.,/\-]\d)"
)
_US_PHONE = re.compile(r"(?<![\w.,£$€#+\-])(?:1[ .\-])?\(?[2-9]\d{2}\)?[ .\-][2-9]\d{2}[ .\-]\d{4}(?![\d]|[.,\-]\d)")
_PHONE_GAP = r"[ \n.()/-]"
_PHONE_SAID = cued(
    r"(?:phone|ph|telephone|telefono?|handy|tlf|tel|mobile|mob|cell|cellphone|landline|whatsapp|fax|contact|home|work"
    r"|daytime)(?:"
    r" phone)?\.?(?: (?:number|no\.?|num|#))?"
    r"|(?:call|ring|text|reach|phone|contact|message) (?:me|him|her|us|back)(?: back)?(?: (?:on|at))?|my number"
    r"|number to (?:call|reach)(?: me)?",
    rf"(?<![\d£$€])\+?\(?{digits(7, 14, _PHONE_GAP)}(?!\d|[.,]\d)",
)
_PHONE_HINTS = Hints(
    (
        *(
            "ph",
            "tel",
            "handy",
            "tlf",
            "mob",
            "cel",
            "landline",
            "whatsapp",
            "fax",
            "contact",
            "home",
            "work",
            "daytime",
        ),
        *("call", "ring", "text", "reach", "message", "number"),
    )
)
_PHONE_AFTER = re.compile(
    rf"(?i)(?<![\d£$€.,])(?P<value>\+?\(?{digits(7, 14, _PHONE_GAP)})(?!\d)[\s,(\-]{{1,3}}(?:is|that'?s|which is"
    rf"|it'?s|=) "
    r"(?:my|the|his|her|our|their)\s(?:(?:new|old|work|home|current)\s)?(?:phone|telephone|tel|mobile|mob|cell"
    r"|landline|whatsapp"
    r"|number)\b"
)
_OF_A_FIRM = re.compile(r"\(?(?:0(?:80[08]|3\d\d|84[345]|87[0-3])|(?:\+?1[ .\-]?)?\(?8(?:00|33|44|55|66|77|88))\b")
"""Ranges that the numbering plans keep for services: free of charge, or shared in cost (Ofcom, NANPA)."""
_MINE = re.compile(r"\b(?:my|me|mine|him|her|his|us|our)\b")
_NOT_A_PHONE = frozenset(
    str.split(
        "reference ref order invoice tracking transaction id receipt booking ticket case account acc acct number code"
        " claim version meter"
    )
)
_LAST_GROUP = re.compile(r"[^\d]+\d+\Z")
_UNITS = re.compile(r"(?i)\s?(?:pounds?|quid|euros?|dollars?|gbp|eur|usd|days?|%)")

_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)")
_IPV6 = re.compile(r"(?i)(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\.\d{1,3}){0,3}(?!\w|:[\w:])")
_DOTTED = r"(?:\s?[\[(]\s?(?:\.|dot|point)\s?[\])]\s?|\s(?:dot|point|\.)\s)"
_SAID_IPV4 = re.compile(rf"(?i)(?<![\w.])(?<!\d \. )\d{{1,3}}(?:{_DOTTED}\d{{1,3}}){{3}}(?!\w|\s?\.\s?\d)")
_PART = (
    r"(?:\d(?: ?\d){0,2}|(?:(?:zero|oh|double|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|thirteen|fourteen"
    r"|fifteen|sixteen|seventeen|eighteen|nineteen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|and"
    r")(?:[ \-](?!dot|point))?){1,6})"
)
_IPV4_IN_WORDS = re.compile(
    rf"(?<![\w.]){_PART}(?:[ ,]{{1,2}}(?:dot|point)[ ,]{{1,2}}{_PART}){{3}}(?![\w]|[ ,]{{1,2}}(?:dot|point)\b)"
)
_DOTS = 3
_OF_EVERYBODY = frozenset(
    str.split(
        "192.168.0.1 192.168.1.1 192.168.1.254 192.168.0.254 10.0.0.1 0.0.0.0 8.8.8.8 8.8.4.4"
        " 1.1.1.1 255.255.255.0 255.255.255.255"
    )
)
"""Routers, masks and name servers."""
_VERSION = frozenset(
    str.split("version v release ver build app firmware update software driver patch ios android windows macos")
)

_PHONE_AFTER_HINTS = needs(_PHONE_AFTER)
_AT_HINTS = Gate(test=_AT_HINT.search)
_MACHINES = tuple(
    (pattern, Gate(test=re.compile(hint).search))
    for pattern, hint in ((_IPV4, r"\d\.\d{1,3}\.\d"), (_IPV6, r":[0-9a-f]{0,4}:"))
)
_DOTTED_HINTS = Gate(test=re.compile(r"\A\.\Z|[\[(]\.|\.[\])]|dot|point").search)


def find_emails(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    if "@" in text:
        apart = _APART.finditer(text) if " @" in text or "@ " in text else ()
        for found in (*_TIGHT_EMAIL.finditer(text), *_EMAIL.finditer(text), *apart):
            start, end = _trimmed(text, *found.span())
            if not is_a_mailbox(reading.lower, start, end):
                yield Claim(Kind.EMAIL, start, end, PROVEN)
    if not reading.has(_AT_HINTS):
        return
    for start, end in find_said(reading.lower):
        if not is_a_mailbox(reading.lower, start, end):
            yield Claim(Kind.EMAIL, start, end, SHAPED + 2)
    for found in _SPOKEN_EMAIL.finditer(text) if _DOMAIN_SAID.search(text) else ():
        said = set(found[0].lower().split())
        if is_a_mailbox(reading.lower, *found.span("value")):
            continue
        if found["value"].lower().split()[0] in NO_LOCAL or names_shop(reading.lower, *found.span("value")):
            continue
        if "@" in found[0] or len(_SPOKEN_WORDS & said) > 1 or re.search(r"[\[({<]", found[0]) or "at" in said:
            yield Claim(Kind.EMAIL, *found.span("value"), SHAPED)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the sentence's end."""
    while end > start and text[end - 1] in ".-'":
        end -= 1
    return start, end


def find_phones(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    for pattern in (_PHONE, _US_PHONE):
        for found in pattern.finditer(text):
            end = _phone_end(text, pattern, found)
            if end and not is_no_phone(reading, found.start()) and not is_the_banks(reading.lower, found.start(), end):
                is_abroad = found[0].startswith(("(0", "(+"))
                yield Claim(Kind.PHONE, found.start(), end, SHAPED + (4 if is_abroad else 1))
    for found in _PHONE_AFTER.finditer(text) if reading.has(_PHONE_AFTER_HINTS) else ():
        if not is_no_phone(reading, found.start("value")):
            yield Claim(Kind.PHONE, *found.span("value"), SHAPED)
    for found in matches(_PHONE_SAID, reading.lower) if reading.has(_PHONE_HINTS) else ():
        if (
            not _UNITS.match(text, found.end())
            and len(only_digits(found["value"])) >= 7
            and not is_the_banks(reading.lower, *found.span("value"))
        ):
            yield Claim(Kind.PHONE, *found.span("value"), NAMED)


def _phone_end(text: str, pattern: re.Pattern[str], found: re.Match[str]) -> int:
    """Without a sum or a count that follows at once: "07700 900123. 2 days ago". 0 where nothing is left."""
    if not _UNITS.match(text, found.end()):
        return found.end()
    kept = _LAST_GROUP.sub("", found[0])
    shorter = pattern.fullmatch(text, found.start(), found.start() + len(kept))
    return shorter.end() if shorter else 0


def is_no_phone(reading: Reading, start: int) -> bool:
    before = reading.lower[max(0, start - 30) : start]
    if _OF_A_FIRM.match(reading.lower, start) and not _MINE.search(before):
        return True
    words = re.findall(r"[^\W\d_]+", before)[-3:]
    if not words:
        return False
    if {"phone", "mobile", "tel", "telephone", "cell", "my", "me"} & set(words):
        return False
    # What was spoken of in the sentence before is not what this number is of.
    words = re.findall(r"[^\W\d_]+", said_before(reading.lower, start, 30))[-3:]
    while words and words[-1] in ("is", "no", "number", "code", "the", "was"):
        words.pop()
    return bool(words) and words[-1] in _NOT_A_PHONE


def find_machines(reading: Reading) -> Iterator[Claim]:
    for pattern, hints in _MACHINES:
        for found in pattern.finditer(reading.cased) if reading.has(hints) else ():
            if word_before(reading.lower, found.start()) not in _VERSION and _is_address(found[0]):
                yield Claim(Kind.IP, *found.span(), PROVEN + 1)
    for found in _SAID_IPV4.finditer(reading.cased) if reading.has(_DOTTED_HINTS) else ():
        if _is_address(_in_figures(found[0])):
            yield Claim(Kind.IP, *found.span(), PROVEN + 1)


_APART_IPV4 = re.compile(r"\bip\b[^\d\n]{0,24}(?P<value>\d{1,3}(?:[ ,\-_]{1,2}\d{1,3}){3})(?![\w]|[.,\-]\d)")
_APART_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4} ?:{0,2} ?){3,7}[0-9a-f]{1,4}(?![\w:])")


def find_said_machines(reading: Reading) -> Iterator[Claim]:
    """In words: "eighty one dot 2 dot 69 dot 144"."""
    for found in _APART_IPV4.finditer(reading.lower) if "ip" in reading.lower else ():
        if _is_address(_in_figures(found["value"])):
            yield Claim(Kind.IP, *found.span("value"), PROVEN + 1)
    for found in _APART_IPV6.finditer(reading.lower) if "::" in reading.lower else ():
        if "::" in found[0] and any(map(str.isdigit, found[0])):
            yield Claim(Kind.IP, *found.span(), PROVEN + 1)
    is_said = reading.lower.count(" dot") >= _DOTS or ("ip" in reading.lower and reading.lower.count(" point") >= _DOTS)
    for found in _IPV4_IN_WORDS.finditer(reading.lower) if is_said else ():
        if word_before(reading.lower, found.start()) not in _VERSION:
            yield Claim(Kind.IP, *found.span(), PROVEN + 1)


def _in_figures(said: str) -> str:
    return ".".join(re.findall(r"\d+", said))


def _is_address(text: str) -> bool:
    """One that may be somebody's: every machine calls itself by the loopback addresses."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if text in _OF_EVERYBODY:
        return False
    return not address.is_loopback and (text.count(":") != 2 or "::" in text)
