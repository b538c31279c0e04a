"""JSON logs, one object a line on standard error: an event name plus fields; ids, never personal data."""

import logging
import sys
from typing import Any, cast

import orjson
import structlog


def configure_logging(level: str) -> None:
    """Ours and the libraries' records in one format. Request ids come from ``structlog.contextvars``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
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


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))


def _dumps(value: object, **_: object) -> str:
    return orjson.dumps(value, default=str).decode()
