"""What the bank's card processor may do: hold money for a payment, take it, let it go; for whom, and when the bank says
no."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection, Error
from psycopg.rows import DictRow, dict_row

from core.clock import BANK_TIME_ZONE
from tests.tools.cards.approving import approved, card, put
from tests.tools.cards.processor import Processor
from tests.tools.conftest import Desk


class Till(Processor):
    """Where alex pays: cards by their last digits, terminals by their kind."""

    def __init__(self, desk: Desk, connection: Connection[DictRow]) -> None:
        super().__init__(connection, desk.alex)
        self._desk, self._references = desk, count(1)

    def pay(
        self,
        minor: int | None,
        *,
        last4: str = "4821",
        kind: str = "in_store",
        country: str = "GB",
        contactless: bool = False,
        reference: str | None = None,
        holder: UUID | None = None,
        now: datetime | None = None,
    ) -> dict[str, Any]:
        return self.authorise(
            card(self._desk, last4)["id"],
            terminal(self._desk, kind, country),
            minor,
            reference or f"till-{next(self._references)}",
            contactless=contactless,
            now=now or self._desk.now,
            holder=holder,
        )

    def take(self, held: dict[str, Any], minor: int | None, holder: UUID | None = None) -> dict[str, Any]:
        return self.capture(held["id"], minor, now=self._desk.now, holder=holder)

    def let_go(self, held: dict[str, Any], holder: UUID | None = None) -> dict[str, Any]:
        return self.release(held["id"], now=self._desk.now, holder=holder)


@pytest.fixture
def till(desk: Desk) -> Iterator[Till]:
    with psycopg.connect(desk.services.admin_url, row_factory=dict_row, autocommit=True) as connection:
        yield Till(desk, connection)


def terminal(desk: Desk, kind: str, country: str = "GB") -> int:
    if country != "GB":
        desk.owner("""insert into merchants (id, name, category, mcc, city, country)
                      values (900001, 'Casa Miramar', 'travel', '7011', 'Lisbon', %(country)s)
                      on conflict do nothing""", country=country)  # fmt: skip
        desk.owner("""insert into terminals (id, merchant_id, kind, label) values (900001, 900001, 'in_store', 'Desk')
                      on conflict do nothing""")
        return 900001
    [row] = desk.owner("select id from terminals where kind = %(kind)s order by id limit 1", kind=kind)
    return row["id"]


def account(desk: Desk, name: str = "Everyday") -> tuple[int, int]:
    """Ledger balance and holds."""
    [row] = desk.owner("select balance_minor, held_minor from accounts where name = %(name)s and customer_id = %(id)s",
                       name=name, id=desk.alex)  # fmt: skip
    return row["balance_minor"], row["held_minor"]


def other_side(desk: Desk, booked: dict[str, Any]) -> dict[str, Any]:
    """The bank's account that a booked payment went to."""
    [side] = desk.owner(
        """select a.name, p.amount_minor from postings p join accounts a on a.id = p.account_id
            where p.entry_id = %(entry)s and p.customer_id is null""",
        entry=booked["entry_id"],
    )
    return side


def spend_nothing_today(desk: Desk) -> None:
    """Moves today's payments of the demo bank to another day, so that limits are whole."""
    desk.owner("update transactions set occurred_at = occurred_at - interval '40 days' where card_id is not null"
               " and occurred_at > %(since)s", since=desk.now - timedelta(days=32))  # fmt: skip


async def test_a_payment_is_held_then_taken(desk: Desk, till: Till):
    balance, holds = account(desk)

    held = till.pay(2_500)

    assert (held["status"], held["amount_minor"], held["currency"], held["kind"]) == (
        "pending",
        -2_500,
        "GBP",
        "card_payment",
    )
    assert account(desk) == (balance, holds + 2_500)

    taken = till.take(held, 2_400)

    assert (taken["id"], taken["status"], taken["amount_minor"], taken["authorised_minor"]) == (
        held["id"],
        "booked",
        -2_400,
        2_500,
    )
    assert account(desk) == (balance - 2_400, holds)
    assert other_side(desk, taken) == {"name": "Card settlement", "amount_minor": 2_400}
    assert desk.owner("select * from ledger_faults") == []


async def test_cash_is_held_then_taken_from_the_machines(desk: Desk, till: Till):
    held = till.pay(2_000, kind="atm")
    taken = till.take(held, 2_000)

    assert (taken["kind"], taken["category"]) == ("cash_withdrawal", "cash")
    assert other_side(desk, taken) == {"name": "Cash", "amount_minor": 2_000}


