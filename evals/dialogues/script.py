"""The format of scripted conversations, and what is wrong with a file of them.

docs/dialogues.md explains it to those who write one. Every scalar of the YAML stays text, as it was typed, so that a
card's `0042` or an amount's `50.00` lose nothing; `null`, `true` and `false` are what they are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import InvalidInput
from evals.dialogues.state import is_known

Who = Literal["alex", "blair", "visitor"]
Value = str | bool | None
Accepted = list[Value]
"""Any of these is right."""


class _Loader(yaml.CSafeLoader):
    """Leaves numbers, dates, `yes` and `no` as text."""


_KEPT = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag in _KEPT]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _as_value(value: object) -> object:
    """`{wed}` without quotes is a mapping to YAML, and `true` a word."""
    if isinstance(value, Mapping):
        keys = cast("Mapping[object, object]", value)
        if len(keys) == 1 and all(content is None for content in keys.values()):
            return f"{{{next(iter(keys))}}}"
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else cast("object", value)


def _as_accepted(value: object) -> object:
    return [_as_value(item) for item in cast("list[object]", value)] if isinstance(value, list) else [_as_value(value)]


def _as_list(value: object) -> object:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _as_texts(value: object) -> object:
    return [item if isinstance(item, str) else _as_value(item) for item in cast("list[object]", _as_list(value))]


OneOf = Annotated[Accepted, BeforeValidator(_as_accepted), Field(min_length=1)]
Texts = Annotated[list[str], BeforeValidator(_as_texts)]
AnyTexts = Annotated[list[Texts], BeforeValidator(_as_list)]
"""All of these; of each, any reading."""
Flag = Annotated[bool, BeforeValidator(_as_value)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Expect(_Part):
    """What must hold after a turn. What is not named is not looked at."""

    route: OneOf | None = None
    intent: OneOf | None = None
    tools: AnyTexts | None = None
    """Called in this turn, in this order; an inner list means any of these."""
    arguments: Annotated[list[dict[str, OneOf]], BeforeValidator(_as_list)] | None = None
    """Of each of `tools`, in the same order: those that are named must be so."""
    confirm: dict[str, OneOf] | None = None
    contains: AnyTexts = []
    excludes: Texts = []
    citations: int | None = Field(default=None, ge=0)
    """At least so many."""
    asks: OneOf | None = None
    error: Literal["required", "allowed"] | None = None
    state: dict[str, OneOf] = {}


class Confirm(_Part):
    code: Literal["ok", "wrong"] = "ok"


class Turn(_Part):
    """What the customer does, and what must hold then. Exactly one of the first four is given."""

    user: str | None = Field(default=None, min_length=1)
    confirm: Confirm | None = None
    deny: Flag = False
    restart: Flag = False
    expect: Expect = Expect()

    @model_validator(mode="before")
    @classmethod
    def _bare_confirm(cls, given: object) -> object:
        if isinstance(given, dict) and "confirm" in given:
            turn = cast("dict[str, object]", given)
            bare: object = {}
            return turn | {"confirm": bare if turn["confirm"] in (None, "true") else turn["confirm"]}
        return cast("object", given)

    @model_validator(mode="after")
    def _one_act(self) -> "Turn":
        acts = (self.user is not None, self.confirm is not None, self.deny, self.restart)
        if sum(acts) != 1:
            raise ValueError("needs exactly one of user, confirm, deny: true and restart: true")
        return self

    @property
    def said(self) -> str:
        """The turn in a few words, for reports."""
        if self.user is not None:
            return self.user
        if self.confirm is not None:
            return "[confirms]" if self.confirm.code == "ok" else "[confirms with a wrong code]"
        return "[denies]" if self.deny else "[the server restarts]"


class Scenario(_Part):
    name: str = Field(min_length=1)
    group: str = Field(min_length=1)
    customer: Who
    turns: list[Turn] = Field(min_length=1)


def read_scenarios(path: Path) -> list[Scenario]:
    """The scenarios of a YAML file, or of all `*.yaml` files of a folder.

    Raises:
        InvalidInput: with file, scenario, turn and key of the first thing that is wrong.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    scenarios = [scenario for file in files for scenario in _read_file(file)]
    if not scenarios:
        raise InvalidInput(f"{path} has no scenarios.")
    names = [scenario.name for scenario in scenarios]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidInput(f"{path} has two scenarios named {twice[0]!r}.")
    return scenarios


def list_unknown_keys(scenarios: Sequence[Scenario]) -> list[str]:
    """Keys of the files that mean nothing here and are not looked at, each once."""
    found: dict[str, None] = {}
    for scenario in scenarios:
        for turn in scenario.turns:
            parts = {"": scenario, "turn.": turn, "expect.": turn.expect, "confirm.": turn.confirm}
            found |= {f"{at}{key}": None for at, part in parts.items() if part for key in part.model_extra or ()}
            found |= {f"state.{key}": None for key in turn.expect.state if not is_known(key)}
    return list(found)


def _read_file(path: Path) -> list[Scenario]:
    given = _load(path)
    if given is None:
        return []
    if not isinstance(given, list):
        raise InvalidInput(f"{path} needs a list of scenarios.")
    return [_parse(item, f"{path}, scenario {place}") for place, item in enumerate(cast("list[object]", given), 1)]


def _load(path: Path) -> object:
    try:
        return cast("object", yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader))  # noqa: S506
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InvalidInput(f"{path}{line} is not YAML: {error.problem}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{path} is not YAML.") from error


def _parse(given: object, place: str) -> Scenario:
    if not isinstance(given, dict):
        raise InvalidInput(f"{place} needs name, group, customer and turns.")
    fields = cast("dict[str, Any]", given)
    if isinstance(name := fields.get("name"), str):
        place = f"{place} ({name})"
    try:
        return Scenario.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{place}{_where(first['loc'])}: {_reason(first['type'], first['msg'])}.") from error


def _where(location: Sequence[int | str]) -> str:
    """ ", turn 2, expect.asks"."""
    match list(location):
        case ["turns", int(turn), *keys]:
            return f", turn {turn + 1}" + _keys(keys)
        case keys:
            return _keys(keys)


def _keys(keys: Sequence[int | str]) -> str:
    names = [str(key) for key in keys if isinstance(key, str) and key not in {"str", "bool"}]
    return f", {'.'.join(names)}" if names else ""


def _reason(kind: str, message: str) -> str:
    return "is missing" if kind == "missing" else message.removeprefix("Value error, ").rstrip(".")
