"""Features of many events at once: the same SQL as online, once for each row, read as one array."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from tools.fraud.features.scratch import QUERIES
from tools.fraud.features.shapes import NAMES

_HEADER_BYTES = 19
_RECORD = np.dtype(
    [
        ("fields", ">i2"),
        ("id_size", ">i4"),
        ("id", ">i8"),
        ("customer_size", ">i4"),
        ("customer", "V16"),
        ("array_size", ">i4"),
        # Dimensions, flags, element type, length, lower bound.
        ("array_head", "V20"),
        ("features", [("size", ">i4"), ("value", ">f4")], (len(NAMES),)),
    ]
)
_ARRAY = sql.SQL("array[{}]::real[]").format(
    sql.SQL(", ").join(sql.SQL("coalesce(f.{}, 'NaN')").format(sql.Identifier(name)) for name in NAMES)
)
_SETTINGS = ("set jit = off", "set enable_seqscan = off", "set work_mem = '64MB'")
"""A plan for one row, however many there are."""


@dataclass(frozen=True)
class Computed:
    """Shapes (events,), (events,) and (events, ``NAMES``)."""

    ids: NDArray[np.int64]
    customers: NDArray[np.void]
    rows: NDArray[np.float32]


def compute_features(
    url: str, first: int, after: int, *, delay_days: float | None = None, condition: sql.Composable | None = None
) -> Generator[Computed]:
    """Of the events with ids from ``first`` to before ``after`` that meet the condition, some ten thousand at a time.

    The login has to be the owner of the tables or a superuser. Without ``delay_days`` it is that of the bank.
    """
    delay = sql.SQL("fraud_label_delay()")
    if delay_days is not None:
        delay = sql.SQL("make_interval(secs => {})").format(sql.Literal(delay_days * 86400))
    query = sql.SQL(QUERIES["copy_features"]).format(
        features=_ARRAY, first=first, after=after, delay=delay, condition=condition or sql.SQL("")
    )
    with psycopg.connect(url) as connection:
        for setting in _SETTINGS:
            connection.execute(setting)
        with connection.cursor().copy(query) as copy:
            yield from _read(copy)


def _read(copy: psycopg.Copy) -> Generator[Computed]:
    waiting, skip = bytearray(), _HEADER_BYTES
    size, most = _RECORD.itemsize, 20_000
    for data in copy:
        waiting += data
        if skip and len(waiting) >= skip:
            del waiting[:skip]
            skip = 0
        if not skip and len(waiting) >= most * size:
            yield _computed(waiting, most)
            del waiting[: most * size]
    # What ends the copy is two bytes.
    yield _computed(waiting, len(waiting) // size)


def _computed(waiting: bytearray, count: int) -> Computed:
    records: NDArray[Any] = np.frombuffer(bytes(waiting[: count * _RECORD.itemsize]), dtype=_RECORD)
    return Computed(
        records["id"].astype(np.int64), records["customer"].copy(), records["features"]["value"].astype(np.float32)
    )


def feature_rows(url: str, ids: range, *, delay_days: float) -> NDArray[np.float32]:
    """Of the events with these ids; shape (events, ``NAMES``)."""
    parts = [part.rows for part in compute_features(url, ids.start, ids.stop, delay_days=delay_days)]
    return np.concatenate([*parts, np.zeros((0, len(NAMES)), dtype=np.float32)])
