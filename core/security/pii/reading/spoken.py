"""Digits and letters said one after the other, as figures and letters: "oh seven seven double zero", "thirty-one
ninety-two", "november romeo five", "four two, no wait, four three"."""

import re
from itertools import pairwise
from typing import NamedTuple

from core.security.pii.reading.folded import WORDS, Folded, Token
from core.security.pii.reading.hints import Gate, Hints
from core.security.pii.reading.postcodes import AREAS, is_postcode
from core.security.pii.reading.said import (
    ABROAD,
    LETTERS,
    MISHEARD,
    NUMBERS,
    ROUND,
    SEPARATORS_ABROAD,
    TENS,
    TIMES,
    like_a_number,
    misspelt_number,
)
from core.security.pii.reading.stretches import list_stretches

Edit = tuple[int, int, str]
"""What is read between two places of a text instead of what stands there."""
_BEGIN_A_FIGURE = frozenset(NUMBERS) | frozenset(TIMES)
"""And single digits."""
_FIRST_OF_TENS = {word: NUMBERS[word][0] for word in TENS}
_SMALL = 3
"""Figures from which nothing is counted in hundreds."""
_FEWEST = 3
"""Number words from which it is worth looking."""


SAYS_DIGITS = Hints(test=lambda piece: not NUMBERS.keys().isdisjoint(WORDS.findall(piece)))
"""A text may say a number in words."""


def in_digits(tokens: list[Token]) -> list[Token] | None:
    """The tokens with figures for number words, each over the words that it was said in; None where there are few."""
    if sum(token.word in NUMBERS for token in tokens) < _FEWEST:
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
    taken, figure = _read_small(tokens, at)
    if figure.isdigit() and len(figure) < _SMALL and figure[0] != "0" and _round_at(tokens, at + taken):
        return _read_round(tokens, at, taken, int(figure))
    return taken, figure


def _read_small(tokens: list[Token], at: int) -> tuple[int, str]:
    word, following = _word_at(tokens, at), _word_at(tokens, at + 1)
    digit = NUMBERS.get(following, following)
    if not digit.isdigit() or len(digit) > 1:
        digit = ""
    if word in TIMES and digit:
        return 2, digit * TIMES[word]
    if word in _FIRST_OF_TENS and digit and digit != "0" and tokens[at + 1].start - tokens[at].end <= 1:
        return 2, f"{_FIRST_OF_TENS[word]}{digit}"
    return 1, NUMBERS.get(word, word)


def _read_round(tokens: list[Token], at: int, taken: int, value: int) -> tuple[int, str]:
    """ "Four thousand two hundred and nine", "forty-two hundred". A last digit without "and" counts only at the end:
    "oh eight hundred one two three" is said digit by digit."""
    said = _word_at(tokens, at + taken)
    value, taken = value * ROUND[said], taken + 1
    more, figure = _read_small(tokens, at + taken)
    if ROUND[said] > ROUND["hundred"] and len(figure) == 1 and _round_at(tokens, at + taken + more) == ROUND["hundred"]:
        said = _word_at(tokens, at + taken + more)
        value, taken = value + int(figure) * ROUND[said], taken + more + 1
        more, figure = _read_small(tokens, at + taken)
    word = _word_at(tokens, at + taken)
    if more > 1 and word in _FIRST_OF_TENS and _round_at(tokens, at + taken + more):
        # "Four hundred and fifty, nine hundred and seventeen".
        more, figure = 1, NUMBERS[word]
    is_rest = word in NUMBERS or word in _FIRST_OF_TENS
    is_rest = is_rest and (said.endswith(" and") or len(figure) > 1 or not _word_at(tokens, at + taken + more))
    if is_rest and figure.isdigit() and figure[0] != "0":
        return taken + more, str(value + int(figure))
    return taken, str(value)


def _word_at(tokens: list[Token], at: int) -> str:
    return tokens[at].word if at < len(tokens) else ""


def _round_at(tokens: list[Token], at: int) -> int:
    return ROUND.get(_word_at(tokens, at), 0)


def two_digits(said: str) -> str:
    """ "Two thousand and twenty eight", "twenty twenty-eight" and "twenty eight" are 28."""
    words = said.replace("-", " ").split()
    last = words[-2:] if len(words) > 1 and len(NUMBERS[words[-1]]) == 1 else words[-1:]
    return str(sum(int(NUMBERS[word]) for word in last))


