"""Adding money: ways, limits and what became of the latest top-ups."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, tool
from tools.terms import Terms, read_terms

_CARD_MIN, _CARD_MAX = "top_up.card.min", "top_up.card.max"
_CARD_DAY, _CARD_MONTH, _CARD_COUNT = "top_up.card.daily_limit", "top_up.card.monthly_limit", "top_up.card.daily_count"
_FOREIGN_FEE = "top_up.card.international_fee"
_AUTO_MIN, _AUTO_MAX = "top_up.auto.min", "top_up.auto.max"
_CASH_MAX, _CASH_MONTH = "top_up.cash.max", "top_up.cash.monthly_limit"
_CHEQUE_MAX, _CHEQUE_CLEARING = "cheque.photo.limit", "cheque.clearing"
_PENDING, _REVERTED = "top_up.pending.hours", "top_up.reverted.days"
_LIMIT_TERMS = (_CARD_MIN, _CARD_MAX, _CARD_DAY, _CARD_MONTH, _CARD_COUNT, _AUTO_MIN, _AUTO_MAX, _CASH_MAX, _CASH_MONTH)


Method = Literal["debit_card", "apple_or_google_pay", "automatic", "bank_transfer", "cash", "cheque"]


@dataclass(frozen=True, slots=True)
class _Way:
    method: Method
    name: str
    how: str
    least: str | None
    most: str | None
    arrives: str | None
    """None: after the time that cheques take."""
    by_card: bool = False


_ADD = "Payments > Add money"
_MINUTE = "Within a minute."
_WAYS = (
    _Way("debit_card", "Debit card of another bank", f"{_ADD} > Card", _CARD_MIN, _CARD_MAX, _MINUTE, by_card=True),
    _Way("apple_or_google_pay", "Apple Pay or Google Pay", _ADD, _CARD_MIN, _CARD_MAX, _MINUTE, by_card=True),
    _Way("automatic", "Automatic top-up", f"{_ADD} > Auto top-up", _AUTO_MIN, _AUTO_MAX, _MINUTE, by_card=True),
    _Way("bank_transfer", "Bank transfer", "Home > your account > Account details", None, None, "Usually in seconds."),
    _Way("cash", "Cash at a Post Office", f"{_ADD} > Cash", None, _CASH_MAX, "Within minutes."),
    _Way("cheque", "Cheque by photo", "Payments > Pay in a cheque", None, _CHEQUE_MAX, None),
)


class TopUpArguments(Arguments):
    limit: int = Field(default=5, ge=1, le=20, description="How many, the latest first.")


class TopUpMethod(Result):
    method: Method
    name: str
    how: str
    min_amount: str | None
    max_amount: str | None
    currency: str
    fee: str
    arrives: str


class TopUpMethods(Result):
    status: Literal["found"] = "found"
    methods: list[TopUpMethod]


class CardTopUpLimits(Result):
    min_amount: str
    max_amount: str
    per_day: str
    left_today: str
    per_month: str
    left_this_month: str
    number_per_day: int
    number_left_today: int


class TopUpLimits(Result):
    status: Literal["found"] = "found"
    currency: str
    card: CardTopUpLimits = Field(description="Cards, Apple Pay, Google Pay and automatic top-ups together.")
    automatic_min: str
    automatic_max: str
    cash_max: str = Field(description="At the Post Office in one go.")
    cash_per_month: str
    note: str = "Bank transfers in have no limit of ours. The other bank may have a lower limit of its own."


class TopUp(Result):
    amount: str
    currency: str
    account: str
    state: Literal["completed", "pending", "failed", "reverted"]
    description: str
    on: str
    reason: str | None = Field(description="Why it failed.")
    next_step: str | None = Field(description="What happens now.")


class TopUps(Result):
    status: Literal["found"] = "found"
    top_ups: list[TopUp]


@dataclass(frozen=True, slots=True)
class _Used:
    today_minor: int
    today_count: int
    month_minor: int


@dataclass(frozen=True, slots=True)
class _TopUpRow:
    amount_minor: int
    currency: str
    account: str
    status: Literal["booked", "pending", "declined", "reversed", "released"]
    description: str
    decline_reason: str | None
    occurred_at: datetime


@tool(
    title="See the ways to add money",
    scope="top-ups:read",
    rest="GET /top-ups/methods",
    examples={"How can I add money to my account?": {}, "Can I top up with cash?": {}},
)
async def list_top_up_methods(context: ToolContext, arguments: NoArguments) -> TopUpMethods:  # noqa: ARG001
    """How money gets into an account, with amounts, fees and times: card, Apple Pay or Google Pay, automatic
    top-up, bank transfer, cash, cheque."""
    async with context.database.reading(context.scope) as db:
        terms = await read_terms(db, context.now, *_LIMIT_TERMS, _FOREIGN_FEE, _CHEQUE_MAX, _CHEQUE_CLEARING)
    card_fee = f"None for cards from the UK and the EEA, else {terms[_FOREIGN_FEE].said}."
    return TopUpMethods(
        methods=[
            TopUpMethod(
                method=way.method,
                name=way.name,
                how=f"In the app under {way.how}.",
                min_amount=_said(terms, way.least) if way.least else None,
                max_amount=_said(terms, way.most) if way.most else None,
                currency=terms.money(_CARD_MAX).currency,
                fee=card_fee if way.by_card else "None.",
                arrives=way.arrives or f"After {terms[_CHEQUE_CLEARING].said}.",
            )
            for way in _WAYS
        ]
    )


@tool(
    title="See your top-up limits",
    scope="top-ups:read",
    rest="GET /top-ups/limits",
    examples={"How much more can I top up today?": {}},
)
async def get_top_up_limits(context: ToolContext, arguments: NoArguments) -> TopUpLimits:  # noqa: ARG001
    """The limits for adding money, and what is left of them today and this month. Failed and reverted top-ups do not
    count."""
    async with context.database.reading(context.scope) as db:
        terms = await read_terms(db, context.now, *_LIMIT_TERMS)
        currency = terms.money(_CARD_DAY).currency
        values = {"customer_id": context.customer_id, "currency": currency, "now": context.now}
        values |= {"day": _midnight(context), "month": _midnight(context, day=1)}
        used = await db.get(_Used, QUERIES["sum_top_ups"], values)
    return TopUpLimits(
        currency=currency,
        card=CardTopUpLimits(
            min_amount=_said(terms, _CARD_MIN),
            max_amount=_said(terms, _CARD_MAX),
            per_day=_said(terms, _CARD_DAY),
            left_today=_left(terms.money(_CARD_DAY), used.today_minor),
            per_month=_said(terms, _CARD_MONTH),
            left_this_month=_left(terms.money(_CARD_MONTH), used.month_minor),
            number_per_day=terms.quantity(_CARD_COUNT),
            number_left_today=max(0, terms.quantity(_CARD_COUNT) - used.today_count),
        ),
        automatic_min=_said(terms, _AUTO_MIN),
        automatic_max=_said(terms, _AUTO_MAX),
        cash_max=_said(terms, _CASH_MAX),
        cash_per_month=_said(terms, _CASH_MONTH),
    )


@tool(
    title="Look up your top-ups",
    scope="top-ups:read",
    rest="GET /top-ups",
    examples={"Did my top-up arrive?": {"limit": 1}, "Show my last top-ups": {}},
)
async def get_top_up_status(context: ToolContext, arguments: TopUpArguments) -> TopUps:
    """The latest top-ups with their state: completed, pending, failed and why, or reverted, and what happens next."""
    values = {"customer_id": context.customer_id, "limit": arguments.limit}
    async with context.database.reading(context.scope) as db:
        rows = await db.all(_TopUpRow, QUERIES["list_top_ups"], values)
        terms = await read_terms(db, context.now, _PENDING, _REVERTED)
    return TopUps(top_ups=[_top_up(row, terms) for row in rows])


_STATES: dict[str, Literal["completed", "pending", "failed", "reverted"]] = {
    "booked": "completed",
    "pending": "pending",
    "declined": "failed",
    "reversed": "reverted",
    "released": "reverted",
}


def _top_up(row: _TopUpRow, terms: Terms) -> TopUp:
    state = _STATES[row.status]
    return TopUp(
        amount=str(Money(abs(row.amount_minor), row.currency).decimal),
        currency=row.currency,
        account=row.account,
        state=state,
        description=row.description,
        on=row.occurred_at.astimezone(BANK_TIME_ZONE).date().isoformat(),
        reason=row.decline_reason,
        next_step={
            "pending": f"It is being checked, which takes {terms[_PENDING].said} at most. Do not repeat it.",
            "reverted": f"The money is back on the card it came from within {terms[_REVERTED].said}.",
            "failed": "Nothing was added. Try another card, or send a bank transfer.",
        }.get(state),
    )


def _said(terms: Terms, code: str) -> str:
    return str(terms.money(code).decimal)


def _left(limit: Money, used: int) -> str:
    return str(Money(max(0, limit.minor - used), limit.currency).decimal)


def _midnight(context: ToolContext, day: int | None = None) -> datetime:
    """The start of today, or of a day of this month."""
    return datetime.combine(context.today.replace(day=day or context.today.day), time(), BANK_TIME_ZONE)
