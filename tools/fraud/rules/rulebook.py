"""All rules."""

from collections.abc import Callable

from tools.fraud.rules.base import Finding
from tools.fraud.rules.card_testing import find_card_testing
from tools.fraud.rules.dormant import find_dormant
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.impossible_travel import find_impossible_travel
from tools.fraud.rules.limits import LIMITS, Limits
from tools.fraud.rules.mule import find_mule
from tools.fraud.rules.new_payee import find_new_payee
from tools.fraud.rules.scam_cues import find_scam_cues
from tools.fraud.rules.structuring import find_structuring
from tools.fraud.rules.takeover import find_takeover
from tools.fraud.rules.unusual_place import find_unusual_place
from tools.fraud.rules.velocity import find_velocity

Rule = Callable[[Facts, Limits], Finding | None]

RULES: tuple[Rule, ...] = (
    find_velocity,
    find_impossible_travel,
    find_card_testing,
    find_mule,
    find_new_payee,
    find_structuring,
    find_dormant,
    find_takeover,
    find_unusual_place,
    find_scam_cues,
)


def find_all(facts: Facts, limits: Limits = LIMITS) -> tuple[Finding, ...]:
    """What the rules find, the gravest first."""
    found = [finding for rule in RULES if (finding := rule(facts, limits))]
    return tuple(sorted(found, key=lambda finding: (-finding.severity, -finding.confidence, finding.rule)))