class Sign(NamedTuple):
    """A part of a number as it was said."""

    figures: str
    """Digits, or one letter; empty for what stands between."""
    start: int
    end: int
    said: str
    """How: ``FIGURE`` and so on."""


FIGURE, _WORD, _GUESS, DOUBTFUL, SURE_LETTER, LETTER = "figure", "word", "guess", "misheard", "sure", "letter"
FILLER, CORRECTED, NOT = "filler", "corrected", "not"
DIGITS = frozenset({FIGURE, _WORD, _GUESS, DOUBTFUL})
_NUMBER_WORDS = frozenset({_WORD, _GUESS, DOUBTFUL})
_CORRECTIONS = frozenset({CORRECTED, NOT})
_BETWEEN_SIGNS = frozenset({FILLER, *_CORRECTIONS})

_TOKEN = re.compile(
    r"(?P<fix>\b(?:(?:oh |oops |ah |er |um )?(?:no|nope|sorry|wait|oops|correction|actually|scratch that|strike that"
    r"|my mistake"
    r"|my bad|i mean|i meant|make that|rather)"
    r"(?:[,.…\s\-]{1,4}(?:no|nope|sorry|wait|i mean|i meant|make that|make it|it's|its|hang on|hold on|that's|thats"
    r"|actually|rather|sorry that's))*)\b)"
    r"|(?P<cue>\b[as]/c\b)|(?P<not>\bnot\b)"
    r"|(?P<filler>\b(?:uh+m*|um+|er+m*|ehm+|hmm+|mm+|then|and[ \-]then|dash|hyphen|space|stroke|slash|hold on|hang on"
    r"|let me see|let's see"
    rf"|like|yeah|ok|okay|so|{'|'.join(sorted(SEPARATORS_ABROAD))})\b)"
    r"|(?P<spelt>\b(?P<letter>[a-z]),? (?:is )?(?:for (?P=letter)[a-z]{1,11}|as in [a-z]{2,12})\b)"
    r"|(?P<w>\bdouble[ \-]u\b)|(?P<round>\b(?:hundred|thousand)(?: and)?\b)|(?P<word>x-ray|[^\W\d_]+)|(?P<figure>\d+)"
)
_GAP = re.compile(r"[\s,.\-–…/:;]{0,4}")
_WIDEST = 3
"""Characters that the recognizers bridge between digits."""
_LEAST_DIGITS = 3
_LEAST_WITH_FILLERS = 8
_FEWEST_LETTERS = 2
_FEWEST_SIGNS = 4
"""Of a row with letters of a spelling alphabet."""
_FEWEST_AROUND = 4
"""Single digits in words around one that was misheard."""
_FORM = re.compile(
    r"[A-Z]{2}\d{6}[A-D]|[A-Z]{1,2}\d{6,8}|[XYZ]\d{7}[A-Z]|\d{7,8}[A-Z]{1,2}|[A-Z]{2}\d{2}[A-Z\d]{11,30}"
)
"""NINO, passport, NIE, DNI and PPS, IBAN."""
_SHORTEST_ID = 8
_SPELT_OUT = re.compile(rf"\biban\b|(?:\b[a-z] ){{2}}(?:{'|'.join(sorted(NUMBERS))})\b")
"""Letters and digits one by one: there a single digit counts."""
_SAID_WORD = re.compile(rf"\b(?:{'|'.join(sorted({*NUMBERS, *LETTERS, *ABROAD}, key=len, reverse=True))})\b")
_BESIDE = (
    r"(?:uh+m*|um+|er+m*|ehm+|hmm+|then|and|no|not|nope|oops|sorry|wait|correction|actually|scratch|strike|my|i mean"
    rf"|make|dash|hyphen|space|{'|'.join(sorted(SEPARATORS_ABROAD))})\b"
)
_BESIDE_FIGURE = re.compile(rf"\d[^\w.]{{0,4}}{_BESIDE}")
_SPELT_BY = re.compile(r"\b[a-z],? (?:is )?(?:for|as in) [a-z]")
_WORDS = Hints(test=lambda piece: any(word != "november" for word in _SAID_WORD.findall(piece)))
_NOVEMBER = Gate(("november",))
_NO_DAY = re.compile(r"(?<!\d )(?<!\d(?:st|nd|rd|th) )november")
"""In texts of days November is a letter only by itself."""
_FILLS = Gate(("i mean",), re.compile(rf"(?<![^\W\d]){_BESIDE}").search)
_SPELLS = Gate(test=re.compile(r"\b(?:for|as)\Z").search)
_LETTERS_ALONE = Gate(test=re.compile(r"\b[a-z],?\Z").search)


