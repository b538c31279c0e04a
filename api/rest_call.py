"""A tool's call over REST, in both directions: the arguments that a request means, and the request for arguments.

Arguments named in braces stand in the path. The others come from the query of a GET and from the JSON body of every
other method; what is declared in neither place is refused, so a forged ``customer_id`` is an error wherever it stands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import QueryParams

from tools.registry import Arguments, Tool

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class RestRequest:
    """What a client sends; ``path`` is relative to ``/api/v1``, encoded."""

    method: str
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RestCall:
    """Where each argument of a tool stands."""

    tool: Tool
    in_path: tuple[str, ...]
    free: tuple[str, ...]
    """Those of the query or of the body."""
    lists: frozenset[str]
    """Those of the query that may stand there several times."""

    @classmethod
    def of(cls, tool: Tool) -> "RestCall":
        """Raises ValueError for a path that names what is no argument."""
        in_path = tuple(_PLACEHOLDER.findall(tool.rest.path))
        names = tuple(tool.arguments.model_fields)
        if unknown := set(in_path) - set(names):
            raise ValueError(f"{tool.name}: {tool.rest.path} names {', '.join(sorted(unknown))}, which is no argument")
        properties = tool.schema["function"]["parameters"]["properties"]
        return cls(
            tool=tool,
            in_path=in_path,
            free=tuple(name for name in names if name not in in_path),
            lists=frozenset(name for name in names if _is_list(properties[name])),
        )

    @property
    def has_body(self) -> bool:
        return self.tool.rest.method != "GET"

    @property
    def subject(self) -> str:
        """The resource: the first part of the path."""
        return self.tool.rest.path.split("/")[1]

    @property
    def shape(self) -> tuple[str, str]:
        """Two calls of the same shape cannot be told apart."""
        return self.tool.rest.method, _PLACEHOLDER.sub("{}", self.tool.rest.path)

    @property
    def precedence(self) -> list[bool]:
        """Sorts ``/accounts/balances`` before ``/accounts/{account}``, which would take it for an account."""
        return [part.startswith("{") for part in self.tool.rest.path.split("/")]

    def parse(self, path: Mapping[str, str], query: QueryParams, body: Mapping[str, Any]) -> Arguments:
        """Raises RequestValidationError, which names fields and never values."""
        problems: list[dict[str, Any]] = []
        free: Mapping[str, Any] = body
        if not self.has_body:
            free = self._read_query(query, problems)
            query = QueryParams()
        problems += [_unknown("query", name) for name in query]
        problems += [_unknown(self._place, name) for name in free if name not in self.free]
        if problems:
            raise RequestValidationError(problems)
        try:
            return self.tool.arguments.model_validate({**free, **path})
        except ValidationError as error:
            raise RequestValidationError([self._located(problem) for problem in _problems(error)]) from error

    def request(self, arguments: Mapping[str, Any]) -> RestRequest:
        """Raises KeyError when an argument of the path is left out: such a call has no address."""
        path = _PLACEHOLDER.sub(lambda found: quote(str(arguments[found[1]]), safe=""), self.tool.rest.path)
        free = self.free_of(arguments)
        if self.has_body:
            return RestRequest(self.tool.rest.method, path, {}, free)
        return RestRequest(self.tool.rest.method, path, free, None)

    def free_of(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those of ``arguments`` that do not stand in the path and say something."""
        return {name: arguments[name] for name in self.free if arguments.get(name) is not None}

    @property
    def _place(self) -> str:
        return "body" if self.has_body else "query"

    def _read_query(self, query: QueryParams, problems: list[dict[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in query:
            given = query.getlist(name)
            values[name] = given if name in self.lists else given[0]
            if len(given) > 1 and name not in self.lists:
                problems.append({"loc": ("query", name), "msg": "Stands there more than once", "type": "repeated"})
        return values

    def _located(self, problem: dict[str, Any]) -> dict[str, Any]:
        field = problem["loc"][:1]
        place = "path" if field and field[0] in self.in_path else self._place
        return problem | {"loc": (place, *problem["loc"])}


def _problems(error: ValidationError) -> list[dict[str, Any]]:
    return [dict(problem) for problem in error.errors(include_url=False, include_context=False, include_input=False)]


def _unknown(place: str, name: str) -> dict[str, Any]:
    return {"loc": (place, name), "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}


def _is_list(schema: dict[str, Any]) -> bool:
    return "array" in (schema.get("type"), *(option.get("type") for option in schema.get("anyOf", [])))
