"""What a tool may return, for whoever describes it: OpenAPI (api/tool_schema.py) and docs/generate.py.

A tool whose annotation names its results is taken at its word. Most say ``-> Result``; for them the results are the
classes that the tool's code names, or the code of the functions of its own room that it calls.
"""

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from tools.registry import Document, Refusal, Result, Tool, Unclear

_BASES = (Result, Refusal, Unclear)


def results_of(tool: Tool) -> list[type[Result]]:
    """Successes first, each in the order of the code."""
    annotated = _members(get_type_hints(tool.run).get("return", Result))
    kinds = annotated if not set(annotated) & set(_BASES) else _results_in_code(tool.run)
    return sorted(kinds, key=lambda kind: issubclass(kind, Refusal))


def successes_of(tool: Tool) -> list[type[Result]]:
    return [kind for kind in results_of(tool) if not issubclass(kind, Refusal)]


def refusals_of(tool: Tool) -> list[type[Refusal]]:
    return [kind for kind in results_of(tool) if issubclass(kind, Refusal)]


def statuses_of(kind: type[Result]) -> list[str]:
    """The values that its ``status`` may have; none for a result without one."""
    field = kind.model_fields.get("status")
    return list(get_args(field.annotation)) if field else []


def media_types_of(kind: type[Document]) -> list[str]:
    """Those that its annotation names."""
    return list(get_args(kind.model_fields["media_type"].annotation))


def _members(annotation: Any) -> list[type[Result]]:
    return list(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else [annotation]


def _results_in_code(run: Callable[..., Any]) -> list[type[Result]]:
    named = [value for value in _named(run, set()) if inspect.isclass(value) and issubclass(value, Result)]
    kinds = list(dict.fromkeys(kind for kind in named if kind not in _BASES))
    answers = [kind for kind in kinds if _has_status(kind)]
    # A part of a result, such as a transaction, may have a status too, but then without a default.
    whole = [kind for kind in answers if issubclass(kind, Refusal) or _has_default_status(kind)]
    return whole if any(not issubclass(kind, Refusal) for kind in whole) else answers


def _has_status(kind: type[Result]) -> bool:
    field = kind.model_fields.get("status")
    return field is not None and get_origin(field.annotation) is Literal


def _has_default_status(kind: type[Result]) -> bool:
    return isinstance(kind.model_fields["status"].default, str)


def _named(function: Callable[..., Any], seen: set[object]) -> Iterator[object]:
    """The globals that a function's code names, and those that our functions among them name."""
    seen.add(function)
    if not isinstance(function, FunctionType):
        return
    for name in _names(function.__code__):
        value = function.__globals__.get(name)
        yield value
        if inspect.isfunction(value) and value not in seen and _room(value) == _room(function):
            yield from _named(value, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _room(function: FunctionType) -> str:
    return function.__module__.partition(".")[0]
