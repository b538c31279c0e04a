"""A bank of events from a file, in a PostgreSQL of its own that goes with the run: the SQL is the bank's own."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from core.db.migrate import migrate
from core.db.queries import Queries
from core.db.urls import with_options
from core.services import running_services
from core.settings import Settings
from tools.fraud.features.dataset import Dataset

QUERIES = Queries(Path(__file__).with_name("batch.sql"))

_QUICK = (
    "-c synchronous_commit=off -c maintenance_work_mem=512MB -c work_mem=128MB -c session_replication_role=replica "
    "-c jit=off"
)
_EPOCH = np.datetime64("2000-01-01", "us")
"""PostgreSQL counts from here."""
_RECORD = np.dtype(
    [("fields", ">i2")]
    + [
        field
        for name, kind in (("id", ">i8"), ("customer", "V16"), ("party", "V16"), ("amount", ">i8"), ("at", ">i8"))
        for field in ((f"{name}_size", ">i4"), (name, kind))
    ]
)
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"


@contextmanager
def scratch_bank(dataset: Dataset, delay_days: float) -> Generator[str]:
    """The administrator's URL of a database whose event ``n + 1`` is row n of the data. Labels of the whole file are in
    it, each known ``delay_days`` after its event."""
    # Sockets need a short path.
    with TemporaryDirectory(prefix="tgf-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            load_events(services.admin_url, dataset, delay_days)
            yield services.admin_url


def load_events(admin_url: str, dataset: Dataset, delay_days: float) -> None:
    """Into empty tables, as a superuser: customers of a file are nobody's customers, so no foreign key is asked."""
    with psycopg.connect(with_options(admin_url, _QUICK)) as admin:
        indexes = admin.execute(QUERIES["list_indexes"]).fetchall()
        for name, _ in indexes:
            admin.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
        with admin.cursor().copy(QUERIES["copy_events"]) as copy:
            copy.write(_HEADER)
            for start in range(0, len(dataset), 100_000):
                copy.write(_records(dataset, slice(start, start + 100_000)))
            copy.write(_TRAILER)
        for _, definition in indexes:
            admin.execute(definition)
        admin.execute("analyze fraud_events")
        frauds = (np.flatnonzero(dataset.is_fraud) + 1).tolist()
        admin.execute(QUERIES["label_events"], {"frauds": frauds, "days": delay_days})
        admin.execute("select fill_fraud_firsts()")
        last = dataset.occurred_at[-1].astype("datetime64[D]").item()
        admin.execute("select settle_fraud_days(%s)", [last])
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("vacuum analyze fraud_events, fraud_labels, fraud_firsts, fraud_party_days")


def _records(dataset: Dataset, rows: slice) -> bytes:
    part = dataset.part(np.arange(len(dataset))[rows])
    records: NDArray[Any] = np.zeros(len(part), dtype=_RECORD)
    records["fields"] = 5
    values = {
        "id": np.arange(len(dataset))[rows] + 1,
        "customer": _keys("customer", part.customer),
        "party": _keys("terminal", part.terminal),
        "amount": part.amount_cents,
        "at": (part.occurred_at - _EPOCH).astype(np.int64),
    }
    for name, column in values.items():
        records[f"{name}_size"] = _RECORD[name].itemsize
        records[name] = column
    return records.tobytes()


def _keys(kind: str, names: NDArray[np.str_]) -> NDArray[np.void]:
    """fraud_thing() of each."""
    known, inverse = np.unique(names, return_inverse=True)
    digests = [hashlib.md5(f"{kind}:{name}".encode(), usedforsecurity=False).digest() for name in known]
    return np.array([np.void(digest) for digest in digests], dtype="V16")[inverse]
