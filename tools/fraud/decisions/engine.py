"""Asks the rules and puts together what is stored with a decision."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tools.counts import FRAUD_DECISIONS
from tools.fraud.decisions.decide import decide
from tools.fraud.decisions.in_force import SHIPPED, FraudPolicy
from tools.fraud.decisions.policy import Outcome
from tools.fraud.rules import Facts, Finding, find_all


@dataclass(frozen=True, slots=True)
class Assessment:
    outcome: Outcome
    findings: tuple[Finding, ...]
    told: Mapping[str, Any]
    """The facts, as the database told them."""
    score: float | None = None
    model: str | None = None
    contributions: tuple[Mapping[str, Any], ...] = ()
    """What spoke most for and against, of the model's features."""
    policy: str = SHIPPED.version

    def as_stored(self) -> dict[str, Any]:
        """As ``write_decision`` reads it. What the customer wrote is not kept a second time."""
        rules = [asdict(each) | {"severity": each.severity.name.lower()} for each in self.findings]
        return {
            "outcome": self.outcome.value,
            "score": self.score,
            "rules_version": self.policy,
            "model_version": self.model,
            "features": {name: value for name, value in self.told.items() if name != "said"},
            "hits": [*rules, *({"rule": "model", **each} for each in self.contributions)],
        }


def assess(told: Mapping[str, Any], said: tuple[str, ...] = (), policy: FraudPolicy = SHIPPED) -> Assessment:
    """Of an operation, or of a payment whose day has come.

    Args:
        told: what ``operation_facts`` or ``due_payment_facts`` returned.
        said: what the customer wrote in the turn that is not stored yet.
    """
    facts = Facts.parse(told, said)
    findings = find_all(facts, policy.limits)
    outcome = decide(facts, findings, policy=policy.decisions)
    FRAUD_DECISIONS.add("payment", outcome.value)
    return Assessment(outcome, findings, told, policy=policy.version)
