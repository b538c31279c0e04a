"""Fraud rules: pure functions over frozen facts. ``find_all`` asks all; limits and cues are TOML beside them."""

from tools.fraud.rules.base import Finding, Severity
from tools.fraud.rules.facts import Facts, Past, Use
from tools.fraud.rules.limits import LIMITS, Limits
from tools.fraud.rules.rulebook import RULES, find_all

__all__ = ["LIMITS", "RULES", "Facts", "Finding", "Limits", "Past", "Severity", "Use", "find_all"]
