"""Features and scores of what the bank's customers paid before anybody scored it."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any, Protocol

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from core.db.urls import with_options
from tools.fraud.features.batch import Computed, compute_features
from tools.fraud.features.scratch import QUERIES
from tools.fraud.features.shapes import NAMES

_QUICK = "-c synchronous_commit=off -c work_mem=128MB -c jit=off"
_SPAN = 100_000
"""Events that one connection computes at a time."""
_MARGIN = timedelta(days=1)
"""A day is settled when no transaction that began in it can still be open."""
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_REAL = 700
"""PostgreSQL's number of the type real."""


class Scoring(Protocol):
    """What turns rows of shape (events, ``NAMES``) into probabilities, and its name."""

    model: str

    def probabilities(self, rows: NDArray[Any]) -> NDArray[Any]: ...


@dataclass(frozen=True)
class Backfilled:
    remembered: int
    settled: int
    scored: int
    seconds: float


def backfill(owner_url: str, scorer: Scoring, now: datetime) -> Backfilled:
    """Remembers transactions that are no events yet, settles the days that are over, scores what this model has not.

    May be stopped and started again, while the bank is open.
    """
    begun = perf_counter()
    with psycopg.connect(with_options(owner_url, _QUICK)) as owner:
        remembered = _number(owner, "select remember_transactions()")
    settled = settle(owner_url, now)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("vacuum analyze fraud_events, fraud_firsts, fraud_labels, fraud_party_days")
        last = _number(owner, "select coalesce(max(id), 0) from fraud_events")
    spans = [range(first, min(first + _SPAN, last + 1)) for first in range(1, last + 1, _SPAN)]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        scored = sum(pool.map(partial(_score, owner_url, scorer), spans))
    return Backfilled(remembered, settled, scored, round(perf_counter() - begun, 2))


def settle(owner_url: str, now: datetime) -> int:
    """Running totals of the days that are over; for now and then. Without, features are the same and slower."""
    with psycopg.connect(with_options(owner_url, _QUICK)) as owner:
        return _number(owner, "select settle_fraud_days(%s)", [(now - _MARGIN).date()])


def _score(owner_url: str, scorer: Scoring, span: range) -> int:
    scored = 0
    unscored = sql.SQL(QUERIES["unscored"]).format(model=scorer.model)
    with psycopg.connect(with_options(owner_url, _QUICK)) as owner:
        owner.execute(QUERIES["forget_scores"], {"first": span.start, "after": span.stop, "model": scorer.model})
        for part in compute_features(owner_url, span.start, span.stop, condition=unscored):
            if len(part.ids):
                with owner.cursor().copy(QUERIES["copy_scores"]) as copy:
                    copy.write(_HEADER + _records(part, scorer) + _TRAILER)
                scored += len(part.ids)
    return scored


def _records(part: Computed, scorer: Scoring) -> bytes:
    name = scorer.model.encode()
    record = np.dtype(
        [
            *[("fields", ">i2"), ("id_size", ">i4"), ("id", ">i8"), ("customer_size", ">i4"), ("customer", "V16")],
            *[("model_size", ">i4"), ("model", f"S{len(name)}"), ("probability_size", ">i4"), ("probability", ">f4")],
            *[("array_size", ">i4"), ("head", ">i4", (5,))],
            ("features", [("size", ">i4"), ("value", ">f4")], (len(NAMES),)),
        ]
    )
    rows: NDArray[Any] = np.zeros(len(part.ids), dtype=record)
    rows["fields"], rows["id_size"], rows["customer_size"], rows["probability_size"] = 5, 8, 16, 4
    rows["id"], rows["customer"], rows["model_size"], rows["model"] = part.ids, part.customers, len(name), name
    rows["probability"] = scorer.probabilities(part.rows)
    # Dimensions, whether there are nulls, element type, length, lower bound.
    rows["array_size"], rows["head"] = 20 + 8 * len(NAMES), (1, 0, _REAL, len(NAMES), 1)
    rows["features"]["size"], rows["features"]["value"] = 4, part.rows
    return rows.tobytes()


def _number(connection: psycopg.Connection[Any], query: Any, values: list[Any] | None = None) -> int:
    return connection.execute(query, values).fetchall()[0][0]
