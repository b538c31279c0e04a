"""A sentence as tokens: numbers in figures and in words, currencies, dates, links, codes and words.

What a reader of the Markdown would see is what is read: entities, escapes, emphasis and invisible characters are
undone first, and digits of any script are digits. Every repeat that could be tried twice is bounded.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import NamedTuple

from core.money import CURRENCIES

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u034f\u061c]")
_ESCAPE = re.compile(r"\\([^\w\s])")
_HIDDEN_DIGITS = re.compile(
    r"(?:(?<!\*)\*{3,}|(?<![•●∙·])[•●∙·]{2,}|\b[xX]{2,}|\b[xX](?=\d{4}\b))[\s-]?(?=\d{4}(?!\d))"
)
"""What stands for the digits of a number that are not shown: ``**** 4821``."""
_EMPHASIS = re.compile(r"\*{1,3}|~~|`|(?<!\w)_{1,3}|_{1,3}(?!\w)")
_CODES = "|".join(sorted(CURRENCIES))
_TOKEN = re.compile(
    rf"""
    (?P<link>(?:[a-z][a-z+.-]{{0,20}}://|\bwww\.)[^\s<>()\[\]"']{{1,2000}}|\b(?:javascript|data|vbscript|mailto|tel):\S{{1,2000}})
    |(?P<mail>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,8}})
    |(?P<mark>\[\d{{1,2}}\])
    |(?P<placeholder>\[(?:[A-Z_]{{1,30}}_\d{{1,3}}|SECRET)\])
    |(?P<iban>\b[A-Z]{{2}}\d{{2}}(?:\ ?[A-Z0-9]{{4}}){{2,7}}(?:\ ?[A-Z0-9]{{1,3}})?(?!\w))
    |(?P<uuid>\b[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(?!\w))
    |(?P<stamp>\b\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{{1,9}})?)?(?:Z|[+-]\d\d:\d\d)?)
    |(?P<iso>\b\d{{4}}-\d\d(?:-\d\d)?(?![\d-]))
    |(?P<sort>\b\d\d-\d\d-\d\d(?![\d-]))
    |(?P<slash>\b\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d{{4}}|\d\d)(?![\d./]))
    |(?P<always>\b24/7\b)
    |(?P<expiry>\b\d{{1,2}}/(?:\d{{4}}|\d\d)(?![\d/]))
    |(?P<clock>\b\d{{1,2}}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|\b\d{{1,2}}(?:\.\d\d)?\s?[ap]\.?m\b\.?)
    |(?P<ordinal>\b\d{{1,2}}(?:st|nd|rd|th)\b)
    |(?P<phone>(?:\+\d{{1,3}}|\b0\d{{1,4}})(?:[ -]?\d{{2,6}}){{1,5}}(?!\w))
    |(?P<symbol>[£$€¥¢₠-⃀]|\b(?:{_CODES})(?=[ ]?\d))
    |(?P<number>(?:\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d{{1,40}})(?:\.\d{{1,40}})?)(?P<suffix>(?:k|mn?|bn|p|c|h|{_CODES})\b)?(?!\w|[.,]\d)
    |(?P<code>(?:[^\W\d_]{{1,20}}-?)?\d(?:[\w]|[-./,:](?=\w)){{0,80}})
    |(?P<domain>\b(?:[^\W_]{{1,63}}[.-]){{1,8}}[a-z]{{2,24}}\b(?:/\S{{0,2000}})?)
    |(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)
    |(?P<percent>[%‰])
    |(?P<dash>[-−–—])
    |(?P<other>\S)
    """,
    re.VERBOSE,
)
_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
_ABBREVIATED = frozenset({"e.g", "i.e", "a.m", "p.m"})
_SCALES = {"k": 3, "m": 6, "mn": 6, "bn": 9, "thousand": 3, "million": 6, "billion": 9, "hundred": 2}

_SMALL = str.split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = str.split("twenty thirty forty fifty sixty seventy eighty ninety")
_UNITS = {word: value for value, word in enumerate(_SMALL)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_ORDINAL_UNITS = {
    word: n for n, word in enumerate(str.split("first second third fourth fifth sixth seventh eighth ninth"), start=1)
}
_FRACTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}
NUMBER_WORDS = frozenset({*_UNITS, *_SCALES, *_FRACTIONS, "dozen", "point", "nil"})


class Token(NamedTuple):
    kind: str
    """A group of ``_TOKEN``."""
    text: str
    """In small letters."""
    raw: str
    start: int
    end: int
    """In the plain text."""
    value: Decimal = Decimal(0)
    """Of a number."""
    suffix: str = ""
    """What is written to a number: ``p``, ``h`` or a currency."""
    in_words: bool = False


def to_plain(text: str) -> str:
    """What a reader sees of it."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("⁄", "/")
    if "&" in text:
        text = unescape(text)
    text = _ESCAPE.sub(r"\1", text) if "\\" in text else text
    return _EMPHASIS.sub("", _HIDDEN_DIGITS.sub(" ending ", text))


def read_tokens(plain: str) -> list[Token]:
    """The tokens of a plain text, with numbers in words put together."""
    tokens = list(_split(plain))
    if any(token.text in NUMBER_WORDS for token in tokens if token.kind == "word"):
        tokens = list(_with_numbers(tokens))
    return tokens


