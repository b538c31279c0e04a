"""Tells a model's words from its tool calls while they stream, whatever way the model was taught to write calls.

    Hermes, Qwen    <tool_call>{"name": ..., "arguments": {...}}</tool_call>, once or several times
    Llama 3         <|python_tag|>{"name": ..., "parameters": {...}}, several with ";" between; or the bare object
    Mistral         [TOOL_CALLS][{"name": ..., "arguments": {...}}], or [TOOL_CALLS]name[ARGS]{...}

Words before a call stream; words after one are dropped, since what a model says about a result that it has not seen is
made up. What stands between <think> and </think> is dropped too. A call that is cut, is no valid JSON, has a key twice
or is written in a way not listed here (Python in Gemma's ```tool_code, <function=...>) raises BadCall: it is never an
action, and never text that the customer reads.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NoReturn, cast


class BadCall(Exception):
    """The model began a tool call that cannot be taken."""


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: dict[str, Any]


class _Mode(Enum):
    START = auto()
    """Nothing but white space so far: a bare object may come."""
    WORDS = auto()
    THOUGHT = auto()
    TAGGED = auto()
    """Within <tool_call>."""
    REST = auto()
    """Calls until the end of the answer."""
    CALLED = auto()
    """After a whole call."""


_TAG, _TAG_END = "<tool_call>", "</tool_call>"
_THINK, _THINK_END = "<think>", "</think>"
_REST = ("<|python_tag|>", "[TOOL_CALLS]")
_FOREIGN = ("```tool_code", "<start_function_call>", "<function=", _TAG_END)
_MARKS = (_TAG, _THINK, *_REST, *_FOREIGN)
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
_NAMED = re.compile(r"\s*([\w.-]+)(?:\[CALL_ID\]\w+)?(?:\[ARGS\])?\s*(?=\{)")
_BETWEEN = re.compile(r"(?:\s|;|,|\[TOOL_CALLS\])*")


class ToolCallParser:
    """Of one answer. The pieces may be cut anywhere: what comes out is the same."""

    def __init__(self, *, offers_tools: bool, in_thought: bool = False) -> None:
        """Args:
        offers_tools: an answer that begins with "{" is a bare call only where tools were offered.
        in_thought: the prompt ends with <think>.
        """
        self._after_thought = _Mode.START
        self._mode = _Mode.THOUGHT if in_thought else _Mode.START
        self._held = ""
        self._offers_tools = offers_tools

    def push(self, piece: str) -> Iterator[str | Call]:
        """Words that may be shown, and whole calls. Raises BadCall."""
        self._held += piece
        while True:
            mode, before = self._mode, self._held
            match mode:
                case _Mode.START:
                    self._begin()
                case _Mode.THOUGHT:
                    self._skip_thought()
                case _Mode.TAGGED:
                    yield from self._take_tagged()
                case _Mode.WORDS | _Mode.CALLED:
                    yield from self._take_words()
                case _Mode.REST:
                    return
            if (mode, before) == (self._mode, self._held):
                return

    def finish(self) -> Iterator[str | Call]:
        """At the end of the answer. Raises BadCall for a call that was not finished."""
        match self._mode:
            case _Mode.WORDS:
                if words := self._held.rstrip():
                    yield words
            case _Mode.TAGGED:
                _refuse("breaks off or is no valid JSON")
            case _Mode.REST:
                yield from _read_rest(self._held)
            case _Mode.START | _Mode.THOUGHT | _Mode.CALLED:
                pass
        self._held = ""

    def _begin(self) -> None:
        self._held = self._held.lstrip()
        if self._held.startswith("{") and self._offers_tools:
            self._mode = _Mode.REST
        elif self._held:
            self._mode = _Mode.WORDS

    def _take_words(self) -> Iterator[str]:
        mark = _MARK.search(self._held)
        end = mark.start() if mark else len(self._held) - _length_of_start_of_mark(self._held)
        # White space before a call is no part of what is said.
        words = self._held[:end].rstrip()
        self._held = self._held[len(words) :]
        if words and self._mode is _Mode.WORDS:
            self._after_thought = _Mode.WORDS
            yield words
        if mark:
            self._held = self._held.lstrip()[len(mark[0]) :]
            self._open(mark[0])

    def _open(self, mark: str) -> None:
        if mark in _FOREIGN:
            _refuse("is in a form that is not understood")
        self._mode = _Mode.TAGGED if mark == _TAG else _Mode.THOUGHT if mark == _THINK else _Mode.REST

    def _skip_thought(self) -> None:
        _, closed, rest = self._held.partition(_THINK_END)
        if closed:
            self._held, self._mode = rest, self._after_thought

    def _take_tagged(self) -> Iterator[Call]:
        found = _find_value(self._held)
        if found is None:
            return
        value, rest = found[0], found[1].lstrip()
        if rest.startswith(_TAG_END):
            self._held = rest[len(_TAG_END) :]
            self._mode = self._after_thought = _Mode.CALLED
            yield _make_call(value)
        elif not _TAG_END.startswith(rest):
            _refuse("does not end where its arguments do")


def _length_of_start_of_mark(text: str) -> int:
    """How much of the end of ``text`` may be the start of a mark."""
    longest = min(len(text), max(map(len, _MARKS)) - 1)
    return next((n for n in range(longest, 0, -1) if any(mark.startswith(text[-n:]) for mark in _MARKS)), 0)


def _read_rest(text: str) -> Iterator[Call]:
    rest, values = text.strip(), list[Any]()
    while rest:
        named = _NAMED.match(rest)
        found = _find_value(rest[named.end() :] if named else rest)
        if found is None:
            _refuse("is no valid JSON")
        value, rest = found
        rest = rest[cast(re.Match[str], _BETWEEN.match(rest)).end() :]
        if named:
            values.append({"name": named[1], "arguments": value})
        else:
            values += cast(list[Any], value) if isinstance(value, list) else [value]
    if not values:
        _refuse("breaks off")
    yield from map(_make_call, values)


def _find_value(text: str) -> tuple[Any, str] | None:
    """The object or list that ``text`` begins with, and what follows; None while there is none."""
    text = text.lstrip()
    if not text.startswith(("{", "[")):
        return None
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value, text[end:]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse("has a key twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"has {name} as a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _make_call(value: object) -> Call:
    if not isinstance(value, dict):
        _refuse("is no object")
    said = cast(dict[str, Any], value)
    name, arguments = said.get("name"), said.get("arguments", said.get("parameters", {}))
    if isinstance(arguments, str):
        found = _find_value(arguments)
        arguments = found[0] if found and not found[1].strip() else None
    if not isinstance(name, str) or not name or not isinstance(arguments, dict):
        _refuse("has no name or no arguments object")
    if said.keys() - {"name", "arguments", "parameters", "id", "type"} or {"arguments", "parameters"} <= said.keys():
        _refuse("says more than a call does")
    return Call(name, cast(dict[str, Any], arguments))


def _refuse(reason: str) -> NoReturn:
    raise BadCall(f"The model's tool call {reason}.")
