"""Whatever is asked of the ledger, in whatever order, it does what a page of Python does (ledger_model.py)."""

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from psycopg import errors
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.tools.ledger_model import SLIP_TTL, TTL, Account, Bank, Operation, Policy

OPERATIONS = 20_000
CUSTOMERS = 3
BEGINNING = datetime(2030, 1, 1, 9, tzinfo=UTC)
OPENING = 30_000
SORT_CODE = "20-11-04"
KINDS = ("make", "make", "make", "propose", "confirm", "deny", "run out", "look")
"""What happens to operations; the first is the most frequent."""
RATES = [Decimal(rate) for rate in ("0.5", "0.8", "1.25", "1.6", "2")]
"""Their inverses are exact."""

FILE = """
    with filed as (
        insert into banking_operations (id, customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                        idempotency_key, initiated_by, created_at, expires_at)
        values (%(id)s, %(customer)s, %(type)s, %(payload)s, '', 'x', %(amount)s, %(currency)s, %(key)s, 'rest',
                %(now)s, %(expires)s)
        on conflict (customer_id, idempotency_key) do nothing returning id
    )
    select id from filed union all
    select id from banking_operations where customer_id = %(customer)s and idempotency_key = %(key)s"""
ALLOWED = '{"outcome": "allow", "rules_version": "test", "features": {}, "hits": []}'
DECIDE = f"select record_decision(%(id)s, '{ALLOWED}', %(now)s)"
MINT = "select mint_slip(%(id)s, %(hash)s, %(now)s, %(expires)s)"
EXECUTE = "select status, error_code, entry_id from execute_operation(%(id)s, %(slip)s, %(now)s)"
END = "select (end_operation(%(id)s, 'pending', %(status)s, %(error)s, %(now)s)).status"
PREVIEW = "select preview_operation(%(id)s, %(now)s) as code"


@dataclass
class Bench:
    """A database for all examples: each has customers, rates and a month of its own."""

    app: psycopg.Connection[dict[str, Any]]
    owner: psycopg.Connection[dict[str, Any]]
    months: Iterator[int] = field(default_factory=itertools.count)
    done: Counter[str] = field(default_factory=Counter[str])

    def run(self, query: str, **values: object) -> list[dict[str, Any]]:
        """As the tables' owner."""
        cursor = self.owner.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def bench(empty) -> Iterator[Bench]:
    with (
        psycopg.connect(empty.app_url, row_factory=dict_row, autocommit=True, prepare_threshold=0) as app,
        psycopg.connect(empty.owner_url, row_factory=dict_row, autocommit=True, prepare_threshold=0) as owner,
    ):
        # Nothing here is about disks.
        for connection in (app, owner):
            connection.execute("set synchronous_commit = off")
        bench = Bench(app, owner)
        for name, currency in itertools.product(("Clearing", "Exchange", "Fees", "Brought forward"), ("GBP", "EUR")):
            bench.run(
                """insert into accounts (kind, name, currency, opened_at)
                   values ('internal', %(name)s, %(currency)s, %(now)s)""",
                name=name,
                currency=currency,
                now=BEGINNING,
            )
        yield bench


def lay_ground(bench: Bench, month: int) -> Bank:
    """Three customers with two accounts in pounds and one in euros, who may pay each other and somebody elsewhere."""
    now = BEGINNING + timedelta(days=31 * month)
    # Amounts that are drawn go over each bound: no outcome waits for a policy that chance must bring.
    policy = Policy(f"policy-{month}-0", 15_000, 20_000, 60_000)
    rates = {("GBP", "EUR"): Decimal("1.25"), ("EUR", "GBP"): Decimal("0.8")}
    bank = Bank([], policy, rates, now)
    for _ in range(CUSTOMERS):
        customer = uuid4()
        bench.run("insert into customers (id, full_name) values (%(id)s, 'A Customer')", id=customer)
        for currency, overdraft in (("GBP", 0), ("GBP", 5_000), ("EUR", 0)):
            bank.accounts.append(open_account(bench, Account(customer, currency, overdraft, balance=OPENING), now))
    add_policy(bench, policy, now)
    for pair, rate in rates.items():
        add_rate(bench, bank, pair, rate)
    customers = {account.customer for account in bank.accounts}
    for customer, account in itertools.product(customers, bank.accounts):
        if account.customer != customer:
            add_payee(bench, customer, account.id, account.currency, now)
    for customer, currency in itertools.product(customers, ("GBP", "EUR")):
        add_payee(bench, customer, elsewhere(customer, currency), currency, now)
    return bank


