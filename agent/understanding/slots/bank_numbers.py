"""IBAN, sort code and account number, or the placeholders that stand for them (`core.security.pii`)."""

import re
from collections.abc import Iterator

from stdnum import iban

from agent.understanding.slots.mention import Mention

_PLACEHOLDER = re.compile(r"\[(?P<kind>IBAN|SORT_CODE|ACCOUNT_NUMBER)_\d+\]")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}\b", re.IGNORECASE)
_LIKE_ONE = re.compile(r"\S+(?:[ -](?:[A-Z]{4}\b|(?=[^\s-]*\d)[^\s-]+))*")
""" "GB29 NWBK 6016 1331 9268 18 please" up to the last digit."""
_LEAST_IBAN = 15
_SORT_CODE = re.compile(
    r"\bsort\s*-?code\s*(?:is|was|of|:|=|-|no\.?|number)*\s*(?P<said>\d{2}[\s-]?\d{2}[\s-]?\d{2})(?![\d-])"
    r"|(?<![\d-])(?P<plain>\d{2}-\d{2}-\d{2})(?![\d-])",
    re.IGNORECASE,
)
_ACCOUNT_NUMBER = re.compile(
    r"\b(?:acc(?:oun)?t?|a/c|acct)\.?\s*(?:number|no\.?|num|nr\.?|#)?\s*(?:is|was|:|=|-)*\s*"
    r"(?P<said>\d{2,4}[ -]?\d{4}|\d{6,10})(?![\d-])"
    r"|(?P<after>(?<=\d{2}-\d{2}-\d{2}\s)|(?<=\d{2}-\d{2}-\d{2},\s)|(?<=\d{2}-\d{2}-\d{2}/))(?P<plain>\d{8})(?!\d)"
    r"|^\W*(?:it'?s\s+|number\s+)?(?P<whole>\d{8})\W*$",
    re.IGNORECASE,
)
_KINDS = {"IBAN": "iban", "SORT_CODE": "sort_code", "ACCOUNT_NUMBER": "account_number"}


def find_bank_numbers(text: str) -> Iterator[Mention]:
    """Numbers as they were said, also wrong ones: whoever uses one checks it."""
    for match in _PLACEHOLDER.finditer(text):
        yield Mention(_KINDS[match["kind"]], match[0], *match.span(), match[0])  # pyright: ignore[reportArgumentType]
    for match in _IBAN.finditer(text):
        yield from _iban(match)
    for kind, pattern in (("sort_code", _SORT_CODE), ("account_number", _ACCOUNT_NUMBER)):
        for match in pattern.finditer(text):
            group = next(name for name in ("said", "plain", "whole") if match.groupdict().get(name))
            if group == "plain" and kind == "sort_code" and _is_day(match[group]) and not re.search("sort", text, re.I):
                continue
            value = re.sub(r"\D", "", match[group])
            yield Mention(kind, match[group], *match.span(group), value)  # pyright: ignore[reportArgumentType]


def _iban(match: re.Match[str]) -> Iterator[Mention]:
    """The longest beginning that is valid, since ordinary words may follow; else what looks most like one."""
    ends = [match.start() + word.end() for word in re.finditer(r"[^\s-]+", match[0])]
    for end in reversed(ends):
        said = match.string[match.start() : end]
        if iban.is_valid(said):
            yield Mention("iban", said, match.start(), end, iban.compact(said))
            return
    like = _LIKE_ONE.match(match[0])
    if like and len(re.sub(r"[\s-]", "", like[0])) >= _LEAST_IBAN:
        yield Mention("iban", like[0], match.start(), match.start() + like.end(), re.sub(r"[\s-]", "", like[0]).upper())


def _is_day(said: str) -> bool:
    day, month, _ = map(int, said.split("-"))
    return 1 <= day <= 31 and 1 <= month <= 12
