"""What the bank answers to "what may I do" is what it does: policies, customers and payments made at random, asked and
then executed, over the same connection as the application's."""

import hashlib
import itertools
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.services import Services

EXAMPLES = 60
CHANNELS = ("chat", "rest", "mcp")
ALLOWED = {"outcome": "allow", "rules_version": "test", "features": {}, "hits": []}
"""What the fraud decision says: nothing that would stop it."""
Rows = psycopg.Connection[dict[str, Any]]

amounts = st.integers(1, 40_000)
limits = st.lists(
    st.fixed_dictionaries(
        {
            "operation": st.just("pay_payee"),
            "period": st.sampled_from(("payment", "day", "month")),
            "most_minor": amounts,
        },
        optional={
            "tier": st.sampled_from(("standard", "premium")),
            "kyc_level": st.integers(0, 3),
            "channel": st.sampled_from(CHANNELS),
        },
    ),
    max_size=6,
)
eligibility = st.lists(
    st.fixed_dictionaries(
        {"operation": st.just("pay_payee")},
        optional={
            "offered": st.sampled_from((True, True, True, False)),
            "min_kyc_level": st.integers(0, 2),
            "min_age": st.sampled_from((11, 16, 18)),
            "tiers": st.sampled_from((["standard"], ["premium"], ["standard", "premium"])),
            "channels": st.sampled_from((["chat", "rest"], ["chat", "rest", "mcp"], ["rest"])),
            "countries": st.sampled_from((["GB"], ["GB", "IE"], ["DE"])),
        },
    ),
    max_size=1,
)
documents = st.fixed_dictionaries(
    {"limits": limits, "eligibility": eligibility, "step_up_over_minor": st.integers(0, 50_000), "fees": st.just([])}
)
customers = st.fixed_dictionaries(
    {
        "tier": st.sampled_from(("standard", "premium")),
        "kyc_level": st.integers(0, 3),
        "country": st.sampled_from(("GB", "GB", "IE", "DE")),
        "date_of_birth": st.none() | st.dates(date(1950, 1, 1), date(2030, 1, 1)),
    }
)
payments = st.lists(st.tuples(st.sampled_from(CHANNELS), amounts, st.integers(0, 40)), min_size=1, max_size=6)
"""By which channel, how much, and how many hours after the one before."""


@pytest.fixture
def owner(empty: Services) -> Iterator[Rows]:
    with psycopg.Connection[dict[str, Any]].connect(empty.owner_url, row_factory=dict_row, autocommit=True) as opened:
        opened.execute(
            "insert into accounts (kind, name, currency, opened_at) values ('internal', 'Clearing', 'GBP', now())"
        )
        yield opened


@pytest.fixture
def app(empty: Services) -> Iterator[Rows]:
    with psycopg.Connection[dict[str, Any]].connect(empty.app_url, row_factory=dict_row, autocommit=True) as opened:
        yield opened


def test_what_may_i_do_says_what_executing_does(owner: Rows, app: Rows) -> None:
    years = itertools.count(2030)
    seen: dict[str | None, int] = {}

    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
    )
    @given(first=documents, second=documents, customer=customers, payments=payments)
    def agrees(
        first: dict[str, Any], second: dict[str, Any], customer: dict[str, Any], payments: list[tuple[str, int, int]]
    ) -> None:
        year = next(years)
        now = datetime(year, 3, 30, 20, 0, tzinfo=UTC)
        publish(owner, f"{year}-1", now, first)
        who = Payer(owner, app, customer, now)
        for number, (channel, minor, hours) in enumerate(payments):
            now += timedelta(hours=hours, minutes=1)
            if number == len(payments) - 1:
                publish(owner, f"{year}-2", now, second)
            outcome = who.asks_and_pays(channel, minor, now)
            seen[outcome] = seen.get(outcome, 0) + 1

    agrees()
    # Each way it can go came up: a test of nothing would pass as well.
    assert {None, "over_payment_limit", "over_daily_limit", "not_offered"} <= set(seen), seen
    assert {"identity_level_needed", "tier_needed", "channel_not_allowed", "country_not_allowed"} & set(seen), seen