def _split(plain: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(plain):
        kind, raw = match.lastgroup or "other", match[0]
        if kind == "suffix" or kind == "number":
            yield _number(match)
        elif kind == "domain" and (_HYPHENATED.fullmatch(raw) or raw.lower() in _ABBREVIATED):
            yield from _parts(raw, match.start())
        else:
            yield Token(kind, raw.lower().replace("’", "'"), raw, match.start(), match.end())


def _parts(raw: str, start: int) -> Iterator[Token]:
    """The words of a hyphenated one."""
    for match in re.finditer(r"[^\W\d_]+|[-.]", raw):
        kind = "dash" if match[0] == "-" else "word" if match[0] != "." else "other"
        yield Token(kind, match[0].lower(), match[0], start + match.start(), start + match.end())


def _number(match: re.Match[str]) -> Token:
    value, suffix = Decimal(match["number"].replace(",", "")), match["suffix"] or ""
    if suffix.lower() in _SCALES:
        value, suffix = value.scaleb(_SCALES[suffix.lower()]), ""
    return Token("number", match[0].lower(), match[0], match.start(), match.end(), value, suffix)


def _with_numbers(tokens: list[Token]) -> Iterator[Token]:
    place = 0
    while place < len(tokens):
        if tens_and_unit := _ordinal_at(tokens, place):
            yield tens_and_unit
            place += 3
            continue
        value, after = _value_at(tokens, place)
        if after > place:
            first, last = tokens[place], tokens[after - 1]
            in_words = first.kind == "word"
            text = first.text if after == place + 1 else " ".join(token.text for token in tokens[place:after])
            yield Token("number", text, text, first.start, last.end, value, last.suffix, in_words)
            place = after
        else:
            yield tokens[place]
            place += 1


def _ordinal_at(tokens: list[Token], place: int) -> Token | None:
    """ "twenty-third"."""
    if tokens[place].text not in ("twenty", "thirty") or place + 2 >= len(tokens) or tokens[place + 1].kind != "dash":
        return None
    unit = _ORDINAL_UNITS.get(tokens[place + 2].text)
    if unit is None:
        return None
    text = f"{_UNITS[tokens[place].text] + unit}th"
    return Token("ordinal", text, text, tokens[place].start, tokens[place + 2].end)


def _value_at(tokens: list[Token], place: int) -> tuple[Decimal, int]:
    """The number that begins there and where it ends; the same place if none does.

    "two thousand four hundred and eighty", "1.5 million", "four and a half", "twelve point nine", "half a million".
    """
    total, group, at, end = Decimal(0), Decimal(0), place, place
    while at < len(tokens):
        token = tokens[at]
        word = token.text
        if token.kind == "number" and at == place:
            group = token.value
        elif token.kind == "dash" or (token.kind == "word" and word == "and"):
            # Only between two words of one number.
            follows = tokens[at + 1].text if at + 1 < len(tokens) else ""
            halves = " ".join(token.text for token in tokens[at + 1 : at + 3]) == "a half"
            if end == place or (word == "and" and halves):
                if end > place and halves:
                    return total + group + _FRACTIONS["half"], at + 3
                break
            ten = token.kind == "dash" and tokens[at - 1].text in _TENS and _UNITS.get(follows, 99) < 10
            hundred = word == "and" and follows in _UNITS and tokens[at - 1].text in _SCALES
            if not (ten or hundred):
                break
            at += 1
            continue
        elif token.kind != "word":
            break
        elif word in _UNITS and (end == place or _may_follow(tokens, at, end)):
            group += _UNITS[word]
        elif word == "hundred":
            group = (group or Decimal(1)) * 100
        elif word in _SCALES and word.isalpha() and len(word) > 2:
            total, group = total + (group or Decimal(1)).scaleb(_SCALES[word]), Decimal(0)
        elif word == "dozen":
            group = (group or Decimal(1)) * 12
        elif word in _FRACTIONS and end == place:
            return _fraction_at(tokens, at)
        elif word == "point" and end > place:
            digits, after = _decimals_at(tokens, at + 1)
            return (total + group + digits, after) if after > at + 1 else (total + group, at)
        else:
            break
        at += 1
        end = at
    if end == place + 1 and tokens[place].kind == "number":
        return group, place
    return total + group, end


def _may_follow(tokens: list[Token], at: int, end: int) -> bool:
    """Whether a number word goes on with the number before it: "twenty five", "two hundred (and) six"."""
    before, value = tokens[end - 1].text, _UNITS[tokens[at].text]
    return before in _SCALES or (before in _TENS and 0 < value < 10)


def _fraction_at(tokens: list[Token], at: int) -> tuple[Decimal, int]:
    """ "half a million", "half a per cent", "half an hour"."""
    if at + 2 < len(tokens) and tokens[at + 1].text in ("a", "an"):
        scale = _SCALES.get(tokens[at + 2].text)
        value = _FRACTIONS[tokens[at].text]
        return (value.scaleb(scale), at + 3) if scale else (value, at + 2)
    return Decimal(0), at


def _decimals_at(tokens: list[Token], at: int) -> tuple[Decimal, int]:
    digits = ""
    while at < len(tokens) and tokens[at].text in _UNITS and _UNITS[tokens[at].text] < 100:
        digits += str(_UNITS[tokens[at].text])
        at += 1
    return Decimal(f"0.{digits or 0}"), at
