"""JSON logs, one object a line on standard error: an event name plus fields; ids, never personal data. Whatever is
logged all the same, by us or by a library, goes through the engine for personal data first."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date
from typing import Any, cast

import orjson
import structlog

from core.security.pii import ALL, Placeholders, mask

_FIXED = frozenset({"level", "logger", "timestamp"})
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-z_.]{1,60}")
"""What needs no look: UUIDs, names of events and modules."""
_LEAST_DIGITS = 10**7
"""Numbers below it are counts and milliseconds."""


def configure_logging(level: str) -> None:
    """Ours and the libraries' records in one format. Request ids come from ``structlog.contextvars``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        mask_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "httpx2", "httpcore2", "alembic", "mcp", "psycopg.pool", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.ERROR if level == "ERROR" else logging.WARNING)


def mask_personal(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: every text of a line with placeholders for personal data, stacks included. There is no
    way back."""
    placeholders = Placeholders()
    for name, value in event.items():
        if name not in _FIXED and not name.startswith("_"):
            event[name] = _masked(value, placeholders)
    return event


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
            return value if _ID.fullmatch(value) else mask(value, placeholders, ALL)
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
