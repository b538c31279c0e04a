"""A card that is present in two countries sooner than anybody gets from one to the other."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts, Past
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import HOUR, span


def find_impossible_travel(facts: Facts, limits: Limits) -> Finding | None:
    """Looks at uses with the card present; an online shop may be anywhere."""
    if not facts.is_card or facts.online or facts.country is None:
        return None
    found = [_look(facts.country, past.country, past.ago, limits) for past in facts.recent if _was_present(past)]
    return max((each for each in found if each), key=lambda each: each.confidence, default=None)


def _was_present(past: Past) -> bool:
    return not past.online and not past.declined


def _look(here: str, there: str | None, ago: int, limits: Limits) -> Finding | None:
    if there is None or there == here:
        return None
    within = limits.impossible_travel.hours_between(here, there) * HOUR
    if ago >= within:
        return None
    sure = confidence(within - ago, 0, within)
    return Finding("impossible_travel", Severity.SERIOUS, sure, f"Present in {there} {span(ago)} before {here}.")
