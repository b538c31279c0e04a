"""What the database says about a customer, under the keys of a scenario's `state`.

account:NAME           ledger balance, a decimal string
card:LAST4             its status
payee:NAME             present
standing_order:NAME    amount of the active one to this payee or own account; of several, each
scheduled:NAME         likewise, what is still to be paid on a later day
operations:STATUS      how many were proposed since the scenario began and are now completed, pending, cancelled, ...
alerts:STATUS          how many are open, confirmed_genuine or confirmed_fraud
cases:opened           how often the customer was handed over to a person since then; likewise complaints:opened,
                       callbacks:opened, appointments:opened and disputes:opened
pending                whether a proposal waits for the customer
task                   the open task, as the last answer said it

What is not there is `absent`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from core.clock import system_clock
from core.db.queries import Queries
from core.money import Money

ABSENT = "absent"
Value = str | bool | None
Rows = list[dict[str, Any]]
_QUERIES = Queries(Path(__file__).with_name("dialogue_state.sql"))


def _values(rows: Rows) -> list[Value]:
    return [row["value"] for row in rows] or [ABSENT]


def _amounts(rows: Rows) -> list[Value]:
    return [str(Money(row["minor"], row["currency"]).decimal) for row in rows] or [ABSENT]


_READERS: dict[str, tuple[str, Callable[[Rows], list[Value]]]] = {
    "account": ("find_balance", _amounts),
    "card": ("find_card", _values),
    "payee": ("find_payee", _values),
    "standing_order": ("list_standing_orders", _amounts),
    "scheduled": ("list_scheduled", _amounts),
    "operations": ("count_operations", _values),
    "alerts": ("count_alerts", _values),
    "cases": ("count_cases", _values),
    "complaints": ("count_complaints", _values),
    "callbacks": ("count_callbacks", _values),
    "appointments": ("count_appointments", _values),
    "disputes": ("count_disputes", _values),
    "pending": ("is_pending", _values),
}
TASK = "task"


def is_known(key: str) -> bool:
    kind, colon, name = key.partition(":")
    return key in (TASK, "pending") or (kind in _READERS and kind != "pending" and bool(colon and name))


@dataclass(frozen=True, slots=True)
class Records:
    connection: Connection[DictRow]
    """Of the database's superuser: what is there must not depend on what the assistant may see."""
    customer: UUID | None
    """None: a visitor, of whom nothing is recorded."""
    since: datetime

    def read(self, key: str, task: str | None) -> list[Value]:
        """What is there: one value, or one for each of several standing orders or scheduled payments.

        Args:
            key: one that `is_known`.
            task: what the last answer called the open task.
        """
        if key == TASK:
            return [task]
        kind, _, name = key.partition(":")
        query, reading = _READERS[kind]
        return reading(self._fetch(query, name))

    def has_changed(self) -> bool:
        """Whether the customer may be other than as seeded."""
        return self._fetch("has_changed", "")[0]["value"]

    def _fetch(self, query: str, name: str) -> Rows:
        values = {"customer": self.customer, "name": name, "since": self.since, "now": system_clock()}
        return self.connection.execute(_QUERIES[query], values).fetchall()
