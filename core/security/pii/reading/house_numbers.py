"""Numbers of houses and flats in words: "forty one b saltmarket lane", "flat twelve"."""

import re
from collections.abc import Iterator

from core.security.pii.reading.said import NUMBERS, TENS

_UNIT = "|".join(word for word, figures in NUMBERS.items() if len(figures) == 1 and figures != "0")
_TEEN = "|".join(word for word, figures in NUMBERS.items() if len(figures) == 2 and word not in TENS)
_BELOW_HUNDRED = (
    rf"(?:(?P<tens>{'|'.join(TENS)})(?:[ \-](?P<unit>{_UNIT}))?|(?P<teen>{_TEEN})"
    rf"|(?P<row>(?:{_UNIT})(?: (?:{_UNIT}|oh|zero)){{1,2}})|(?P<only>{_UNIT}))"
)
_NUMBER = rf"(?P<number>(?:(?P<hundreds>a|{_UNIT}) hundred(?: and)? )?{_BELOW_HUNDRED})"
_NO_STREET = (
    r"(?:in|on|at|to|of|a|my|for|and|by|times|days?|weeks?|months?|years?|pounds?|euros?|dollars?|minutes?|hours?|cards?|is|was"
    r"|from|with|it|i|you|per|other|more|people|the|or|way|hundred|thousand|million|miles?|different|branches|accounts?|payments?)"
)
_STREETS = (
    r"(?:street|road|lane|avenue|drive|close|crescent|cresent|court|terrace|grove|gardens|square|mews|way|hill|place|rd|ave|boulevard"
    r"|row|walk|quay)"
)
_HINT = re.compile(rf"\b(?:{_STREETS}|flat|apartment|apt)\b")
_HOUSE = re.compile(rf"\b{_NUMBER}(?: [a-f])?,? (?=(?:(?!{_NO_STREET}\b)[^\W\d_][\w'’\-]{{1,20}} ){{1,3}}{_STREETS}\b)")
_FLAT = re.compile(
    rf"\b(?:flat|apartment|apt|unit|suite|studio)(?: number| no\.?)? {_NUMBER}\b(?! (?:of|rate|fee|pounds))"
)


def in_figures(lower: str) -> Iterator[tuple[int, int, str]]:
    """Where one stands, and the figures to read there."""
    if not _HINT.search(lower):
        return
    for pattern in (_FLAT, _HOUSE):
        for found in pattern.finditer(lower):
            if pattern is _FLAT or found["number"] != "one":
                yield *found.span("number"), str(_value(found))


def _value(found: re.Match[str]) -> int:
    hundreds = found["hundreds"]
    value = 100 * int(NUMBERS.get(hundreds, "1")) if hundreds else 0
    if found["tens"]:
        return value + int(NUMBERS[found["tens"]]) + int(NUMBERS.get(found["unit"] or "", "0"))
    if found["row"]:
        return int("".join(NUMBERS[word] for word in found["row"].split()))
    return value + int(NUMBERS[found["teen"] or found["only"]])
