"""Compares what a turn brought with what was expected of it. Pure, but for the state, which `read` looks up."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from evals.dialogues.customer import Heard
from evals.dialogues.dates import fill_dates, list_readings
from evals.dialogues.script import Expect, Value
from evals.dialogues.state import is_known

_SPACES = re.compile(r"\s+")
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'})


@dataclass(frozen=True, slots=True)
class Difference:
    key: str
    """Of `expect`: "asks", "confirm.amount", "state.account:Everyday"."""
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.key}: expected {self.expected}, got {self.got}"


def compare(expect: Expect, heard: Heard, read: Callable[[str], Sequence[Value]], today: date) -> list[Difference]:
    """What differs; nothing where all is as expected. After an error only the state is looked at besides."""
    differences = _compare_error(expect, heard)
    if heard.error is None:
        differences += _compare_turn(expect, heard, today)
    for key, accepted in expect.state.items():
        if is_known(key):
            differences += _differ(f"state.{key}", accepted, read(key), today)
    return differences


def _compare_error(expect: Expect, heard: Heard) -> list[Difference]:
    if expect.error == "required" and heard.error is None:
        return [Difference("error", "an error", "none")]
    if expect.error is None and heard.error is not None:
        return [Difference("error", "none", heard.error)]
    return []


def _compare_turn(expect: Expect, heard: Heard, today: date) -> list[Difference]:
    done = heard.done or {}
    differences: list[Difference] = []
    if expect.route is not None:
        differences += _differ("route", expect.route, [heard.route], today)
    if expect.intent is not None:
        differences += _differ("intent", expect.intent, [done.get("intent")], today)
    if expect.tools is not None:
        differences += _compare_tools(expect.tools, heard.tools)
    if expect.arguments is not None:
        differences += _compare_arguments(expect.arguments, heard.calls, today)
    if "confirm" in expect.model_fields_set:
        differences += _compare_confirmation(expect, heard, today)
    if "asks" in expect.model_fields_set:
        differences += _differ("asks", expect.asks or [None], [done.get("asks")], today)
    if expect.citations is not None and heard.citations < expect.citations:
        differences.append(Difference("citations", f"at least {expect.citations}", str(heard.citations)))
    return differences + _compare_words(expect, heard.answer, today)


def _compare_tools(expected: Sequence[Sequence[str]], got: Sequence[str]) -> list[Difference]:
    as_expected = len(expected) == len(got) and all(
        name in accepted for accepted, name in zip(expected, got, strict=True)
    )
    if as_expected:
        return []
    return [Difference("tools", ", ".join(map("|".join, expected)) or "none", ", ".join(got) or "none")]


def _compare_arguments(
    expected: Sequence[Mapping[str, Sequence[Value]]], got: Sequence[tuple[str, Mapping[str, Any]]], today: date
) -> list[Difference]:
    """Of calls that were not made nothing is said here: `tools` does."""
    return [
        difference
        for wanted, (name, arguments) in zip(expected, got, strict=False)
        for key, accepted in wanted.items()
        for difference in _differ(f"arguments.{name}.{key}", accepted, [_as_value(arguments.get(key))], today)
    ]


def _as_value(argument: object) -> Value:
    return argument if isinstance(argument, bool) or argument is None else str(argument)


def _compare_confirmation(expect: Expect, heard: Heard, today: date) -> list[Difference]:
    asked = heard.confirmations[-1] if heard.confirmations else None
    if expect.confirm is None:
        return [] if asked is None else [Difference("confirm", "none", str(asked["summary"]))]
    if asked is None:
        return [Difference("confirm", "a confirmation", "none")]
    return [
        difference
        for key, accepted in expect.confirm.items()
        for difference in _differ(f"confirm.{key}", accepted, [asked.get(key)], today)
    ]


def _compare_words(expect: Expect, answer: str, today: date) -> list[Difference]:
    text = _plain(answer)
    missing = [
        Difference("contains", _any(accepted), _quoted(answer))
        for accepted in expect.contains
        if not any(_plain(reading) in text for words in accepted for reading in list_readings(words, today))
    ]
    unwanted = [
        Difference("excludes", f"no {words!r}", _quoted(answer))
        for words in expect.excludes
        if any(_plain(reading) in text for reading in list_readings(words, today))
    ]
    return missing + unwanted


def _differ(key: str, accepted: Sequence[Value], got: Sequence[Value], today: date) -> list[Difference]:
    wanted = [fill_dates(value, today) if isinstance(value, str) else value for value in accepted]
    if any(_is_same(one, other) for one in wanted for other in got):
        return []
    return [Difference(key, _any(wanted), _any(got))]


def _is_same(one: Value, other: Value) -> bool:
    """Texts by their letters, amounts by their value: 50 is 50.00."""
    if not isinstance(one, str) or not isinstance(other, str):
        return one is other
    if one.casefold() == other.casefold():
        return True
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _any(values: Iterable[Value]) -> str:
    return " or ".join("none" if value is None else str(value).lower() if isinstance(value, bool) else value
                       for value in values)  # fmt: skip


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text.translate(_QUOTES)).casefold()


def _quoted(answer: str) -> str:
    return repr(answer if len(answer) <= 300 else f"{answer[:297]}...")
