"""Addresses in small letters: "flat 12, the maltings, wharf road, burton", "rua das flores 45, lisboa"."""

import re
from collections.abc import Iterator

from core.security.pii.words.ordinary import ORDINARY, english

SURE_STREET = r"(?:street|road|lane|avenue|drive|close|crescent|court|terrace|grove|gardens|square|mews|way|hill)"
_IN_SMALL = re.compile(
    rf"(?<![\w£$€.,/\-])(?P<unit>(?:flat|apartment|apt|unit|house|plot|villa|number"
    rf"|no) )?\d{{1,4}}[a-z]?,? (?P<street>(?:[a-z][a-z'’\-]{{1,20}},? ){{1,6}}?)"
    rf"(?:{SURE_STREET}|rd|ave|ln|cl|dr|wy|cresent|crecent|avnue|rode|streat|terrance|parkway"
    rf"|blvd)\b(?P<town>(?:,? (?!and\b|but\b|please\b|pls\b|is\b|my\b|the\b|for\b|i\b|to\b|if\b|so\b|not\b"
    r"|can\b|until\b|since\b|from\b|in\b|at\b|with\b|was\b|now\b|has\b|it\b|we\b|that\b|this\b|on\b|or\b|thanks\b"
    r"|thx\b|because\b|instead\b|you\b|your\b|when\b)[a-z][a-z'’\-]{2,20}(?=[,. \n]|\Z)){0,2}"
    r"(?=\s*(?:[.,!?\n]|\Z)|,? (?:and|but|please|pls|[a-z]{1,2}\d)))?"
)
_ABROAD_SAID = re.compile(
    r"(?<!\w)(?:rua|calle|c/|rue|avenida|av\.?|viale|via|piazza|corso|plaza|paseo|travessa|impasse|chemin|strada"
    r"|ulica|ul\.|carrera) (?:d[aeio]s? |de la |del |della |dei |las? |los |le |l')?"
    r"(?P<name>[a-z'’\-]{3,20})(?: [a-z'’\-]{3,20}){0,3}?(?:,? (?:n[o°º]?\.? ?|num(?:ero|ber)?\.? "
    r"|number (?:is )?)?\d{1,4}[a-z]?(?!\d)|,)(?:[^.!?\n(]{0,50}(?=[.!?\n(]|\Z))?"
)
NO_LANE = frozenset(str.split("down far a up i my we you it and but is was so then will can which because not have"))


def find_in_small(lower: str) -> Iterator[tuple[int, int]]:
    """Where one stands that a number and a street, or a street of another language, give away."""
    for found in _IN_SMALL.finditer(lower):
        words = found["street"].replace(",", " ").split()
        if ORDINARY.isdisjoint(words) or (found["unit"] and NO_LANE.isdisjoint(words)):
            yield found.span()
    for found in _ABROAD_SAID.finditer(lower):
        if found["name"] not in english() and found["name"] not in ORDINARY:
            yield found.span()
