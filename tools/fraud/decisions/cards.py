"""The decision about a use of a card: rules and the model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.logging import get_logger
from tools.fraud.decisions.decide import decide
from tools.fraud.decisions.engine import Assessment
from tools.fraud.decisions.in_force import SHIPPED, FraudPolicy
from tools.fraud.features.shapes import NAMES
from tools.fraud.model import Score, load_scorer
from tools.fraud.rules import Facts, find_all

_log = get_logger(__name__)


def assess_card(told: Mapping[str, Any], policy: FraudPolicy = SHIPPED) -> Assessment:
    """Of what ``card_facts`` returned, which has the model's features under ``model``, in their order. Where there is
    no model, the rules decide alone: cards must not stop for that."""
    facts = Facts.parse(told)
    findings = find_all(facts, policy.limits)
    features: list[float | None] = told["model"]
    named = {**told, "model": dict(zip(NAMES, features, strict=True))}
    score = _score(features)
    if score is None:
        outcome = decide(facts, findings, policy=policy.decisions)
        return Assessment(outcome, findings, named, policy=policy.version)
    return Assessment(
        decide(facts, findings, score.probability, policy.decisions),
        findings,
        named,
        score.probability,
        score.model,
        tuple(
            {"feature": each.feature, "value": each.value, "log_odds": each.log_odds, "words": each.words}
            for each in score.contributions
        ),
        policy.version,
    )


def _score(features: Sequence[float | None]) -> Score | None:
    try:
        return load_scorer().score(np.array(features, dtype=np.float64))
    except ConfigurationError as error:
        _log.error("fraud_model_missing", reason=error.message)
        return None
