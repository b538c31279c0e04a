"""``docker-compose.yml`` as Compose reads it: YAML with merges, then variables put in (Compose Specification,
"Interpolation")."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Z_]+)(?::([-?])([^}]*))?\})")


class Unset(Exception):
    """A variable that the file insists on."""


@cache
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def services() -> dict[str, dict[str, Any]]:
    return compose()["services"]


def texts(node: Any) -> Iterator[str]:
    """Every text in a part of the file."""
    match node:
        case str():
            yield node
        case Mapping():
            for value in node.values():
                yield from texts(value)
        case list():
            for value in node:
                yield from texts(value)
        case _:
            pass


def put_in(node: Any, variables: Mapping[str, str]) -> Any:
    """The part with its variables' values. Raises Unset."""
    match node:
        case str():
            return _VARIABLE.sub(lambda found: _value(found, variables), node)
        case Mapping():
            return {key: put_in(value, variables) for key, value in node.items()}
        case list():
            return [put_in(value, variables) for value in node]
        case _:
            return node


def environment(service: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What a service's container is given: a variable without a value is passed on where it is set."""
    given = services()[service].get("environment", {})
    passed = {name: variables[name] for name, value in given.items() if value is None and name in variables}
    return passed | {name: put_in(value, variables) for name, value in given.items() if value is not None}


def named() -> set[str]:
    """Variables that the file puts in somewhere."""
    return {found[1] for text in texts(compose()) for found in _VARIABLE.finditer(text) if found[1]}


def insisted() -> set[str]:
    return {found[1] for text in texts(compose()) for found in _VARIABLE.finditer(text) if found[2] == "?"}


def is_one_shot(service: Mapping[str, Any]) -> bool:
    """It does something and ends."""
    return service["restart"] == "no"


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, operator, rest = found.groups()
    if name is None:
        return "$"
    if value := variables.get(name):
        return value
    if operator == "?":
        raise Unset(f"{name}: {rest}")
    return rest or ""