def _may_say(folded: Folded) -> bool:
    return (
        folded.has(_WORDS)
        or (folded.has(_NOVEMBER) and _NO_DAY.search(folded.lower) is not None)
        or (folded.has_figures and folded.has(_FILLS) and _BESIDE_FIGURE.search(folded.lower) is not None)
        or (folded.has(_SPELLS) and folded.has(_LETTERS_ALONE) and _SPELT_BY.search(folded.lower) is not None)
    )


def in_figures(folded: Folded) -> list[Edit]:
    """Where digits and letters are said, and what to read there. Only in a row of at least three digits, so that "one
    card" and "two or three days" stay what they are."""
    if not _may_say(folded):
        return []
    cased, lower = folded.cased, folded.lower
    least = 1 if _SPELT_OUT.search(lower) else _LEAST_DIGITS
    edits: list[Edit] = []
    for row in _rows(cased, lower):
        for part in _around_month(row, lower):
            edits.extend(_row_in_figures(part, lower, least))
    return edits


def _around_month(row: list[Sign], lower: str) -> list[list[Sign]]:
    """November is a letter among letters, and a month among figures."""
    letters = [at for at, sign in enumerate(row) if sign.said in (SURE_LETTER, LETTER)]
    if len(letters) != 1 or lower[row[letters[0]].start : row[letters[0]].end] != "november":
        return [row]
    return [trimmed for part in (row[: letters[0]], row[letters[0] + 1 :]) if (trimmed := _trimmed(part))]


def _rows(cased: str, lower: str) -> list[list[Sign]]:
    rows: list[list[Sign]] = []
    for stretch in list_stretches(cased, lower):
        row: list[Sign] = []
        for found in _TOKEN.finditer(lower, *stretch):
            sign = _sign(found)
            if row and (sign is None or not _GAP.fullmatch(lower, row[-1].end, found.start())):
                rows.append(row)
                row = []
            if sign is not None and (row or sign.said not in _BETWEEN_SIGNS):
                row.append(sign)
        rows.append(row)
    return [trimmed for row in rows if (trimmed := _trimmed(row))]


def _sign(found: re.Match[str]) -> Sign | None:
    said, start, end = found[0], found.start(), found.end()
    match found.lastgroup:
        case "figure":
            return Sign(said, start, end, FIGURE)
        case "fix":
            return Sign("", start, end, CORRECTED)
        case "not":
            return Sign("", start, end, NOT)
        case "filler":
            return Sign("", start, end, FILLER)
        case "spelt":
            return Sign(said[0].upper(), start, end, SURE_LETTER)
        case "cue":
            return None
        case "round":
            return Sign(said, start, end, _WORD)
        case "w":
            return Sign("W", start, end, SURE_LETTER)
        case _:
            return word_sign(said, start, end)


def word_sign(said: str, start: int, end: int) -> Sign | None:
    if said in NUMBERS or said in TIMES:
        return Sign(said, start, end, _WORD)
    if said in LETTERS:
        return Sign(LETTERS[said].upper(), start, end, SURE_LETTER)
    if len(said) == 1 or (len(said) == 2 and said.upper() in AREAS):
        return Sign(said, start, end, LETTER)
    if said in MISHEARD:
        return Sign(MISHEARD[said], start, end, DOUBTFUL)
    if figures := misspelt_number(said):
        return Sign(figures, start, end, _GUESS)
    figures = like_a_number(said)
    return Sign(figures, start, end, DOUBTFUL) if figures else None


def _trimmed(row: list[Sign]) -> list[Sign]:
    """Without what belongs to the words around it."""
    start, end = 0, len(row)
    while start < end and row[start].said == DOUBTFUL:
        start += 1
    while end > start and row[end - 1].said in (DOUBTFUL, *_BETWEEN_SIGNS):
        end -= 1
    return row[start:end]


