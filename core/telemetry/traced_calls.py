"""Spans of what PostgreSQL and Redis are asked. A statement of ours is told by its name, another one without the values
that may stand in it; parameters, keys and arguments are told never.
"""

import re
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Self, cast

from opentelemetry.trace import Span, SpanKind, Tracer, TracerProvider
from opentelemetry.util.types import AttributeValue
from psycopg import AsyncCursor
from psycopg.sql import Composable
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from core.db.pool import CURSORS
from core.db.queries import NAMES
from core.telemetry.spans import SCOPE
from core.version import VERSION

Described = tuple[str, dict[str, AttributeValue]]
"""A span's name and attributes, which nobody changes."""

_LITERAL = re.compile(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|\b\d{4,}\b", re.DOTALL)
_LONGEST = 500
"""Characters of a statement that has no name."""
_WAITING = "XREAD"
"""Who follows a turn waits for its next event with it: it takes as long as the answer does, and says nothing."""
_STATEMENTS = 512
"""Different ones that are remembered."""


@contextmanager
def traced_calls(provider: TracerProvider) -> Generator[None]:
    """Of connections that are opened meanwhile, and of all of Redis."""
    tracer = provider.get_tracer(SCOPE, VERSION)
    cursor = _make_cursor(tracer)
    client, batch = cast("Any", Redis), cast("Any", Pipeline)
    plain, plain_batch = client.execute_command, batch.execute
    CURSORS.append(cursor)
    # The client has no hook for it.
    client.execute_command = _traced(tracer, plain, _command)
    batch.execute = _traced(tracer, plain_batch, _batch)
    try:
        yield
    finally:
        CURSORS.remove(cursor)
        client.execute_command, batch.execute = plain, plain_batch


def _call(tracer: Tracer, described: Described) -> Span:
    """Until it is left."""
    name, attributes = described
    return tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)


def _make_cursor(tracer: Tracer) -> type[AsyncCursor[Any]]:
    class TracedCursor(AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
            with _call(tracer, describe_statement(_text(query, self))):
                return await super().execute(query, params, **how)

        async def executemany(self, query: Any, params_seq: Iterable[Any], **how: Any) -> None:
            with _call(tracer, describe_statement(_text(query, self))):
                await super().executemany(query, params_seq, **how)

    return TracedCursor


def _text(query: Any, cursor: AsyncCursor[Any]) -> str:
    if type(query) is str:  # nearly all: asking an abstract class costs as much as the rest of this
        return query
    if isinstance(query, Composable):
        return query.as_string(cursor)
    return query.decode(errors="replace") if isinstance(query, bytes) else str(query)


@lru_cache(_STATEMENTS)
def describe_statement(statement: str) -> Described:
    about: dict[str, AttributeValue] = {"db.system.name": "postgresql"}
    if name := NAMES.get(statement):
        return name, about | {"db.query.summary": name}
    first = statement.split(maxsplit=1)
    told = _LITERAL.sub("?", statement)[:_LONGEST]
    return (first[0].upper() if first and first[0].isalpha() else "SQL"), about | {"db.query.text": told}


def _traced(
    tracer: Tracer,
    ask: Callable[..., Awaitable[Any]],
    describe: Callable[..., Described],
) -> Any:
    async def traced(self: Any, *given: Any, **how: Any) -> Any:
        if given and given[0] == _WAITING:
            return await ask(self, *given, **how)
        with _call(tracer, describe(self, *given)):
            return await ask(self, *given, **how)

    return traced


def _command(_client: Redis, command: str | bytes, *arguments: Any) -> Described:
    name = command.decode() if isinstance(command, bytes) else command
    return name, {"db.system.name": "redis", "db.operation.name": name, "db.redis.args_length": len(arguments) + 1}


def _batch(batch: Pipeline, *_: Any) -> Described:
    names = [str(cast("Any", command)[0][0]) for command in batch.command_stack]
    about: dict[str, AttributeValue] = {"db.system.name": "redis", "db.redis.pipeline_length": len(names)}
    return " ".join(names) or "PIPELINE", about
