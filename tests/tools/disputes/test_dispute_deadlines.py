"""By when a dispute is opened and the bank acts: pure functions of the facts, for every day and country. By law:
12 CFR 1005.6, 1005.11 and 1026.13, PSRs 2017 regs. 74, 76 and 77, Directive (EU) 2015/2366 arts. 71, 73 and 74."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.calendar import add_months
from tools.disputes.bank_days import EEA, business_days_after, end_of, is_business_day, local_day, noon
from tools.disputes.deadlines import (
    Clock,
    ClockKind,
    Eligible,
    Facts,
    Ineligible,
    assess,
    clocks_after_decision,
    evidence_clock,
    regime_of,
)
from tools.disputes.facts import Payment
from tools.disputes.reasons import REASONS

DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))
COUNTRIES = st.sampled_from(["GB", "US", "IE", "DE", "FR", "NO"])
LONG_AGO = date(2015, 1, 1)
CASH = Facts("US", False, "cash", date(2026, 3, 2), LONG_AGO, is_foreign=False)


def clocks(facts: Facts, opened_on: date, reason: str = "unauthorised") -> dict[ClockKind, Clock]:
    found = assess(facts, reason, opened_on)  # pyright: ignore[reportArgumentType]
    assert isinstance(found, Eligible), found
    return {clock.kind: clock for clock in found.clocks}


@pytest.mark.parametrize(
    ("day", "country", "open_"),
    [
        (date(2026, 7, 3), "US", True),
        (date(2026, 7, 4), "US", False),
        (date(2027, 7, 5), "US", False),
        (date(2026, 11, 26), "US", False),
        (date(2026, 11, 26), "GB", True),
        (date(2026, 12, 28), "GB", False),
        (date(2026, 12, 28), "US", True),
        (date(2026, 5, 1), "DE", False),
        (date(2026, 5, 1), "GB", True),
    ],
    ids=[
        "friday-before-a-saturday-holiday",
        "saturday",
        "monday-after-a-sunday-holiday",
        "thanksgiving",
        "thanksgiving-in-england",
        "boxing-day-moved",
        "boxing-day-in-america",
        "labour-day-in-germany",
        "labour-day-in-england",
    ],
)
def test_a_business_day_is_one_where_the_account_is(day: date, country: str, open_: bool):
    assert is_business_day(day, country) == open_


@given(day=DAYS, number=st.integers(0, 30), country=COUNTRIES)
def test_so_many_business_days_lie_between(day: date, number: int, country: str):
    end = business_days_after(day, number, country)
    between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(is_business_day(one, country) for one in between) == number
    assert not number or is_business_day(end, country)


@given(opened_on=DAYS, country=COUNTRIES.filter(lambda code: code != "US"))
def test_an_unauthorised_payment_in_europe_comes_back_by_the_next_business_day(opened_on: date, country: str):
    facts = Facts(country, False, "card", opened_on - timedelta(days=3), LONG_AGO, is_foreign=True)
    refund = clocks(facts, opened_on)["refund"]
    assert refund.due_on > opened_on
    assert is_business_day(refund.due_on, country)
    assert not any(
        is_business_day(opened_on + timedelta(days=n), country) for n in range(1, (refund.due_on - opened_on).days)
    )
    assert refund.rule == ("PSRs 2017, reg. 76(2)" if country == "GB" else "Directive (EU) 2015/2366, art. 73(1)")


def test_over_christmas_the_next_business_day_is_days_away():
    facts = Facts("GB", False, "transfer", date(2026, 12, 20), LONG_AGO, is_foreign=False)
    assert clocks(facts, date(2026, 12, 24))["refund"].due_on == date(2026, 12, 29)


@given(booked_on=DAYS, country=COUNTRIES.filter(lambda code: code != "US"))
def test_in_europe_there_are_thirteen_months_to_tell(booked_on: date, country: str):
    facts = Facts(country, False, "transfer", booked_on, LONG_AGO, is_foreign=False)
    last = add_months(booked_on, 13)
    assert isinstance(assess(facts, "unauthorised", last), Eligible)
    late = assess(facts, "unauthorised", last + timedelta(days=1))
    assert isinstance(late, Ineligible)
    assert late.last_day == last


def test_thirteen_months_from_the_end_of_a_month_end_with_a_shorter_one():
    facts = Facts("GB", False, "card", date(2027, 1, 31), LONG_AGO, is_foreign=False)
    assert isinstance(assess(facts, "unauthorised", date(2028, 2, 29)), Eligible)
    assert isinstance(assess(facts, "unauthorised", date(2028, 3, 1)), Ineligible)


@given(booked_on=DAYS)
def test_in_america_there_are_sixty_days_from_the_statement(booked_on: date):
    facts = replace(CASH, booked_on=booked_on)
    assert facts.statement_on.day == 1
    assert timedelta(0) < facts.statement_on - booked_on <= timedelta(days=31)
    last = facts.statement_on + timedelta(days=60)
    assert isinstance(assess(facts, "unauthorised", last), Eligible)
    assert isinstance(assess(facts, "unauthorised", last + timedelta(days=1)), Ineligible)


@given(opened_in=st.integers(0, 60), booked_on=DAYS, new=st.booleans(), foreign=st.booleans(), cash=st.booleans())
def test_regulation_e_gives_ten_days_then_credit_and_forty_five_in_all(
    opened_in: int, booked_on: date, new: bool, foreign: bool, cash: bool
):
    """20 for an account that is new, 90 for one that is new, foreign or at a point of sale."""
    opened_on = booked_on + timedelta(days=opened_in)
    first = booked_on - timedelta(days=30 if new else 31)
    facts = Facts("US", False, "cash" if cash else "card", booked_on, first, is_foreign=foreign)

    found = clocks(facts, opened_on)

    assert found["provisional_credit"].due_on == business_days_after(opened_on, 20 if new else 10, "US")
    assert found["decision"].due_on == opened_on + timedelta(days=90 if new or foreign or not cash else 45)
    assert ("(c)(3)(i)" in found["provisional_credit"].rule) == new
    assert found["provisional_credit"].due_on < found["decision"].due_on


def test_the_federal_holidays_do_not_count():
    """From Friday 20 November 2026, Thanksgiving in between: ten business days end on Monday 7 December."""
    facts = replace(CASH, booked_on=date(2026, 11, 16))
    assert clocks(facts, date(2026, 11, 20))["provisional_credit"].due_on == date(2026, 12, 7)


def test_a_credit_card_in_america_is_under_regulation_z():
    facts = replace(CASH, is_credit=True, paid="card")
    found = assess(facts, "unauthorised", date(2026, 3, 10))
    assert isinstance(found, Eligible)
    assert found.regime == "reg_z"
    assert [(clock.kind, clock.is_met) for clock in found.clocks] == [("acknowledgement", True), ("decision", False)]


@pytest.mark.parametrize(
    ("told", "decided_by"),
    [
        (date(2026, 3, 10), date(2026, 5, 31)),
        (date(2026, 3, 31), date(2026, 5, 31)),
        (date(2026, 7, 1), date(2026, 9, 29)),
        (date(2026, 12, 31), date(2027, 2, 28)),
    ],
    ids=["mid-cycle", "last-day-of-a-cycle", "ninety-days-come-first", "over-new-year"],
)
def test_a_credit_card_dispute_is_decided_within_two_whole_billing_cycles(told: date, decided_by: date):
    """And never later than 90 days: 12 CFR 1026.13(c)(2)."""
    facts = replace(CASH, is_credit=True, paid="card", booked_on=told)
    assert clocks(facts, told)["decision"].due_on == decided_by


@given(booked_on=DAYS, wait=st.integers(0, 400), country=COUNTRIES)
def test_goods_that_never_came_count_from_the_day_on_which_they_were_to_come(booked_on: date, wait: int, country: str):
    expected = booked_on + timedelta(days=wait)
    facts = Facts(country, False, "card", booked_on, LONG_AGO, is_foreign=False, expected_on=expected)
    last = expected + timedelta(days=120)
    found = assess(facts, "not_received", last)
    assert isinstance(found, Eligible)
    assert [(clock.kind, clock.due_on) for clock in found.clocks] == [("filing", last)]
    assert isinstance(assess(facts, "not_received", last + timedelta(days=1)), Ineligible)


@pytest.mark.parametrize(
    ("country", "paid", "reason", "covered"),
    [
        ("GB", "transfer", "scam", True),
        ("US", "transfer", "scam", False),
        ("DE", "transfer", "wrong_recipient", True),
        ("GB", "transfer", "not_received", False),
        ("GB", "card", "scam", False),
        ("GB", "card", "cash_not_received", False),
        ("GB", "cash", "cash_not_received", True),
        ("US", "cash", "cash_not_received", True),
        ("GB", "card", "duplicate", True),
    ],
)
def test_a_reason_is_open_where_rules_give_it(country: str, paid: str, reason: str, covered: bool):
    facts = Facts(country, False, paid, date(2026, 3, 2), LONG_AGO, is_foreign=False)  # pyright: ignore[reportArgumentType]
    found = assess(facts, reason, date(2026, 3, 10))  # pyright: ignore[reportArgumentType]
    assert isinstance(found, Eligible) == covered


def test_a_country_without_rules_is_said_to_be():
    with pytest.raises(ValueError, match="no rules for JP"):
        regime_of("JP", is_credit=False)


def test_every_reason_that_can_be_about_a_card_has_its_categories():
    assert len(REASONS) == 10
    for terms in REASONS.values():
        assert bool(terms.visa and terms.mastercard) == bool({"card", "cash"} & terms.kinds)
        assert terms.evidence


@given(day=DAYS, country=COUNTRIES)
def test_a_credit_is_taken_back_five_business_days_after_it_is_announced(day: date, country: str):
    regime = regime_of(country, is_credit=False)
    [results, debit] = clocks_after_decision(country, noon(day, country), for_customer=False, regime=regime)
    assert results.is_met
    assert results.due_on == business_days_after(day, 3, country)
    assert debit.due_on == business_days_after(day, 5, country)
    assert ("1005.11(d)(2)" in debit.rule) == (country == "US")
    assert [c.kind for c in clocks_after_decision(country, noon(day, country), for_customer=True, regime=regime)] == [
        "results"
    ]


# Where the account is: what the clock on the wall says


@pytest.mark.parametrize(
    ("told", "country", "day"),
    [
        (datetime(2026, 6, 1, 22, 59, tzinfo=UTC), "GB", 1),
        (datetime(2026, 6, 1, 23, 0, tzinfo=UTC), "GB", 2),
        (datetime(2026, 6, 1, 22, 59, tzinfo=UTC), "PT", 1),
        (datetime(2026, 6, 1, 21, 59, tzinfo=UTC), "DE", 1),
        (datetime(2026, 6, 1, 22, 0, tzinfo=UTC), "DE", 2),
        (datetime(2026, 6, 1, 21, 0, tzinfo=UTC), "FI", 2),
        (datetime(2026, 6, 1, 23, 59, tzinfo=UTC), "IS", 1),
        (datetime(2026, 6, 2, 3, 59, tzinfo=UTC), "US", 1),
        (datetime(2026, 6, 2, 4, 0, tzinfo=UTC), "US", 2),
    ],
)
def test_what_is_told_a_minute_before_midnight_is_told_on_that_day(told: datetime, country: str, day: int):
    assert local_day(told, country) == date(2026, 6, day)


@given(day=DAYS, country=st.sampled_from(["GB", "US", *sorted(EEA)]))
def test_the_worker_has_half_a_day_before_it_is_late_also_when_clocks_change(day: date, country: str):
    assert local_day(noon(day, country), country) == day
    late = end_of(day, country)
    assert late.astimezone(UTC) - noon(day, country).astimezone(UTC) == timedelta(hours=12)
    assert local_day(late.astimezone(UTC) - timedelta(microseconds=1), country) == day
    assert local_day(late, country) == day + timedelta(days=1)


def test_people_have_their_last_day_to_its_end():
    """The worker posts at noon; what a colleague or the customer does at 23:59 is in time."""
    asked = datetime(2026, 3, 16, 12, tzinfo=UTC)
    evidence = evidence_clock("GB", asked)
    assert evidence.due_on == date(2026, 3, 30)
    assert evidence.row("GB")["due_at"] == "2026-03-31T00:00:00+01:00"
    due = {kind: clock.row("US")["due_at"] for kind, clock in clocks(CASH, date(2026, 3, 2)).items()}
    assert due == {"provisional_credit": "2026-03-16T12:00:00-04:00", "decision": "2026-04-17T00:00:00-04:00"}


# Of one payment


PAYMENT = Payment(
    id=1,
    kind="cash_withdrawal",
    status="booked",
    amount_minor=-60_000,
    currency="USD",
    description="Cash",
    booked_at=datetime(2026, 3, 2, 15, tzinfo=UTC),
    is_card=True,
    is_own=False,
    is_credit=False,
    country="US",
    merchant_country="US",
    card_last4="1234",
    first_deposit_at=datetime(2020, 1, 1, tzinfo=UTC),
)
TOLD = datetime(2026, 3, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(("place", "days"), [("US", 45), ("PR", 45), ("GU", 45), (None, 45), ("CA", 90)])
def test_what_is_paid_in_a_territory_of_the_united_states_is_not_foreign(place: str | None, days: int):
    """12 CFR 1005.2(l)."""
    found = replace(PAYMENT, merchant_country=place).assess("unauthorised", TOLD)
    assert isinstance(found, Eligible)
    [decision] = [clock for clock in found.clocks if clock.kind == "decision"]
    assert decision.due_on == date(2026, 3, 3) + timedelta(days=days)


def test_the_most_that_is_borne_is_said_in_the_laws_own_currency_and_no_other():
    """12 CFR 1005.6(b)(2) and 1026.12(b)(1), PSRs 2017 reg. 77(1), Directive (EU) 2015/2366 art. 74(1)."""
    most = {("US", "USD"): 50_000, ("GB", "GBP"): 3_500, ("DE", "EUR"): 5_000}
    for country, currency in product(("US", "GB", "DE", "PL"), ("USD", "GBP", "EUR", "PLN", "JPY")):
        payment = replace(PAYMENT, country=country, currency=currency)
        found = payment.assess("unauthorised", TOLD)
        assert isinstance(found, Eligible)
        expected = most.get(("DE" if country == "PL" else country, currency))
        assert payment.terms(found, "unauthorised")["liability_minor"] == expected
    small = replace(PAYMENT, amount_minor=-999, is_credit=True, kind="card_payment")
    found = small.assess("unauthorised", TOLD)
    assert isinstance(found, Eligible)
    assert small.terms(found, "unauthorised")["liability_minor"] == 999
