"""The decision about a use of a card: rules and the model."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.errors import ConfigurationError
from core.logging import get_logger
from tools.fraud.decisions.decide import decide
from tools.fraud.decisions.engine import Assessment
from tools.fraud.features import Features
from tools.fraud.model import Score, load_scorer
from tools.fraud.rules import Facts, find_all

_log = get_logger(__name__)


def assess_card(told: Mapping[str, Any]) -> Assessment:
    """Of what ``card_facts`` returned, which has the model's features under ``model``. Where there is no model, the
    rules decide alone: cards must not stop for that."""
    facts = Facts.parse(told)
    findings = find_all(facts)
    score = _score(told["model"])
    if score is None:
        return Assessment(decide(facts, findings), findings, told)
    return Assessment(
        decide(facts, findings, score.probability),
        findings,
        told,
        score.probability,
        score.model,
        tuple(asdict(each) for each in score.contributions),
    )


def _score(features: Mapping[str, float | None]) -> Score | None:
    try:
        return load_scorer().score(Features(**features))
    except ConfigurationError as error:
        _log.error("fraud_model_missing", reason=error.message)
        return None
