"""A customer disputes what a test made them pay; staff and the worker do their part."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from tests.tools.asking import done
from tests.tools.conftest import Desk
from tools.disputes.staff import StaffDispute, get_dispute
from tools.staff.context import StaffContext

Become = Callable[[str], StaffContext]

_PAY = """
    with account as (
        select a.* from accounts a where a.customer_id = %(customer)s and a.name = %(account)s),
    merchant as (
        insert into merchants (id, name, category, mcc, city, country)
        values (900001, 'Zebra Stores', 'shopping', '5999', 'Leeds', %(country)s) on conflict do nothing),
    entry as (
        insert into journal_entries (kind, description, booked_at)
        select 'card_payment', 'For a test', %(at)s where %(status)s = 'booked' returning id),
    posted as (
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
        select e.id, a.id, a.customer_id, -%(minor)s, a.currency, %(at)s from entry e, account a
        union all
        select e.id, i.id, null, %(minor)s, i.currency, %(at)s
          from entry e, account a join accounts i
            on i.customer_id is null and i.name = 'Clearing' and i.currency = a.currency)
    insert into transactions (customer_id, account_id, card_id, merchant_id, entry_id, kind, status, amount_minor,
                              currency, category, description, occurred_at, booked_at)
    select a.customer_id, a.id,
           case when %(kind)s <> 'transfer_out'
                then (select id from cards c where c.account_id = a.id order by created_at, last4 limit 1) end,
           case when %(kind)s <> 'transfer_out' then 900001 end,
           (select id from entry), %(kind)s, %(status)s, -%(minor)s, a.currency, 'shopping', 'Zebra Stores', %(at)s,
           case when %(status)s = 'booked' then %(at)s end
      from account a
    returning id
"""


def pay(
    desk: Desk,
    minor: int = 24_999,
    *,
    at: datetime | None = None,
    kind: Literal["card_payment", "cash_withdrawal", "transfer_out"] = "card_payment",
    status: Literal["booked", "pending"] = "booked",
    country: str = "GB",
) -> int:
    """A payment of alex's that a stranger made; the transaction."""
    [row] = desk.owner(
        _PAY,
        customer=desk.alex,
        account="Everyday",
        minor=minor,
        at=at or desk.now - timedelta(days=2),
        kind=kind,
        status=status,
        country=country,
    )
    return row["id"]


async def disputed(desk: Desk, transaction: int, reason: str = "unauthorised", **more: Any) -> UUID:
    """Alex has opened and confirmed it."""
    await done(desk, "open_dispute", reference=str(transaction), reason=reason, **more)
    [row] = desk.owner("select id from disputes where transaction_id = %(id)s and state <> 'withdrawn'", id=transaction)
    return row["id"]


def balance(desk: Desk) -> int:
    query = "select balance_minor from accounts where customer_id = %(id)s and name = 'Everyday'"
    return desk.owner(query, id=desk.alex)[0]["balance_minor"]


def clock(desk: Desk, dispute: UUID, kind: str) -> dict[str, Any]:
    query = "select * from dispute_clocks where dispute_id = %(id)s and kind = %(kind)s order by due_at desc limit 1"
    return desk.owner(query, id=dispute, kind=kind)[0]


def state(desk: Desk, dispute: UUID) -> str:
    return desk.owner("select state from disputes where id = %(id)s", id=dispute)[0]["state"]


def sound(desk: Desk) -> bool:
    return desk.owner("select * from ledger_faults") == []


def live_in(desk: Desk, country: str) -> None:
    desk.owner(
        "update accounts set jurisdiction = %(country)s where customer_id = %(id)s", country=country, id=desk.alex
    )


async def looked_at(become: Become, dispute: UUID) -> StaffDispute:
    return await get_dispute(become("agent"), dispute, "asked about it")