async def test_a_hold_that_is_let_go_cannot_be_taken_and_the_other_way_round(desk: Desk, till: Till):
    before = account(desk)
    first, second = till.pay(1_000), till.pay(700)

    assert till.let_go(first)["status"] == "released"
    assert till.take(first, 1_000)["status"] == "released"
    assert till.let_go(first)["status"] == "released"
    booked = till.take(second, 700)
    assert till.take(second, 700) == booked
    assert till.let_go(second) == booked

    assert account(desk) == (before[0] - 700, before[1])
    entries = desk.owner("select count(*) as n from journal_entries where booked_at = %(now)s", now=desk.now)
    assert entries == [{"n": 1}]


async def test_what_was_pending_before_can_be_taken_too(desk: Desk, till: Till):
    """The demo bank's own pending payment, which no processor authorised."""
    [held] = desk.owner("select * from transactions where status = 'pending' and customer_id = %(id)s", id=desk.alex)

    assert till.take(held, 3_850)["status"] == "booked"
    assert account(desk, "Platinum")[1] == 0


async def test_a_request_that_comes_again_holds_once(desk: Desk, till: Till):
    first = till.pay(900, reference="a-1")

    assert till.pay(900, reference="a-1") == first
    assert account(desk)[1] == 900
    with pytest.raises(Error) as refused:
        till.pay(901, reference="a-1")
    assert refused.value.sqlstate == "TG034"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("frozen", "card_frozen"),
        ("blocked", "card_blocked"),
        ("pending_activation", "card_not_activated"),
        ("expired", "card_expired"),
        ("closed", "card_closed"),
    ],
)
async def test_a_card_that_is_not_active_is_declined(desk: Desk, till: Till, state: str, reason: str):
    put(desk, "4821", state)
    before = account(desk)

    declined = till.pay(100)

    assert (declined["status"], declined["decline_reason"]) == ("declined", reason)
    assert account(desk) == before
    assert till.take(declined, 100)["status"] == "declined"


async def test_a_card_past_its_date_is_declined(desk: Desk, till: Till):
    late = datetime.combine(card(desk, "4821")["expires_on"], datetime.min.time(), BANK_TIME_ZONE) + timedelta(days=1)

    assert till.pay(100, now=late - timedelta(seconds=1))["status"] == "pending"
    assert till.pay(100, now=late)["decline_reason"] == "card_expired"


@pytest.mark.parametrize(
    ("switch", "payment", "reason"),
    [
        ("contactless", {"contactless": True}, "contactless_off"),
        ("online", {"kind": "online"}, "online_payments_off"),
        ("cash_machines", {"kind": "atm"}, "cash_machines_off"),
        ("abroad", {"country": "PT"}, "payments_abroad_off"),
    ],
)
async def test_a_use_that_is_switched_off_is_declined(
    desk: Desk, till: Till, switch: str, payment: dict[str, Any], reason: str
):
    assert till.pay(100, **payment)["status"] == "pending"

    await approved(desk, desk.alex, "set_card_switch", card="4821", switch=switch, on=False)

    assert till.pay(100, **payment)["decline_reason"] == reason
    assert till.pay(100)["status"] == "pending"


async def test_a_frozen_account_pays_nothing_but_what_was_held_is_taken(desk: Desk, till: Till):
    held = till.pay(500)
    desk.owner("update accounts set status = 'frozen' where name = 'Everyday' and customer_id = %(id)s", id=desk.alex)

    assert till.pay(100)["decline_reason"] == "account_frozen"
    assert till.take(held, 500)["status"] == "booked"


async def test_what_is_held_cannot_be_spent_again(desk: Desk, till: Till):
    spend_nothing_today(desk)
    balance, holds = account(desk)

    assert till.pay(balance - holds - 100)["status"] == "pending"
    assert till.pay(101)["decline_reason"] == "insufficient_funds"
    assert till.pay(100)["status"] == "pending"
    payment = await desk.call(desk.alex, "pay_payee", payee="Maria Lopez", amount="0.01")
    assert "not enough money" in str(payment.error)


async def test_an_overdraft_counts_as_available(desk: Desk, till: Till):
    spend_nothing_today(desk)
    desk.owner(
        "update accounts set overdraft_minor = 10000 where name = 'Everyday' and customer_id = %(id)s", id=desk.alex
    )
    balance, holds = account(desk)

    held = till.pay(balance - holds + 10_000)

    assert till.pay(1)["decline_reason"] == "insufficient_funds"
    assert till.take(held, balance - holds + 10_000)["status"] == "booked"
    assert account(desk)[0] == holds - 10_000


