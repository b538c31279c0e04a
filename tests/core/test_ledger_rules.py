"""The ledger is double entry and append-only, and PostgreSQL says so (design rule 6)."""

import psycopg
import pytest
from psycopg import errors

from core.db.health import inspect_database


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
    assert balances(ledger) == {"Everyday": 500, "Travel": 0, "clearing": -500}
    ledger.commit()
    assert all(check.passed for check in inspect_database(empty))


def test_an_unbalanced_entry_is_refused_at_commit(ledger):
    post(ledger, (3, False, -500, "GBP"), (1, True, 499, "GBP"))
    with pytest.raises(psycopg.Error) as caught:
        ledger.commit()
    assert caught.value.sqlstate == "TG003"
    assert balances(ledger) == {"Everyday": 0, "Travel": 0, "clearing": 0}


def test_currencies_balance_each_on_its_own(ledger):
    post(ledger, (1, True, -500, "GBP"), (2, True, 500, "EUR"))
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
