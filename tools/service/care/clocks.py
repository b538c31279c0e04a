"""By when a colleague does what about a case: clocks.toml, counted on the bank's calendar. Pure."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from tools.disputes.bank_days import business_days_after

Kind = Literal["dispute", "fraud", "lost_phone", "complaint", "hardship", "bereavement", "coercion"]

_FILE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_TABLE: dict[str, list[dict[str, Any]]] = _FILE["clocks"]
_PAYMENT = re.compile(rf"\b(?:{'|'.join(map(re.escape, _FILE['payment_words']))})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CareClock:
    kind: str
    rule: str
    due_on: date

    def row(self) -> dict[str, str]:
        """As ``open_care_case`` in the database takes it."""
        return {"kind": self.kind, "rule": self.rule, "due_on": self.due_on.isoformat()}


def clocks_of(kind: Kind, told_on: date, country: str, said: str = "") -> list[CareClock]:
    """What runs from the day on which the customer let it be known; the first to end comes first.

    Args:
        said: the message. One that may be about a payment has the shorter clocks of payment services.
    """
    is_payment = bool(_PAYMENT.search(said))
    clocks = [
        CareClock(row["kind"], row["rule"], _due_on(row, told_on, country))
        for row in _TABLE[kind]
        if country in row.get("only_in", (country,))
        and country not in row.get("not_in", ())
        and row.get("about_payment", is_payment) == is_payment
    ]
    return sorted(clocks, key=lambda clock: clock.due_on)


def _due_on(row: dict[str, Any], told_on: date, country: str) -> date:
    if "weeks" in row:
        return told_on + timedelta(weeks=row["weeks"])
    return business_days_after(told_on, row["business_days"], country)