async def test_the_customers_own_limit_counts_for_the_card(desk: Desk, till: Till):
    spend_nothing_today(desk)
    await approved(desk, desk.alex, "set_card_limit", card="4821", limit="payments", amount="50")

    first = till.pay(3_000)
    assert till.pay(2_001)["decline_reason"] == "limit_exceeded"
    assert till.pay(2_001, last4="9034", kind="online")["status"] == "pending"
    assert till.pay(2_001, kind="atm")["status"] == "pending"
    till.let_go(first)
    assert till.pay(5_000)["status"] == "pending"
    [left] = [each["left"] for each in (await desk.ask(desk.alex, "get_card_limits", card="4821"))["limits"]
              if each["limit"] == "payments"]  # fmt: skip
    assert left == "0.00"
    assert till.pay(5_000, now=desk.now + timedelta(days=1))["status"] == "pending"


async def test_the_banks_maximum_counts_for_all_cards_of_a_kind_on_an_account(desk: Desk, till: Till):
    spend_nothing_today(desk)
    desk.owner("""insert into cards (customer_id, account_id, kind, network, last4, status, expires_on)
                  select customer_id, account_id, kind, network, '0042', 'active', expires_on from cards
                   where last4 = '4821'""")

    assert till.pay(30_000, kind="atm")["status"] == "pending"
    assert till.pay(20_001, kind="atm", last4="0042")["decline_reason"] == "limit_exceeded"
    assert till.pay(20_000, kind="atm", last4="0042")["status"] == "pending"


async def test_a_virtual_cards_limit_runs_for_a_month(desk: Desk, till: Till):
    spend_nothing_today(desk)
    await approved(desk, desk.alex, "set_card_limit", card="9034", limit="payments", amount="40")
    first = desk.now.astimezone(BANK_TIME_ZONE).replace(day=1, hour=12)
    online: dict[str, Any] = {"last4": "9034", "kind": "online"}

    assert till.pay(2_500, now=first, **online)["status"] == "pending"
    assert till.pay(2_500, now=first + timedelta(days=26), **online)["decline_reason"] == "limit_exceeded"
    assert till.pay(2_500, now=first + timedelta(days=32), **online)["status"] == "pending"


@pytest.mark.parametrize(
    ("payment", "reason"),
    [
        ({"minor": 10_001, "contactless": True}, "contactless_limit_exceeded"),
        ({"minor": 100, "last4": "9034", "kind": "atm"}, "no_cash_with_virtual_card"),
        ({"minor": 50_001, "kind": "atm"}, "limit_exceeded"),
    ],
)
async def test_the_banks_own_rules(desk: Desk, till: Till, payment: dict[str, Any], reason: str):
    assert till.pay(payment.pop("minor"), **payment)["decline_reason"] == reason


@pytest.mark.parametrize("minor", [0, -1, None])
async def test_an_amount_that_is_none_is_refused(desk: Desk, till: Till, minor: int | None):
    held = till.pay(100)

    for refuse in (lambda: till.pay(minor), lambda: till.take(held, minor)):
        with pytest.raises(Error) as refused:
            refuse()
        assert refused.value.sqlstate == "TG033"


async def test_no_more_is_taken_than_was_authorised(desk: Desk, till: Till):
    held = till.pay(1_000)

    with pytest.raises(Error) as refused:
        till.take(held, 1_001)

    assert refused.value.sqlstate == "TG033"
    assert till.take(held, 1_000)["status"] == "booked"


async def test_somebody_elses_card_and_hold_are_not_there(desk: Desk, till: Till):
    held = till.pay(100)

    for attempt, code in (
        (lambda: till.pay(100, holder=desk.blair), "TG031"),
        (lambda: till.take(held, 100, holder=desk.blair), "TG035"),
        (lambda: till.let_go(held, holder=desk.blair), "TG035"),
    ):
        with pytest.raises(Error) as refused:
            attempt()
        assert refused.value.sqlstate == code
    assert account(desk)[1] == 100


async def test_the_processor_reads_and_changes_nothing_by_itself(desk: Desk):
    with psycopg.connect(desk.services.worker_url, autocommit=True) as connection:
        for statement in (
            "select last4 from cards",
            "update cards set status = 'active'",
            "select amount_minor from transactions",
            "update transactions set status = 'released'",
            "insert into postings default values",
            "select post_fee(null::banking_operations, null, 1, '', now())",
            "select lock_hold(1, null)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
