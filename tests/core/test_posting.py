"""The database posts what a customer confirmed, once, and nothing that the runtime role could make up instead."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.db.database import Database, Scope
from evals.bench.bank_ground import Holder, lay_ground
from tests.waiting import eventually

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
INSERT = """
    insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                    idempotency_key, initiated_by, created_at, expires_at)
    values (%s, %s, %s, '', 'Transfer', %s, %s, %s, 'rest', %s, %s) returning id"""

ALLOWED = {"outcome": "allow", "rules_version": "test", "features": {}, "hits": []}


@dataclass
class Counter:
    """A customer's transaction, as the runtime role has it."""

    connection: psycopg.Connection[dict[str, Any]]
    holder: Holder

    def one(self, query: str, *values: object) -> dict[str, Any]:
        [row] = self.connection.execute(query.encode(), values).fetchall()
        return row

    def propose(self, payload: dict[str, Any], *, amount: int | None = None, **changes: Any) -> UUID:
        amount = payload["debit_minor"] if amount is None else amount
        about = {"customer_id": self.holder.id, "type": "transfer_between_accounts", "key": str(uuid4())} | changes
        values = (about["customer_id"], about["type"], Jsonb(payload), amount, "GBP", about["key"], NOW)
        operation = self.one(INSERT, *values, NOW + timedelta(minutes=10))["id"]
        self.one("select record_decision(%s, %s, %s)", operation, Jsonb(ALLOWED), NOW)
        return operation

    def mint(self, operation: UUID, *, ttl: timedelta = timedelta(minutes=1), now: datetime = NOW) -> str:
        slip = secrets.token_hex(32)
        digest = hashlib.sha256(slip.encode()).digest()
        self.one("select mint_slip(%s, %s, %s, %s)", operation, digest, now, now + ttl)
        return slip

    def execute(self, operation: UUID, slip: str, now: datetime = NOW) -> dict[str, Any]:
        return self.one("select * from execute_operation(%s, %s, %s)", operation, slip, now)


@pytest.fixture
def holders(empty) -> list[Holder]:
    return lay_ground(empty.owner_url, seed=1)


@pytest.fixture
def owner(empty) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(empty.owner_url, row_factory=dict_row, autocommit=True) as connection:
        yield connection


@contextmanager
def open_counter(services, holder: Holder) -> Iterator[Counter]:
    with psycopg.connect(services.app_url, row_factory=dict_row) as connection:
        connection.execute("select set_config('app.customer_id', %s, false)", [str(holder.id)])
        connection.commit()
        yield Counter(connection, holder)


@pytest.fixture
def counter(empty, holders) -> Iterator[Counter]:
    with open_counter(empty, holders[1]) as opened:
        yield opened


def move(holder: Holder, amount: int = 100, *, back: bool = False) -> dict[str, Any]:
    """The payload of a transfer from Everyday to Rainy Day."""
    source, target = reversed(holder.accounts) if back else holder.accounts
    sides = {"debit_minor": amount, "debit_currency": "GBP", "credit_minor": amount, "credit_currency": "GBP"}
    return {"account_id": str(source), "to_account_id": str(target), "reference": None} | sides


def balances(owner, holder: Holder) -> tuple[int, int]:
    rows = {row["id"]: row["balance_minor"] for row in owner.execute("select id, balance_minor from accounts")}
    return rows[holder.everyday], rows[holder.savings]


def entries(owner) -> int:
    return owner.execute("select count(*) as n from journal_entries where kind <> 'opening'").fetchone()["n"]


def assert_untouched(owner, holder: Holder) -> None:
    assert (balances(owner, holder), entries(owner)) == ((20_000, 8_000), 0)


# Slips --------------------------------------------------------------------------------------------------------------


def test_a_slip_executes_its_operation_once(counter, owner):
    operation = counter.propose(move(counter.holder))
    slip = counter.mint(operation)
    first = counter.execute(operation, slip)
    assert first["status"] == "completed"
    assert counter.execute(operation, slip) == first
    counter.connection.commit()
    assert (balances(owner, counter.holder), entries(owner)) == ((19_900, 8_100), 1)
    assert owner.execute("select * from ledger_faults").fetchall() == []


def forged(counter: Counter, operation: UUID) -> str:
    return secrets.token_hex(32)


def of_another_operation(counter: Counter, operation: UUID) -> str:
    return counter.mint(counter.propose(move(counter.holder)))


