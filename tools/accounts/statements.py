"""Statements of an account: what was in it, every booking, what is in it. Read from the postings, and checked: the
opening balance and the lines give the balance that the ledger itself keeps."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.errors import TellergraphError
from tools.accounts.accounts import Account, AccountUnclear, pick_account
from tools.accounts.statement_files import Statement, StatementLine, as_csv
from tools.queries import QUERIES
from tools.registry import Document, Refusal, Result, ToolContext, tool
from tools.transactions.transactions import Period, day_of, moments

_LONGEST = timedelta(days=366)
_MOST_LINES = 20_000


class StatementArguments(Period):
    account: str = Field(min_length=1, description="Account name, kind, currency, last four digits or reference.")
    format: Literal["csv", "pdf"] | None = Field(
        default=None, description="As which file; without it the sums are given and where the files are."
    )


class StatementSummary(Result):
    status: Literal["found"] = "found"
    account: str
    currency: str
    since: str
    until: str
    opening: str = Field(description="Decimal string, the balance before the first line.")
    closing: str = Field(description="Decimal string: opening and all lines.")
    money_in: str
    money_out: str = Field(description="Signed decimal.")
    lines: int
    files: list[str] = Field(description="Where the statement is to be had as PDF and as CSV.")


class StatementCsv(Document):
    media_type: Literal["text/csv"] = "text/csv"  # pyright: ignore[reportIncompatibleVariableOverride]


class StatementPdf(Document):
    media_type: Literal["application/pdf"] = "application/pdf"  # pyright: ignore[reportIncompatibleVariableOverride]


class StatementNotMade(Refusal):
    status: Literal["period_in_future", "period_too_long", "period_too_old"]


class StatementFault(TellergraphError):
    """The ledger does not add up: better no statement than a wrong one."""

    code = "statement_fault"


@dataclass(frozen=True, slots=True)
class _Holder:
    full_name: str
    address_line: str | None
    city: str | None
    postcode: str | None
    sort_code: str | None
    account_number: str | None
    iban: str | None
    years: int | None
    """How long statements are kept."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line, or nulls with the balances when there are no lines."""

    opening_minor: int
    closing_minor: int
    amount_minor: int | None
    booked_at: datetime | None
    description: str | None
    kind: str | None
    transaction_id: int | None


@tool(
    title="Get a statement",
    scope="accounts:read",
    rest="GET /accounts/{account}/statement",
    examples={
        "I need last month's statement for Everyday": {"account": "Everyday"},
        "A PDF statement of my savings for October": {
            "account": "savings",
            "since": "2026-10-01",
            "until": "2026-10-31",
            "format": "pdf",
        },
    },
)
async def get_statement(
    context: ToolContext, arguments: StatementArguments
) -> StatementCsv | StatementPdf | StatementSummary | AccountUnclear | StatementNotMade:
    """A statement of one account for up to a year: opening balance, every booking, closing balance. Without days it is
    of last month. Over REST it comes as the file that was asked for, elsewhere as its sums and where the file is."""
    since, until = _period(arguments, context.today)
    async with context.database.reading(context.scope) as db:
        account = await _pick(db, context, arguments.account)
        if isinstance(account, AccountUnclear):
            return account
        query = {"customer_id": context.customer_id, "account_id": account.id, "now": context.now}
        holder = await db.get(_Holder, QUERIES["get_holder"], query)
        if refusal := _refuse(since, until, context.today, holder.years):
            return refusal
        query |= {"limit": _MOST_LINES + 1} | moments(since, until, context.today)
        rows = await db.all(_Row, QUERIES["get_statement"], query)
    if len(rows) > _MOST_LINES:
        return StatementNotMade(
            status="period_too_long", message=f"There are more than {_MOST_LINES:,} lines. Choose a shorter period."
        )
    statement = _statement(account, holder, rows, since, until, context.now)
    if arguments.format is None or context.initiated_by != "rest":
        return _summary(statement, account)
    return await _file(statement, account, arguments.format)


