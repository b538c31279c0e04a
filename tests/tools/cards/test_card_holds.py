"""Holds under any order of authorisations, captures, releases and what else happens to card and account; and many at
once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from psycopg import Error
from psycopg.rows import dict_row

from core.clock import BANK_TIME_ZONE
from core.services import Services
from tests.tools.cards.processor import Processor
from tests.tools.conftest import Desk

DEBIT, VIRTUAL = "4821", "9034"
DAILY_PAYMENTS, DAILY_CASH, CONTACTLESS = 500_000, 50_000, 10_000
BALANCE = 120_000
"""Of the account when an example begins."""


@dataclass
class Payment:
    """What the model knows of one authorisation."""

    id: int
    reference: str
    last4: str
    terminal: str
    status: str
    amount: int
    authorised: int
    day: int

    @property
    def is_cash(self) -> bool:
        return self.terminal == "atm"


class CardHolds(RuleBasedStateMachine):
    """One account with a debit and a virtual card, kept beside the database in plain numbers."""

    services: ClassVar[Services]
    started: ClassVar[datetime]

    def __init__(self) -> None:
        super().__init__()
        self.owner = psycopg.connect(self.services.owner_url, autocommit=True, row_factory=dict_row)
        self.worker = psycopg.connect(self.services.admin_url, autocommit=True, row_factory=dict_row)
        [login] = self._owner("select customer_id from credentials where email = %s", "alex@demo.example")
        self.alex: UUID = login["customer_id"]
        self.processor = Processor(self.worker, self.alex)
        terminals = self._owner("select kind, min(id) as id from terminals group by 1")
        self.terminals = {row["kind"]: row["id"] for row in terminals}
        self._owner("update cards set status = 'active', online_enabled = true where customer_id = %s", self.alex)
        rows = self._owner("select last4, id, account_id from cards where customer_id = %s", self.alex)
        self.cards = {row["last4"]: row["id"] for row in rows}
        self.account = next(row["account_id"] for row in rows if row["last4"] == DEBIT)
        self._empty_the_account()
        self.now = self.started
        self.day = 0
        self.balance, self.overdraft = BALANCE, 0
        self.states = {DEBIT: "active", VIRTUAL: "active"}
        self.online = {DEBIT: True, VIRTUAL: True}
        self.payments: list[Payment] = []

    def _owner(self, query: Any, *values: Any) -> list[dict[str, Any]]:
        cursor = self.owner.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def _empty_the_account(self) -> None:
        """Old holds go, old payments leave the days under test, and the balance is what the model begins with."""
        self._owner(
            """update transactions set occurred_at = occurred_at - interval '1 year',
                      status = case status when 'pending' then 'released' else status end,
                      released_at = case status when 'pending' then now() else released_at end
                where account_id = %s""",
            self.account,
        )
        [row] = self._owner("select balance_minor from accounts where id = %s", self.account)
        self._owner("update accounts set overdraft_minor = 0, status = 'open' where id = %s", self.account)
        missing = BALANCE - row["balance_minor"]
        if missing:
            self._owner(
                """with entry as (insert into journal_entries (kind, description, booked_at)
                                  values ('correction', 'Start', now()) returning id)
                   insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
                   select e.id, a.id, a.customer_id, case when a.customer_id is null then -%s else %s end, 'GBP', now()
                     from entry e, accounts a
                    where a.id = %s or (a.customer_id is null and a.name = 'Clearing' and a.currency = 'GBP')""",
                missing,
                missing,
                self.account,
            )

    # What the model expects ------------------------------------------------------------------------------------------

    @property
    def held(self) -> int:
        return sum(payment.amount for payment in self.payments if payment.status == "pending")

    def _used(self, *, is_cash: bool, last4: str) -> int:
        return sum(
            payment.amount
            for payment in self.payments
            if payment.status in ("pending", "booked")
            and (payment.is_cash, payment.last4, payment.day) == (is_cash, last4, self.day)
        )

    def _expected(self, last4: str, terminal: str, minor: int, contactless: bool) -> str | None:
        is_cash = terminal == "atm"
        most = DAILY_CASH if is_cash else DAILY_PAYMENTS
        if self.states[last4] != "active":
            return f"card_{self.states[last4]}"
        if is_cash and last4 == VIRTUAL:
            return "no_cash_with_virtual_card"
        if terminal == "online" and not self.online[last4]:
            return "online_payments_off"
        if contactless and not is_cash and minor > CONTACTLESS:
            return "contactless_limit_exceeded"
        if last4 == DEBIT and self._used(is_cash=is_cash, last4=last4) + minor > most:
            return "limit_exceeded"
        return "insufficient_funds" if self.balance - self.held + self.overdraft < minor else None

    # What happens ----------------------------------------------------------------------------------------------------

    @rule(
        last4=st.sampled_from([DEBIT, VIRTUAL]),
        terminal=st.sampled_from(["in_store", "online", "atm"]),
        minor=st.one_of(st.integers(1, 60_000), st.integers(1, 300)),
        contactless=st.booleans(),
        twice=st.booleans(),
    )
    def authorise(self, last4: str, terminal: str, minor: int, contactless: bool, twice: bool) -> None:
        reason = self._expected(last4, terminal, minor, contactless)
        reference = str(uuid4())
        answers = [
            self.processor.authorise(
                self.cards[last4], self.terminals[terminal], minor, reference, contactless=contactless, now=self.now
            )
            for _ in range(1 + twice)
        ]
        assert answers[0] == answers[-1]
        assert answers[0]["decline_reason"] == reason
        status = "pending" if reason is None else "declined"
        assert answers[0]["status"] == status
        self.payments.append(Payment(answers[0]["id"], reference, last4, terminal, status, minor, minor, self.day))

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), share=st.integers(0, 110))
    def capture(self, data: st.DataObject, share: int) -> None:
        payment = data.draw(st.sampled_from(self.payments))
        minor = payment.authorised * share // 100
        if payment.status == "pending" and not 0 < minor <= payment.authorised:
            with pytest.raises(Error) as refused:
                self.processor.capture(payment.id, minor, now=self.now)
            assert refused.value.sqlstate == "TG033"
            return
        if payment.status == "pending":
            payment.status, payment.amount = "booked", minor
            self.balance -= minor

        self._check(payment, self.processor.capture(payment.id, minor, now=self.now))

    @precondition(lambda self: self.payments)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        payment = data.draw(st.sampled_from(self.payments))
        if payment.status == "pending":
            payment.status = "released"

        self._check(payment, self.processor.release(payment.id, now=self.now))

    @rule(last4=st.sampled_from([DEBIT, VIRTUAL]), state=st.sampled_from(["active", "active", "frozen", "blocked"]))
    def the_card_changes_its_state(self, last4: str, state: str) -> None:
        self._owner("update cards set status = %s where id = %s", state, self.cards[last4])
        self.states[last4] = state

    @rule(last4=st.sampled_from([DEBIT, VIRTUAL]), on=st.booleans())
    def online_payments_are_switched(self, last4: str, on: bool) -> None:
        self._owner("update cards set online_enabled = %s where id = %s", on, self.cards[last4])
        self.online[last4] = on

    @rule(minor=st.integers(0, 50_000))
    def the_overdraft_changes(self, minor: int) -> None:
        if self.balance - self.held + minor >= 0:
            self._owner("update accounts set overdraft_minor = %s where id = %s", minor, self.account)
            self.overdraft = minor

    @rule()
    def a_day_passes(self) -> None:
        self.now += timedelta(days=1)
        self.day += 1

    # What must hold --------------------------------------------------------------------------------------------------

    def _check(self, payment: Payment, row: dict[str, Any]) -> None:
        assert (row["id"], row["status"], row["amount_minor"]) == (payment.id, payment.status, -payment.amount)
        assert (row["entry_id"] is not None) == (payment.status == "booked")

    @invariant()
    def the_database_says_the_same(self) -> None:
        [account] = self._owner(
            "select balance_minor, held_minor, overdraft_minor from accounts where id = %s", self.account
        )
        assert account == {"balance_minor": self.balance, "held_minor": self.held, "overdraft_minor": self.overdraft}
        assert self.balance - self.held + self.overdraft >= 0
        ids = [payment.id for payment in self.payments]
        rows = self._owner("select id, status, -amount_minor as amount from transactions where id = any (%s)", ids)
        assert {row["id"]: (row["status"], row["amount"]) for row in rows} == {
            payment.id: (payment.status, payment.amount) for payment in self.payments
        }
        assert self._owner("select * from ledger_faults") == []

    def teardown(self) -> None:
        self.owner.close()
        self.worker.close()


def test_holds_under_any_order_of_events(bank: Services, seeded_at: datetime) -> None:
    CardHolds.services = bank
    CardHolds.started = seeded_at.astimezone(BANK_TIME_ZONE).replace(hour=12)
    run_state_machine_as_test(
        CardHolds,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def _each_on_its_own_connection(desk: Desk, works: list[Any]) -> list[dict[str, Any]]:
    def run(work: Any) -> dict[str, Any]:
        with psycopg.connect(desk.services.admin_url, autocommit=True, row_factory=dict_row) as connection:
            return work(Processor(connection, desk.alex))

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def _card_and_terminal(desk: Desk) -> tuple[UUID, int]:
    [card] = desk.owner("select id from cards where last4 = '7733' and customer_id = %(id)s", id=desk.alex)
    [terminal] = desk.owner("select min(id) as id from terminals where kind = 'in_store'")
    return card["id"], terminal["id"]


async def test_of_many_payments_at_once_as_many_go_through_as_there_is_money_for(desk: Desk):
    desk.owner("""update accounts set overdraft_minor = held_minor - balance_minor + 55000
                   where name = 'Platinum' and customer_id = %(id)s""", id=desk.alex)  # fmt: skip
    card, terminal = _card_and_terminal(desk)

    answers = _each_on_its_own_connection(
        desk,
        [
            lambda processor, number=number: processor.authorise(card, terminal, 10_000, f"n-{number}", now=desk.now)
            for number in range(12)
        ],
    )

    assert Counter(answer["decline_reason"] for answer in answers) == {None: 5, "insufficient_funds": 7}
    assert desk.owner("select * from ledger_faults") == []


async def test_of_captures_and_releases_at_once_one_counts(desk: Desk):
    card, terminal = _card_and_terminal(desk)
    [held] = _each_on_its_own_connection(
        desk, [lambda processor: processor.authorise(card, terminal, 10_000, "once", now=desk.now)]
    )

    answers = _each_on_its_own_connection(
        desk,
        [
            *[lambda processor: processor.capture(held["id"], 9_000, now=desk.now)] * 6,
            *[lambda processor: processor.release(held["id"], now=desk.now)] * 6,
        ],
    )

    [status] = {answer["status"] for answer in answers}
    entries = desk.owner("select count(*) as n from journal_entries where booked_at = %(now)s", now=desk.now)
    assert entries == [{"n": 1 if status == "booked" else 0}]
    assert desk.owner("select * from ledger_faults") == []
