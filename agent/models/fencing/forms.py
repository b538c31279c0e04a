"""In which forms a detail may stand in a text: what the finder looks for."""

import re
from calendar import month_name
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from agent.models.fencing.details import Detail
from agent.models.fencing.ordinary import PARTICLES, ordinary_words
from core.security.pii.reading.folded import Folded


class Rule(StrEnum):
    """When a form that was found is the detail."""

    ALWAYS = "always"
    BOUNDED = "bounded"
    """Begins and ends where a word or a number does."""
    CAPITAL = "capital"
    """As BOUNDED, and is written like a name: an ordinary word in small letters is none."""
    SPELLED = "spelled"
    """As BOUNDED, letter by letter or divided at the end of a line."""
    GROUPED = "grouped"
    """As BOUNDED, and its digits are grouped as a sort code's."""


class Sequence(NamedTuple):
    """Words that stand one behind the other."""

    words: tuple[str, ...]
    rule: Rule = Rule.BOUNDED


class Run(NamedTuple):
    """Letters and digits, whatever stands between them."""

    characters: str
    rule: Rule


Form = Sequence | Run

_SURE = 8
"""Characters from which a run is nothing else by chance."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
"""Scripts that put no space between words."""
_CORE = 9
"""The last digits of a phone number: what all its prefixes have in common."""
_MONTHS = [name.lower() for name in month_name[1:]]
STREET_WORDS = {
    "st": "street", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "dr": "drive", "sq": "square",
    "pl": "place", "ct": "court", "cl": "close", "cres": "crescent", "gdns": "gardens", "ter": "terrace",
    "apt": "flat", "apartment": "flat", "no": "number",
}  # fmt: skip
"""Words of an address by their abbreviations."""


class Looks(NamedTuple):
    """How a detail is told from others, and found."""

    compact: str
    is_common: bool
    """Whether it is said in ordinary words, such as "Gas Board"."""
    forms: tuple[Form, ...]


@lru_cache(maxsize=4096)
def looks_of(detail: Detail) -> Looks:
    """Kept over turns: a customer's next question has the same payees."""
    folded = Folded.of(detail.value)
    is_common = ordinary_words().issuperset(folded.words)
    return Looks(folded.compact_text or detail.value, is_common, tuple(dict.fromkeys(_forms_of(detail))))


def _forms_of(detail: Detail) -> Iterator[Form]:
    match detail.kind:
        case "NAME":
            yield from _name(detail.value)
        case "EMAIL":
            yield from _email(detail.value)
        case "PHONE":
            yield from _phone(detail.value)
        case "ADDRESS":
            yield from _address(detail.value)
        case "DOB":
            yield from _birth(detail.value)
        case "SORT_CODE":
            yield Run(_compact(detail.value), Rule.GROUPED)
        case "IBAN":
            yield Run(_compact(detail.value), Rule.ALWAYS)
            # Without country and check digits.
            yield from _long(_compact(detail.value)[4:], Rule.ALWAYS)
        case "ACCOUNT" | "CARD":
            yield from _long(_compact(detail.value), Rule.ALWAYS)
        case "POSTCODE":
            yield Run(_compact(detail.value), Rule.BOUNDED)
        case "ROUTING_NUMBER" | "US_SSN" | "UK_NINO" | "NATIONAL_ID" | "PASSPORT":
            yield from _long(_compact(detail.value), Rule.BOUNDED)
        case "SECRET" | "TEXT" | "CARD_EXPIRY" | "IP":
            # A short word or number: it stands elsewhere by chance.
            return


def _compact(text: str) -> str:
    return Folded.of(text).compact_text


def _words(text: str) -> list[str]:
    return Folded.of(text).words


def _long(characters: str, rule: Rule) -> Iterator[Run]:
    """Fewer than six characters are shown by policy, or stand anywhere by chance."""
    if len(characters) >= _SURE:
        yield Run(characters, rule)
    elif len(characters) >= 6:
        yield Run(characters, Rule.BOUNDED)


def _name(name: str) -> Iterator[Form]:
    for spelling in _spellings(name):
        parts = [words for part in spelling.split() if (words := _words(part))]
        yield from _whole_name(parts)
        for part in parts:
            yield from _part_of_name("".join(part), part)


def _spellings(name: str) -> set[str]:
    """The name, and with ä, ö, ü, å and ø written in two letters."""
    two_letters = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
    return {name, re.sub("[äöüåø]", lambda found: two_letters[found[0]], name.lower())}


