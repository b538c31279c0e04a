"""Digits said in words: "oh seven seven double zero", "thirty-one ninety-two"."""

from agent.models.fencing.folded import Token

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
    if word in _TENS and digit and digit != "0":
        return 2, f"{_NUMBERS[word][0]}{digit}"
    return 1, _NUMBERS.get(word, word)
