"""Logs, one JSON object a line on standard error, with the field names of the Elastic Common Schema (ECS 8.17): ids
and names of events, never personal data. Whatever is logged all the same, by us or by a library, goes through the
engine for personal data first; of exceptions the class and the stack are told, and the text only of ours
(docs/telemetry.md).
"""

import logging
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from datetime import date
from typing import Any, Literal, cast

import orjson
import structlog

from core.errors import TellergraphError
from core.security.pii import ALL, Placeholders, mask
from core.version import VERSION

Fields = MutableMapping[str, Any]

_FIXED = frozenset(
    {
        *("level", "logger", "timestamp", "duration", "trace", "span", "session", "route", "method"),
        *("error.type", "error.stack_trace"),
    }
)
"""Made here, or without any text of others."""
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-z_.]{1,60}")
"""What needs no look: UUIDs, names of events and modules."""
_LEAST_DIGITS = 10**7
"""Numbers below it are counts and milliseconds."""
_ECS = {
    "event": "message",
    "level": "log.level",
    "logger": "log.logger",
    "timestamp": "@timestamp",
    "request_id": "http.request.id",
    "session": "session.id",
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "duration": "event.duration",
    "trace": "trace.id",
    "span": "span.id",
}
"""Our fields by their names there; ``http.route`` and ``session.id`` are OpenTelemetry's. Others are
``tellergraph.<field>``."""
_KNOWN = frozenset({"error.type", "error.message", "error.stack_trace"})
_CHATTY = ("httpx", "httpx2", "httpcore2", "alembic", "mcp", "psycopg.pool", "uvicorn.error")
_SECRETS = re.compile(
    r"\bBearer\s+\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\btg_[\w-]{8,}|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"
    r"|(?i:(?<=password=)|(?<=secret=)|(?<=token=)|(?<=api_key=))[^\s&,;]+"
)
"""Tokens, keys, passwords in addresses and in assignments (OWASP Logging Cheat Sheet, "Data to exclude")."""

_trace_ids: Callable[[], Mapping[str, str]] | None = None


def configure_logging(level: str, format: Literal["json", "console"] = "json") -> None:
    """Ours and the libraries' records in one form. Ids of request and turn come from ``structlog.contextvars``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        add_trace,
        tell_exception,
        mask_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    rendered: list[Any] = [as_ecs, structlog.processors.JSONRenderer(serializer=_dumps)]
    if format == "console":
        rendered = [_show_stack, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.ERROR if level == "ERROR" else logging.WARNING)


def set_trace_ids(trace_ids: Callable[[], Mapping[str, str]] | None) -> None:
    """``trace_ids`` gives ``trace`` and ``span`` of what is under way, or nothing; None: no traces are made."""
    global _trace_ids  # noqa: PLW0603 - the process has one log
    _trace_ids = trace_ids


def log_warnings() -> None:
    """Python's own warnings as lines of the log, for processes that nobody watches."""
    logging.captureWarnings(True)
    warnings.simplefilter("once")


def add_trace(_logger: object, _method: str, event: Fields) -> Fields:
    """A structlog processor: which trace a line belongs to, where traces are made."""
    return event if _trace_ids is None else {**event, **_trace_ids()}


def tell_exception(_logger: object, _method: str, event: Fields) -> Fields:
    """A structlog processor: class and stack of an exception with those that it came from. A library's text may quote
    what a customer wrote (pydantic's do), so only ours are told."""
    error = _find_exception(event.pop("exc_info", None))
    if error is None:
        return event
    event["error.type"] = _name(error)
    event["error.stack_trace"] = _stack(error)
    if isinstance(error, TellergraphError):
        event["error.message"] = error.message
    return event


def _find_exception(given: Any) -> BaseException | None:
    """As ``exc_info`` names it: itself, as ``sys.exc_info()`` has it, or the one that is being handled."""
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case None | False | (None, None, None):
            return None
        case _:
            return sys.exc_info()[1]


def mask_personal(_logger: object, _method: str, event: Fields) -> Fields:
    """A structlog processor: every text of a line with placeholders for personal data and secrets. There is no way
    back."""
    placeholders = Placeholders()
    for name, value in event.items():
        if name not in _FIXED and not name.startswith("_"):
            event[name] = _masked(value, placeholders)
    return event


def as_ecs(_logger: object, _method: str, event: Fields) -> Fields:
    fields = {_ecs_name(name): value for name, value in event.items()}
    about = {"ecs.version": "8.17", "service.name": "tellergraph", "service.version": VERSION}
    return fields | about | {"process.pid": os.getpid()}


def _ecs_name(name: str) -> str:
    return name if name in _KNOWN else _ECS.get(name) or f"tellergraph.{name}"


def _show_stack(_logger: object, _method: str, event: Fields) -> Fields:
    """Under the line, as somebody reads it."""
    if "error.stack_trace" in event:
        event["exception"] = event.pop("error.stack_trace")
    return event


def _stack(error: BaseException) -> str:
    """As Python shows it, from the first cause on, without the exceptions' texts."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = "".join(traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__)).format())
    own = f"{frames}{_name(error)}"
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        own += "".join(f"\n-- with:\n{_stack(each)}" for each in inner)
    return f"{_stack(before)}\n-- and then:\n{own}" if before else own


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _masked(value: Any, placeholders: Placeholders) -> Any:
    match value:
        case bool() | float() | None | date():
            return value
        case int() if abs(value) < _LEAST_DIGITS:
            return value
        case int():
            masked = mask(str(value), placeholders, ALL)
            return value if masked == str(value) else masked
        case str():
            return value if _ID.fullmatch(value) else mask(_SECRETS.sub("[SECRET]", value), placeholders, ALL)
        case Mapping():
            fields = cast("Mapping[Any, Any]", value)
            return {_masked(str(name), placeholders): _masked(inner, placeholders) for name, inner in fields.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(inner, placeholders) for inner in cast("list[Any]", value)]
        case _:
            return _masked(str(value), placeholders)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))


def _dumps(value: object, **_: object) -> str:
    return orjson.dumps(value, default=str).decode()
