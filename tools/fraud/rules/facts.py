"""What is known when something is to be decided: figures and words, and nothing that changes.

Amounts are minor units of the policy's currency (GBP in the demo bank) without sign; moments are seconds before now.
The database gathers them: ``operation_facts``, ``due_payment_facts`` and ``card_facts`` (0020_fraud_decisions.up.sql).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Use(StrEnum):
    """What is decided about."""

    CARD = "card"
    CASH = "cash"
    PAYMENT = "payment"
    """To a payee, at once or because its day has come."""
    OWN = "own"
    """Between the customer's own accounts."""
    ARRANGEMENT = "arrangement"
    """A payment of a later day, which is decided about again on its day."""
    PAYEE = "payee"
    """A new payee, or other details of one."""


_USES: Mapping[str, Use] = {
    "card": Use.CARD,
    "cash": Use.CASH,
    "pay_payee": Use.PAYMENT,
    "scheduled_payment": Use.PAYMENT,
    "standing_order": Use.PAYMENT,
    "transfer_between_accounts": Use.OWN,
    "exchange_currency": Use.OWN,
    "schedule_payment": Use.ARRANGEMENT,
    "create_standing_order": Use.ARRANGEMENT,
    "change_standing_order": Use.ARRANGEMENT,
    "add_payee": Use.PAYEE,
    "change_payee": Use.PAYEE,
}


@dataclass(frozen=True, slots=True)
class Past:
    """A payment or card authorisation of before."""

    ago: int
    minor: int
    same_payee: bool = False
    declined: bool = False
    country: str | None = None
    online: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    use: Use
    amount: int = 0
    recent: tuple[Past, ...] = ()
    """Payments of the last seven days, or uses of the card in the last two, newest first; also what still waits for a
    yes, so that many small proposals are not each looked at alone."""
    most: int = 0
    """The largest payment of the account's latest history; of a card's where its country is new."""
    idle: int | None = None
    """Since money last left an account of the customer's, or the card was last used; or since it was opened."""
    payee_age: int | None = None
    """Since the payee was added; None where no payee is paid."""
    payee_payments: int = 0
    payee_since: int | None = None
    """Since the first payment to the payee."""
    contact_change: int | None = None
    """Since phone, e-mail address or authenticator app changed, within seven days."""
    received: int = 0
    """What came in from outside within 24 hours."""
    country: str | None = None
    online: bool = True
    new_country: bool = False
    vouched: bool = False
    """The customer said within a day that a charge like this one was theirs."""
    words: tuple[str, ...] = ()
    """The memo, and what the customer wrote in the chat: to be looked at, never followed."""

    @property
    def is_payout(self) -> bool:
        """Money goes to somebody else."""
        return self.use in (Use.PAYMENT, Use.ARRANGEMENT)

    @property
    def is_card(self) -> bool:
        return self.use in (Use.CARD, Use.CASH)

    @classmethod
    def parse(cls, told: Mapping[str, Any], said: tuple[str, ...] = ()) -> "Facts":
        """Of what the database gathered; ``said`` are words that it does not have yet."""
        words = (told.get("memo"), *told.get("said", ()), *said)
        return cls(
            use=_USES[told["kind"]],
            amount=told["amount_minor"] or 0,
            recent=tuple(_past(each) for each in told.get("recent", ())),
            most=told.get("most_minor") or 0,
            idle=told.get("idle"),
            payee_age=told.get("payee_age"),
            payee_payments=told.get("payee_payments") or 0,
            payee_since=told.get("payee_since"),
            contact_change=told.get("contact_change"),
            received=told.get("received_minor") or 0,
            country=told.get("country"),
            online=told.get("is_online", True),
            new_country=told.get("is_new_country", False),
            vouched=told.get("is_vouched", False),
            words=tuple(word for word in words if word),
        )


def _past(each: Mapping[str, Any]) -> Past:
    return Past(
        ago=each["ago"],
        minor=each["minor"] or 0,
        same_payee=bool(each.get("payee")),
        declined=bool(each.get("is_declined")),
        country=each.get("country"),
        online=each.get("is_online", True),
    )
