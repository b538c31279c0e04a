"""The ledger is double entry and append-only, and PostgreSQL says so (design rule 6)."""

import psycopg
import pytest
from psycopg import errors

from core.db.health import inspect_database
from core.money import CURRENCIES, MINOR_DIGITS


@pytest.fixture
def ledger(empty):
    """The owner's connection, with two of a customer's accounts and one of the bank's."""
    with psycopg.connect(empty.owner_url) as connection:
        connection.execute("""
            insert into customers (id, full_name) values ('00000000-0000-0000-0000-00000000000c', 'A Customer');
            insert into accounts (id, customer_id, kind, name, currency, opened_at)
            select ('00000000-0000-0000-0000-00000000000' || n)::uuid, c, kind, name, currency, now()
              from (values (1, '00000000-0000-0000-0000-00000000000c'::uuid, 'current', 'Everyday', 'GBP'),
                           (2, '00000000-0000-0000-0000-00000000000c'::uuid, 'current', 'Travel', 'EUR'),
                           (3, null, 'internal', 'clearing', 'GBP')) as v (n, c, kind, name, currency)
        """)
        connection.commit()
        yield connection
        connection.rollback()


def post(connection, *postings):
    """One entry: (account number, whether the customer's, minor units, currency)."""
    [(entry,)] = connection.execute(
        "insert into journal_entries (kind, description, booked_at) values ('test', 'test', now()) returning id"
    ).fetchall()
    for account, is_customers, amount, currency in postings:
        connection.execute(
            """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
               values (%s, %s, %s, %s, %s, now())""",
            [
                entry,
                f"00000000-0000-0000-0000-00000000000{account}",
                "00000000-0000-0000-0000-00000000000c" if is_customers else None,
                amount,
                currency,
            ],
        )


def balances(connection):
    return dict(connection.execute("select name, balance_minor from accounts").fetchall())


def test_balances_follow_from_postings(empty, ledger):
    post(ledger, (3, False, -500, "GBP"), (1, True, 500, "GBP"))
    ledger.commit()
    assert balances(ledger) == {"Everyday": 500, "Travel": 0, "clearing": 0}
    assert ledger.execute("select name, balance_minor from internal_balances").fetchall() == [("clearing", -500)]
    ledger.commit()
    assert all(check.passed for check in inspect_database(empty))


def test_an_unbalanced_entry_is_refused_at_commit(ledger):
    post(ledger, (3, False, -500, "GBP"), (1, True, 499, "GBP"))
    with pytest.raises(psycopg.Error) as caught:
        ledger.commit()
    assert caught.value.sqlstate == "TG003"
    assert balances(ledger) == {"Everyday": 0, "Travel": 0, "clearing": 0}


def test_currencies_balance_each_on_its_own(ledger):
    post(ledger, (3, False, -500, "GBP"), (2, True, 500, "EUR"))
    with pytest.raises(psycopg.Error) as caught:
        ledger.commit()
    assert caught.value.sqlstate == "TG003"


@pytest.mark.parametrize("posting", [(1, True, 500, "EUR"), (1, False, 500, "GBP")], ids=["currency", "customer"])
def test_a_posting_carries_what_its_account_carries(ledger, posting):
    with pytest.raises(psycopg.Error) as caught:
        post(ledger, posting)
    assert caught.value.sqlstate == "TG002"


@pytest.mark.parametrize("table", ["postings", "journal_entries", "audit_log"])
@pytest.mark.parametrize("change", ["update {} set id = default", "delete from {}", "truncate {} cascade"])
def test_even_the_owner_cannot_change_what_was_written(ledger, table, change):
    with pytest.raises(psycopg.Error) as caught:
        ledger.execute(change.format(table))
    assert caught.value.sqlstate == "TG001"


def test_a_posting_of_nothing_is_refused(ledger):
    with pytest.raises(errors.CheckViolation):
        post(ledger, (1, True, 0, "GBP"))


