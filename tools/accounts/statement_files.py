"""A statement, and as a CSV file for a spreadsheet. Pure: the same statement gives the same bytes."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime

from core.money import Money

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    day: date
    description: str
    kind: str
    reference: str
    """Of the transaction, empty where there is none."""
    amount_minor: int
    balance_minor: int
    """After it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Opening balance and lines add up to the closing balance."""

    holder: str
    address: tuple[str, ...]
    account: str
    sort_code: str | None
    account_number: str | None
    iban: str | None
    currency: str
    since: date
    until: date
    made_at: datetime
    opening_minor: int
    closing_minor: int
    lines: tuple[StatementLine, ...]

    @property
    def in_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0)

    @property
    def out_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines if line.amount_minor < 0)

    def decimal(self, minor: int) -> str:
        return str(Money(minor, self.currency).decimal)


def as_csv(statement: Statement) -> bytes:
    """UTF-8 with a header line (RFC 4180); the first line is the opening balance, the last the closing one."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["date", "description", "kind", "reference", "amount", "balance", "currency"])

    def write(day: date, description: str, kind: str, reference: str, amount: str, balance_minor: int) -> None:
        balance = statement.decimal(balance_minor)
        writer.writerow([day.isoformat(), _harmless(description), kind, reference, amount, balance, statement.currency])

    write(statement.since, "Opening balance", "", "", "", statement.opening_minor)
    for line in statement.lines:
        amount = statement.decimal(line.amount_minor)
        write(line.day, line.description, line.kind, line.reference, amount, line.balance_minor)
    write(statement.until, "Closing balance", "", "", "", statement.closing_minor)
    return text.getvalue().encode()


def _harmless(text: str) -> str:
    """What somebody wrote as a reference must not become a formula in the customer's spreadsheet."""
    return f"'{text}" if text.startswith(_FORMULA) else text
