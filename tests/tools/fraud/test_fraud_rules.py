"""Rules find what they look for, say why, and are never milder for more of it. Nothing in the facts makes them fail."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.fraud.rules import LIMITS, RULES, Facts, Finding, Limits, Past, Severity, Use, find_all
from tools.fraud.rules.card_testing import find_card_testing
from tools.fraud.rules.dormant import find_dormant
from tools.fraud.rules.impossible_travel import find_impossible_travel
from tools.fraud.rules.mule import find_mule
from tools.fraud.rules.new_payee import find_new_payee
from tools.fraud.rules.said import DAY, HOUR, MINUTE
from tools.fraud.rules.scam_cues import find_scam_cues
from tools.fraud.rules.structuring import find_structuring
from tools.fraud.rules.takeover import find_takeover
from tools.fraud.rules.unusual_place import find_unusual_place
from tools.fraud.rules.velocity import find_velocity

SECONDS = st.integers(0, 20 * 365 * DAY)
MINOR = st.integers(0, 10**12)
COUNTRY = st.sampled_from([None, "GB", "FR", "US", "NG"])
PAST = st.builds(
    Past,
    ago=SECONDS,
    minor=MINOR,
    same_payee=st.booleans(),
    declined=st.booleans(),
    country=COUNTRY,
    online=st.booleans(),
)
FACTS = st.builds(
    Facts,
    use=st.sampled_from(Use),
    amount=MINOR,
    recent=st.lists(PAST, max_size=30).map(tuple),
    most=MINOR,
    idle=st.none() | SECONDS,
    payee_age=st.none() | SECONDS,
    payee_payments=st.integers(0, 24),
    payee_since=st.none() | SECONDS,
    contact_change=st.none() | SECONDS,
    received=MINOR,
    country=COUNTRY,
    online=st.booleans(),
    new_country=st.booleans(),
    vouched=st.booleans(),
    words=st.lists(st.text(max_size=60) | st.sampled_from(["safe account", "met online"]), max_size=3).map(tuple),
)
NEW = {"payee_age": 2 * DAY, "payee_payments": 0}
"""Of somebody whom the customer has just added."""


def weight(finding: Finding | None) -> tuple[int, float]:
    return (finding.severity, finding.confidence) if finding else (0, 0.0)


@given(FACTS)
def test_no_facts_make_a_rule_fail_and_every_finding_says_why(facts: Facts):
    found = find_all(facts)
    assert all(0 <= finding.confidence <= 1 and finding.why.endswith(".") for finding in found)
    assert [finding.severity for finding in found] == sorted((each.severity for each in found), reverse=True)
    assert len({finding.rule for finding in found}) == len(found) <= len(RULES)


@given(FACTS, st.integers(0, HOUR), MINOR)
@example(Facts(Use.PAYMENT, recent=(*[Past(0, 0)] * 7, Past(0, 1_062_501))), 0, 0)
def test_one_more_payment_is_never_less_suspicious(facts: Facts, ago: int, minor: int):
    more = replace(facts, recent=(Past(ago, minor), *facts.recent))
    for rule in (find_velocity, find_mule, find_impossible_travel):
        assert weight(rule(more, LIMITS)) >= weight(rule(facts, LIMITS))


@given(FACTS, MINOR)
def test_a_larger_amount_is_never_less_suspicious(facts: Facts, more: int):
    larger = replace(facts, amount=facts.amount + more)
    for rule in (
        find_velocity,
        find_mule,
        find_new_payee,
        find_dormant,
        find_takeover,
        find_unusual_place,
        find_scam_cues,
    ):
        assert weight(rule(larger, LIMITS)) >= weight(rule(facts, LIMITS))


@given(FACTS, st.booleans())
def test_one_more_failed_charge_is_never_less_suspicious(facts: Facts, is_recent: bool):
    more = replace(facts, recent=(Past(MINUTE if is_recent else 2 * DAY, 100, declined=True), *facts.recent))
    assert weight(find_card_testing(more, LIMITS)) >= weight(find_card_testing(facts, LIMITS))


@given(FACTS, st.integers(0, DAY))
def test_a_payment_just_below_a_threshold_is_never_less_suspicious(facts: Facts, ago: int):
    facts = replace(facts, amount=LIMITS.structuring.thresholds[0] - 100)
    more = replace(facts, recent=(Past(ago, facts.amount), *facts.recent))
    assert weight(find_structuring(more, LIMITS)) >= weight(find_structuring(facts, LIMITS))


@given(FACTS, SECONDS)
def test_a_longer_sleep_is_never_less_suspicious(facts: Facts, more: int):
    facts = replace(facts, idle=facts.idle or 0)
    assert weight(find_dormant(replace(facts, idle=facts.idle + more), LIMITS)) >= weight(find_dormant(facts, LIMITS))


@given(FACTS, st.text(max_size=80))
def test_more_words_are_never_less_suspicious(facts: Facts, text: str):
    more = replace(facts, words=(*facts.words, text))
    assert weight(find_scam_cues(more, LIMITS)) >= weight(find_scam_cues(facts, LIMITS))


@pytest.mark.parametrize(
    ("rule", "facts", "severity"),
    [
        ("velocity", Facts(Use.PAYMENT, 2_000, tuple(Past(60 * n, 2_000) for n in range(9))), Severity.CAUTION),
        ("velocity", Facts(Use.CARD, 2_000, tuple(Past(60, 2_000) for _ in range(30))), Severity.SERIOUS),
        ("velocity", Facts(Use.PAYMENT, 600_000, (Past(HOUR, 500_000),)), Severity.CAUTION),
        (
            "impossible_travel",
            Facts(Use.CARD, 4_000, (Past(HOUR, 900, country="US", online=False),), country="GB", online=False),
            Severity.SERIOUS,
        ),
        ("card_testing", Facts(Use.CARD, 100, tuple(Past(60, 150) for _ in range(4))), Severity.SERIOUS),
        (
            "card_testing",
            Facts(Use.CARD, 40_000, tuple(Past(60, 150, declined=True) for _ in range(5))),
            Severity.CRITICAL,
        ),
        ("mule", Facts(Use.PAYMENT, 190_000, received=200_000, **NEW), Severity.SERIOUS),
        ("new_payee", Facts(Use.PAYMENT, 150_000, most=20_000, **NEW), Severity.CAUTION),
        ("new_payee", Facts(Use.PAYMENT, 400_000, most=20_000, **NEW), Severity.SERIOUS),
        ("structuring", Facts(Use.PAYMENT, 24_900, tuple(Past(HOUR, 24_800) for _ in range(3))), Severity.CAUTION),
        ("dormant", Facts(Use.PAYMENT, 80_000, idle=400 * DAY), Severity.CAUTION),
        ("takeover", Facts(Use.PAYMENT, 90_000, contact_change=2 * HOUR, **NEW), Severity.SERIOUS),
        ("unusual_place", Facts(Use.CARD, 90_000, most=4_000, country="NG", new_country=True), Severity.CAUTION),
        ("scam_cues", Facts(Use.PAYMENT, 90_000, words=("the bank told me to move my money",)), Severity.SERIOUS),
        ("scam_cues", Facts(Use.PAYMENT, 90_000, words=("crypto",)), Severity.NOTE),
    ],
)
def test_a_rule_finds_what_it_is_for(rule: str, facts: Facts, severity: Severity):
    [found] = [finding for finding in find_all(facts) if finding.rule == rule]
    assert found.severity is severity


@pytest.mark.parametrize(
    "facts",
    [
        Facts(
            Use.PAYMENT, 85_000, payee_age=300 * DAY, payee_payments=10, payee_since=299 * DAY, most=85_000, idle=DAY
        ),
        Facts(Use.PAYMENT, 240_000, payee_age=DAY, payee_payments=20, payee_since=400 * DAY, most=85_000),
        Facts(Use.PAYMENT, 4_000, payee_age=60, payee_payments=0, most=2_000),
        Facts(Use.CARD, 250, (Past(2 * HOUR, 280), Past(5 * HOUR, 320)), country="GB", online=False),
        Facts(Use.CARD, 5_000, (Past(2 * HOUR, 900, country="FR", online=False),), country="GB", online=False),
        Facts(Use.CARD, 5_000, (Past(60, 900, country="US", online=True),), country="GB", online=False),
        Facts(Use.OWN, 900_000, received=900_000, idle=900 * DAY),
        Facts(Use.PAYEE),
        *(
            Facts(Use.PAYMENT, 90_000, payee_age=DAY, payee_payments=5, most=90_000, words=(memo,))
            for memo in (
                "rent November",
                "Safety boots account",
                "dinner with Anna, we met at work",
                "HMRC self assessment",
            )
        ),
    ],
)
def test_ordinary_use_raises_no_more_than_a_note(facts: Facts):
    assert [finding for finding in find_all(facts) if finding.severity > Severity.NOTE] == []


def test_limits_that_lack_something_are_refused():
    told = LIMITS.model_dump()
    del told["mule"]["share"]
    with pytest.raises(ValidationError):
        Limits.model_validate(told)