def test_a_balance_that_was_tampered_with_is_found(empty, ledger):
    ledger.execute("update accounts set balance_minor = 7 where name = 'Everyday'")
    ledger.commit()
    faults = [fault for check in inspect_database(empty) for fault in check.faults]
    assert faults == ["balance differs from postings: 00000000-0000-0000-0000-000000000001"]


def test_a_balance_cannot_fall_below_its_limit(ledger):
    post(ledger, (3, False, -500, "GBP"), (1, True, 500, "GBP"))
    with pytest.raises(errors.CheckViolation, match="accounts_balance_limit"):
        post(ledger, (3, False, 501, "GBP"), (1, True, -501, "GBP"))


def test_within_its_overdraft_it_may(ledger):
    ledger.execute("update accounts set overdraft_minor = 100 where name = 'Everyday'")
    post(ledger, (3, False, 100, "GBP"), (1, True, -100, "GBP"))
    ledger.commit()
    assert balances(ledger)["Everyday"] == -100


def test_currencies_are_the_same_in_the_program_and_in_the_database(ledger):
    rows = dict(ledger.execute("select code, minor_digits from currencies").fetchall())
    assert rows == {code: MINOR_DIGITS.get(code, 2) for code in CURRENCIES}


def pending(connection, amount):
    connection.execute(
        """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
               description, occurred_at)
           values ('00000000-0000-0000-0000-00000000000c', '00000000-0000-0000-0000-000000000001', 'card_payment',
                   'pending', %s, 'GBP', 'shopping', 'test', now())""",
        [amount],
    )


def held(connection):
    return connection.execute("select held_minor from accounts where name = 'Everyday'").fetchone()[0]


def test_what_is_pending_is_held_until_it_is_over(empty, ledger):
    pending(ledger, -300)
    pending(ledger, -200)
    pending(ledger, 700)
    assert held(ledger) == 500
    ledger.execute("update transactions set status = 'declined', decline_reason = 'x' where amount_minor = -300")
    assert held(ledger) == 200
    ledger.execute("delete from transactions")
    assert held(ledger) == 0
    ledger.commit()
    assert all(check.passed for check in inspect_database(empty))


UNSOUND = {
    "accounts_internal": "update accounts set kind = 'internal' where name = 'Everyday'",
    "accounts_balance_limit": "update accounts set kind = 'loan', balance_minor = 1 where name = 'Everyday'",
    "transactions_entry_if_booked": "'booked', null, null, null, null, null",
    "transactions_reason_if_declined": "'declined', null, null, null, null, null",
    "transactions_released": "'released', null, null, null, null, null",
    "transactions_authorised": "'pending', null, null, null, 'a1', null",
    "banking_operations_over": "'completed', 100, 'GBP', null",
    "banking_operations_amount": "'pending', null, 'GBP', null",
}
_INSERTS = {
    "transactions": """insert into transactions (customer_id, account_id, kind, amount_minor, currency, category,
        description, occurred_at, status, entry_id, decline_reason, released_at, authorisation, authorised_minor)
        select customer_id, id, 'card_payment', -1, 'GBP', 'shopping', 'x', now(), {} from accounts
         where name = 'Everyday'""",
    "banking_operations": """insert into banking_operations (customer_id, type, payload, payload_hash, summary,
        idempotency_key, initiated_by, created_at, expires_at, status, amount_minor, currency, completed_at)
        select customer_id, 'freeze_card', '{{}}', '', 'x', 'k', 'rest', now(), now(), {} from accounts
         where name = 'Everyday'""",
}


@pytest.mark.parametrize("rule", UNSOUND)
def test_a_row_whose_facts_contradict_each_other_is_refused_by_name(ledger, rule):
    statement = UNSOUND[rule]
    for table, insert in _INSERTS.items():
        if rule.startswith(table):
            statement = insert.format(statement)
    with pytest.raises(errors.CheckViolation) as caught:
        ledger.execute(statement)
    assert caught.value.diag.constraint_name == rule
