"""Which of the things that were offered a message means: "the second one", "neither the first nor the third", "Maria",
"4821", "my day to day one". Every word is held against what is known of each of them; words that are denied exclude."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from rapidfuzz.distance import OSA

from agent.dialogue.places import PLACES, Indexes, find_place
from agent.dialogue.residue import FILLING, words
from agent.understanding.slots import Amount, Mention
from core.money import Money

_SAYS_NOTHING = frozenset(
    re.findall(
        r"\S+",
        """
        list listed item items place position spot options these choices them they all into which where use used using
        have has got linked goes comes came kind type sort both only same after mate love pal dear ta thanks cheers hi
        there here see looking says myself mine normally usually always mostly mainly get gets paid held
        """,
    )
)
_DAILY = re.compile(r"\bday[\s-]+(?:to|by|2)[\s-]+day\b|\bevery\s+day\b", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:not|neither|nor|isn'?t|ain'?t|wasn'?t|never|except(?:\s+for)?|excluding|without|(?:anything|any(?:one)?|all|everything)\s+but|"
    r"other\s+than|rather\s+than|instead\s+of|apart\s+from|none\s+of|don'?t\s+(?:want|mean|use|need|like)|no\s+to)\b",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(
    r"[.;!?]|,(?!\s*(?:and|or|nor|not|neither)\b)|\b(?:but|i\s+(?:want|mean|meant|need)|it'?s|use|take|make\s+it|so|just)\b|"
    r"\bthe\s+other\b",
    re.IGNORECASE,
)
"""Where what is denied ends."""
_ITEM = re.compile(r"\s*(?:,|\b(?:and|or|nor)\b)\s*", re.IGNORECASE)
_FUZZY = 5
"""Letters of a word in which a slip of one is seen through."""
_NOON = 12
_MOST_UNKNOWN = 6
"""Words that speak of nothing offered, in a message that chooses."""
_ARTICLES = frozenset({"the", "a", "an"})
"""In "the second one" they speak of none."""
_WORD = re.compile(r"[^\W_][\w.:'-]*")
_ISO_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Picked:
    """One choice, or the ones that are left after "not the first" or "the debit one"; all of them: no idea."""

    choices: tuple[str, ...]
    is_whole: bool = False
    """Whether the message says nothing else."""

    @property
    def one(self) -> str | None:
        return self.choices[0] if len(self.choices) == 1 else None


def pick(
    choices: Sequence[str],
    text: str,
    mentions: Sequence[Mention],
    *,
    filling: frozenset[str] = FILLING,
    described: Mapping[str, frozenset[str]] | None = None,
) -> Picked | None:
    """None where the message speaks of none of them.

    Args:
        filling: words that speak of nothing.
        described: further words by which a choice is spoken of.
    """
    moments = _of_moments(choices, mentions)
    if not choices or moments == []:
        return None
    if exact := moments or _exactly(choices, mentions):
        return Picked(tuple(exact))
    offered = [_vocabulary(choice, described or {}) for choice in choices]
    text = _DAILY.sub("everyday", text.replace("’", "'"))
    wanted, refused, unknown = list[Indexes](), set[int](), 0
    for part, is_denied in _parts(text):
        found, missed = _speaks_of(part, offered, filling)
        unknown += missed
        if is_denied:
            refused |= _together(found)
        else:
            wanted += found
    left = (_together(wanted) or frozenset(range(len(choices)))) - refused
    if not (wanted or refused) or not left or len(left) == len(choices) > 1 or unknown > _MOST_UNKNOWN:
        return None
    return Picked(tuple(choices[index] for index in sorted(left)), is_whole=not unknown)


def _of_moments(choices: Sequence[str], mentions: Sequence[Mention]) -> list[str] | None:
    """Those on the day, at the time or both that were said; none of them: a day or a time that was not offered. None
    where that tells them not apart."""
    said = [mention.value for mention in mentions if not mention.negated]
    days = {value.isoformat() for value in said if isinstance(value, date)}
    # "At three" is rarely meant at night.
    times = {_on_a_dial(value.hour, value.minute) for value in said if isinstance(value, time)}
    offered = [(choice, *match.groups()) for choice in choices if (match := _ISO_DAY.match(choice))]
    meant = [
        choice
        for choice, day, hour, minute in offered
        if (not days or day in days) and (not times or not hour or _on_a_dial(int(hour), int(minute)) in times)
    ]
    return None if len(meant) == len(offered) else meant


def _on_a_dial(hour: int, minute: int) -> tuple[int, int]:
    return hour % _NOON, minute


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """(what is said, whether it is denied), each thing that is denied by itself."""
    start = 0
    while match := _DENIES.search(text, start):
        yield text[start : match.start()], False
        end = _AFFIRMS.search(text, match.end())
        stop = end.start() if end else len(text)
        for item in _ITEM.split(text[match.end() : stop]):
            yield item, True
        start = stop + (end is not None and text[stop] in ".;!?,")
    yield text[start:], False


def _speaks_of(part: str, offered: Sequence[frozenset[str]], filling: frozenset[str]) -> tuple[list[Indexes], int]:
    """What each word or place leaves of the offered, and how many words speak of none of them."""
    found: list[Indexes] = []
    unknown, everything = 0, frozenset(range(len(offered)))
    for match in list(PLACES.finditer(part)):
        if (place := find_place(match, len(offered))) is not None and not _spoken_by(match[0].casefold(), offered):
            found.append(place)
            part = part.replace(match[0], " " * len(match[0]), 1)
    said = [word for word in words(part) if word not in _SAYS_NOTHING or _spoken_by(word, offered)]
    for word in said:
        meant = _spoken_by(word, offered)
        if meant and meant != everything:
            found.append(meant)
        elif not meant and word.isdecimal() and 1 <= int(word) <= len(offered) and len(said) == 1:
            found.append(frozenset({int(word) - 1}))
        elif not meant and word not in filling:
            unknown += 1
    return found, unknown


def _together(found: Sequence[Indexes]) -> Indexes:
    """What all words speak of; where they disagree, what most of them do."""
    votes = {index: sum(index in one for one in found) for one in found for index in one}
    most = max(votes.values(), default=0)
    return frozenset(index for index, count in votes.items() if count == most)


def _exactly(choices: Sequence[str], mentions: Sequence[Mention]) -> list[str]:
    """Choices that are an amount or a name that was said."""
    said: set[str] = set()
    for mention in mentions:
        if mention.negated:
            continue
        value = mention.value
        if isinstance(value, tuple) and not isinstance(value, (Amount,)):
            said |= {str(each) for each in value}
        if isinstance(value, Amount):
            said |= {str(Money.parse(format(value.number, ".2f"), code)) for code in (value.currency or "GBP", "EUR")}
    exact = [choice for choice in choices if choice in said]
    return exact if len(exact) < len(choices) else []


def _vocabulary(choice: str, described: Mapping[str, frozenset[str]]) -> frozenset[str]:
    known = {*words(choice), *described.get(choice, ())} - _ARTICLES
    if match := _ISO_DAY.match(choice):
        day = date.fromisoformat(match[1])
        known |= {f"{day:%A}".casefold(), f"{day:%a}".casefold(), f"{day:%B}".casefold(), str(day.day)}
        if match[2]:
            hour = int(match[2])
            known |= {"morning" if hour < _NOON else "afternoon", "am" if hour < _NOON else "pm"}
            known |= {str((hour - 1) % 12 + 1), f"{(hour - 1) % 12 + 1}{'am' if hour < _NOON else 'pm'}"}
    return frozenset(known)


def _spoken_by(word: str, offered: Sequence[frozenset[str]]) -> Indexes:
    exact = frozenset(index for index, known in enumerate(offered) if any(_same(word, each) for each in known))
    if exact or len(word) < _FUZZY - 1 or word.isdecimal():
        return exact
    return frozenset(
        index
        for index, known in enumerate(offered)
        if any(len(each) >= _FUZZY and each[0] == word[0] and OSA.distance(word, each) == 1 for each in known)
    )


def _same(word: str, known: str) -> bool:
    """Also with an s, by its beginning, or, of a number, by its end: "the one ending 21"."""
    if word.isdecimal():
        return word == known or (len(word) > 1 and known.isdecimal() and known.endswith(word))
    return word == known or word.removesuffix("s") == known or (len(word) >= 4 and known.startswith(word))
