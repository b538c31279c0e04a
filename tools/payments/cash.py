"""Cash from machines: what may be taken out, what it costs, and what became of the latest withdrawals."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.cards.match import CardKind, label_of
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, tool
from tools.terms import Terms, percent, read_terms

_ABROAD_FREE, _ABROAD_FEE = "cash.atm.abroad_free_monthly", "cash.atm.abroad_fee"
_CREDIT_FEE, _CREDIT_FEE_MIN = "card.credit.cash_fee", "card.credit.cash_fee_min"
_CREDIT_SHARE = "card.credit.cash_share"
_SETTLE, _RELEASE = "cash.pending.settle_days", "cash.pending.release_days"


class WithdrawalArguments(Arguments):
    card: str | None = Field(
        default=None, pattern=r"^[0-9]{4}$", description="Last four digits; all cards if left out."
    )
    limit: int = Field(default=5, ge=1, le=20, description="How many, the latest first.")


class CardCash(Result):
    card: str
    last4: str
    currency: str
    per_day: str | None = Field(description="What may be taken out in one day.")
    used_today: str
    left_today: str | None = Field(description="Null where no limit is set. The balance may allow less.")
    usable: bool = Field(description="Whether the card is active and switched on for cash machines.")


class CashLimits(Result):
    status: Literal["found"] = "found"
    cards: list[CardCash]
    currency: str = Field(description="Of the figures below.")
    abroad_free_per_month: str = Field(description="With debit cards together, without our fee.")
    abroad_free_left: str
    abroad_fee: str = Field(description="Percent, on what goes above it.")
    credit_card_fee: str = Field(description="Percent, with a credit card anywhere.")
    credit_card_fee_min: str
    credit_card_share: str = Field(description="Percent of the credit limit that can be taken as cash.")


class CashWithdrawal(Result):
    amount: str
    currency: str
    account: str
    card_last4: str | None
    state: Literal["completed", "pending", "declined", "reversed", "released"]
    machine: str
    on: str
    reason: str | None = Field(description="Why it was declined.")
    next_step: str | None = Field(description="What happens now.")


class CashWithdrawals(Result):
    status: Literal["found"] = "found"
    withdrawals: list[CashWithdrawal]


@dataclass(frozen=True, slots=True)
class _CardRow:
    kind: CardKind
    nickname: str | None
    last4: str
    currency: str
    limit_minor: int | None
    used_minor: int
    left_minor: int | None
    usable: bool


@dataclass(frozen=True, slots=True)
class _Abroad:
    abroad_minor: int


@dataclass(frozen=True, slots=True)
class _WithdrawalRow:
    amount_minor: int
    currency: str
    account: str
    last4: str | None
    status: Literal["booked", "pending", "declined", "reversed", "released"]
    description: str
    city: str | None
    country: str | None
    decline_reason: str | None
    occurred_at: datetime


@tool(
    title="See your cash limits",
    scope="cash:read",
    rest="GET /cash/limits",
    examples={"How much cash can I take out today?": {}, "What does a withdrawal abroad cost?": {}},
)
async def get_cash_limits(context: ToolContext, arguments: NoArguments) -> CashLimits:  # noqa: ARG001
    """What the customer's cards may take out of cash machines today, what is left of the free allowance abroad this
    month, and the fees for cash."""
    async with context.database.reading(context.scope) as db:
        terms = await read_terms(
            db, context.now, _ABROAD_FREE, _ABROAD_FEE, _CREDIT_FEE, _CREDIT_FEE_MIN, _CREDIT_SHARE
        )
        free = terms.money(_ABROAD_FREE)
        month = datetime.combine(context.today.replace(day=1), time(), BANK_TIME_ZONE)
        values = {"customer_id": context.customer_id, "now": context.now, "today": context.today}
        cards = await db.all(_CardRow, QUERIES["list_cash_cards"], values)
        values |= {"month": month, "currency": free.currency}
        abroad = await db.get(_Abroad, QUERIES["sum_cash_abroad"], values)
    return CashLimits(
        cards=[_card(row) for row in cards],
        currency=free.currency,
        abroad_free_per_month=str(free.decimal),
        abroad_free_left=str(Money(max(0, free.minor - abroad.abroad_minor), free.currency).decimal),
        abroad_fee=percent(terms.percent(_ABROAD_FEE)),
        credit_card_fee=percent(terms.percent(_CREDIT_FEE)),
        credit_card_fee_min=str(terms.money(_CREDIT_FEE_MIN).decimal),
        credit_card_share=percent(terms.percent(_CREDIT_SHARE)),
    )


@tool(
    title="Look up your cash withdrawals",
    scope="cash:read",
    rest="GET /cash/withdrawals",
    examples={"Is my cash withdrawal still pending?": {"limit": 1}},
)
async def get_cash_withdrawal_status(context: ToolContext, arguments: WithdrawalArguments) -> CashWithdrawals:
    """The latest cash withdrawals with their state: completed, pending, declined and why, or given back."""
    values = {"customer_id": context.customer_id, "limit": arguments.limit, "last4": arguments.card}
    async with context.database.reading(context.scope) as db:
        rows = await db.all(_WithdrawalRow, QUERIES["list_cash_withdrawals"], values)
        terms = await read_terms(db, context.now, _SETTLE, _RELEASE)
    return CashWithdrawals(withdrawals=[_withdrawal(row, terms) for row in rows])


def _card(row: _CardRow) -> CardCash:
    return CardCash(
        card=label_of(row.kind, row.nickname, row.last4),
        last4=row.last4,
        currency=row.currency,
        per_day=_decimal(row.limit_minor, row.currency),
        used_today=str(Money(row.used_minor, row.currency).decimal),
        left_today=_decimal(row.left_minor, row.currency),
        usable=row.usable,
    )


def _withdrawal(row: _WithdrawalRow, terms: Terms) -> CashWithdrawal:
    place = "" if row.city is None else f", {row.city}" if row.country == "GB" else f", {row.city}, {row.country}"
    next_step = {
        "pending": f"It completes by itself, usually within {terms[_SETTLE].said}. A hold for cash that was not paid "
        f"out is released after {terms[_RELEASE].said}.",
        "declined": "No cash was paid out and nothing was taken.",
    }
    return CashWithdrawal(
        amount=str(Money(abs(row.amount_minor), row.currency).decimal),
        currency=row.currency,
        account=row.account,
        card_last4=row.last4,
        state="completed" if row.status == "booked" else row.status,
        machine=row.description + place,
        on=row.occurred_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
        reason=row.decline_reason,
        next_step=next_step.get(row.status),
    )


def _decimal(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(Money(minor, currency).decimal)