def open_account(bench: Bench, account: Account, now: datetime) -> Account:
    bench.run(
        """insert into accounts (id, customer_id, kind, name, currency, sort_code, account_number, overdraft_minor,
               opened_at)
           values (%(id)s, %(customer)s, 'current', %(number)s, %(currency)s, %(sort)s, %(number)s, %(overdraft)s,
               %(now)s)""",
        number=str(account.id),
        sort=SORT_CODE,
        now=now,
        **{name: getattr(account, name) for name in ("id", "customer", "currency", "overdraft")},
    )
    bench.run(
        """with entry as (insert into journal_entries (kind, description, booked_at)
                          values ('opening', 'x', %(now)s) returning id)
           insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
           select entry.id, a.id, a.customer_id,
                  case when a.customer_id is null then -%(amount)s else %(amount)s end, a.currency, %(now)s
             from entry, accounts a
            where a.id = %(id)s or a.name = 'Brought forward' and a.currency = %(currency)s""",
        id=account.id,
        currency=account.currency,
        amount=account.balance,
        now=now,
    )
    return account


def add_payee(bench: Bench, customer: UUID, number: UUID, currency: str, now: datetime) -> None:
    bench.run(
        """insert into payees (id, customer_id, name, sort_code, account_number, currency, created_at)
           values (%(id)s, %(customer)s, %(number)s, %(sort)s, %(number)s, %(currency)s, %(now)s)""",
        id=payee_of(customer, number),
        customer=customer,
        number=str(number),
        sort=SORT_CODE,
        currency=currency,
        now=now,
    )


def payee_of(customer: UUID, number: UUID) -> UUID:
    return UUID(int=customer.int ^ number.int)


def elsewhere(customer: UUID, currency: str) -> UUID:
    """The number of somebody's account at another bank."""
    return UUID(bytes=hashlib.sha256(customer.bytes + currency.encode()).digest()[:16])


def add_policy(bench: Bench, policy: Policy, now: datetime) -> None:
    values = {"version": policy.version, "payment": policy.per_payment, "day": policy.per_day}
    bench.run(
        "insert into payment_policies values (%(version)s, %(now)s, 'GBP', %(over)s)",
        over=policy.step_up_over,
        now=now,
        **values,
    )
    bench.run(
        """insert into policy_limits (policy_version, number, operation, tier, period, most_minor)
           values (%(version)s, 1, 'pay_payee', 'standard', 'payment', %(payment)s),
                  (%(version)s, 2, 'pay_payee', null, 'day', %(day)s)""",
        **values,
    )


def add_rate(bench: Bench, bank: Bank, pair: tuple[str, str], rate: Decimal) -> None:
    bank.rates[pair] = rate
    base, quote = pair
    bench.run(
        "insert into fx_rates values (%(base)s, %(quote)s, %(rate)s, %(now)s)",
        base=base,
        quote=quote,
        rate=rate,
        now=bank.now,
    )


Call = tuple[str, dict[str, Any], Callable[[dict[str, Any]], None], str | None]
Command = tuple[str, int, int, int, int]
"""What happens, account, receiver (an account, or somebody elsewhere), amount, and luck: for the fee, the key, and
whether the two sides fit."""
PARTS = (len(KINDS), 9, 11, 25_000, 12)
COMMANDS = st.binary(min_size=20 * 4, max_size=60 * 4)
"""Four bytes for each command: integers would be drawn near nought, hardly anything but payments from the first
account, and five of them for each command would cost Hypothesis more than all else here takes."""


def read_commands(drawn: bytes) -> list[Command]:
    fours = (drawn[start : start + 4] for start in range(0, len(drawn), 4))
    return [read_command(int.from_bytes(four) % math.prod(PARTS)) for four in fours]


