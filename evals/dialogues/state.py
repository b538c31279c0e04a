"""What the database says about a customer, under the keys of a scenario's `state`.

account:NAME           ledger balance, a decimal string
card:LAST4             its status
payee:NAME             present
standing_order:NAME    amount of the active one to this payee or own account; of several, each
scheduled:NAME         likewise, what is still to be paid on a later day
operations:STATUS      how many were proposed since the scenario began and are now completed, pending, cancelled, ...
alerts:STATUS          how many are open, confirmed_genuine or confirmed_fraud
cases:opened           what was opened since then for a person to take up: hand-overs, cases of care, complaints
complaints:opened      how many of these are complaints; likewise callbacks:opened, appointments:opened,
                       disputes:opened
pending                whether a proposal waits for the customer
task                   the open task: the top of the stack that is saved with the conversation

What is not there is `absent`.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from agent.dialogue.shapes import Dialogue, new_dialogue, top
from core.clock import system_clock
from core.db.queries import Queries
from core.money import Money
from core.services import Services

ABSENT = "absent"
Value = str | bool | None
Rows = list[dict[str, Any]]
_QUERIES = Queries(Path(__file__).with_name("state.sql"))


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


@contextmanager
def open_records(services: Services) -> Generator["Records"]:
    """A visitor's: choose the customer with `of`. Each statement is a transaction of its own."""
    with (
        Connection[DictRow].connect(services.admin_url, autocommit=True, row_factory=dict_row) as connection,
        PostgresSaver.from_conn_string(services.checkpoint_url) as checkpoints,
    ):
        yield Records(connection, checkpoints, None, system_clock())


def is_known(key: str) -> bool:
    kind, colon, name = key.partition(":")
    return key in (TASK, "pending") or (kind in _READERS and kind != "pending" and bool(colon and name))


@dataclass(frozen=True, slots=True)
class Records:
    """Of one customer since a moment."""

    connection: Connection[DictRow]
    """Of the database's superuser: what is there must not depend on what the assistant may see."""
    checkpoints: PostgresSaver
    """What is saved with the conversations."""
    customer: UUID | None
    """None: a visitor, of whom nothing is recorded."""
    since: datetime

    def of(self, customer: UUID | None) -> "Records":
        """From now on."""
        return replace(self, customer=customer, since=system_clock())

    def read(self, key: str, session_id: str | None) -> list[Value]:
        """What is there: one value, or one for each of several standing orders or scheduled payments.

        Args:
            key: one that `is_known`.
            session_id: the conversation, once it has begun.
        """
        if key == TASK:
            return [session_id and self._find_task(session_id)]
        kind, _, name = key.partition(":")
        query, reading = _READERS[kind]
        return reading(self._fetch(query, name))

    def _find_task(self, session_id: str) -> str | None:
        saved = self.checkpoints.get_tuple({"configurable": {"thread_id": session_id}})
        dialogue: Dialogue = saved.checkpoint["channel_values"]["dialogue"] if saved else new_dialogue()
        task = top(dialogue)
        return task and task["tool"]

    def has_changed(self) -> bool:
        """Whether the customer may be other than as seeded."""
        return self._fetch("has_changed", "")[0]["value"]

    def _fetch(self, query: str, name: str) -> Rows:
        values = {"customer": self.customer, "name": name, "since": self.since, "now": system_clock()}
        return self.connection.execute(_QUERIES[query], values).fetchall()
