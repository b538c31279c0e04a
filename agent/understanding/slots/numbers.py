"""Numbers as people write them: digits with the separators of their country, and words."""

import re
from decimal import Decimal

from agent.understanding.slots.vocabulary import DECIMAL_COMMA, ONES, ORDINALS, TENS

_SMALL = (
    {word: number for number, word in enumerate(ONES)}
    | {word: number * 10 for number, word in enumerate(TENS, start=2)}
    | {"fourty": 40, "ninty": 90, "fourten": 14, "fiveteen": 15, "a": 1, "an": 1, "couple": 2, "dozen": 12}
)
_SCALES = {"hundred": 100, "hundreds": 100, "thousand": 1_000, "grand": 1_000, "k": 1_000, "million": 1_000_000} | {
    "mio": 1_000_000,
    "mil": 1_000_000,
    "m": 1_000_000,
    "bn": 1_000_000_000,
    "billion": 1_000_000_000,
}
_ORDINALS = {word: number for number, word in enumerate(ORDINALS, start=1)} | {
    "twentieth": 20,
    "thirtieth": 30,
    "fith": 5,
    "eigth": 8,
    "nineth": 9,
    "twelth": 12,
}
_WORD = "|".join(sorted((word for word in _SMALL if word not in ("a", "an", "couple", "dozen")), key=len, reverse=True))
_SCALE = r"hundreds?|thousand|grand|million|billion"
WORDS = (
    rf"(?:half\s+an?\s+(?:dozen|{_SCALE})|(?:an?\s+)?(?:couple|dozen)(?:\s+(?:of\s+)?(?:{_SCALE}))?"
    rf"|(?:an?\s+(?:{_SCALE})|(?:{_WORD})\b)(?:(?:\s+and\s+|[\s-]+)(?:{_WORD}|{_SCALE})\b){{0,12}}(?:\s+and\s+a\s+half(?:\s+(?:{_SCALE}))?)?)"
)
"""A number in words, as a pattern: "a hundred and twenty", "half a grand", "two and a half"."""
DIGITS = (
    r"(?:\d{1,3}(?: \d{3}){1,4}[.,]\d{2}(?!\d)"
    r"|(?<!\d )\d{1,3}(?: \d{3}){1,4}(?!\d| \d|[.,:/-]\d)"
    r"(?!\s*(?:pounds?|quid|euros?|dollars?|£|€)?\s+(?:payments|transfers|notes)\b)"
    r"|\d{1,3}(?:[,.'’\u00a0\u202f]\d{3}){1,4}(?:[.,]\d{1,9})?(?!\d)"
    r"|\d{1,15}(?:[.,]\d{1,9})?(?!\d))"
)
"""A number in digits, as a pattern, with separators of any country."""
VAGUELY = r"(?:[\s-]*(?:odd|something)\b|\+)"
"""What makes of a number before it no number: "twenty-odd", "forty something"."""
ORDINAL = (
    rf"(?:\d{{1,2}}\s?(?:st|nd|rd|th)|(?:twenty|thirty)[\s-]+(?:{'|'.join(ORDINALS[:9])})"
    rf"|{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})"
)
"""An ordinal, as a pattern: "3rd", "twenty-first"."""


def has_decimal_comma(locale: str) -> bool:
    """Whether people there write 1.250,50."""
    return re.split(r"[-_]", locale)[0].lower() in DECIMAL_COMMA


def parse_digits(said: str, locale: str) -> Decimal:
    """What ``DIGITS`` matched. One separator before exactly three digits is read as the locale does."""
    plain = re.sub(r"['’\s]", "", said)
    marks = re.findall(r"[.,]", plain)
    if not marks:
        return Decimal(plain)
    last = marks[-1]
    decimals = len(plain) - plain.rindex(last) - 1
    groups = last == ("." if has_decimal_comma(locale) else ",")
    if len(set(marks)) == 1 and (len(marks) > 1 or (decimals == 3 and groups and not plain.startswith("0"))):
        return Decimal(plain.replace(last, ""))
    whole, _, fraction = plain.rpartition(last)
    return Decimal(f"{re.sub('[.,]', '', whole)}.{fraction}")


def parse_words(said: str) -> Decimal:
    """What ``WORDS`` matched: "fifteen hundred", "one hundred and twenty", "four eight two one" (4821)."""
    words = [word for word in re.split(r"[\s-]+", said.lower()) if word not in ("and", "of")]
    if words[0] == "half" and len(words) > 1:
        return parse_words(" ".join(words[1:])) / 2
    if words[-3:-1] == ["a", "half"]:
        return parse_words(" ".join(words[:-1])) * _SCALES[words[-1]]
    if words[-2:] == ["a", "half"]:
        scale = Decimal(_SCALES.get(words[-3], 1)) if len(words) > 3 else Decimal(1)
        return parse_words(" ".join(words[:-2])) + scale / 2
    if len(words) > 2 and all(_SMALL.get(word, 10) < 10 for word in words):
        return Decimal("".join(str(_SMALL[word]) for word in words))
    total, part = 0, 0
    for place, word in enumerate(words):
        if word in ("a", "an") and len(words) > 1:
            continue
        if word in _SMALL:
            if _SMALL[word] >= 10 and part % 100 > 0:
                # "five fifty" is 5.50.
                return total + part + parse_words(" ".join(words[place:])) / 100
            part += _SMALL[word]
        elif word.startswith("hundred"):
            part = (part or 1) * 100
        else:
            total, part = total + (part or 1) * _SCALES[word], 0
    return Decimal(total + part)


def parse_number(said: str, locale: str) -> Decimal:
    """What ``DIGITS`` or ``WORDS`` matched."""
    return parse_digits(said, locale) if said[0].isdecimal() else parse_words(said)


def scale_of(word: str | None) -> int:
    """ "k" is 1,000; None is 1."""
    return _SCALES[word.lower()] if word else 1


def parse_ordinal(said: str) -> int:
    """What ``ORDINAL`` matched."""
    if said[0].isdecimal():
        return int(re.sub(r"\D", "", said))
    words = re.split(r"[\s-]+", said.lower())
    return sum(_ORDINALS.get(word) or _SMALL[word] for word in words)
