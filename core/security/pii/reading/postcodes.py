"""Postcodes of the United Kingdom, also said or typed letter by letter: "n r 5, 8 q p"."""

import re
from collections.abc import Iterator

AREAS = frozenset(
    str.split(
        "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK"
        " FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE"
        " NG NN NP"
        " NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB"
        " W WA WC WD WF WN WR WS WV YO ZE"
    )
)
"""Royal Mail's, the first letters of a postcode."""
_LETTER_BEHIND = "[ABD-HJLNP-UW-Z]"
_GAP = r"[ ,.\-]{0,3}"
POSTCODE = rf"(?:[A-Z]{{1,2}}\d[A-Z\d]?\s?\d{_LETTER_BEHIND}{{2}})"
_APART = re.compile(
    rf"(?i)(?<![^\W_])(?<!['’])(?P<area>[A-Z](?:{_GAP}[A-Z])?){_GAP}\d(?:{_GAP}[A-Z\d])?{_GAP}\d"
    rf"{_GAP}{_LETTER_BEHIND}{_GAP}{_LETTER_BEHIND}(?![^\W_])"
)
_CUT_WRONGLY = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]?\d[ ,.\-]+[A-Za-z]{2}")
"""One gap, where none belongs: "Galaxy S23 FE"."""
_COMPACT = re.compile(POSTCODE)


def find_apart(text: str) -> Iterator[tuple[int, int]]:
    """Where one stands whose signs stand apart."""
    for found in _APART.finditer(text):
        if _CUT_WRONGLY.fullmatch(found[0]):
            continue
        if "".join(filter(str.isalpha, found["area"])).upper() in AREAS:
            yield found.span()


def is_postcode(signs: str) -> bool:
    """Whether capitals and digits are one."""
    return bool(_COMPACT.fullmatch(signs)) and (signs[:2] if signs[1].isalpha() else signs[0]) in AREAS
