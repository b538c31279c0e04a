"""Addresses of any country as runs of their parts: words with capitals, numbers, and the small words between ("Via
Giuseppe Mazzini 118, int. 4, 40138 Bologna BO"). A run counts where a part of it was found already, or where it has a
word for a street or a dwelling, a number, and ends with a town."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from core.security.pii.kinds import SHAPED, Claim, Kind
from core.security.pii.reading.hints import Hints
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading
from core.security.pii.words.people import list_given, list_more_given

_SMALL = (
    r"(?:de la|de los|de las|de|del|della|delle|di|da|do|dos|das|la|las|los|le|les|du|des|der|den|am|an der|an"
    r"|auf der|auf|im|zum|zur|of|the|on|upon|under|by the|in"
    r"|and|et|y|e|i|int|interno|scala|piso|planta|puerta|pta|pt|esc|izq|dcha|dch|bajo|apto|apt|ap|sc|bl|et|bus|bte"
    r"|boite|b\.?p\.?|m|lok|lgh|tr|st|h"
    r"|no|nr|num|number|numero|n|near|behind|opposite|opp|next to|beside|above|off|upstairs|downstairs|floor|flr|fl"
    r"|ground|first|second|third|top|phase|sector|block"
    r"|blk|lot|plot|flat|house|villa|tower|building|bldg|unit|room|suite|street|road|lane|avenue|close|drive|court"
    r"|crescent|square|place|way|main|cross|nagar"
    r"|colony|marg|gali|chowk|estate|cep|cp|c\.?p\.?|zip|postcode|city|county|co|district|province|state|po|p\.?o\.?"
    r"|box|rr|hwy|highway|route|rt|jalan|jln|lorong)"
)
_PART = (
    r"(?:[A-Z]\.(?:[A-Z]\.)*|[A-Z][\w'’]*\.?(?:[/\-](?=\w)[\w'’]+)*|[CcPpSs]/[oO]?|#\s?\d[\w\-]*|[nN][º°o]\.?\s?\d+"
    r"|S\(\d{6}\)|\(?(?!\d{7})\d[\w/]*(?:-\d[\w]*)*[º°ª]?[\w]{0,4}\)?"
    rf"|[a-zA-Z]/\d+|(?:{_SMALL})(?![\w'’])\.?)"
)
_RUN = re.compile(
    rf"(?<![\w£$€@#.])[\"“]?{_PART}(?:(?:[\"”]?,{{1,2}}\s{{0,2}}|\s-\s|\s[–—]\s|\.?\s#|-(?=\d)|[ \t]"
    rf"|\s?\n)[\"“]?{_PART}){{1,24}}[\"”]?"
)
_STREET = re.compile(
    r"(?i)\b(?:street|st|road|rd|avenue|ave?|av|lane|ln|drive|dr|close|court|ct|crescent|cres|gardens?|gdns|grove"
    r"|place|pl|square|sq|terrace|way|walk|boulevard|blvd"
    r"|row|mews|parkway|pkwy|highway|hwy|circle|rise|quay|parade|rue|calle|c/|avenida|plaza|paseo|carrera|cra|cl"
    r"|carretera|via|viale|piazza|corso|vicolo|largo|rua|travessa|praca"
    r"|ul|ulica|al|aleja|os|str|strada|bulevardul|calea|sos|\w+stra(?:ss|ß)e|\w+straat|\w+str|\w+weg|\w+platz"
    r"|\w+gasse|\w+allee|\w+laan|\w+gracht|\w+plein|\w+gatan|\w+vagen"
    r"|\w+vej|\w+gade|\w+gata|\w+veien|\w+katu|\w+tie|utca|korut|ut|sokak|caddesi|cad|mahallesi|mah|jalan|jln|lorong"
    r"|soi|thanon|marg|nagar|chowk|colony|layout|cross|main"
    r"|flat|apartment|apt|villa|house|block|blk|bldg|building|plot|lot|unit|suite|h\.? ?no|door no|floor|stryd|heol"
    r"|links|kaai|bank|cottages?|chome|ku|dreef|brae|wynd|loan|hill|view|park|heights)\b"
)
_HOUSE = re.compile(r"(?<!\w)#?(?:n[º°o]\s?)?\d")
_UNIT_AHEAD = re.compile(
    r"(?i)(?:flat|villa|apartment|apt|blk|block|plot|lot|unit|house|h\.? ?no|suite|office|room|no|\w/)\b"
)
_NO_PART = frozenset(
    str.split(
        "i i'm i've i'll my me we our you your it its it's is are was am please thanks thank"
        " the a an and but so if for from to at by with not no can could would will"
        " send deliver post mail ship hello hi dear regards address card bank account pin phone"
        " tel dob born email iban since because when where what why how"
        " agent customer caller client sort code name this that mr mrs ms in on"
    )
)
_AT_START = frozenset(
    str.split(
        "street road avenue city county state province district way main top box route"
        " zip postcode cp cep building place square close drive court upstairs downstairs near off"
    )
)
_AT_END = frozenset(
    str.split(
        "i e y and et in on the of de la da do no an am to number first second third state city top main m n h st by"
    )
)
_TOWN = re.compile(r"(?:,|\s)\s?[A-Z][\w'’\-]{2,}\W*\Z|\d{4,6}\W*\Z")
_FEWEST_PARTS = 4
_LONGEST = 200


def with_runs(reading: Reading, claims: Iterable[Claim]) -> Iterator[Claim]:
    """The claims, each as far as the run goes that it stands in, and runs that are addresses by themselves."""
    text, claims = reading.cased, list(claims)
    runs = (
        [span for found in _RUN.finditer(text) if "\n\n" not in found[0] for span in _trimmed(text, *found.span())]
        if claims or _may_be_there(reading)
        else []
    )
    starts = [start for start, _ in runs]
    for claim in claims:
        at = bisect_left(starts, claim.end) - 1
        over = runs[at] if at >= 0 and runs[at][1] > claim.start else None
        if over is not None and over[1] - over[0] <= _LONGEST:
            yield claim._replace(start=min(claim.start, over[0]), end=max(claim.end, over[1]))
        else:
            yield claim
    places = sorted((claim.start, claim.end) for claim in claims)
    begins, ends = [start for start, _ in places], list(accumulate((end for _, end in places), max))
    for start, end in runs:
        at = bisect_left(begins, end) - 1
        if (at < 0 or ends[at] <= start) and _is_address(text, start, end):
            yield Claim(Kind.ADDRESS, start, end, SHAPED - 2)


def _may_be_there(reading: Reading) -> bool:
    commas = reading.cased.count(",")
    # Each form of an address has a comma in it, or such a word ahead.
    return (commas > 0 or reading.has(_TOLD_HINTS)) and (
        reading.has(_STREETS) or (commas >= _FEWEST_COMMAS and _ENDS_IN_POSTCODE.search(reading.cased) is not None)
    )


_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,}")
_STREETS = Hints(test=lambda piece: any(map(_STREET.fullmatch, _WORD.findall(piece))))
_ENDS_IN_POSTCODE = re.compile(
    r"[a-z][ \-,]{1,3}(?:\d{4,6}|\d{3}-\d{4}|\d{5}-\d{3}|\d{2}-\d{3}|\d{4}-\d{3})(?=\W*(?:\Z|\n|[,.] ))", re.IGNORECASE
)


def _is_address(text: str, start: int, end: int) -> bool:
    said = text[start:end]
    parts = re.findall(r"[\w'’]+", said)
    if sum(part[0].isupper() for part in parts) < _FEWEST_CAPITALS or len(parts) <= _FEWEST_CAPITALS:
        return False
    has_house = _HOUSE.search(said) is not None
    if (has_house or "," in said) and _TOLD.search(text, max(0, start - _LOOKS_BACK), start):
        return True
    if len(parts) < _FEWEST_PARTS or not has_house:
        return False
    if _STREET.search(said) and "," in said and _TOWN.search(said):
        return True
    return said.count(",") >= _FEWEST_COMMAS and _POSTCODE.search(said) is not None


_FEWEST_COMMAS = 2
_LOOKS_BACK = 40
_POSTCODE = re.compile(r"[\s\-](?:\d{4,6}|\d{3}-\d{4}|\d{5}-\d{3}|\d{2}-\d{3}|\d{4}-\d{3})\W*\Z")
_TOLD = re.compile(
    r"(?i)\b(?:address|addr?|adress|direccion|domicilio|endereco|morada|indirizzo|adresse|anschrift|wohnhaft"
    r"|residencia|residence|domicile|home|live|living|reside|residing"
    r"|resident|staying|stay|moved|moving|deliver|delivery|courier|post it|send it)\b[^.!?\d]{0,24}\Z"
)
_TOLD_HINTS = needs(_TOLD)


def _is_small(word: str) -> bool:
    return word.islower() and not any(map(str.isdigit, word))


_FEWEST_CAPITALS = 2
_LONGEST_NAME = 4
"""Words."""


def _without_people(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the name of who lives there, ahead of a comma or a line."""
    while len(words) > 1 and words[0][0].isdigit() and "\n" in words[0].string[words[0].end() : words[1].start()]:
        words = words[1:]
    is_care_of = words[:1] and words[0][0].lower() == "c/o"
    for count in range(1, min(len(words), _LONGEST_NAME + 1)):
        word, following = words[count - 1], words[count]
        between = word.string[word.end() : following.start()]
        if any(map(str.isdigit, word[0])) or _STREET.fullmatch(word[0]):
            return words
        if "," in between or "\n" in between:
            is_name = is_care_of or any(
                one[0].lower() in list_given() or one[0].lower() in list_more_given() for one in words[:count]
            )
            return words[count:] if is_name else words
    return words


_BIT = re.compile(r"[^\s,]+")


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The pieces of a run between words that are no part of an address, without small words at their ends."""
    if not any(map(str.isdigit, text[start:end])) and "," not in text[start:end]:
        return
    pieces: list[list[re.Match[str]]] = [[]]
    for word in _BIT.finditer(text, start, end):
        if word[0][0].isupper() and word[0].lower().strip('."“”') in _NO_PART:
            pieces.append([])
        else:
            pieces[-1].append(word)
    for words in pieces:
        while words and words[-1][0].lower().strip('."“”') in _AT_END:
            words.pop()
        while len(words) > 1 and _is_small(words[-1][0]) and "," in text[start : words[-1].start()]:
            at = max(place for place, word in enumerate(words[:-1]) if text[word.end()] == "," or place == 0)
            if not at or not all(_is_small(word[0]) for word in words[at + 1 :]):
                break
            del words[at + 1 :]
        while words and words[0][0].islower() and words[0][0].lower().strip(".") in _AT_END | _NO_PART | _AT_START:
            words.pop(0)
        words = _without_people(words)
        if len(words) > 1:
            yield words[0].start(), words[-1].end() - (text[words[-1].end() - 1] in ".")
