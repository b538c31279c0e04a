"""What tests of payments of a later day share: another clock, the worker, and rows as the tables' owner sees them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from core.clock import BANK_TIME_ZONE
from tests.tools.conftest import Desk
from tools.schedules.worker import Tally

Work = Callable[[datetime], Awaitable[Tally]]
"""One round of a worker whose clock says that."""


def today(desk: Desk) -> date:
    return desk.context(desk.alex).today


def later(desk: Desk, days: int) -> date:
    return today(desk) + timedelta(days=days)


def at(desk: Desk, now: datetime) -> Desk:
    """The same bank at another time."""
    return replace(desk, now=now)


def london(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), BANK_TIME_ZONE)


def balances(desk: Desk) -> dict[str, int]:
    rows = desk.owner("select name, balance_minor from accounts where customer_id = %(id)s", id=desk.alex)
    return {row["name"]: row["balance_minor"] for row in rows}


def scheduled(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from scheduled_payments where customer_id = %(id)s order by due_on, id", id=desk.alex)


def orders(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from standing_orders where customer_id = %(id)s order by created_at, id", id=desk.alex)


def payments(desk: Desk) -> list[dict[str, Any]]:
    """Operations that the schedule began for alex."""
    return desk.owner(
        "select * from banking_operations"
        " where customer_id = %(id)s and initiated_by = 'schedule' order by created_at, id",
        id=desk.alex,
    )


def set_balance(desk: Desk, account: str, minor: int) -> None:
    """By an entry with the bank's clearing account."""
    desk.owner(
        """with entry as (
               insert into journal_entries (kind, description, booked_at)
               values ('transfer', 'For a test', now()) returning id),
           moved as (
               select a.id, a.customer_id, a.currency, %(minor)s - a.balance_minor as amount
                 from accounts a where a.customer_id = %(customer)s and a.name = %(account)s)
           insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
           select entry.id, moved.id, moved.customer_id, moved.amount, moved.currency, now() from entry, moved
           union all
           select entry.id, c.id, null, -moved.amount, moved.currency, now() from entry, moved
             join accounts c on c.customer_id is null and c.name = 'Clearing' and c.currency = moved.currency""",
        minor=minor,
        customer=desk.alex,
        account=account,
    )


def add_payee(desk: Desk, name: str, currency: str, iban: str) -> UUID:
    [row] = desk.owner(
        """insert into payees (customer_id, name, iban, currency, created_at)
           values (%(customer)s, %(name)s, %(iban)s, %(currency)s, now()) returning id""",
        customer=desk.alex,
        name=name,
        iban=iban,
        currency=currency,
    )
    return row["id"]
