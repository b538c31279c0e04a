"""A customer's file, opened for a reason. Opening and reading are one transaction: what was read without the line that
says so is rolled back before anybody got it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.db.database import WriteHandle
from core.errors import NotFound
from core.money import Money
from tools.registry import Result
from tools.staff.context import StaffContext
from tools.staff.queries import QUERIES

LATEST = 20
"""How many transactions and operations a file shows."""


class FileCustomer(Result):
    id: UUID
    name: str
    email: str | None
    date_of_birth: date | None
    phone: str | None
    address_line: str | None
    city: str | None
    postcode: str | None
    country: str
    tier: str
    kyc_status: str
    kyc_level: int
    created_at: datetime


class FileAccount(Result):
    account_id: UUID
    name: str
    kind: str
    currency: str
    status: str
    last4: str
    balance: str
    available: str
    overdraft: str


class FileCard(Result):
    kind: str
    network: str
    last4: str
    status: str
    expires_on: date


class FilePayee(Result):
    name: str
    currency: str
    last4: str


class FileTransaction(Result):
    transaction_id: int
    entry_id: int | None
    """What ``reverse_entry`` takes; None while nothing is booked."""
    account: str
    kind: str
    status: str
    amount: str
    currency: str
    description: str
    occurred_at: datetime


class FileOperation(Result):
    id: UUID
    type: str
    status: str
    summary: str
    initiated_by: str
    error_code: str | None
    created_at: datetime
    completed_at: datetime | None


class CustomerFile(Result):
    """Amounts are decimal strings; accounts, cards and payees show the last four digits alone."""

    customer: FileCustomer
    accounts: list[FileAccount]
    cards: list[FileCard]
    payees: list[FilePayee]
    transactions: list[FileTransaction]
    operations: list[FileOperation]


@dataclass(frozen=True, slots=True)
class _Found:
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class _AccountRow:
    id: UUID
    name: str
    kind: str
    currency: str
    status: str
    last4: str
    balance_minor: int
    held_minor: int
    overdraft_minor: int


@dataclass(frozen=True, slots=True)
class _TransactionRow:
    id: int
    entry_id: int | None
    account: str
    kind: str
    status: str
    amount_minor: int
    currency: str
    description: str
    occurred_at: datetime


async def open_file(context: StaffContext, customer_id: UUID, reason: str) -> CustomerFile:
    """Raises NotFound for nobody's id, Forbidden for who is no staff."""
    values = {"customer_id": customer_id, "reason": reason, "now": context.now}
    async with context.database.writing(context.scope) as db:
        await db.execute(QUERIES["open_file"], values)
        return await _read(db, customer_id)


async def find_file(context: StaffContext, email: str, reason: str) -> CustomerFile:
    """The file of whoever logs in with an address.

    Raises:
        NotFound: nobody does. The search is on record all the same.
    """
    values = {"email": email, "reason": reason, "now": context.now}
    async with context.database.writing(context.scope) as db:
        found = await db.get(_Found, QUERIES["open_file_of"], values)
        file = await _read(db, found.customer_id) if found.customer_id else None
    if file is None:
        raise NotFound("No customer logs in with that address.")
    return file


async def _read(db: WriteHandle, customer_id: UUID) -> CustomerFile:
    whose = {"customer_id": customer_id}
    latest = whose | {"limit": LATEST}
    return CustomerFile(
        customer=await db.get(FileCustomer, QUERIES["file_customer"], whose),
        accounts=[_account(row) for row in await db.all(_AccountRow, QUERIES["file_accounts"], whose)],
        cards=await db.all(FileCard, QUERIES["file_cards"], whose),
        payees=await db.all(FilePayee, QUERIES["file_payees"], whose),
        transactions=[_transaction(row) for row in await db.all(_TransactionRow, QUERIES["file_transactions"], latest)],
        operations=await db.all(FileOperation, QUERIES["file_operations"], latest),
    )


def _account(row: _AccountRow) -> FileAccount:
    available = row.balance_minor - row.held_minor + row.overdraft_minor
    return FileAccount(
        account_id=row.id,
        name=row.name,
        kind=row.kind,
        currency=row.currency,
        status=row.status,
        last4=row.last4,
        balance=_decimal(row.balance_minor, row.currency),
        available=_decimal(available, row.currency),
        overdraft=_decimal(row.overdraft_minor, row.currency),
    )


def _transaction(row: _TransactionRow) -> FileTransaction:
    return FileTransaction(
        transaction_id=row.id,
        entry_id=row.entry_id,
        account=row.account,
        kind=row.kind,
        status=row.status,
        amount=_decimal(row.amount_minor, row.currency),
        currency=row.currency,
        description=row.description,
        occurred_at=row.occurred_at,
    )


def _decimal(minor: int, currency: str) -> str:
    return str(Money(minor, currency).decimal)