def read_command(number: int) -> Command:
    number, luck = divmod(number, PARTS[4])
    number, amount = divmod(number, PARTS[3])
    number, receiver = divmod(number, PARTS[2])
    kind, account = divmod(number, PARTS[1])
    return KINDS[kind], account, receiver, amount + 1, luck


class Ledger(RuleBasedStateMachine):
    """The two banks side by side."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        self.month = next(bench.months)
        self.bank = lay_ground(bench, self.month)
        self.numbers = itertools.count(1)
        self.customer: UUID | None = None
        self.calls: list[Call] = []
        self.compare()

    @rule(commands=COMMANDS)
    def customers_act(self, commands: bytes) -> None:
        acts = read_commands(commands)
        with self.bench.app.transaction():
            for act in acts:
                self._act(*act)
            self._send()
        self.bench.done["acts"] += len(acts)
        self.compare()

    # Each rule is as likely as any other: customers act more often than all else happens.

    @rule(commands=COMMANDS)
    def customers_go_on(self, commands: bytes) -> None:
        self.customers_act(commands)

    @rule(commands=COMMANDS)
    def customers_come_back(self, commands: bytes) -> None:
        self.customers_act(commands)

    @rule(account=st.integers(0, 8), amount=st.integers(1, 20_000))
    def money_is_held(self, account: int, amount: int) -> None:
        held = self.bank.accounts[account]
        [row] = self.bench.run(
            """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
                   description, occurred_at)
               values (%(customer)s, %(id)s, 'card_payment', 'pending', %(amount)s, %(currency)s, 'x', 'x', %(now)s)
               returning id""",
            customer=held.customer,
            id=held.id,
            amount=-amount,
            currency=held.currency,
            now=self.bank.now,
        )
        held.holds[row["id"]] = amount
        self.compare()

    @precondition(lambda self: any(account.holds for account in self.bank.accounts))
    @rule(which=st.integers(0, 100))
    def a_hold_ends(self, which: int) -> None:
        holds = [(account, id) for account in self.bank.accounts for id in account.holds]
        account, transaction = holds[which % len(holds)]
        declined = "update transactions set status = 'declined', decline_reason = 'x' where id = %(id)s"
        self.bench.run(declined, id=transaction)
        del account.holds[transaction]
        self.compare()

    @rule(account=st.integers(0, 8))
    def an_account_is_frozen_or_thawed(self, account: int) -> None:
        chosen = self.bank.accounts[account]
        chosen.status = "frozen" if chosen.status == "open" else "open"
        self.bench.run("update accounts set status = %(status)s where id = %(id)s", status=chosen.status, id=chosen.id)

    @rule(minutes=st.sampled_from([1, 2, 11, 60 * 24]))
    def time_passes(self, minutes: int) -> None:
        # A month is as long as an example's steps can be, and each moment is another.
        self.bank.now += timedelta(minutes=minutes, seconds=1)

    @rule(over=st.integers(0, 30_000), payment=st.integers(1, 40_000), day=st.integers(1, 90_000))
    def the_policy_changes(self, over: int, payment: int, day: int) -> None:
        self.bank.now += timedelta(seconds=1)
        self.bank.policy = Policy(f"policy-{self.month}-{next(self.numbers)}", over, payment, day)
        add_policy(self.bench, self.bank.policy, self.bank.now)

    @rule(rate=st.sampled_from(RATES), back=st.booleans())
    def the_rate_changes(self, rate: Decimal, back: bool) -> None:
        self.bank.now += timedelta(seconds=1)
        add_rate(self.bench, self.bank, ("EUR", "GBP") if back else ("GBP", "EUR"), rate)

    @precondition(lambda self: any(operation.entry for operation in self.bank.operations))
    @rule(which=st.integers(0, 1000), spent=st.booleans())
    def an_entry_is_reversed(self, which: int, spent: bool) -> None:
        posted = [operation for operation in self.bank.operations if operation.entry is not None]
        if spent:
            # Money that its receiver no longer has is rare among all that was posted.
            posted = [one for one in posted if not one.is_reversed and not self.bank.can_reverse(one)] or posted
        operation = posted[which % len(posted)]
        reverse = "select reverse_entry(%(entry)s, 'x', %(now)s)"
        if operation.is_reversed:
            with pytest.raises(errors.UniqueViolation):
                self.bench.run(reverse, entry=operation.entry, now=self.bank.now)
        elif self.bank.reverse(operation):
            self.bench.run(reverse, entry=operation.entry, now=self.bank.now)
        else:
            with pytest.raises(errors.CheckViolation):
                self.bench.run(reverse, entry=operation.entry, now=self.bank.now)
        self.bench.done["reversed" if operation.is_reversed else "not reversed"] += 1
        self.compare()

    def teardown(self) -> None:
        rows = self.bench.run(
            """select id, status, error_code, entry_id from banking_operations
                where customer_id = any (%(customers)s)""",
            customers=[account.customer for account in self.bank.accounts],
        )
        stored = {row["id"]: (row["status"], row["error_code"], row["entry_id"]) for row in rows}
        assert stored == {one.id: (one.status, one.error, one.entry) for one in self.bank.operations}
        self.bench.done.update(f"{one.status} {one.error or ''}".strip() for one in self.bank.operations)

    def compare(self) -> None:
        rows = self.bench.run(
            "select id, balance_minor, held_minor from accounts where id = any (%(ids)s)",
            ids=[account.id for account in self.bank.accounts],
        )
        found = {row["id"]: (row["balance_minor"], row["held_minor"]) for row in rows}
        assert found == {account.id: (account.balance, account.held) for account in self.bank.accounts}

    def _act(self, kind: str, account: int, receiver: int, amount: int, luck: int) -> None:
        source = self.bank.accounts[account]
        if kind in ("make", "propose"):
            # Sometimes under a key that stands for something already.
            key = f"key-{luck % 3}" if luck > 9 else f"own-{next(self.numbers)}"
            operation = self._propose(source, receiver, amount, luck, key)
            if kind == "make":
                self._confirm(operation)
            return
        mine = [operation for operation in self.bank.operations if operation.customer == source.customer]
        if not mine:
            return
        operation = mine[-1 - amount % min(len(mine), 10)]
        self._be(operation.customer)
        if kind == "confirm":
            self._confirm(operation)
        elif kind == "look":
            expected = self.bank.refusal(operation) if operation.status == "pending" else None
            self._call(PREVIEW, {"id": operation.id}, expect({"code": expected}))
        else:
            status, error = ("cancelled", None) if kind == "deny" else ("expired", "expired")
            ended = self.bank.end(operation, status, error)
            values = {"id": operation.id, "status": status, "error": error}
            self._call(END, values, expect({"status": status if ended else None}))

    def _propose(self, source: Account, receiver: int, amount: int, luck: int, key: str) -> Operation:
        wanted = self._draw(source, receiver, amount, luck)
        stored = self.bank.propose(key, wanted)
        self._be(source.customer)
        values: dict[str, Any] = {
            "id": wanted.id,
            "customer": source.customer,
            "key": key,
            "type": "transfer_between_accounts" if wanted.is_own else "pay_payee",
            "payload": Jsonb(payload_of(wanted)),
            "amount": wanted.debit,
            "currency": source.currency,
            "expires": self.bank.now + TTL,
        }
        self._call(FILE, values, expect({"id": stored.id}))
        self._call(DECIDE, {"id": stored.id}, lambda _: None)
        return stored

    def _draw(self, source: Account, receiver: int, amount: int, luck: int) -> Operation:
        bank = self.bank
        target = bank.accounts[receiver] if receiver < len(bank.accounts) else None
        if target is source:
            target = None
        currency = target.currency if target else ("GBP", "EUR")[receiver % 2]
        is_own = target is not None and target.customer == source.customer
        rate = None if currency == source.currency else bank.rates[source.currency, currency]
        credit = amount if rate is None else int((amount * rate).quantize(Decimal(1), "ROUND_HALF_UP"))
        # Now and then the two sides do not fit.
        credit += luck == 7
        pounds = amount if source.currency == "GBP" else amount * bank.rates["EUR", "GBP"]
        limit = None if is_own else int(Decimal(pounds).quantize(Decimal(1), "ROUND_HALF_UP"))
        return Operation(
            source.customer, source, target, is_own, amount, credit, currency, luck if luck in (3, 4) else 0, rate,
            bank.policy, bank.now, limit,
        )  # fmt: skip

    def _confirm(self, operation: Operation) -> None:
        """With a slip of now; where none is to be had, with what there is."""
        secret = f"slip-{self.month}-{next(self.numbers)}"
        digest = hashlib.sha256(secret.encode()).digest()
        state = self.bank.mint(operation, secret)
        values = {"id": operation.id, "hash": digest, "expires": self.bank.now + SLIP_TTL}
        self._call(MINT, values, expect({"mint_slip": ""}), state)
        if state is not None and operation.slips:
            secret = operation.slips[0].secret
        state = self.bank.execute(operation, secret)
        ended = {"status": operation.status, "error_code": operation.error}

        def check(row: dict[str, Any]) -> None:
            operation.entry = operation.entry or row["entry_id"]
            assert row == ended | {"entry_id": operation.entry}
            assert (operation.entry is not None) == (ended["status"] == "completed")

        self._call(EXECUTE, {"id": operation.id, "slip": secret}, check, state)

    def _be(self, customer: UUID) -> None:
        if self.customer != customer:
            become = "select set_config('app.customer_id', %(id)s, false) as id"
            self._call(become, {"id": str(customer)}, expect({"id": str(customer)}))
            self.customer = customer

    def _call(
        self, query: str, values: dict[str, Any], check: Callable[[dict[str, Any]], None], state: str | None = None
    ) -> None:
        """Notes a call of the database, what its row must be, or with which SQLSTATE it must be refused."""
        self.calls.append((query, {"now": self.bank.now} | values, check, state))

    def _send(self) -> None:
        """Makes the calls: those that succeed together, since waiting for each takes longer than the calls."""
        calls, self.calls = self.calls, []
        for state, group in itertools.groupby(calls, key=lambda call: call[3]):
            if state is None:
                self._succeed(list(group))
            else:
                for query, values, _, _ in group:
                    with pytest.raises(psycopg.Error) as caught, self.bench.app.transaction():
                        self.bench.app.execute(query.encode(), values)
                    assert caught.value.sqlstate == state

    def _succeed(self, calls: list[Call]) -> None:
        with self.bench.app.pipeline():
            cursors = [self.bench.app.execute(query.encode(), values) for query, values, _, _ in calls]
        for cursor, (_, _, check, _) in zip(cursors, calls, strict=True):
            [row] = cursor.fetchall()
            check(row)


def expect(wanted: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    def check(row: dict[str, Any]) -> None:
        assert row == wanted

    return check


def payload_of(operation: Operation) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "account_id": str(operation.source.id),
        "reference": None,
        "debit_minor": operation.debit,
        "debit_currency": operation.source.currency,
        "credit_minor": operation.credit,
        "credit_currency": operation.credit_currency,
    }
    if operation.fee:
        payload |= {"fee_minor": operation.fee, "fee_label": "Fee"}
    if operation.rate is not None:
        payload["rate"] = str(operation.rate)
    if operation.is_own and operation.target is not None:
        return payload | {"to_account_id": str(operation.target.id)}
    number = operation.target.id if operation.target else elsewhere(operation.customer, operation.credit_currency)
    payee = {"payee_id": str(payee_of(operation.customer, number)), "iban": None}
    return payload | payee | {"sort_code": SORT_CODE, "account_number": str(number)}


def test_twenty_thousand_operations_agree_with_a_model(bench: Bench) -> None:
    while bench.done["acts"] < OPERATIONS:
        run_state_machine_as_test(
            lambda: Ledger(bench),
            settings=settings(
                max_examples=10,
                stateful_step_count=40,
                deadline=None,
                # Nothing is kept: an example begins where the one before has left the database's policies and rates.
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert bench.run("select * from ledger_faults") == []
    for outcome in (
        *("completed", "pending", "cancelled", "expired expired", "reversed"),
        *("failed insufficient_funds", "failed account_frozen", "failed recipient_cannot_receive"),
        *("failed over_payment_limit", "failed over_daily_limit", "failed wrong_amount", "not reversed"),
    ):
        assert bench.done[outcome], f"never met: {outcome}"