def used_before(counter: Counter, operation: UUID) -> str:
    other = counter.propose(move(counter.holder, 1))
    slip = counter.mint(other)
    counter.execute(other, slip)
    other_way = counter.propose(move(counter.holder, 1, back=True))
    counter.execute(other_way, counter.mint(other_way))
    return slip


def expired(counter: Counter, operation: UUID) -> str:
    return counter.mint(operation, now=NOW - timedelta(seconds=61))


def only_its_hash(counter: Counter, operation: UUID) -> str:
    return hashlib.sha256(counter.mint(operation).encode()).hexdigest()


@pytest.mark.parametrize("choose", [forged, of_another_operation, used_before, expired, only_its_hash])
def test_no_other_slip_counts(counter, owner, choose):
    operation = counter.propose(move(counter.holder))
    slip = choose(counter, operation)
    counter.connection.commit()
    before = balances(owner, counter.holder), entries(owner)
    with pytest.raises(psycopg.Error) as caught:
        counter.execute(operation, slip)
    assert caught.value.sqlstate == "TG010"
    counter.connection.rollback()
    assert (balances(owner, counter.holder), entries(owner)) == before
    assert counter.one("select status from banking_operations where id = %s", operation)["status"] == "pending"


def test_a_slip_does_not_outlive_its_transaction_unused(counter, owner):
    """What was rolled back spent nothing: the slip still counts, once."""
    operation = counter.propose(move(counter.holder))
    slip = counter.mint(operation)
    counter.connection.commit()
    counter.execute(operation, slip)
    counter.connection.rollback()
    assert_untouched(owner, counter.holder)
    assert counter.execute(operation, slip)["status"] == "completed"


def test_an_operation_that_is_over_gets_no_slip(counter):
    operation = counter.propose(move(counter.holder))
    counter.execute(operation, counter.mint(operation))
    with pytest.raises(psycopg.Error) as caught:
        counter.mint(operation)
    assert caught.value.sqlstate == "TG015"


def test_an_operation_whose_time_has_passed_gets_no_slip_and_ends(counter, owner):
    operation = counter.propose(move(counter.holder))
    slip = counter.mint(operation)
    counter.connection.commit()
    late = NOW + timedelta(minutes=10)
    with pytest.raises(psycopg.Error) as caught:
        counter.mint(operation, now=late)
    assert caught.value.sqlstate == "TG015"
    counter.connection.rollback()
    ended = counter.execute(operation, slip, late)
    assert (ended["status"], ended["error_code"], ended["entry_id"]) == ("expired", "expired", None)
    counter.connection.commit()
    assert_untouched(owner, counter.holder)


# Others' operations, and what is not as it was confirmed --------------------------------------------------------------


def test_another_customers_operation_is_not_there(empty, holders, counter, owner):
    operation = counter.propose(move(counter.holder))
    slip = counter.mint(operation)
    counter.connection.commit()
    with open_counter(empty, holders[2]) as stranger:
        for attempt, state in (
            (lambda: stranger.mint(operation), "TG015"),
            (lambda: stranger.execute(operation, slip), "TG016"),
        ):
            with pytest.raises(psycopg.Error) as caught:
                attempt()
            assert caught.value.sqlstate == state
            stranger.connection.rollback()
        ended = stranger.one("select (end_operation(%s, 'pending', 'cancelled', null, %s)).*", operation, NOW)
        assert ended["id"] is None
        assert stranger.one("select preview_operation(%s, %s) as code", operation, NOW) == {"code": None}
    assert counter.one("select status from banking_operations where id = %s", operation)["status"] == "pending"
    assert_untouched(owner, counter.holder)


def test_a_transfer_out_of_another_customers_account_is_refused(holders, counter, owner):
    payload = move(counter.holder) | {"account_id": str(holders[2].everyday)}
    operation = counter.propose(payload)
    ended = counter.execute(operation, counter.mint(operation))
    assert (ended["status"], ended["error_code"]) == ("failed", "account_unknown")
    counter.connection.commit()
    assert_untouched(owner, holders[2])


def test_another_payload_under_an_old_key_is_refused(counter, owner):
    counter.propose(move(counter.holder, 100), key="mine")
    counter.connection.commit()
    with pytest.raises(errors.UniqueViolation):
        counter.propose(move(counter.holder, 9_999), key="mine")
    counter.connection.rollback()
    rows = owner.execute("select payload ->> 'debit_minor' as debit from banking_operations").fetchall()
    assert rows == [{"debit": "100"}]


