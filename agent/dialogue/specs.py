"""What a task can be told: its slots are the arguments of its tool, as the registry declares them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from agent.dialogue.tables import FIRST, NEEDS_ONE, NEEDS_WITH, TOGETHER
from tools.registry import Arguments, Registry, Risk, Tool

_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")


class Form(StrEnum):
    """How a slot's value is written."""

    TEXT = "text"
    WORD = "word"
    """One of a closed set."""
    FLAG = "flag"
    NUMBER = "number"
    PARTS = "parts"
    """Has fields of its own, which are filled in where there is a form for them."""


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    form: Form
    values: tuple[str, ...]
    """Of a closed set."""
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Spec:
    tool: Tool
    slots: tuple[Slot, ...]

    @property
    def name(self) -> str:
        return self.tool.name

    @property
    def prepares(self) -> bool:
        return self.tool.risk is Risk.PREPARE

    def find(self, name: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)

    def missing(self, given: dict[str, Any]) -> str | None:
        """The slot to ask for next; None when the tool can be called."""
        for alternatives in NEEDS_ONE.get(self.name, ()):
            if not any(name in given for name in alternatives):
                return alternatives[0]
        one, other = NEEDS_WITH.get(self.name, ("", ""))
        if one in given and other not in given:
            return other
        together = TOGETHER.get(self.name, ())
        if any(name in given for name in together) and (rest := [name for name in together if name not in given]):
            return rest[0]
        missing = [slot.name for slot in self.slots if slot.required and slot.name not in given]
        first = FIRST.get(self.name, ())
        return min(missing, key=lambda name: first.index(name) if name in first else len(first), default=None)

    def kept(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the tool takes of it."""
        return {name: value for name, value in given.items() if self.find(name)}

    def faults(self, given: dict[str, Any]) -> list[tuple[str, str]]:
        """Slots whose values the tool's own type refuses, each with the reason. A slot "" is no single one."""
        try:
            self.tool.arguments.model_validate(given)
        except ValidationError as error:
            found = [(str(item["loc"][0]) if item["loc"] else "", _reason(dict(item))) for item in error.errors()]
            return [(name, reason) for name, reason in found if not _is_hidden(given.get(name))]
        return []


def _is_hidden(value: Any) -> bool:
    """Behind a placeholder: only the tool sees the original."""
    return isinstance(value, str) and bool(_PLACEHOLDER.fullmatch(value.strip()))


def _reason(item: dict[str, Any]) -> str:
    """Our own words of a validator; empty for Pydantic's, which no customer could read, but for those of length."""
    if item["type"] == "string_too_long":
        most, given = item["ctx"]["max_length"], len(item["input"])
        return f"that is too long: it has {given:,} characters, and at most {most:,} are possible. Please shorten it."
    return item["msg"].removeprefix("Value error, ") if item["type"] == "value_error" else ""


def specs_of(registry: Registry, scopes: Iterable[str]) -> Mapping[str, Spec]:
    """The tasks that these scopes allow, by name."""
    return _specs_of(registry, frozenset(scopes))


@lru_cache(maxsize=64)
def _specs_of(registry: Registry, scopes: frozenset[str]) -> Mapping[str, Spec]:
    # Asked for several times in every turn; there are as many sets of scopes as roles, and few more.
    return MappingProxyType({tool.name: spec_of(tool) for tool in registry.offered(scopes)})


def spec_of(tool: Tool) -> Spec:
    return Spec(tool, _slots(tool.arguments))


@cache
def _slots(arguments: type[Arguments]) -> tuple[Slot, ...]:
    # Asked for several times in every turn, of all tools.
    return tuple(_slot(name, field) for name, field in arguments.model_fields.items())


def _slot(name: str, field: FieldInfo) -> Slot:
    form, values = _form(field.annotation)
    return Slot(name, form, values, field.is_required(), field.description or "")


def _form(annotation: Any) -> tuple[Form, tuple[str, ...]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _form(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _form(next(each for each in get_args(annotation) if each is not NoneType))
    if origin is Literal:
        return Form.WORD, tuple(map(str, get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Form.PARTS, ()
    if annotation is bool:
        return Form.FLAG, ()
    return (Form.NUMBER, ()) if annotation is int else (Form.TEXT, ())
