"""The reasons for which a payment can be disputed: reasons.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

Reason = Literal[
    "unauthorised",
    "duplicate",
    "wrong_amount",
    "cash_not_received",
    "not_received",
    "not_as_described",
    "cancelled",
    "refund_not_received",
    "scam",
    "wrong_recipient",
]
Group = Literal["unauthorised", "error", "goods", "scam", "misdirected"]
Paid = Literal["card", "cash", "transfer"]
"""How: by card, out of a cash machine, or from account to account."""


@dataclass(frozen=True, slots=True)
class ReasonTerms:
    label: str
    """In the customer's words."""
    group: Group
    kinds: frozenset[Paid]
    visa: str | None
    """The scheme's public category; None for what is no card payment."""
    mastercard: str | None
    evidence: tuple[str, ...]


def _read() -> dict[Reason, ReasonTerms]:
    table: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {cast(Reason, code): _terms(row) for code, row in table.items()}


def _terms(row: dict[str, Any]) -> ReasonTerms:
    kinds, evidence = frozenset(row["kinds"]), tuple(row["evidence"])
    return ReasonTerms(row["label"], row["group"], kinds, row.get("visa"), row.get("mastercard"), evidence)


REASONS = _read()
