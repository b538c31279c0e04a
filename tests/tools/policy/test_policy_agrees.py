"""What the bank answers to "what may I do" is what it does: policies, customers and payments made at random, asked and
then executed, over the same connection as the application's."""

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from core.services import Services
from tests.tools.policy.payers import Payer, Rows, open_clearing, publish

EXAMPLES = 45
CHANNELS = ("chat", "rest", "mcp")

amounts = st.integers(1, 40_000)
fits = {
    "tier": st.sampled_from(("standard", "premium")),
    "kyc_level": st.integers(0, 3),
    "channel": st.sampled_from(CHANNELS),
}
limits_of_days = st.fixed_dictionaries(
    {"operation": st.just("pay_payee"), "period": st.just("day"), "most_minor": amounts}
)
limits_of_some = st.fixed_dictionaries(
    {
        "operation": st.just("pay_payee"),
        "period": st.sampled_from(("payment", "day", "month")),
        "most_minor": amounts,
    },
    optional=fits,
)
# Without a limit of a day nothing is offered: most have one.
of_all = st.lists(limits_of_days, min_size=1, max_size=1) | st.just([])
limits = st.tuples(of_all, st.lists(limits_of_some, max_size=5)).map(lambda drawn: drawn[0] + drawn[1])
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
        open_clearing(opened)
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
        payer = Payer(owner, app, customer, now)
        for number, (channel, minor, hours) in enumerate(payments):
            now += timedelta(hours=hours, minutes=1)
            if number == len(payments) - 1:
                publish(owner, f"{year}-2", now, second)
            outcome = asks_and_pays(payer, channel, minor, now)
            seen[outcome] = seen.get(outcome, 0) + 1

    agrees()
    # Each way it can go came up: a test of nothing would pass as well.
    assert {None, "over_payment_limit", "over_daily_limit", "not_offered"} <= set(seen), seen
    assert {"identity_level_needed", "tier_needed", "channel_not_allowed", "country_not_allowed"} & set(seen), seen


def asks_and_pays(payer: Payer, channel: str, minor: int, now: datetime) -> str | None:
    """Both answers, which have to be the same: null, or why not."""
    before = may(payer, channel, minor, now)
    refusal, paid = pays(payer, channel, minor, now, asks_code=minor > before["code_over_minor"])
    assert refusal == before["refusal"], (refusal, before)
    if paid:
        after = may(payer, channel, 1, now)
        for left in ("left_today_minor", "left_month_minor"):
            if before[left] is not None:
                assert after[left] == before[left] - minor
    return refusal


def may(payer: Payer, channel: str, minor: int, now: datetime) -> dict[str, Any]:
    return payer.one("select * from what_may_i_do(%s, %s, 'pay_payee', %s, %s)", payer.id, channel, minor, now)


def pays(payer: Payer, channel: str, minor: int, now: datetime, *, asks_code: bool) -> tuple[str | None, bool]:
    """Why not, and whether money moved: without its code a payment that asks for one is only looked at."""
    try:
        proposed = payer.propose(channel, minor, now)
    except psycopg.errors.DatabaseError as error:
        if error.sqlstate != "TG090":
            raise
        return error.diag.constraint_name, False
    operation: UUID = proposed["id"]
    refusal = payer.one("select preview_operation(%s, %s) as refusal", operation, now)["refusal"]
    assert proposed["step_up"] == asks_code
    if asks_code:
        return refusal, False
    execute = "select status, error_code from execute_operation(%s, %s, %s)"
    ended = payer.one(execute, operation, payer.confirm(operation, now), now)
    assert ended["error_code"] == refusal
    assert ended["status"] == ("completed" if refusal is None else "failed")
    return refusal, refusal is None