def test_a_payload_that_changed_after_the_confirmation_voids_the_slip(counter, owner):
    operation = counter.propose(move(counter.holder, 100))
    slip = counter.mint(operation)
    counter.connection.commit()
    owner.execute(
        """update banking_operations set payload = %(payload)s,
               payload_hash = payload_hash(type, %(payload)s) where id = %(id)s""",
        {"payload": Jsonb(move(counter.holder, 9_999)), "id": operation},
    )
    with pytest.raises(psycopg.Error) as caught:
        counter.execute(operation, slip)
    assert caught.value.sqlstate == "TG010"


def publish(owner, operation: str, disclosure: str) -> None:
    """A new policy that says something else about one kind of operation."""
    document = {"disclosures": [{"operation": operation, "text": disclosure}]}
    owner.execute("select write_policy('next', %s, policy_document(policy_at(%s)) || %s)", [NOW, NOW, Jsonb(document)])


def test_a_policy_that_changed_in_something_else_voids_nothing(counter, owner):
    operation = counter.propose(move(counter.holder))
    slip = counter.mint(operation)
    counter.connection.commit()
    publish(owner, "freeze_card", "A frozen card pays nothing.")
    ended = counter.execute(operation, slip)
    assert (ended["status"], ended["error_code"]) == ("completed", None)


def test_a_policy_that_changed_after_the_confirmation_cancels(counter, owner):
    operation = counter.propose(move(counter.holder))
    slip = counter.mint(operation)
    counter.connection.commit()
    publish(owner, "transfer_between_accounts", "Now with other words.")
    ended = counter.execute(operation, slip)
    assert (ended["status"], ended["error_code"]) == ("cancelled", "policy_changed")


# What the runtime role cannot write ---------------------------------------------------------------------------------

OWN_ENTRY = "insert into journal_entries (kind, description, booked_at) values ('x', 'x', now())"
OWN_POSTING = """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
                 select 1, id, customer_id, 100, 'GBP', now() from accounts limit 1"""
OWN_TRANSACTION = """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
                         description, occurred_at)
                     select customer_id, id, 'top_up', 'pending', 100, 'GBP', 'x', 'x', now() from accounts limit 1"""
OWN_SLIP = """insert into confirmation_slips (slip_hash, customer_id, operation_id, payload_hash, policy_version,
                  minted_at, expires_at)
              select sha256('x'), customer_id, id, payload_hash, policy_version, now(), now() + interval '1 hour'
                from banking_operations"""


@pytest.mark.parametrize(
    "statement",
    [
        OWN_ENTRY,
        "update journal_entries set description = 'x'",
        "delete from journal_entries",
        OWN_POSTING,
        "update postings set amount_minor = 1",
        "delete from postings",
        OWN_TRANSACTION,
        "update transactions set amount_minor = 1",
        "delete from transactions",
        "update accounts set balance_minor = 1000000",
        "update accounts set overdraft_minor = 1000000",
        "update accounts set held_minor = 0",
        "update banking_operations set status = 'completed'",
        "update banking_operations set status = 'processing', executed_in = pg_current_xact_id()",
        "update banking_operations set entry_id = 1",
        "update banking_operations set payload = '{}'",
        "update banking_operations set amount_minor = 1",
        "update banking_operations set step_up = false",
        "update banking_operations set limit_minor = null",
        "update banking_operations set expires_at = 'infinity'",
        "delete from banking_operations",
        OWN_SLIP,
        "update confirmation_slips set used_at = null",
        "select * from confirmation_slips",
        "select reverse_entry(1, 'x', now())",
        "select post_entry(o, now()) from banking_operations o",
        "update policy_limits set most_minor = 1000000000",
        "update payment_policies set step_up_over_minor = 1000000000",
        "update operation_types set step_up = 'never'",
        "insert into fx_rates values ('GBP', 'EUR', 1000, now())",
    ],
)
def test_the_runtime_role_may_not(counter, statement):
    counter.propose(move(counter.holder))
    with pytest.raises(errors.InsufficientPrivilege):
        counter.connection.execute(statement.encode())


def test_what_is_processing_is_ended_by_its_own_transaction_only(counter):
    operation = counter.propose(move(counter.holder))
    with pytest.raises(psycopg.Error) as caught:
        counter.one("select (end_operation(%s, 'pending', 'completed', null, %s)).status", operation, NOW)
    assert caught.value.sqlstate == "TG017"


def test_an_operation_is_filed_for_oneself_only(holders, counter):
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        counter.propose(move(holders[2]), customer_id=holders[2].id)


# At once ------------------------------------------------------------------------------------------------------------


