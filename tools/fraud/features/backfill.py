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
from psycopg.adapt import Dumper
from psycopg.pq import Format

from core.db.urls import with_options
from tools.fraud.features.batch import compute_features
from tools.fraud.features.scratch import QUERIES
from tools.fraud.features.shapes import NAMES

_QUICK = "-c synchronous_commit=off -c work_mem=128MB -c jit=off"
_SPAN = 100_000
"""Events that one connection computes at a time."""
_MARGIN = timedelta(days=1)
"""A day is settled when no transaction that began in it can still be open."""


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
    remembered, settled = remember(owner_url, now)
    with psycopg.connect(owner_url) as owner:
        last = _number(owner, "select coalesce(max(id), 0) from fraud_events")
    spans = [range(first, min(first + _SPAN, last + 1)) for first in range(1, last + 1, _SPAN)]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        scored = sum(pool.map(partial(_score, owner_url, scorer), spans))
    return Backfilled(remembered, settled, scored, round(perf_counter() - begun, 2))


def remember(owner_url: str, now: datetime) -> tuple[int, int]:
    """How many transactions became events, and how many days of how many parties were settled."""
    with psycopg.connect(with_options(owner_url, _QUICK)) as owner:
        remembered = _number(owner, "select remember_transactions()")
    settled = settle(owner_url, now)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("vacuum analyze fraud_events, fraud_firsts, fraud_labels, fraud_party_days")
    return remembered, settled


def settle(owner_url: str, now: datetime) -> int:
    """Running totals of the days that are over; for now and then. Without, features are the same and slower."""
    with psycopg.connect(with_options(owner_url, _QUICK)) as owner:
        return _number(owner, "select settle_fraud_days(%s)", [(now - _MARGIN).date()])


def _score(owner_url: str, scorer: Scoring, span: range) -> int:
    scored = 0
    unscored = sql.SQL(QUERIES["unscored"]).format(model=scorer.model)
    with psycopg.connect(with_options(owner_url, _QUICK)) as owner:
        for kind, dumper in ((_Reals, _RealsDumper), (_Numbers, _NumbersDumper), (_Ids, _IdsDumper)):
            owner.adapters.register_dumper(kind, dumper)
        owner.execute(QUERIES["forget_scores"], {"first": span.start, "after": span.stop, "model": scorer.model})
        for part in compute_features(owner_url, span.start, span.stop, condition=unscored):
            if len(part.ids):
                values = {
                    "model": scorer.model,
                    "size": len(NAMES),
                    "ids": _array(_Numbers, part.ids),
                    "customers": _array(_Ids, part.customers),
                    "probabilities": _array(_Reals, scorer.probabilities(part.rows)),
                    "features": _array(_Reals, part.rows),
                }
                owner.execute(QUERIES["add_scores"], values)
                scored += len(part.ids)
    return scored


class _Array(bytes):
    """An array in PostgreSQL's binary form: row-level security allows no COPY, and text would take minutes."""


class _Reals(_Array): ...


class _Numbers(_Array): ...


class _Ids(_Array): ...


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: _Array) -> bytes:
        return bytes(obj)


class _RealsDumper(_ArrayDumper):
    oid = 1021


class _NumbersDumper(_ArrayDumper):
    oid = 1016


class _IdsDumper(_ArrayDumper):
    oid = 2951


_ELEMENT: dict[type[_Array], tuple[int, str]] = {_Reals: (700, ">f4"), _Numbers: (20, ">i8"), _Ids: (2950, "V16")}
"""PostgreSQL's number of an element's type, and its form."""


def _array(kind: type[_Array], values: NDArray[Any]) -> _Array:
    oid, form = _ELEMENT[kind]
    element = np.dtype([("size", ">i4"), ("value", form)])
    elements: NDArray[Any] = np.zeros(values.size, dtype=element)
    elements["size"], elements["value"] = np.dtype(form).itemsize, values.ravel()
    # Dimensions, whether there are nulls, element type, length, lower bound.
    return kind(np.array([1, 0, oid, values.size, 1], dtype=">i4").tobytes() + elements.tobytes())


def _number(connection: psycopg.Connection[Any], query: Any, values: list[Any] | None = None) -> int:
    return connection.execute(query, values).fetchall()[0][0]
