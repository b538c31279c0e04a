"""Confirmation of Payee: whether a name belongs to an account, before money goes there. The database compares, for it
alone can read the names of other customers, and answers with the verdict and nothing else (``check_payee_name`` in
0005_step_up.up.sql): a close match never tells the name that is held. For accounts of other banks, which would have to
be asked, the verdict is ``unable``; so it is for who asks about one account under more than five names a day.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from core.db.database import WriteHandle
from tools.payments.payee_details import AccountDetails, AccountDetailsWrong, IbanUnclear, IbanWrong, read_details
from tools.payments.payee_match import PayeeRow, PayeeUnclear, match_payee
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, Unclear, tool

NAME_PATTERN = r"^[^\x00-\x1f<>]*$"
LONGEST_NAME = 70
"""Characters that payment messages carry (ISO 20022 as SEPA uses it)."""

Verdict = Literal["match", "close_match", "no_match", "unable"]

PHRASES: dict[Verdict, str] = {
    "match": "the name matches the account",
    "close_match": "the name is close to the one on the account, but not the same",
    "no_match": "the name does not match the account",
    "unable": "the name could not be checked",
}
ADVICE: dict[Verdict, str] = {
    "match": "The name matches the account.",
    "close_match": "The name is close to the one on the account, but not the same. Ask for the exact name before you "
    "pay.",
    "no_match": "The name does not match the account. Do not pay before you have asked the person, by a number that "
    "you know, for the right details.",
    "unable": "The name could not be checked. Make sure, by a number that you know, that the details are right.",
}


class NameUnclear(Unclear):
    status: Literal["name_unclear"] = "name_unclear"
    message: str = "What is the full name on the account?"


class NameCheck(Result):
    status: Literal["checked"] = "checked"
    name: str
    account: str = Field(description="The kind and the last four characters of its number.")
    verdict: Verdict
    message: str


class NameCheckArguments(Arguments):
    name: str | None = Field(
        default=None, max_length=LONGEST_NAME, pattern=NAME_PATTERN, description="Full name, as the customer has it."
    )
    payee: str | None = Field(default=None, description="A saved payee to check instead, by name.")
    iban: str | None = Field(default=None, max_length=50, description="IBAN, or else the next two.")
    sort_code: str | None = Field(default=None, max_length=20, description="Six digits.")
    account_number: str | None = Field(default=None, max_length=20, description="Eight digits.")


@dataclass(frozen=True, slots=True)
class _Answer:
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Paid:
    was_paid: bool


@tool(
    title="Check whether a name belongs to an account",
    scope="payees:read",
    rest="POST /payees/name-check",
    examples={
        "Is 20-45-67 12345678 really Anna Berg's account?": {
            "name": "Anna Berg",
            "sort_code": "20-45-67",
            "account_number": "12345678",
        },
        "Check the name on Maria Lopez's account": {"payee": "Maria Lopez"},
    },
)
async def check_payee_name(
    context: ToolContext, arguments: NameCheckArguments
) -> NameCheck | NameUnclear | PayeeUnclear | IbanUnclear | IbanWrong | AccountDetailsWrong:
    """Checks whether a name belongs to an account: match, close_match, no_match or unable. Use before paying somebody
    new, or when the customer doubts a payee's details. Tells nothing else about the account."""
    async with context.database.writing(context.scope) as db:
        if arguments.payee is not None:
            payee = await match_payee(db, context, arguments.payee)
            if isinstance(payee, PayeeUnclear):
                return payee
            return await _check(db, context, arguments.name or payee.name, AccountDetails(**payee.details))
        details = read_details(arguments.iban, arguments.sort_code, arguments.account_number)
        if not isinstance(details, AccountDetails):
            return details
        if not arguments.name:
            return NameUnclear(asked_for=None, choices=[])
        return await _check(db, context, arguments.name, details)


async def _check(db: WriteHandle, context: ToolContext, name: str, details: AccountDetails) -> NameCheck:
    verdict = await check_name(db, context, name, details)
    return NameCheck(name=name, account=details.label, verdict=verdict, message=ADVICE[verdict])


async def check_name(db: WriteHandle, context: ToolContext, name: str, details: AccountDetails) -> Verdict:
    """The verdict on a name for an account; counts as a guess."""
    values = details.columns | {"name": name, "now": context.now}
    return (await db.get(_Answer, QUERIES["check_payee_name"], values)).verdict


async def check_before_first_payment(db: WriteHandle, context: ToolContext, payee: PayeeRow) -> Verdict | None:
    """The verdict on a payee whom the customer has never paid; None for others."""
    values = {"customer_id": context.customer_id, "payee_id": payee.id}
    if (await db.get(_Paid, QUERIES["was_payee_paid"], values)).was_paid:
        return None
    return await check_name(db, context, payee.name, AccountDetails(**payee.details))
