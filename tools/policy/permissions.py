"""What may I do: which operations are open to the customer, what limits are left, what they cost, and why not. The
answer comes from the functions that are asked again when the operation is executed (docs/policy.md)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from core.db.database import ReadHandle
from core.db.queries import Queries
from core.errors import Refused
from core.money import Money
from tools.amounts import parse_amount
from tools.reasons import reason_of
from tools.registry import Arguments, Refusal, Result, ToolContext, tool
from tools.terms import Term

_QUERIES = Queries(Path(__file__).with_name("policy.sql"))

AsksCode = Literal["never", "over", "always"]


class PermissionArguments(Arguments):
    operation: str | None = Field(
        default=None,
        max_length=40,
        description="Name of one operation, such as pay_payee or exchange_currency; all of them if left out.",
    )
    amount: str | None = Field(
        default=None, description="Whether this much would be allowed: a decimal string such as 50 or 1250.50."
    )
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217 code of the amount; GBP.")

    @model_validator(mode="after")
    def _amount_of_one(self) -> "PermissionArguments":
        if self.amount is not None and self.operation is None:
            raise ValueError("name the operation that the amount is for")
        return self


class Fee(Result):
    code: str
    label: str
    value: str = Field(description="As it is published: £8.00, 0.5%.")


class Permission(Result):
    """Amounts are decimal strings in ``currency``; null where there is no such limit."""

    operation: str
    allowed: bool
    code: str | None = Field(description="Why not, as a code.")
    reason: str | None = Field(description="Why not, in words.")
    currency: str
    per_payment: str | None
    left_today: str | None
    left_this_month: str | None
    security_code: AsksCode
    security_code_over: str | None = Field(description="Above which amount a code is asked for, if `over`.")
    fees: list[Fee]
    disclosures: list[str] = Field(description="To be told before confirming.")
    policy_version: str


class Permissions(Result):
    status: Literal["found"] = "found"
    permissions: list[Permission]


class OperationUnclear(Refusal):
    status: Literal["operation_unclear"] = "operation_unclear"
    message: str = "There is no such operation. Choose one of these."
    asked_for: str
    choices: list[str]


@dataclass(frozen=True, slots=True)
class _Row:
    operation: str
    refusal: str | None
    currency: str
    per_payment_minor: int | None
    left_today_minor: int | None
    left_month_minor: int | None
    asks_code: AsksCode
    code_over_minor: int | None
    fees: list[str]
    disclosures: list[str]
    policy_version: str

    def amount(self, minor: int | None) -> str | None:
        return None if minor is None else str(Money(minor, self.currency).decimal)


@dataclass(frozen=True, slots=True)
class _Counted:
    currency: str
    minor: int | None


@tool(
    title="See what you may do",
    scope="bank:read",
    rest="GET /permissions",
    examples={
        "How much can I still pay today?": {"operation": "pay_payee"},
        "May I exchange 500 pounds?": {"operation": "exchange_currency", "amount": "500", "currency": "GBP"},
    },
)
async def what_may_i_do(context: ToolContext, arguments: PermissionArguments) -> Permissions | OperationUnclear:
    """What the customer may do now by this channel: for each kind of operation whether it is allowed and why not, the
    limits that are left today and this month, the fees, whether a security code is asked for, and what has to be said
    first. With an amount: whether that much would be allowed. Not for limits of a card, which are in
    get_card_limits."""
    async with context.database.reading(context.scope) as db:
        values = {"customer_id": context.customer_id, "channel": context.initiated_by, "now": context.now}
        values |= {"operation": arguments.operation, "minor": await _count(db, context, arguments)}
        rows = await db.all(_Row, _QUERIES["list_allowed"], values)
        if not rows:
            known = await db.all(_Row, _QUERIES["list_allowed"], values | {"operation": None})
            return OperationUnclear(asked_for=arguments.operation or "", choices=[row.operation for row in known])
        codes = sorted({code for row in rows for code in row.fees})
        terms = {term.code: term for term in await db.all(Term, _QUERIES["list_fee_terms"], values | {"codes": codes})}
    return Permissions(permissions=[_permission(row, terms) for row in rows])


async def _count(db: ReadHandle, context: ToolContext, arguments: PermissionArguments) -> int | None:
    """Raises Refused where there is no rate."""
    if arguments.amount is None:
        return None
    amount = parse_amount(arguments.amount, arguments.currency or "GBP")
    values = {"minor": amount.minor, "currency": amount.currency, "now": context.now}
    counted = await db.get(_Counted, _QUERIES["convert_to_policy"], values)
    if counted.minor is None:
        raise Refused(f"We do not exchange {amount.currency} just now.", code="no_rate")
    return counted.minor


def _permission(row: _Row, terms: dict[str, Term]) -> Permission:
    return Permission(
        operation=row.operation,
        allowed=row.refusal is None,
        code=row.refusal,
        reason=reason_of(row.refusal) if row.refusal else None,
        currency=row.currency,
        per_payment=row.amount(row.per_payment_minor),
        left_today=row.amount(row.left_today_minor),
        left_this_month=row.amount(row.left_month_minor),
        security_code=row.asks_code,
        security_code_over=row.amount(row.code_over_minor),
        fees=[Fee(code=code, label=terms[code].label, value=terms[code].said) for code in row.fees if code in terms],
        disclosures=row.disclosures,
        policy_version=row.policy_version,
    )