def _row_in_figures(row: list[Sign], lower: str, least: int) -> list[Edit]:
    if any(sign.said == DOUBTFUL for sign in row) and not _is_dictated(row):
        # "Two to three".
        return [edit for part in _parts(row) for edit in _row_in_figures(part, lower, least)]
    if [sign.figures for sign in row] == ["o"]:
        # A letter among letters.
        return []
    signs = resolved(row)
    digits = sum(len(sign.figures) for sign in signs if sign.figures.isdigit())
    letters = sum(sign.said == SURE_LETTER for sign in signs)
    has_letters = len(signs) >= _FEWEST_SIGNS and (
        letters >= _FEWEST_LETTERS or (letters > 0 and digits >= _FEWEST_SIGNS - 1)
    )
    has_letters = has_letters or _is_form(signs)
    has_words = sum(sign.said in _NUMBER_WORDS for sign in row) >= min(least, 2)
    is_corrected = any(sign.said in _CORRECTIONS for sign in row)
    enough = least if has_words or is_corrected else _LEAST_WITH_FILLERS
    if not has_letters and (digits < enough or not (has_words or is_corrected or _has_fillers(row))):
        return []
    edits: list[Edit] = []
    for left, right in pairwise(signs):
        gap = lower[left.end : right.start]
        if any(map(str.isalpha, gap)) or len(gap) > _WIDEST or ((has_words or has_letters) and gap.strip(" -.\n")):
            # Filler words and pauses between digits.
            edits.append((left.end, right.start, " "))
    for sign in signs:
        if lower[sign.start : sign.end] != sign.figures.lower() or sign.said == SURE_LETTER:
            edits.append((sign.start, sign.end, sign.figures))
    return edits


def _is_form(signs: list[Sign]) -> bool:
    """Whether letters and digits together have the form of a postcode, a passport or the like."""
    compact = "".join(sign.figures for sign in signs).upper()
    return is_postcode(compact) if len(compact) < _SHORTEST_ID else bool(_FORM.fullmatch(compact))


def _is_dictated(row: list[Sign]) -> bool:
    return sum(sign.said == _WORD and len(NUMBERS.get(sign.figures, "")) == 1 for sign in row) >= _FEWEST_AROUND


def _parts(row: list[Sign]) -> list[list[Sign]]:
    """What stands between what was perhaps misheard."""
    parts: list[list[Sign]] = [[]]
    for sign in row:
        if sign.said == DOUBTFUL:
            parts.append([])
        elif parts[-1] or sign.said not in _BETWEEN_SIGNS:
            parts[-1].append(sign)
    return [trimmed for part in parts if (trimmed := _trimmed(part))]


def _has_fillers(row: list[Sign]) -> bool:
    return any(sign.said == FILLER for sign in row)


def resolved(row: list[Sign]) -> list[Sign]:
    """With figures for words, what was corrected as it was put right, and without fillers."""
    parts: list[list[Sign]] = [[]]
    how: list[str] = []
    for sign in row:
        if sign.said in _CORRECTIONS:
            how.append(sign.said)
            parts.append([])
        elif sign.said != FILLER:
            parts[-1].append(sign)
    kept = _numbers(parts[0])
    for said, part in zip(how, parts[1:], strict=True):
        kept = _put_right(kept, _numbers(part), said)
    return kept


def _numbers(row: list[Sign]) -> list[Sign]:
    row = [
        sign._replace(said=LETTER) if sign.figures == "o" and _is_among_letters(row, at) else sign
        for at, sign in enumerate(row)
    ]
    tokens = [Token(sign.figures, sign.start, sign.end) for sign in row]
    signs: list[Sign] = []
    at = 0
    while at < len(row):
        taken, figures = _read(tokens, at) if row[at].said in DIGITS else (1, row[at].figures)
        is_word = taken > 1 or row[at].said != FIGURE
        said = row[at].said if not figures.isdigit() else _WORD if is_word else FIGURE
        signs.append(Sign(figures, row[at].start, row[at + taken - 1].end, said))
        at += taken
    return signs


def _is_among_letters(row: list[Sign], at: int) -> bool:
    around = row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    return all(sign.said in (LETTER, SURE_LETTER) for sign in around)


def _put_right(before: list[Sign], after: list[Sign], said: str) -> list[Sign]:
    """ "40 11 63, no, 62" is 40 11 62, and "40 11, no wait, 40 12 62" is the latter. "62 not 63" is the former."""
    if not before or not after:
        return [*before, *after]
    if said == NOT:
        return [*before[:-1], before[-1]._replace(end=after[-1].end)]
    wrong = min(sum(len(sign.figures) for sign in signs) for signs in (before, after))
    kept = list(before)
    start, stays = after[0].start, ""
    while wrong > 0:
        last = kept.pop()
        start, stays, wrong = (
            last.start,
            last.figures[:-wrong] if len(last.figures) > wrong else "",
            wrong - len(last.figures),
        )
    return [*kept, after[0]._replace(figures=stays + after[0].figures, start=start), *after[1:]]
