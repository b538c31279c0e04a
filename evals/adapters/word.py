"""Whether the customer asked for a change in so many words: what makes a proposal of the model theirs."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, cast

_READS = re.compile(
    r"(?i:get|list|search|find|read|check|show|look|view|fetch|count|calculate|compute|estimate|think|kb|grep|"
    r"transfer_to_human)(?![a-z])"
)
"""How names of tools begin that change nothing. Whatever is not known to read changes something."""
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_WORD = re.compile(r"\w+")


class Confirm(StrEnum):
    """Before a tool that changes something runs."""

    ALWAYS = "always"
    """the customer is asked, as in our own chat"""
    UNLESS_SAID = "unless-said"
    """the customer is asked unless their own words name the change and all that it needs"""
    NEVER = "never"
    """nobody is asked: what the model alone would do, to compare with"""


def changes_something(tool: str) -> bool:
    return not _READS.match(tool)


def is_said(tool: str, arguments: Mapping[str, Any], said: Iterable[str]) -> bool:
    """Whether every value of a call, and a word of the tool's name, stands in what the customer wrote. A change that a
    document, a memo or a result put into the model's head names somebody or some sum that the customer did not."""
    text = "\n".join(said).casefold()
    words, numbers = {*_WORD.findall(text)}, {float(number.replace(",", "")) for number in _NUMBER.findall(text)}
    if words.isdisjoint(part.casefold() for part in re.split(r"[_\W]+", tool)):
        return False
    return all(_stands_in(value, text, numbers) for value in _values(arguments))


def _values(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        for each in cast("Mapping[str, Any]", value).values():
            yield from _values(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _values(each)
    elif value is not None:
        yield value


def _stands_in(value: Any, text: str, numbers: set[float]) -> bool:
    match value:
        case bool():
            return False
        case int() | float():
            return float(value) in numbers
        case _:
            wanted = " ".join(str(value).casefold().split())
            return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