@contextmanager
def waiting(owner, first: Counter, work: Callable[[], dict[str, Any]]) -> Iterator[Future[dict[str, Any]]]:
    """``work`` in a thread, once it waits for what ``first`` has locked."""
    with ThreadPoolExecutor() as threads:
        try:
            second = threads.submit(work)
            eventually(lambda: owner.execute("select 1 from pg_locks where not granted").fetchone())
            yield second
        finally:
            first.connection.rollback()


def test_two_connections_execute_an_operation_once(empty, counter, owner):
    operation = counter.propose(move(counter.holder))
    slips = counter.mint(operation), counter.mint(operation)
    counter.connection.commit()
    with open_counter(empty, counter.holder) as other:
        first = counter.execute(operation, slips[0])
        with waiting(owner, counter, lambda: other.execute(operation, slips[1])) as second:
            counter.connection.commit()
            assert second.result() == first
        other.connection.commit()
    assert (balances(owner, counter.holder), entries(owner)) == ((19_900, 8_100), 1)


def test_the_second_executes_what_the_first_gave_up(empty, counter, owner):
    operation = counter.propose(move(counter.holder))
    slips = counter.mint(operation), counter.mint(operation)
    counter.connection.commit()
    with open_counter(empty, counter.holder) as other:
        counter.execute(operation, slips[0])
        with waiting(owner, counter, lambda: other.execute(operation, slips[1])) as second:
            counter.connection.rollback()
            assert second.result()["status"] == "completed"
        other.connection.commit()
    assert (balances(owner, counter.holder), entries(owner)) == ((19_900, 8_100), 1)


def test_money_is_spent_once_by_two_operations_at_once(empty, counter, owner):
    """Both saw enough in the account; the second looks again when it has its turn."""
    operations = [counter.propose(move(counter.holder, 15_000)) for _ in range(2)]
    slips = [counter.mint(operation) for operation in operations]
    counter.connection.commit()
    with open_counter(empty, counter.holder) as other:
        assert counter.execute(operations[0], slips[0])["status"] == "completed"
        with waiting(owner, counter, lambda: other.execute(operations[1], slips[1])) as second:
            counter.connection.commit()
            ended = second.result()
        other.connection.commit()
    assert (ended["status"], ended["error_code"]) == ("failed", "insufficient_funds")
    assert balances(owner, counter.holder) == (5_000, 23_000)


@dataclass(frozen=True)
class Ended:
    status: str


@dataclass(frozen=True)
class Locked:
    done: bool


async def test_two_that_wait_for_each_other_both_end(empty, counter, owner):
    """PostgreSQL ends one of them; it is tried again from the start, and its slip still counts."""
    prepared = [counter.propose(move(counter.holder, 100, back=back)) for back in (False, True)]
    slips = [counter.mint(operation) for operation in prepared]
    counter.connection.commit()
    meeting = asyncio.Barrier(2)
    tries = [0, 0]

    async def make(number: int) -> Ended:
        async def work(db) -> Ended:
            lock = "select pg_advisory_xact_lock(%(number)s) is not null as done"
            await db.get(Locked, lock, {"number": number})
            tries[number] += 1
            if tries == [1, 1] or tries[1 - number] == 0:
                await meeting.wait()
            await db.get(Locked, lock, {"number": 1 - number})
            execute = "select status from execute_operation(%(id)s, %(slip)s, %(now)s)"
            return await db.get(Ended, execute, {"id": prepared[number], "slip": slips[number], "now": NOW})

        return await database.transact(work, scope=Scope(customer_id=counter.holder.id))

    database = Database(empty.app_url, pool_size=2)
    await database.open()
    ended = await asyncio.gather(make(0), make(1))
    await database.close()

    assert ended == [Ended("completed"), Ended("completed")]
    assert sorted(tries) == [1, 2]
    assert (balances(owner, counter.holder), entries(owner)) == ((20_000, 8_000), 2)