def _whole_name(parts: list[list[str]]) -> Iterator[Form]:
    if not parts:
        return
    first, *middle, last = parts if len(parts) > 1 else (parts[0], [])
    words = tuple(word for part in parts for word in part)
    joined = "".join(words)
    yield Sequence(words, Rule.CAPITAL if joined in ordinary_words() else Rule.BOUNDED)
    if joined not in ordinary_words():
        is_sure = len(joined) >= _SURE or (len(joined) > 1 and _UNSPACED.search(joined))
        yield Run(joined, Rule.ALWAYS if is_sure else Rule.BOUNDED)
    if not last or len(parts) > 5:
        return
    yield Sequence((*last, *first, *(word for part in middle for word in part)))
    yield Sequence((*last, *first))
    yield Sequence((*first, *last))
    if joined != "".join((*first, *last)):
        yield Run("".join((*first, *last)), Rule.BOUNDED)
    yield Run("".join((*last, *first)), Rule.BOUNDED)
    initials = [part[0][0] for part in middle]
    for given in ([first[0][0]], [first[0][0], *initials], [*first, *initials]):
        yield Sequence((*given, *last), Rule.CAPITAL)
        yield Sequence((*last, *given), Rule.CAPITAL)
    yield Sequence((*first, last[0][0]), Rule.CAPITAL)
    yield Run(f"{first[0][0]}{''.join(last)}", Rule.BOUNDED)
    yield Sequence((first[0][0], *initials, last[0][0]), Rule.CAPITAL)


def _part_of_name(part: str, words: list[str]) -> Iterator[Form]:
    if part in PARTICLES or len(part) < 2 or part.isdigit():
        return
    is_name = len(part) > 2 and part not in ordinary_words()
    rule = Rule.BOUNDED if is_name else Rule.CAPITAL
    yield Sequence(tuple(words), rule)
    if is_name:
        yield Sequence((f"{part}s",))
        yield Sequence((f"{part}es",))
        yield Run(part, Rule.BOUNDED if len(words) > 1 else Rule.SPELLED)


def _email(address: str) -> Iterator[Run]:
    local, _, domain = address.partition("@")
    yield Run(_compact(address), Rule.BOUNDED)
    dotted = (_compact(domain.replace(".", " dot ")), _compact(local.replace(".", " dot ")))
    for at in ("at", ""):
        yield Run(f"{dotted[1]}{at}{dotted[0]}", Rule.BOUNDED)
        yield Run(f"{_compact(local)}{at}{_compact(domain)}", Rule.BOUNDED)


def _phone(number: str) -> Iterator[Run]:
    yield from _long(re.sub(r"\D", "", number)[-_CORE:], Rule.ALWAYS)


def _address(line: str) -> Iterator[Form]:
    words = in_full(_words(line))
    yield Sequence(tuple(words))
    yield from _long("".join(_words(line)), Rule.BOUNDED)
    street = [word for word in words if not word.isdigit()]
    if len(street) > 1 and not all(word in ordinary_words() for word in street[:-1]):
        yield Sequence(tuple(street))


def in_full(words: Iterable[str]) -> list[str]:
    return [STREET_WORDS.get(word, word) for word in words]


def _birth(day: str) -> Iterator[Form]:
    try:
        born = date.fromisoformat(day)
    except ValueError:
        yield Run(_compact(day), Rule.BOUNDED)
        return
    years = (str(born.year), f"{born.year % 100:02}")
    days, months = {str(born.day), f"{born.day:02}"}, {str(born.month), f"{born.month:02}"}
    for year, number, month in product(years, days, months):
        yield Sequence((number, month, year))
        yield Sequence((month, number, year))
    for number, month in product(days, months):
        yield Sequence((years[0], month, number))
    name = _MONTHS[born.month - 1]
    suffix = "th" if born.day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(born.day % 10, "th")
    for month, year in product((name, name[:3], f"{name[:4]}"), years):
        for spoken in ((str(born.day),), (f"{born.day:02}",), (str(born.day), suffix), (str(born.day), suffix, "of")):
            yield Sequence((*spoken, month, year))
        yield Sequence((month, str(born.day), year))
        yield Sequence((month, str(born.day), suffix, year))
    yield Run(f"{born:%Y%m%d}", Rule.BOUNDED)
    yield Run(f"{born:%d%m%Y}", Rule.BOUNDED)
