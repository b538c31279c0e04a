"""How the database answers, for ``GET /metrics``."""

from core.telemetry.metrics import FAST, Count, Level, Timing

QUERIES = Timing(
    "database_query_seconds",
    "Until the database had answered: whole transactions in one round trip (fetch, ask, run), or statements of longer "
    "ones (read, write).",
    "kind",
    buckets=FAST,
)
FAULTS = ("unavailable", "contention", "internal")
"""Begun at zero: an alert asks how much a series grew, which is not seen of one that begins with its first error."""
ERRORS = Count("database_errors", "Errors of the database that were not its answer.", "kind")
POOL_SIZE = Level("database_pool_size", "Connections that a pool may have at most.", "pool", together="livesum")
POOL_IN_USE = Level("database_pool_in_use", "Connections that are lent out.", "pool", together="livesum")
POOL_WAITING = Level("database_pool_waiting", "Those who wait for a connection.", "pool", together="livesum")
POOL_WAIT = Timing("database_pool_wait_seconds", "Until a connection was lent.", "pool", buckets=FAST)
