"""Digits said in words: "oh seven seven double zero", "thirty-one ninety-two"."""

import re
from itertools import pairwise

from core.security.pii.folded import Token

_TO_NINETEEN = """zero one two three four five six seven eight nine
    ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"""
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ZEROS = dict.fromkeys(("oh", "o", "nought", "naught", "nil"), "0")
_NUMBERS = (
    _ZEROS
    | {word: str(number) for number, word in enumerate(str.split(_TO_NINETEEN))}
    | {word: str(10 * number) for number, word in enumerate(_TENS, start=2)}
)
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_ROUND = {"hundred": "00", "thousand": "000"}
_BEGIN_A_FIGURE = frozenset(_NUMBERS) | frozenset(_TIMES)
"""And single digits."""
_FEWEST = 3
"""Number words from which it is worth looking."""


def says_digits(words: list[str]) -> bool:
    """Whether a text of these words may say a number in words."""
    return not _NUMBERS.keys().isdisjoint(words)


def in_digits(tokens: list[Token]) -> list[Token] | None:
    """The tokens with figures for number words, each over the words that it was said in; None where there are few."""
    if sum(token.word in _NUMBERS for token in tokens) < _FEWEST:
        return None
    said, at = list[Token](), 0
    while at < len(tokens):
        token = tokens[at]
        if len(token.word) > 1 and token.word not in _BEGIN_A_FIGURE:
            said.append(token)
            at += 1
            continue
        taken, word = _read(tokens, at)
        said.append(Token(word, tokens[at].start, tokens[at + taken - 1].end))
        at += taken
    return said


def _read(tokens: list[Token], at: int) -> tuple[int, str]:
    """How many tokens are one figure, and the figure."""
    word, following = tokens[at].word, tokens[at + 1].word if at + 1 < len(tokens) else ""
    digit = _NUMBERS.get(following, following)
    if not digit.isdigit() or len(digit) > 1:
        digit = ""
    if word in _TIMES and digit:
        return 2, digit * _TIMES[word]
    figure = _NUMBERS.get(word, word)
    if following in _ROUND and figure.isdigit() and len(figure) == 1:
        return 2, figure + _ROUND[following]
    if word in _TENS and digit and digit != "0":
        return 2, f"{_NUMBERS[word][0]}{digit}"
    return 1, _NUMBERS.get(word, word)


_SAID = re.compile(
    rf"\b(?:{'|'.join(sorted({*_NUMBERS, *_TIMES, *_ROUND}, key=len, reverse=True))})\b|\d+", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"[\s,.\-]{0,3}(?:\b(?:uh+m?|um+|er+m?|then|dash|hyphen|space|and then|umm|hmm)\b[\s,.\-]{0,3}){0,2}"
)
_LEAST_DIGITS = 3
_LEAST_WITH_FILLERS = 8


_SPELT_OUT = re.compile(rf"\biban\b|(?:\b[a-z] ){{2}}(?:{'|'.join(sorted(_NUMBERS))})\b")
"""Letters and digits one by one: there a single digit counts."""


def in_figures(lower: str) -> list[tuple[int, int, str]]:
    """Where digits are said in words, and the figures to read there: start, end, figures. Only in a row of at least
    three digits, so that "one card" and "two or three days" stay what they are."""
    edits: list[tuple[int, int, str]] = []
    row: list[re.Match[str]] = []
    least = 1 if _SPELT_OUT.search(lower) else _LEAST_DIGITS
    for said in _SAID.finditer(lower):
        if row and not _BETWEEN.fullmatch(lower, row[-1].end(), said.start()):
            edits.extend(_row_in_figures(row, lower, least))
            row = []
        row.append(said)
    edits.extend(_row_in_figures(row, lower, least))
    return edits


def _row_in_figures(row: list[re.Match[str]], lower: str, least: int) -> list[tuple[int, int, str]]:
    tokens = [Token(said[0], said.start(), said.end()) for said in row]
    if [token.word for token in tokens] == ["o"]:
        # A letter among letters.
        return []
    has_words = sum(token.word in _NUMBERS for token in tokens) >= min(least, 2)
    has_fillers = any(re.search("[a-z]", lower[left.end : right.start]) for left, right in pairwise(tokens))
    if not has_words and not has_fillers:
        return []
    edits: list[tuple[int, int, str]] = []
    at, digits, before = 0, 0, -1
    while at < len(tokens):
        taken, figures = _read(tokens, at)
        start, end = tokens[at].start, tokens[at + taken - 1].end
        if figures.isdigit():
            gap = lower[before:start] if before >= 0 else ""
            if any(map(str.isalpha, gap)) or (has_words and "," in gap):
                # Filler words and pauses between digits.
                edits.append((before, start, " "))
            digits += len(figures)
            before = end
            if lower[start:end] != figures:
                edits.append((start, end, figures))
        else:
            before = -1
        at += taken
    return edits if digits >= (least if has_words else _LEAST_WITH_FILLERS) else []