async def test_payments_to_and_fro_at_once_all_end(empty, holders, owner):
    """Accounts are locked in the order of their ids, whoever pays whom."""
    ann, ben = holders[1], holders[2]
    database = Database(empty.app_url, pool_size=8)
    await database.open()

    async def pay(payer: Holder, payee_account: UUID, amount: int) -> str:
        with open_counter(empty, payer) as counter:
            operation = counter.propose(payment(owner, payer, payee_account, amount), type="pay_payee")
            slip = counter.mint(operation)
            counter.connection.commit()

        async def work(db) -> Ended:
            execute = "select status from execute_operation(%(id)s, %(slip)s, %(now)s)"
            return await db.get(Ended, execute, {"id": operation, "slip": slip, "now": NOW})

        return (await database.transact(work, scope=Scope(customer_id=payer.id))).status

    pairs = [(ann, ben.everyday, 300), (ben, ann.everyday, 200)] * 25
    ended = await asyncio.gather(*(pay(*pair) for pair in pairs))
    await database.close()

    assert ended == ["completed"] * 50
    assert balances(owner, ann)[0] == 20_000 - 25 * 100
    assert balances(owner, ben)[0] == 20_000 + 25 * 100
    assert owner.execute("select * from ledger_faults").fetchall() == []


def payment(owner, payer: Holder, account: UUID, amount: int) -> dict[str, Any]:
    """The payload of a payment to the holder of an account in this bank, who becomes a payee if need be."""
    numbers = owner.execute("select sort_code, account_number from accounts where id = %s", [account]).fetchone()
    about = {"customer": payer.id, "name": str(account), "now": NOW} | numbers
    owner.execute(
        """insert into payees (customer_id, name, sort_code, account_number, created_at)
           values (%(customer)s, %(name)s, %(sort_code)s, %(account_number)s, %(now)s) on conflict do nothing""",
        about,
    )
    query = "select id from payees where customer_id = %(customer)s and name = %(name)s"
    payee = owner.execute(query, about).fetchone()
    details = {"payee_id": str(payee["id"]), "iban": None, **numbers, "to_account_id": None}
    payload = move(payer, amount) | details
    del payload["to_account_id"]
    return payload


# Reversals ----------------------------------------------------------------------------------------------------------


def test_an_entry_is_reversed_once(counter, owner):
    operation = counter.propose(move(counter.holder))
    entry = counter.execute(operation, counter.mint(operation))["entry_id"]
    counter.connection.commit()
    assert balances(owner, counter.holder) == (19_900, 8_100)

    owner.execute("select reverse_entry(%s, 'Posted by mistake', %s)", [entry, NOW])
    assert balances(owner, counter.holder) == (20_000, 8_000)
    with pytest.raises(errors.UniqueViolation):
        owner.execute("select reverse_entry(%s, 'Posted by mistake', %s)", [entry, NOW])

    assert balances(owner, counter.holder) == (20_000, 8_000)
    assert entries(owner) == 2
    statuses = owner.execute("select status, count(*) as n from transactions group by 1 order by 1").fetchall()
    assert statuses == [{"status": "booked", "n": 2}, {"status": "reversed", "n": 2}]
    assert owner.execute("select * from ledger_faults").fetchall() == []


# Whatever the payload -----------------------------------------------------------------------------------------------

AMOUNTS = st.sampled_from([-1, 0, 1, 100, 8_000, 20_000, 20_001, 2**62]) | st.integers(-(2**63), 2**63 - 1)


@st.composite
def forgeries(draw: st.DrawFn) -> dict[str, Any]:
    """Changes to a good payload; accounts by number."""
    changes: dict[str, Any] = {}
    for name in ("debit_minor", "credit_minor", "fee_minor"):
        if draw(st.booleans()):
            changes[name] = draw(AMOUNTS)
    for name in ("account_id", "to_account_id"):
        if draw(st.booleans()):
            changes[name] = draw(st.integers(0, 5))
    for name in ("debit_currency", "credit_currency"):
        if draw(st.booleans()):
            changes[name] = draw(st.sampled_from(["GBP", "EUR", "JPY", "XXX"]))
    if draw(st.booleans()):
        changes["rate"] = draw(st.sampled_from(["1", "0", "-1", "1000000"]))
    return changes


@given(forgery=forgeries())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_payload_makes_money_or_takes_anothers(counter, holders, owner, forgery):
    """The payload is the runtime role's to write. Others' accounts receive at most, and nobody's falls below its
    limit, whatever stands there."""
    accounts = [account for holder in holders[1:4] for account in holder.accounts]
    for name in ("account_id", "to_account_id"):
        if name in forgery:
            forgery[name] = str(accounts[forgery[name]])
    operation = None
    try:
        operation = counter.propose(move(counter.holder) | forgery, amount=100)
        counter.execute(operation, counter.mint(operation))
        counter.connection.commit()
    except psycopg.Error:
        counter.connection.rollback()
    total = owner.execute("select sum(balance_minor) as total from accounts where customer_id is not null").fetchone()
    assert total == {"total": 25 * 28_000}
    for other in holders[2:4]:
        assert balances(owner, other) == (20_000, 8_000)
    assert min(balances(owner, counter.holder)) >= 0
    assert owner.execute("select * from ledger_faults").fetchall() == []


