"""What became of each conversation, as lines for a reader."""

from collections.abc import Iterable, Mapping
from typing import Any


def describe_cases(cases: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line for each that passed; every turn of those that did not, with what differs."""
    return [line for case in cases for line in _describe(case)]


def _describe(case: Mapping[str, Any]) -> list[str]:
    title = f"{'passed' if case['passed'] else 'FAILED'}  {case['group']}: {case['name']}"
    return [title] if case["passed"] else [title, *(line for turn in case["turns"] for line in _describe_turn(turn))]


def _describe_turn(turn: Mapping[str, Any]) -> list[str]:
    lines = [f"  {'ok    ' if turn['passed'] else 'FAILED'} {turn['turn']}. {turn['user']}"]
    lines += [f"         {each['key']}: expected {each['expected']}, got {each['got']}" for each in turn["differences"]]
    return lines
