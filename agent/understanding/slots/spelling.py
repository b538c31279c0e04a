"""Misspelt words, put right before anything is looked for: "tomorow", "wensday", "2moro", "20 pouns"."""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

from rapidfuzz.distance import OSA

from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import WORDS
from agent.understanding.slots.vocabulary import CALENDAR, CALENDAR_NOT, CALENDAR_SHORT, MONEY, ONES, ORDINALS, TENS

_AFTER_THIS = frozenset({"month", "week", "year"})
"""Only put right after "last", "this", "next" and the like: "a weak card" is no week."""
_WORD = re.compile(r"\b[^\W_][\w']{1,14}\b")
_BEFORE_UNIT = re.compile(r"\b(?:last|this|next|every|each|per|a|previous|past|the)\s+$", re.IGNORECASE)
_ENDINGS = frozenset({"s", "es", "d", "ed", "n", "al", "ly", "day"})
""" "mondays", "credited" are right."""
_SHORTEST = 6
_NUMBER = re.compile(rf"(?:\d|\b{WORDS})\s*$", re.IGNORECASE)
_SHORTEST_MONEY = 4
_SHORTEST_NUMBER = 5
_SCALES = ("hundred", "thousand", "million")
_NUMBERS = tuple(word for word in (*ONES, *TENS, *_SCALES) if len(word) >= _SHORTEST_NUMBER)
_RIGHT = (*ONES, *TENS, *_SCALES)
_NO_NUMBER = frozenset({*_RIGHT, *(f"{word}s" for word in _RIGHT), *ORDINALS, "thirsty"})
""" "seventh" is right, and no seventy."""
_IS_MONEY = re.compile(
    rf"[\s-]+(?:(?:{'|'.join((*ONES[1:], *MONEY, 'pound', 'p', 'hundred', 'thousand'))})\b|[£€$])", re.IGNORECASE
)
_SENDS = re.compile(r"\b(?:send|pay|give|transfer|move|put|lend)\s+$", re.IGNORECASE)
_TENS = re.compile(rf"\b(?:{'|'.join(TENS)})[\s-]+$", re.IGNORECASE)
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_TO = re.compile(r"\s+(?:to|into|in)\b", re.IGNORECASE)


def respell(text: str) -> tuple[str, Callable[[int], int]]:
    """The text as it was meant, and where a position in it stands in the text that was given."""
    pieces: list[str] = []
    starts, shifts = [0], [0]
    done = length = counted = 0
    for match in _WORD.finditer(text):
        word = match[0].lower()
        right = (
            _plain_hour(word)
            or _correct(word)
            or (_money(word) if counted == match.start() - 1 or just_before(_NUMBER, text, match.start()) else None)
            or _number_word(word, text, match)
        )
        if right in _RIGHT:
            counted = match.end()
        if right is None or (right in _AFTER_THIS and not just_before(_BEFORE_UNIT, text, match.start())):
            continue
        pieces += [text[done : match.start()], right]
        done = match.end()
        length = sum(map(len, pieces))
        starts.append(length)
        shifts.append(done - length)
    if not pieces:
        return text, _same
    return "".join(pieces) + text[done:], lambda position: position + shifts[bisect_right(starts, position) - 1]


def _same(position: int) -> int:
    return position


@lru_cache(maxsize=4096)
def _correct(word: str) -> str | None:
    """None if the word needs no correction or none is near."""
    if word in CALENDAR_SHORT:
        return CALENDAR_SHORT[word]
    if len(word) < _SHORTEST or word in CALENDAR or word in CALENDAR_NOT or not word.isalpha():
        return None
    for right in CALENDAR:
        allowed = 1 if len(right) < 8 else 2
        if (
            word[0] == right[0]
            and abs(len(word) - len(right)) <= allowed
            and word.removeprefix(right) not in _ENDINGS
            and OSA.distance(word, right, score_cutoff=allowed) <= allowed
        ):
            return right
    return None


def _plain_hour(word: str) -> str | None:
    """ "7ish" is 7."""
    return word.removesuffix("ish") if word[0].isdecimal() and word.endswith("ish") else None


def _number_word(word: str, text: str, match: re.Match[str]) -> str | None:
    """Of "fiftey pounds", "one hunderd", "send fiftey to Maria", where a number stands or nothing does."""
    right = _number(word)
    if right and _counts_money(text, match):
        return right
    return _one_of_ten(word) if just_before(_TENS, text, match.start()) and _money_follows(text, match.end()) else None


def _money_follows(text: str, place: int) -> bool:
    behind = _NEXT_WORD.match(text, place)
    return behind is not None and (behind[1].lower() in MONEY or _money(behind[1].lower()) is not None)


@lru_cache(maxsize=1024)
def _one_of_ten(word: str) -> str | None:
    """ "fve", of "twenty fve pounds": left out, it would be twenty."""
    if word in _NO_NUMBER:
        return None
    near = (right for right in ONES[1:10] if word[0] == right[0] and OSA.distance(word, right, score_cutoff=1) <= 1)
    return next(near, None)


def _counts_money(text: str, match: re.Match[str]) -> bool:
    if just_before(_NUMBER, text, match.start()) or _IS_MONEY.match(text, match.end()):
        return True
    return bool(just_before(_SENDS, text, match.start()) and _TO.match(text, match.end()))


@lru_cache(maxsize=1024)
def _number(word: str) -> str | None:
    """ "thousnad" is thousand, "wine" is no nine."""
    if len(word) < _SHORTEST_NUMBER or word in _NO_NUMBER:
        return None
    near = (right for right in _NUMBERS if word[0] == right[0] and OSA.distance(word, right, score_cutoff=1) <= 1)
    return next(near, None)


@lru_cache(maxsize=1024)
def _money(word: str) -> str | None:
    """ "pouns" is pounds, "hours" are none."""
    if len(word) < _SHORTEST_MONEY or word in MONEY:
        return None
    near = (right for right in MONEY if word[0] == right[0] and OSA.distance(word, right, score_cutoff=1) <= 1)
    return next(near, None)
