"""What will be in the accounts in the coming days, as far as it can be known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from core.db.database import ReadHandle
from core.money import Money
from tools.accounts.accounts import Account, AccountUnclear, match_accounts
from tools.calendar import Frequency
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, tool
from tools.transactions.cash_flow import CashFlow, Expected, Source, forecast, occurrences
from tools.transactions.recurring import Habits, load_habits

_CASH = ("current", "savings")


class ForecastArguments(Arguments):
    days: int = Field(default=30, ge=1, le=90, description="How many days ahead.")
    account: str | None = Field(
        default=None, description="Account name, kind or currency; all current and savings accounts if left out."
    )


class ExpectedPayment(Result):
    date: str
    name: str
    amount: str = Field(description="Signed decimal: negative is money out.")
    source: Source
    balance: str = Field(description="In the account after it.")


class AccountForecast(Result):
    account: str
    currency: str
    starts_with: str = Field(description="Booked balance less what is held back.")
    money_in: str
    money_out: str = Field(description="Signed decimal.")
    ends_with: str
    lowest: str
    lowest_on: str
    short: bool = Field(description="Whether it falls below what the account allows: zero, or its overdraft.")
    expected: list[ExpectedPayment]


class Forecast(Result):
    status: Literal["found"] = "found"
    until: str
    accounts: list[AccountForecast]
    assumptions: list[str]


@dataclass(frozen=True, slots=True)
class _Coming:
    """A payment that was ordered: from an account, and perhaps to another of the customer's own."""

    source: Source
    account: str
    name: str
    to_account: str | None
    amount_minor: int
    fee_minor: int
    currency: str
    due_on: date


@tool(
    title="Look ahead at your money",
    scope="transactions:read",
    rest="GET /transactions/forecast",
    examples={
        "Will I have enough until the end of the month?": {},
        "What will be in Everyday in two weeks?": {"account": "Everyday", "days": 14},
    },
)
async def forecast_cash_flow(context: ToolContext, arguments: ForecastArguments) -> Forecast | AccountUnclear:
    """The balance of the coming days from income, bills and subscriptions that come back, standing orders and scheduled
    payments, with the lowest point. It knows nothing of everyday spending, and says what it assumes."""
    last = context.today + timedelta(days=arguments.days)
    async with context.database.reading(context.scope) as db:
        matches = await match_accounts(db, context, arguments.account)
        if isinstance(matches, AccountUnclear):
            return matches
        habits = await load_habits(db, context, None)
        coming = await _list_coming(db, context, last)
    accounts = [account for account in matches if account.kind in _CASH]
    ordered = [*coming, *_orders_until(habits, last)]
    return Forecast(
        until=last.isoformat(),
        accounts=[_of_account(account, habits, ordered, context.today, last) for account in accounts],
        assumptions=list(_assumptions(accounts, habits, ordered)),
    )


async def _list_coming(db: ReadHandle, context: ToolContext, last: date) -> list[_Coming]:
    query = {"customer_id": context.customer_id, "last": last}
    return await db.all(_Coming, QUERIES["list_coming_payments"], query)


def _orders_until(habits: Habits, last: date) -> Iterator[_Coming]:
    for order in habits.orders:
        end = min(last, order.ends_on or last)
        for day in occurrences(order.next_run_on, order.frequency, end):
            yield _Coming(
                source="standing_order",
                account=order.account,
                name=order.name,
                to_account=order.to_account,
                amount_minor=order.amount_minor,
                fee_minor=order.fee_minor,
                currency=order.currency,
                due_on=day,
            )


def _of_account(account: Account, habits: Habits, ordered: list[_Coming], today: date, last: date) -> AccountForecast:
    expected = [*_recurring(account, habits, last), *_ordered(account, ordered, today)]
    flow = forecast(account.balance_minor - account.held_minor, expected, today)
    return _shown(account, flow)


def _recurring(account: Account, habits: Habits, last: date) -> Iterator[Expected]:
    for found in habits.found:
        if found.account == account.name:
            frequency: Frequency = found.frequency
            for day in occurrences(found.next_on, frequency, last):
                yield Expected(day, found.name, found.amount_minor, "recurring")


def _ordered(account: Account, ordered: list[_Coming], today: date) -> Iterator[Expected]:
    for each in ordered:
        if each.currency != account.currency:
            continue
        day = max(each.due_on, today)
        if each.account == account.name:
            yield Expected(day, each.name, -each.amount_minor - each.fee_minor, each.source)
        if each.to_account == account.name:
            yield Expected(day, f"From {each.account}", each.amount_minor, each.source)


def _assumptions(accounts: Iterable[Account], habits: Habits, ordered: list[_Coming]) -> Iterator[str]:
    currencies = {account.name: account.currency for account in accounts}
    yield "It starts from the booked balance less what is held back for pending payments."
    yield "Everyday spending such as shopping, cash and single payments is not in it."
    if any(found.account in currencies for found in habits.found):
        yield "Income, bills and subscriptions are taken to come back as they came so far."
    if any(found.varies for found in habits.found if found.account in currencies):
        yield "Where the amount changes, the middle of the latest six is taken."
    if any(each.account in currencies and each.currency != currencies[each.account] for each in ordered):
        yield "Ordered payments in another currency than the account's are left out."
    yield "On a day with both, money goes out before it comes in."


def _shown(account: Account, flow: CashFlow) -> AccountForecast:
    def decimal(minor: int) -> str:
        return str(Money(minor, account.currency).decimal)

    return AccountForecast(
        account=account.name,
        currency=account.currency,
        starts_with=decimal(flow.starts_minor),
        money_in=decimal(flow.in_minor),
        money_out=decimal(flow.out_minor),
        ends_with=decimal(flow.ends_minor),
        lowest=decimal(flow.lowest_minor),
        lowest_on=flow.lowest_on.isoformat(),
        short=flow.lowest_minor < -account.overdraft_minor,
        expected=[
            ExpectedPayment(
                date=step.expected.day.isoformat(),
                name=step.expected.name,
                amount=decimal(step.expected.amount_minor),
                source=step.expected.source,
                balance=decimal(step.balance_minor),
            )
            for step in flow.steps
        ],
    )