class Payer:
    """A customer with money and one payee at another bank."""

    def __init__(self, owner: Rows, app: Rows, about: dict[str, Any], now: datetime) -> None:
        self.app, self.id, self.account, self.payee = app, uuid4(), uuid4(), uuid4()
        owner.execute(
            """insert into customers (id, full_name, tier, kyc_level, country, date_of_birth)
               values (%(id)s, 'P', %(tier)s, %(kyc_level)s, %(country)s, %(date_of_birth)s)""",
            about | {"id": self.id},
        )
        owner.execute(
            """insert into accounts (id, customer_id, kind, name, currency, overdraft_minor, opened_at)
               values (%s, %s, 'current', 'A', 'GBP', 100000000, %s)""",
            [self.account, self.id, now],
        )
        owner.execute(
            """insert into payees (id, customer_id, name, sort_code, account_number, created_at)
               values (%s, %s, 'Q', '20-00-00', '12345678', %s)""",
            [self.payee, self.id, now],
        )
        app.execute("select set_config('app.customer_id', %s, false)", [str(self.id)])

    def asks_and_pays(self, channel: str, minor: int, now: datetime) -> str | None:
        """Both answers, which have to be the same: null, or why not."""
        before = self.may(channel, minor, now)
        refusal, paid = self.pays(channel, minor, now, asks_code=minor > before["code_over_minor"])
        assert refusal == before["refusal"], (refusal, before)
        if paid:
            after = self.may(channel, 1, now)
            for left in ("left_today_minor", "left_month_minor"):
                if before[left] is not None:
                    assert after[left] == before[left] - minor
        return refusal

    def may(self, channel: str, minor: int, now: datetime) -> dict[str, Any]:
        asked = "select * from what_may_i_do(%s, %s, 'pay_payee', %s, %s)"
        [row] = self.app.execute(asked, [self.id, channel, minor, now]).fetchall()
        return row

    def pays(self, channel: str, minor: int, now: datetime, *, asks_code: bool) -> tuple[str | None, bool]:
        """Why not, and whether money moved: without its code a payment that asks for one is only looked at."""
        try:
            [proposed] = self.app.execute(PROPOSE, self._proposal(channel, minor, now)).fetchall()
        except psycopg.errors.DatabaseError as error:
            if error.sqlstate != "TG090":
                raise
            return error.diag.constraint_name, False
        operation: UUID = proposed["id"]
        self._one("select record_decision(%s, %s, %s)", operation, Jsonb(ALLOWED), now)
        refusal = self._one("select preview_operation(%s, %s) as refusal", operation, now)["refusal"]
        assert proposed["step_up"] == asks_code
        if asks_code:
            return refusal, False
        slip = secrets.token_hex(32)
        digest = hashlib.sha256(slip.encode()).digest()
        self._one("select mint_slip(%s, %s, %s, %s)", operation, digest, now, now + timedelta(minutes=1))
        ended = self._one("select status, error_code from execute_operation(%s, %s, %s)", operation, slip, now)
        assert ended["error_code"] == refusal
        assert ended["status"] == ("completed" if refusal is None else "failed")
        return refusal, refusal is None

    def _proposal(self, channel: str, minor: int, now: datetime) -> dict[str, Any]:
        payload: dict[str, Any] = {"account_id": str(self.account), "payee_id": str(self.payee), "iban": None}
        payload |= {"sort_code": "20-00-00", "account_number": "12345678", "reference": None}
        payload |= {"debit_minor": minor, "debit_currency": "GBP", "credit_minor": minor, "credit_currency": "GBP"}
        return {
            "customer": self.id,
            "payload": Jsonb(payload),
            "minor": minor,
            "key": str(uuid4()),
            "channel": channel,
            "now": now,
            "until": now + timedelta(minutes=10),
        }

    def _one(self, query: str, *values: object) -> dict[str, Any]:
        [row] = self.app.execute(query.encode(), values).fetchall()
        return row


PROPOSE = """
    insert into banking_operations (customer_id, type, payload, payload_hash, summary, amount_minor, currency,
                                    idempotency_key, initiated_by, created_at, expires_at)
    values (%(customer)s, 'pay_payee', %(payload)s, '', 'Pay', %(minor)s, 'GBP', %(key)s, %(channel)s, %(now)s,
            %(until)s)
    returning id, step_up"""


def publish(owner: Rows, version: str, at: datetime, changes: dict[str, Any]) -> None:
    owner.execute("select write_policy(%s, %s, policy_document('2026-11') || %s)", [version, at, Jsonb(changes)])
