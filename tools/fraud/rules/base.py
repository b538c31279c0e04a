"""What a rule finds."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding weighs when the decision is made (decisions/policy.toml says what follows)."""

    NOTE = 1
    """For the file; alone it changes nothing."""
    CAUTION = 2
    SERIOUS = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    severity: Severity
    confidence: float
    """0 to 1: how sure the rule is that what it looks for is what it sees."""
    why: str
    """For staff and the record, with figures; never shown to the customer."""


def confidence(value: float, limit: float, certain: float) -> float:
    """0.5 at the limit, rising evenly to 0.95 at ``certain`` and beyond: the more, the surer.

    Args:
        certain: above ``limit``.
    """
    if value >= certain:
        return 0.95
    return 0.5 + 0.45 * max(0.0, value - limit) / (certain - limit)
