"""The facts of a payment, as the rules ask about them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.db.database import ReadHandle
from core.money import Money
from tools.disputes.bank_days import local_day
from tools.disputes.deadlines import Eligible, Facts, Ineligible, Regime, assess
from tools.disputes.reasons import Paid, Reason
from tools.queries import QUERIES

_BY_CARD = ("card_payment", "subscription")
_TRANSFERS = ("transfer_out", "standing_order", "direct_debit", "exchange")
_CASH = "cash_withdrawal"
_STATES = frozenset({"US", "AS", "GU", "MP", "PR", "UM", "VI"})
"""Not foreign to each other: 12 CFR 1005.2(l)."""
_MOST_BORNE: dict[Regime, Money] = {
    "reg_e": Money(50_000, "USD"),
    "reg_z": Money(5_000, "USD"),
    "psr": Money(3_500, "GBP"),
    "psd2": Money(5_000, "EUR"),
}
"""Of an unauthorised payment by a lost or stolen card that was told in time: 12 CFR 1005.6(b)(2) and 1026.12(b)(1),
PSRs 2017, reg. 77(1), Directive (EU) 2015/2366, art. 74(1). Fraud and gross negligence are for people to judge."""


@dataclass(frozen=True, slots=True)
class Payment:
    id: int
    kind: str
    status: str
    amount_minor: int
    currency: str
    description: str
    booked_at: datetime
    is_card: bool
    is_own: bool
    """Whether an account of the customer's own received it."""
    is_credit: bool
    country: str
    merchant_country: str | None
    card_last4: str | None
    first_deposit_at: datetime

    @property
    def amount(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    @property
    def paid(self) -> Paid | None:
        """None for what nobody else was paid, such as a fee, a credit that is taken back and a transfer between own
        accounts, and for money that came in."""
        if self.amount_minor > 0 or self.is_own or self.status not in ("booked", "pending"):
            return None
        if self.kind == _CASH:
            return "cash"
        if self.is_card:
            return "card" if self.kind in _BY_CARD else None
        return "transfer" if self.kind in _TRANSFERS else None

    def assess(self, reason: Reason, now: datetime, expected_on: date | None = None) -> Eligible | Ineligible:
        """Raises ValueError for an account in a country whose rules are not among ours."""
        paid = self.paid
        if paid is None:
            return Ineligible(None, None)
        facts = Facts(
            country=self.country,
            is_credit=self.is_credit,
            paid=paid,
            booked_on=local_day(self.booked_at, self.country),
            first_deposit_on=local_day(self.first_deposit_at, self.country),
            is_foreign=self._is_foreign,
            expected_on=expected_on,
        )
        return assess(facts, reason, local_day(now, self.country))

    def terms(self, eligible: Eligible, reason: Reason) -> dict[str, Any]:
        """What ``file_dispute`` in the database takes."""
        return {
            "kind": "transfer" if self.paid == "transfer" else "card",
            "regime": eligible.regime,
            "jurisdiction": self.country,
            "liability_minor": self._liability(eligible, reason),
            "clocks": [clock.row(self.country) for clock in eligible.clocks],
        }

    @property
    def _is_foreign(self) -> bool:
        places = {self.merchant_country or self.country, self.country}
        return len(places) > 1 and not places <= _STATES

    def _liability(self, eligible: Eligible, reason: Reason) -> int | None:
        """The most that the customer may have to bear, before anybody has looked at how it came about. None where the
        law says nothing, or says it in another currency."""
        most = _MOST_BORNE[eligible.regime]
        if reason != "unauthorised" or most.currency != self.currency:
            return None
        return min(most.minor, self.amount.minor)


async def find_payment(db: ReadHandle, customer_id: UUID, transaction_id: int) -> Payment | None:
    values = {"customer_id": customer_id, "transaction_id": transaction_id}
    return await db.find(Payment, QUERIES["get_disputed_payment"], values)
