"""Card payments from a file that somebody brings, checked."""

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput

COLUMNS = ("transaction_id", "occurred_at", "customer_id", "terminal_id", "amount_cents", "is_fraud")
SCENARIO = "fraud_scenario"
"""Explains the label; read for reports and never a feature."""
_READERS = {".parquet": "read_parquet", ".csv": "read_csv"}
_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is fetched from anywhere."""
_MOST = 10**13
"""Cents of one payment: more is a mistake in the file."""
_WRONG = {
    "try_cast(occurred_at as timestamp) is null": "occurred_at is no date and time",
    "customer_id is null or terminal_id is null": "customer_id or terminal_id is empty",
    # What is no number is null, which coalesce turns into the largest.
    f"coalesce(try_cast(amount_cents as double), 1e300) not between 0 and {_MOST}": "amount_cents is no amount",
    "try_cast(amount_cents as double) % 1 <> 0": "amount_cents is no whole number",
    "try_cast(is_fraud as boolean) is null": "is_fraud is neither true nor false",
}
_SELECT = """
    select epoch_us(occurred_at::timestamp) as moment, customer_id::varchar as customer,
           terminal_id::varchar as terminal, amount_cents::double::bigint as amount, is_fraud::boolean as fraud,
           coalesce({}::varchar, '') as scenario
      from found order by moment, transaction_id"""


@dataclass(frozen=True)
class Dataset:
    """Columns of shape (events,), in the order of time."""

    name: str
    sha256: str
    occurred_at: NDArray[np.datetime64]
    """UTC, microseconds."""
    customer: NDArray[np.str_]
    terminal: NDArray[np.str_]
    amount_cents: NDArray[np.int64]
    is_fraud: NDArray[np.bool_]
    scenario: NDArray[np.str_] | None

    def __len__(self) -> int:
        return len(self.occurred_at)

    def days(self) -> NDArray[np.int64]:
        """Since 1970, UTC."""
        return self.occurred_at.astype("datetime64[D]").astype(np.int64)

    def part(self, rows: NDArray[Any]) -> "Dataset":
        columns = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("name", "sha256")
        }
        return replace(self, **{name: None if column is None else column[rows] for name, column in columns.items()})

    def before(self, moment: np.datetime64) -> NDArray[np.bool_]:
        return np.asarray(self.occurred_at < moment)


def read_dataset(path: Path) -> Dataset:
    """From Parquet or CSV with a header, by the file's name. Moments without a zone are UTC.

    Raises:
        InvalidInput: it is no such file, a column is missing, or a value is none; the message says which.
    """
    reader = _READERS.get(path.suffix)
    if reader is None or not path.is_file():
        raise InvalidInput(f"{path} is no file that ends in {' or '.join(_READERS)}.")
    # Slow to import, and the server never needs it.
    import duckdb  # noqa: PLC0415

    try:
        with duckdb.connect(config=_ALONE) as connection:
            # A moment with a zone would become one of this machine's.
            connection.execute("set TimeZone = 'UTC'")
            # A view takes no parameters; DuckDB reads files and has no database that a name could hurt.
            connection.execute(f"create view found as select * from {reader}({_quoted(path)})")  # noqa: S608
            columns = [row[0] for row in connection.execute("describe found").fetchall()]
            missing = [name for name in COLUMNS if name not in columns]
            if missing:
                raise InvalidInput(f"{path.name} has no column {', '.join(missing)}; wanted are {', '.join(COLUMNS)}.")
            _refuse_wrong(connection, path.name)
            found = connection.execute(_SELECT.format(SCENARIO if SCENARIO in columns else "null")).fetchnumpy()
    except duckdb.Error as error:
        raise InvalidInput(f"{path.name} cannot be read: {error}.") from error
    if not len(found["moment"]):
        raise InvalidInput(f"{path.name} has no rows.")
    return Dataset(
        name=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        occurred_at=found["moment"].astype("datetime64[us]"),
        customer=found["customer"].astype(np.str_),
        terminal=found["terminal"].astype(np.str_),
        amount_cents=found["amount"].astype(np.int64),
        is_fraud=found["fraud"].astype(np.bool_),
        scenario=found["scenario"].astype(np.str_) if SCENARIO in columns else None,
    )


def join(first: Dataset, second: Dataset) -> Dataset:
    """One after the other; both keep their names.

    Raises:
        InvalidInput: the second begins before the first ends.
    """
    if second.occurred_at[0] < first.occurred_at[-1]:
        raise InvalidInput(f"{second.name} begins before {first.name} ends: the history has to be older than the test.")
    keys = ("occurred_at", "customer", "terminal", "amount_cents", "is_fraud")
    both: dict[str, Any] = {key: np.concatenate([getattr(first, key), getattr(second, key)]) for key in keys}
    return Dataset(f"{first.name}, {second.name}", first.sha256, **both, scenario=None)


def days_before(moment: np.datetime64, days: float) -> np.datetime64:
    return moment - np.timedelta64(timedelta(days=days))


def _refuse_wrong(connection: Any, name: str) -> None:
    for condition, words in _WRONG.items():
        query = f"select count(*), min(transaction_id) from found where {condition}"  # noqa: S608
        [(wrong, first)] = connection.execute(query).fetchall()
        if wrong:
            raise InvalidInput(f"{name}: {words} in {wrong} rows, for instance transaction {first}.")
    [(rows, ids)] = connection.execute("select count(*), count(distinct transaction_id) from found").fetchall()
    if rows != ids:
        raise InvalidInput(f"{name}: transaction_id has to be there and different in each row.")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