async def _file(statement: Statement, account: Account, kind: Literal["csv", "pdf"]) -> StatementCsv | StatementPdf:
    name = f"statement {account.last4} {statement.since} to {statement.until}.{kind}"
    if kind == "csv":
        return StatementCsv(filename=name, content=await asyncio.to_thread(as_csv, statement))
    # The PDF library with its fonts and Pillow would cost each start a tenth of a second.
    from tools.accounts.statement_pdf import as_pdf  # noqa: PLC0415

    return StatementPdf(filename=name, content=await asyncio.to_thread(as_pdf, statement))


def _period(arguments: StatementArguments, today: date) -> tuple[date, date]:
    """Last month; to today, or from the first of the month, where one end is given."""
    last_month = today.replace(day=1) - timedelta(days=1)
    if arguments.since is None and arguments.until is None:
        return last_month.replace(day=1), last_month
    until = min(arguments.until or today, today)
    return arguments.since or until.replace(day=1), until


def _refuse(since: date, until: date, today: date, years: int | None) -> StatementNotMade | None:
    if since > today:
        return StatementNotMade(status="period_in_future", message="That is in the future. Choose days up to today.")
    if until - since > _LONGEST:
        return StatementNotMade(
            status="period_too_long", message="A statement covers up to a year. Choose a shorter period."
        )
    if years is not None and since < today.replace(day=1, year=today.year - years):
        return StatementNotMade(
            status="period_too_old", message=f"Statements go back {years} years. Choose later days."
        )
    return None


async def _pick(db: ReadHandle, context: ToolContext, words: str) -> Account | AccountUnclear:
    """Also of an account that was closed, unless an open one answers to the words."""
    found = await pick_account(db, context, words)
    if isinstance(found, AccountUnclear):
        closed = await db.all(Account, QUERIES["list_closed_accounts"], {"customer_id": context.customer_id})
        matches = [
            account
            for account in closed
            if words.casefold() in (account.name.casefold(), account.last4, str(account.id))
        ]
        return matches[0] if len(matches) == 1 else found
    return found


def _statement(
    account: Account, holder: _Holder, rows: list[_Row], since: date, until: date, now: datetime
) -> Statement:
    """Raises StatementFault."""
    opening, closing = rows[0].opening_minor, rows[0].closing_minor
    balance, lines = opening, list[StatementLine]()
    for row in rows:
        if row.amount_minor is None or row.booked_at is None:
            continue
        balance += row.amount_minor
        lines.append(
            StatementLine(
                day=day_of(row.booked_at),
                description=row.description or "",
                kind=row.kind or "",
                reference=str(row.transaction_id or ""),
                amount_minor=row.amount_minor,
                balance_minor=balance,
            )
        )
    if balance != closing:
        raise StatementFault("This statement cannot be made just now: we are looking into it.")
    return Statement(
        holder=holder.full_name,
        address=tuple(filter(None, (holder.address_line, holder.city, holder.postcode))),
        account=account.name,
        sort_code=holder.sort_code,
        account_number=holder.account_number,
        iban=holder.iban,
        currency=account.currency,
        since=since,
        until=until,
        made_at=now.astimezone(BANK_TIME_ZONE),
        opening_minor=opening,
        closing_minor=closing,
        lines=tuple(lines),
    )


def _summary(statement: Statement, account: Account) -> StatementSummary:
    path = f"/api/v1/accounts/{account.id}/statement"
    days = f"since={statement.since}&until={statement.until}"
    return StatementSummary(
        account=statement.account,
        currency=statement.currency,
        since=statement.since.isoformat(),
        until=statement.until.isoformat(),
        opening=statement.decimal(statement.opening_minor),
        closing=statement.decimal(statement.closing_minor),
        money_in=statement.decimal(statement.in_minor),
        money_out=statement.decimal(statement.out_minor),
        lines=len(statement.lines),
        files=[f"{path}?{days}&format={kind}" for kind in ("pdf", "csv")],
    )
