"""From findings and score to a decision: never milder for graver findings, and only payments are held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.fraud.decisions import Outcome, assess, decide
from tools.fraud.decisions.policy import GRAVITY, POLICY, DecisionPolicy
from tools.fraud.rules import Facts, Finding, Severity, Use

FINDING = st.builds(
    Finding,
    rule=st.sampled_from("abcdef"),
    severity=st.sampled_from(Severity),
    confidence=st.floats(0, 1),
    why=st.just("."),
)
TOLD = {"kind": "pay_payee", "amount_minor": 4_000, "recent": [], "memo": None, "said": ["private words"]}


@given(st.sampled_from(Use), st.lists(FINDING, max_size=6), FINDING, st.none() | st.floats(0, 1), st.floats(0, 1))
def test_more_against_a_payment_is_never_decided_more_mildly(use, findings, other, score, higher):
    facts = Facts(use, 5_000)
    before = decide(facts, findings, score)
    assert GRAVITY[decide(facts, [*findings, other], score)] >= GRAVITY[before]
    assert GRAVITY[decide(facts, findings, max(score or 0, higher))] >= GRAVITY[before]


@given(st.sampled_from(Use), st.lists(FINDING, max_size=6), st.none() | st.floats(0, 1))
def test_only_payments_are_held(use, findings, score):
    outcome = decide(Facts(use, 5_000), findings, score)
    assert outcome is not Outcome.HOLD or use is Use.PAYMENT


def test_three_different_cautions_are_looked_at_by_a_person():
    cautions = [Finding(rule, Severity.CAUTION, 0.5, ".") for rule in "abc"]
    assert decide(Facts(Use.PAYMENT), cautions[:2]) is Outcome.STEP_UP
    assert decide(Facts(Use.PAYMENT), [*cautions[:2], cautions[0]]) is Outcome.STEP_UP
    assert decide(Facts(Use.PAYMENT), cautions) is Outcome.HOLD


@pytest.mark.parametrize(
    ("amount", "score", "outcome"),
    [
        (5_000, 0.5, Outcome.ALLOW),
        (5_000, 0.9, Outcome.STEP_UP),
        (5_000, 0.99, Outcome.BLOCK),
        (POLICY.model.up_to + 1, 0.99, Outcome.ALLOW),
    ],
)
def test_the_model_decides_where_it_has_learnt(amount, score, outcome):
    assert decide(Facts(Use.CARD, amount), (), score) is outcome
    assert decide(Facts(Use.PAYMENT, amount), (), score) is Outcome.ALLOW


def test_what_the_customer_vouched_for_passes_unless_the_card_is_being_tested():
    facts = Facts(Use.CARD, 5_000, vouched=True)
    assert decide(facts, [Finding("a", Severity.SERIOUS, 0.9, ".")], 0.99) is Outcome.ALLOW
    assert decide(facts, [Finding("a", Severity.CRITICAL, 0.9, ".")], 0.1) is Outcome.BLOCK


def test_a_policy_that_lets_graver_findings_through_is_refused():
    told = POLICY.model_dump(mode="json")
    told["outcomes"]["payment"]["critical"] = "allow"
    with pytest.raises(ValidationError, match="graver"):
        DecisionPolicy.model_validate(told)
    told["outcomes"]["payment"]["critical"] = "block"
    told["outcomes"]["card"]["serious"] = "hold"
    with pytest.raises(ValidationError, match="only payments"):
        DecisionPolicy.model_validate(told)


def test_what_the_customer_wrote_is_looked_at_and_not_stored():
    found = assess(TOLD | {"amount_minor": 90_000}, ("they say guaranteed profit",))
    assert [finding.rule for finding in found.findings] == ["scam_cues"]
    stored = found.as_stored()
    assert stored["outcome"] == "hold"
    assert "profit" not in str(stored)
    assert "private" not in str(stored)
