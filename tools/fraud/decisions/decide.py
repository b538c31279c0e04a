"""The decision itself: pure, and never milder for a graver finding or a higher score."""

from collections.abc import Sequence

from tools.fraud.decisions.policy import GRAVITY, POLICY, DecisionPolicy, Outcome
from tools.fraud.rules import Facts, Finding, Severity


def decide(
    facts: Facts, findings: Sequence[Finding], score: float | None = None, policy: DecisionPolicy = POLICY
) -> Outcome:
    """
    Args:
        score: the model's probability of fraud, 0 to 1; None where there is no model for it.
    """
    severity = _severity(findings, policy)
    by_rules = policy.outcomes[facts.use].of(severity) if severity else Outcome.ALLOW
    outcome = max(by_rules, _by_score(facts, score, policy), key=GRAVITY.__getitem__)
    # The customer was asked about such a charge and said that it was theirs.
    if facts.vouched and severity is not Severity.CRITICAL:
        return Outcome.ALLOW
    return outcome


def _severity(findings: Sequence[Finding], policy: DecisionPolicy) -> Severity | None:
    cautions = {finding.rule for finding in findings if finding.severity >= Severity.CAUTION}
    gravest = max((finding.severity for finding in findings), default=None)
    if gravest is Severity.CAUTION and len(cautions) >= policy.together.cautions:
        return Severity.SERIOUS
    return gravest


def _by_score(facts: Facts, score: float | None, policy: DecisionPolicy) -> Outcome:
    if score is None or not facts.is_card or facts.amount > policy.model.up_to:
        return Outcome.ALLOW
    if score >= policy.model.block:
        return Outcome.BLOCK
    return Outcome.STEP_UP if score >= policy.model.step_up else Outcome.ALLOW
