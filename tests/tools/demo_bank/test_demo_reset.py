"""Putting alex and blair back."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from core.errors import Conflict, Unavailable
from core.services import Services
from tools.demo_bank import reset_demo
from tools.demo_bank.named import Who, customer_id
from tools.demo_bank.reset import DELETED_TABLES, KEPT_KEYS, KEPT_TABLES, LEDGER_TABLES

ALEX, BLAIR = customer_id("alex"), customer_id("blair")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

_STATE: dict[str, LiteralString] = {
    "customer": "select * from customers where id = %(who)s",
    "login": "select * from credentials where customer_id = %(who)s",
    "accounts": "select * from accounts where customer_id = %(who)s order by id",
    "cards": "select * from cards where customer_id = %(who)s order by id",
    "payees": "select * from payees where customer_id = %(who)s order by id",
    "orders": "select * from standing_orders where customer_id = %(who)s order by id",
    "operations": "select * from banking_operations where customer_id = %(who)s",
    "alerts": "select card_id, reason, status, created_at from fraud_alerts where customer_id = %(who)s",
    "transactions": """select account_id, card_id, merchant_id, terminal_id, payee_id, kind, status, amount_minor,
        currency, category, description, decline_reason, occurred_at, booked_at
        from transactions where customer_id = %(who)s order by id""",
    "postings": """select account_id, amount_minor, currency, booked_at
        from postings where customer_id = %(who)s order by id""",
    "internal": "select name, currency, balance_minor from internal_balances order by 1, 2",
    "conversations": "select * from chat_sessions where owner = 'customer:' || %(who)s",
    "keys": "select * from api_keys where customer_id = %(who)s",
    "codes at login": "select * from second_factors where customer_id = %(who)s",
    "codes for a lost app": "select * from recovery_codes where customer_id = %(who)s",
    "messages with codes": "select * from login_codes where customer_id = %(who)s",
    "identities": "select * from login_identities where customer_id = %(who)s",
}


def state(services: Services, who: str) -> dict[str, list[dict[str, Any]]]:
    with psycopg.connect(services.owner_url, row_factory=dict_row) as connection:
        return {name: connection.execute(query, {"who": who}).fetchall() for name, query in _STATE.items()}


def faults(services: Services) -> list[tuple[Any, ...]]:
    with psycopg.connect(services.owner_url) as connection:
        return connection.execute("select * from ledger_faults").fetchall()


def change(services: Services, *statements: LiteralString) -> None:
    with psycopg.connect(services.owner_url) as connection:
        for statement in statements:
            connection.execute(statement, {"alex": ALEX, "blair": BLAIR, "id": uuid4()})


PAY_JOHN = (
    "insert into journal_entries (kind, description, booked_at) values ('transfer', 'To John', now())",
    """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
       select currval('journal_entries_id_seq'), id, customer_id,
              case when customer_id is null then 2000 else -2000 end, 'GBP', now() from accounts
        where (customer_id = %(alex)s and name = 'Everyday')
           or (customer_id is null and name = 'Clearing' and currency = 'GBP')""",
    """insert into transactions (customer_id, account_id, payee_id, entry_id, kind, status, amount_minor, currency,
              category, description, occurred_at, booked_at)
       select customer_id, id, (select id from payees where name = 'John Carter'), currval('journal_entries_id_seq'),
              'transfer_out', 'booked', -2000, 'GBP', 'transfers', 'To John', now(), now()
         from accounts where customer_id = %(alex)s and name = 'Everyday'""",
)
PAY_BLAIR = (
    "insert into journal_entries (kind, description, booked_at) values ('transfer', 'To Blair', now())",
    """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
       select currval('journal_entries_id_seq'), id, customer_id,
              case customer_id when %(alex)s then -700 else 700 end, 'GBP', now() from accounts
        where (customer_id = %(alex)s and name = 'Everyday') or (customer_id = %(blair)s and name = 'Current')""",
    """insert into transactions (customer_id, account_id, entry_id, kind, status, amount_minor, currency, category,
              description, occurred_at, booked_at)
       select customer_id, id, currval('journal_entries_id_seq'), 'transfer_in', 'booked', 700, 'GBP', 'transfers',
              'From Alex', now(), now() from accounts where customer_id = %(blair)s""",
)
UNDO_PAY_JOHN = (
    """insert into journal_entries (kind, description, booked_at, reverses_id)
       values ('reversal', 'To John', now(), currval('journal_entries_id_seq'))""",
    """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
       select currval('journal_entries_id_seq'), account_id, customer_id, -amount_minor, currency, now()
         from postings where entry_id = currval('journal_entries_id_seq') - 1""",
)
OTHER_CHANGES = (
    "update cards set status = 'frozen' where customer_id = %(alex)s",
    "update fraud_alerts set status = 'confirmed_fraud' where customer_id = %(alex)s",
    "update standing_orders set status = 'cancelled' where customer_id = %(alex)s",
    "delete from standing_orders where customer_id = %(alex)s",
    """insert into payees (customer_id, name, sort_code, account_number, created_at)
       values (%(alex)s, 'Anna Berg', '20-00-00', '12345678', now())""",
    """insert into accounts (customer_id, kind, name, currency, opened_at)
       values (%(alex)s, 'savings', 'Holiday', 'GBP', now())""",
    """insert into cards (customer_id, account_id, kind, network, last4, status, expires_on)
       select %(alex)s, id, 'virtual', 'visa', '0001', 'active', now() from accounts where name = 'Holiday'""",
    """insert into banking_operations (customer_id, type, payload, payload_hash, summary, idempotency_key, initiated_by,
              created_at, expires_at) values (%(alex)s, 'freeze_card', '{}', '', '', 'a', 'chat', now(), now())""",
    "update customers set phone = 'none', address_line = 'elsewhere' where id = %(alex)s",
    "update credentials set password_hash = 'other', email = 'alex@elsewhere.example' where customer_id = %(alex)s",
    """insert into chat_sessions (id, owner, title, created_at, updated_at)
       values (%(id)s, 'customer:' || %(alex)s, '', now(), now())""",
    """insert into chat_turns (id, session_id, owner, status, worker_id, lease_expires_at, started_at)
       select %(id)s, id, owner, 'done', %(id)s, now(), now() from chat_sessions
        where owner = 'customer:' || %(alex)s""",
    """insert into api_keys (customer_id, name, prefix, secret_hash, permissions, created_at, expires_at)
       values (%(alex)s, 'budget', 'tg_abc123', sha256('key'), '{accounts:read}', now(), now())""",
    """insert into api_keys (customer_id, name, prefix, secret_hash, permissions, created_at, expires_at, replaces)
       select customer_id, name, 'tg_abc124', sha256('next'), permissions, created_at, expires_at, id from api_keys
        where customer_id = %(alex)s""",
    "insert into second_factors (customer_id, required_since) values (%(alex)s, now())",
    "insert into recovery_codes (customer_id, code_hash, made_at) values (%(alex)s, sha256('code'), now())",
    """insert into login_codes (customer_id, purpose, email, code_hash, sent_at, expires_at)
       values (%(alex)s, 'reset', 'alex@elsewhere.example', sha256('code'), now(), now())""",
    """insert into login_identities (issuer, sub, provider, customer_id, linked_at)
       values ('https://id.example', 'alex', 'example', %(alex)s, now())""",
)


def test_a_reset_brings_back_everything_that_changed(bank: Services) -> None:
    reset_demo(bank.owner_url, "alex", NOW)
    before = state(bank, ALEX)
    change(bank, *PAY_JOHN, *UNDO_PAY_JOHN)
    change(bank, *PAY_JOHN)
    change(bank, *OTHER_CHANGES)
    changed = state(bank, ALEX)
    assert [part for part in before if changed[part] == before[part]] == []
    reset_demo(bank.owner_url, "alex", NOW)
    assert state(bank, ALEX) == before
    assert faults(bank) == []


@pytest.mark.parametrize("who", ["alex", "blair"])
def test_a_reset_gives_what_a_load_on_that_day_gives(bank: Services, who: Who, seeded_at: datetime) -> None:
    seeded = state(bank, customer_id(who))
    for day in (3, 40):
        reset_demo(bank.owner_url, who, seeded_at + timedelta(days=day))
    assert state(bank, customer_id(who)) != seeded
    reset_demo(bank.owner_url, who, seeded_at)
    assert state(bank, customer_id(who)) == seeded
    assert faults(bank) == []


def test_a_reset_leaves_everybody_else_alone(bank: Services) -> None:
    before = {part: rows for part, rows in state(bank, BLAIR).items() if part != "internal"}
    change(bank, *PAY_JOHN)
    reset_demo(bank.owner_url, "alex", NOW + timedelta(days=50))
    after = state(bank, BLAIR)
    assert {part: after[part] for part in before} == before


def test_another_customer_keeps_what_they_were_paid(bank: Services) -> None:
    change(bank, *PAY_BLAIR)
    paid = state(bank, BLAIR)
    assert paid["accounts"][0]["balance_minor"] == 4_260
    reset_demo(bank.owner_url, "alex", NOW)
    after = state(bank, BLAIR)
    assert (after["accounts"], after["transactions"]) == (paid["accounts"], paid["transactions"])
    everyday = next(one for one in state(bank, ALEX)["accounts"] if one["name"] == "Everyday")
    assert everyday["balance_minor"] == 248_015
    assert faults(bank) == []


def test_the_ledger_is_append_only_again_after_a_reset(bank: Services) -> None:
    reset_demo(bank.owner_url, "blair", NOW)
    for statement in ("update postings set amount_minor = 1", "delete from journal_entries"):
        with psycopg.connect(bank.owner_url) as connection, pytest.raises(psycopg.DatabaseError, match="append-only"):
            connection.execute(statement)


def test_the_audit_log_keeps_what_was_done_and_tells_of_the_reset(bank: Services) -> None:
    change(
        bank,
        "insert into audit_log (actor, customer_id, action, resource, at) values ('x', %(alex)s, 'paid', 'y', now())",
    )
    reset_demo(bank.owner_url, "alex", NOW)
    with psycopg.connect(bank.owner_url) as connection:
        actions = connection.execute("select action from audit_log where customer_id = %s order by id", (ALEX,))
        assert actions.fetchall() == [("paid",), ("demo.reset",)]


def test_a_reset_without_a_demo_bank_is_refused(empty: Services) -> None:
    with pytest.raises(Conflict, match="not loaded"):
        reset_demo(empty.owner_url, "alex", NOW)


def test_a_reset_that_cannot_have_the_ledger_changes_nothing(bank: Services) -> None:
    before = state(bank, ALEX)
    with psycopg.connect(bank.owner_url) as busy:
        busy.execute("lock table postings in row exclusive mode")
        with pytest.raises(Unavailable, match="busy"):
            reset_demo(bank.owner_url, "alex", NOW, patience=timedelta(milliseconds=50))
    assert state(bank, ALEX) == before


def test_every_table_with_a_customer_is_considered(bank: Services) -> None:
    """A new table of customer data must say what a reset does with it."""
    with psycopg.connect(bank.owner_url) as connection:
        found = connection.execute(
            "select table_name from information_schema.columns where column_name = 'customer_id'"
            " and table_schema = 'public'"
        ).fetchall()
    known = {*DELETED_TABLES, *KEPT_KEYS, *KEPT_TABLES, *LEDGER_TABLES} - {"customers", "journal_entries"}
    assert {name for (name,) in found} == known
