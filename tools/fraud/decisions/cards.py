"""The decision about a use of a card: rules and the model."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tools.fraud.decisions.decide import decide
from tools.fraud.decisions.engine import Assessment
from tools.fraud.features import Features
from tools.fraud.model import load_scorer
from tools.fraud.rules import Facts, find_all


def assess_card(told: Mapping[str, Any]) -> Assessment:
    """Of what ``card_facts`` returned, which has the model's features under ``model``."""
    facts = Facts.parse(told)
    findings = find_all(facts)
    score = load_scorer().score(Features(**told["model"]))
    return Assessment(
        decide(facts, findings, score.probability),
        findings,
        told,
        score.probability,
        score.model,
        tuple(asdict(each) for each in score.contributions),
    )