# What a faulty or captured runtime role could file ------------------------------------------------------------------


@pytest.mark.parametrize("status", ["processing", "completed"])
def test_what_is_filed_is_a_proposal_whatever_it_says(counter, status):
    row = counter.one(
        """insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key,
               initiated_by, created_at, expires_at, status, executed_in, entry_id)
           values (%s, 'freeze_card', '{}', '', 'x', 'x', 'rest', %s, %s, %s, pg_current_xact_id(), 1)
           returning status, executed_in, entry_id, completed_at""",
        counter.holder.id,
        NOW,
        NOW + timedelta(minutes=10),
        status,
    )
    assert row == {"status": "pending", "executed_in": None, "entry_id": None, "completed_at": None}
    with pytest.raises(psycopg.Error) as caught:
        counter.connection.execute(
            "insert into payees (customer_id, name, iban, created_at) values (app_customer_id(), 'x', 'y', now())"
        )
    assert caught.value.sqlstate == "TG012"


def test_nobody_files_in_the_name_of_the_schedule(counter):
    values = (counter.holder.id, Jsonb(move(counter.holder)), NOW, NOW + timedelta(minutes=10))
    with pytest.raises(psycopg.Error) as caught:
        counter.one(
            """insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key,
                   initiated_by, created_at, expires_at)
               values (%s, 'transfer_between_accounts', %s, '', 'x', 'x', 'schedule', %s, %s) returning id""",
            *values,
        )
    assert caught.value.sqlstate == "TG018"


@pytest.mark.parametrize(
    ("payload", "changes", "code"),
    [
        ({}, {"amount": 1}, "wrong_amount"),
        ({"credit_minor": 1}, {}, "wrong_amount"),
        ({}, {"type": "exchange_currency"}, "wrong_type"),
        ({}, {"type": "pay_payee"}, "wrong_type"),
    ],
)
def test_what_does_not_fit_together_is_not_posted(counter, owner, payload, changes, code):
    """Limits and the step-up look at the operation's amount and type: the posting must be of both."""
    operation = counter.propose(move(counter.holder) | payload, **changes)
    ended = counter.execute(operation, counter.mint(operation))
    counter.connection.commit()
    assert (ended["status"], ended["error_code"]) == ("failed", code)
    assert_untouched(owner, counter.holder)


def test_an_operation_opens_only_what_its_type_changes(counter):
    """Else a harmless change without a code would open the door to a payee without one."""
    operation = counter.one(
        """insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key,
               initiated_by, created_at, expires_at)
           values (%s, 'set_preferences', '{}', '', 'x', 'x', 'rest', %s, %s) returning id""",
        counter.holder.id,
        NOW,
        NOW + timedelta(minutes=10),
    )["id"]
    assert counter.execute(operation, counter.mint(operation))["status"] == "processing"
    with pytest.raises(psycopg.Error) as caught:
        counter.connection.execute(
            "insert into payees (customer_id, name, iban, created_at) values (app_customer_id(), 'x', 'y', now())"
        )
    assert caught.value.sqlstate == "TG012"


@pytest.mark.parametrize("amount", [None, 100])
def test_a_later_payment_cannot_hide_its_amount_from_the_step_up(counter, amount):
    payload = {"payee_id": str(uuid4()), "to_account_id": None, "amount_minor": 900_000, "currency": "GBP"}
    with pytest.raises(psycopg.Error) as caught:
        counter.one(
            INSERT,
            *(counter.holder.id, "schedule_payment", Jsonb(payload), amount, amount and "GBP", "x", NOW),
            NOW + timedelta(minutes=10),
        )
    assert caught.value.sqlstate == "TG018"


def test_a_code_cannot_be_filed_as_given(counter):
    with pytest.raises(errors.InsufficientPrivilege):
        counter.connection.execute("insert into step_up_challenges (verified_at) values (now())")


def test_a_customer_cannot_take_a_staff_members_address(counter, owner):
    staff = "insert into staff (email, full_name, role, password_hash) values ('a@bank.example', 'A', 'agent', 'x')"
    owner.execute(staff)
    with pytest.raises(errors.UniqueViolation):
        counter.connection.execute(
            "insert into credentials (customer_id, email, password_hash) "
            "values (app_customer_id(), 'a@bank.example', 'x')"
        )
