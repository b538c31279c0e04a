"""Customers who pay one payee at another bank over the application's own connection, and policies for them."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.tools.fraud.payments import ALLOWED

Rows = psycopg.Connection[dict[str, Any]]

PROPOSE = """
    insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                    idempotency_key, initiated_by, created_at, expires_at)
    values (%(customer)s, 'pay_payee', %(payload)s, '', 'Pay', %(minor)s, 'GBP', %(key)s, %(channel)s, %(now)s,
            %(until)s)
    returning id, step_up"""


def open_clearing(owner: Rows) -> None:
    """The account that payments to other banks go through."""
    owner.execute(
        "insert into accounts (kind, name, currency, opened_at) values ('internal', 'Clearing', 'GBP', now())"
    )


def publish(owner: Rows, version: str, at: datetime, changes: dict[str, Any]) -> None:
    owner.execute("select write_policy(%s, %s, policy_document('2026-11') || %s)", [version, at, Jsonb(changes)])


class Payer:
    """A customer with money in two accounts and one payee."""

    def __init__(self, owner: Rows, app: Rows, about: dict[str, Any], now: datetime) -> None:
        self.app, self.id, self.accounts, self.payee = app, uuid4(), (uuid4(), uuid4()), uuid4()
        owner.execute(
            """insert into customers (id, full_name, tier, kyc_level, country, date_of_birth)
               values (%(id)s, 'P', %(tier)s, %(kyc_level)s, %(country)s, %(date_of_birth)s)""",
            about | {"id": self.id},
        )
        for account, name in zip(self.accounts, "AB", strict=True):
            owner.execute(
                """insert into accounts (id, customer_id, kind, name, currency, overdraft_minor, opened_at)
                   values (%s, %s, 'current', %s, 'GBP', 100000000, %s)""",
                [account, self.id, name, now],
            )
        owner.execute(
            """insert into payees (id, customer_id, name, sort_code, account_number, created_at)
               values (%s, %s, 'Q', '20-00-00', '12345678', %s)""",
            [self.payee, self.id, now],
        )
        self.be(app)

    def be(self, app: Rows) -> None:
        app.execute("select set_config('app.customer_id', %s, false)", [str(self.id)])

    def propose(self, channel: str, minor: int, now: datetime, *, account: int = 0) -> dict[str, Any]:
        """``id`` and ``step_up`` of a payment that the fraud engine lets pass.

        Raises:
            DatabaseError: TG090 where the policy does not even let it be proposed.
        """
        payload: dict[str, Any] = {"account_id": str(self.accounts[account]), "payee_id": str(self.payee), "iban": None}
        payload |= {"sort_code": "20-00-00", "account_number": "12345678", "reference": None}
        payload |= {"debit_minor": minor, "debit_currency": "GBP", "credit_minor": minor, "credit_currency": "GBP"}
        values = {"customer": self.id, "payload": Jsonb(payload), "minor": minor, "key": str(uuid4())}
        values |= {"channel": channel, "now": now, "until": now + timedelta(minutes=10)}
        [proposed] = self.app.execute(PROPOSE, values).fetchall()
        self.one("select record_decision(%s, %s, %s)", proposed["id"], Jsonb(ALLOWED), now)
        return proposed

    def confirm(self, operation: UUID, now: datetime) -> str:
        """The slip that executes it."""
        slip = secrets.token_hex(32)
        digest = hashlib.sha256(slip.encode()).digest()
        self.one("select mint_slip(%s, %s, %s, %s)", operation, digest, now, now + timedelta(minutes=1))
        return slip

    def one(self, query: str, *values: object) -> dict[str, Any]:
        [row] = self.app.execute(query.encode(), values).fetchall()
        return row
