"""Exchange between the customer's currencies, at the bank's rate with the published fee as its own line."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.errors import InvalidInput
from core.money import Money
from tools.accounts.accounts import Account, AccountUnclear, ToAccountUnclear
from tools.accounts.by_currency import NoAccountInCurrency, choose_in_currency
from tools.amounts import parse_amount
from tools.operations import propose
from tools.payments.fx import Quote, is_weekend, quote
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, tool
from tools.terms import percent, read_terms

_WEEKDAY, _WEEKEND, _PLUS = "exchange.fee.weekday", "exchange.fee.weekend", "exchange.fee.plus"
_CODE = r"^[A-Z]{3}$"
_HOLDS = ("current", "savings")


class RatesArguments(Arguments):
    currency: str | None = Field(
        default=None, pattern=_CODE, description="ISO 4217 code of what is sold; all if left out."
    )
    to_currency: str | None = Field(default=None, pattern=_CODE, description="ISO 4217 code of what is bought.")


class ExchangeArguments(Arguments):
    amount: str = Field(description="How much, a decimal string; of the currency that is sold unless fixed says buy.")
    currency: str = Field(pattern=_CODE, description="ISO 4217 code of the currency that is sold.")
    to_currency: str = Field(pattern=_CODE, description="ISO 4217 code of the currency that is bought.")
    fixed: Literal["sell", "buy"] = Field(default="sell", description="Which side the amount is.")


class ConversionArguments(ExchangeArguments):
    account: str | None = Field(default=None, description="Account to sell from, where there are several.")
    to_account: str | None = Field(default=None, description="Account to buy into, where there are several.")


class ExchangeRate(Result):
    currency: str
    to_currency: str
    rate: str = Field(description="What one unit of ``currency`` buys of ``to_currency``.")
    since: str = Field(description="When the bank set it, ISO date and time.")


class ExchangeRates(Result):
    status: Literal["found"] = "found"
    rates: list[ExchangeRate]
    weekday_fee: str = Field(description="Percent of what is sold.")
    weekend_fee: str = Field(description="Percent, from 10pm on Friday to 10pm on Sunday, London time.")
    plus_weekday_fee: str = Field(description="Percent, with a Plus account.")
    is_weekend: bool


class ExchangeQuote(Result):
    status: Literal["found"] = "found"
    sell: str
    sell_currency: str
    buy: str
    buy_currency: str
    rate: str
    fee: str = Field(description="In the currency that is sold, taken beside it.")
    total: str = Field(description="What leaves the account: what is sold and the fee.")
    conditions: str = "The rate of this moment. Preparing an exchange holds it until the confirmation expires."


class ExchangeNotPossible(Refusal):
    status: Literal["below_exchange_minimum", "over_exchange_limit"]
    minimum: str
    left_today: str
    currency: str


@dataclass(frozen=True, slots=True)
class _RateRow:
    base: str
    quote: str
    rate: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Limits:
    """In the currency that is sold."""

    minimum_minor: int
    daily_minor: int
    used_minor: int


@tool(
    title="See exchange rates",
    scope="exchange:read",
    rest="GET /exchange/rates",
    examples={
        "What's the exchange rate for euros?": {"to_currency": "EUR"},
        "Show me all exchange rates": {},
    },
)
async def list_exchange_rates(context: ToolContext, arguments: RatesArguments) -> ExchangeRates:
    """The bank's exchange rates now, and the fees for an exchange. For what a certain amount would give use
    quote_exchange."""
    values = {"base": arguments.currency, "quote": arguments.to_currency, "now": context.now}
    async with context.database.reading(context.scope) as db:
        rows = await db.all(_RateRow, QUERIES["list_rates"], values)
        terms = await read_terms(db, context.now, _WEEKDAY, _WEEKEND, _PLUS)
    return ExchangeRates(
        rates=[
            ExchangeRate(
                currency=row.base,
                to_currency=row.quote,
                rate=percent(row.rate),
                since=row.as_of.astimezone(BANK_TIME_ZONE).isoformat(timespec="minutes"),
            )
            for row in rows
        ],
        weekday_fee=percent(terms.percent(_WEEKDAY)),
        weekend_fee=percent(terms.percent(_WEEKEND)),
        plus_weekday_fee=percent(terms.percent(_PLUS)),
        is_weekend=is_weekend(context.now),
    )


@tool(
    title="See what an exchange would give",
    scope="exchange:read",
    rest="GET /exchange/quote",
    examples={
        "How many euros do I get for £200?": {"amount": "200", "currency": "GBP", "to_currency": "EUR"},
        "What would 500 dollars cost me in pounds?": {
            "amount": "500",
            "currency": "GBP",
            "to_currency": "USD",
            "fixed": "buy",
        },
    },
)
async def quote_exchange(context: ToolContext, arguments: ExchangeArguments) -> ExchangeQuote | ExchangeNotPossible:
    """What an exchange between two currencies gives or costs now, with the fee. Changes nothing."""
    async with context.database.reading(context.scope) as db:
        sides = await _quote(db, context, arguments)
        if isinstance(sides, ExchangeNotPossible):
            return sides
    return ExchangeQuote(
        sell=str(sides.debit.decimal),
        sell_currency=sides.debit.currency,
        buy=str(sides.credit.decimal),
        buy_currency=sides.credit.currency,
        rate=percent(sides.rate),
        fee=str(sides.fee.decimal),
        total=str(_total(sides).decimal),
    )


@tool(
    title="Prepare an exchange",
    scope="exchange:write",
    risk=Risk.PREPARE,
    rest="POST /exchange",
    examples={"Change £100 into euros": {"amount": "100", "currency": "GBP", "to_currency": "EUR"}},
)
async def convert_currency(
    context: ToolContext, arguments: ConversionArguments
) -> Proposed | ExchangeNotPossible | NoAccountInCurrency | AccountUnclear | ToAccountUnclear:
    """Prepares to exchange money between two of the customer's accounts in different currencies. The customer confirms
    in the app; this call exchanges nothing."""
    async with context.database.writing(context.scope) as db:
        sides = await _quote(db, context, arguments)
        if isinstance(sides, ExchangeNotPossible):
            return sides
        source = await choose_in_currency(db, context, arguments.account, arguments.currency, kinds=_HOLDS)
        if not isinstance(source, Account):
            return source
        target = await choose_in_currency(db, context, arguments.to_account, arguments.to_currency, kinds=_HOLDS)
        if isinstance(target, AccountUnclear):
            return ToAccountUnclear(asked_for=target.asked_for, choices=target.choices)
        if isinstance(target, NoAccountInCurrency):
            return target
        fixed = sides.debit if arguments.fixed == "sell" else sides.credit
        payload: dict[str, Any] = {"account_id": str(source.id), "to_account_id": str(target.id)}
        return await propose(
            db,
            context,
            "exchange_currency",
            payload=payload | sides.payload,
            proposed=Proposed(
                summary=f"Exchange {sides.debit} from {source.name} into {sides.credit} on {target.name} at "
                f"{percent(sides.rate)}",
                amount=str(fixed.decimal),
                currency=fixed.currency,
                account=source.name,
                to_account=target.name,
                date=context.today.isoformat(),
                fee=str(sides.fee.decimal),
            ),
            money=fixed,
        )


async def _quote(db: ReadHandle, context: ToolContext, arguments: ExchangeArguments) -> Quote | ExchangeNotPossible:
    if arguments.currency == arguments.to_currency:
        raise InvalidInput("Choose two different currencies.", code="wrong_currency")
    fixed = parse_amount(arguments.amount, arguments.currency if arguments.fixed == "sell" else arguments.to_currency)
    sides = await quote(db, context, fixed, debited=arguments.currency, credited=arguments.to_currency)
    return await find_exchange_refusal(db, context, sides) or sides


async def find_exchange_refusal(db: ReadHandle, context: ToolContext, sides: Quote) -> ExchangeNotPossible | None:
    """Why so much, or so little, is not exchanged today; None where nothing is exchanged, too."""
    if sides.rate is None:
        return None
    limits = await _find_limits(db, context, sides.debit.currency)
    left = max(0, limits.daily_minor - limits.used_minor)
    minimum, rest = (Money(minor, sides.debit.currency) for minor in (limits.minimum_minor, left))
    if minimum.minor <= sides.debit.minor <= left:
        return None
    too_small = sides.debit.minor < minimum.minor
    return ExchangeNotPossible(
        status="below_exchange_minimum" if too_small else "over_exchange_limit",
        message=f"The smallest exchange is {minimum}."
        if too_small
        else f"{rest} more can be exchanged today. Choose a smaller amount, or exchange the rest tomorrow.",
        minimum=str(minimum.decimal),
        left_today=str(rest.decimal),
        currency=sides.debit.currency,
    )


async def _find_limits(db: ReadHandle, context: ToolContext, currency: str) -> _Limits:
    day_starts = datetime.combine(context.today, time(), BANK_TIME_ZONE)
    values = {"customer_id": context.customer_id, "currency": currency, "now": context.now, "since": day_starts}
    return await db.get(_Limits, QUERIES["get_exchange_limits"], values)


def _total(sides: Quote) -> Money:
    return Money(sides.debit.minor + sides.fee.minor, sides.debit.currency)
