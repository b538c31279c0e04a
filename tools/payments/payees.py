"""Payees: list, and prepare to add, change or remove one."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.db.database import ReadHandle, WriteHandle
from core.money import Money
from tools.accounts.accounts import NoArguments
from tools.compliance.screening.payees import PayeeToScreen, screen_payee
from tools.operations import effect, propose
from tools.payments.name_check import LONGEST_NAME, NAME_PATTERN, PHRASES, NameUnclear, check_name
from tools.payments.payee_details import AccountDetails, AccountDetailsWrong, IbanUnclear, IbanWrong, read_details
from tools.payments.payee_match import PayeeRow, PayeeUnclear, list_payee_rows, match_payee, payees_query, spoken
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, tool


class Payee(Result):
    name: str
    currency: str
    last4: str


class Payees(Result):
    status: Literal["found"] = "found"
    payees: list[Payee]


@tool(title="List your payees", scope="payees:read", rest="GET /payees", examples={"Who are my payees?": {}})
async def list_payees(context: ToolContext, arguments: NoArguments) -> Payees:  # noqa: ARG001
    """The people and firms the customer has saved to pay, with the last four digits of their account."""
    rows = await context.database.fetch(PayeeRow, *payees_query(context), scope=context.scope)
    return Payees(payees=[Payee(name=row.name, currency=row.currency, last4=row.last4) for row in rows])


_WrongDetails = IbanUnclear | IbanWrong | AccountDetailsWrong


class PayeeExists(Refusal):
    status: Literal["payee_exists"] = "payee_exists"
    message: str = reason_of("payee_exists")
    payee: str


class OwnAccount(Refusal):
    status: Literal["own_account"] = "own_account"
    message: str = reason_of("own_account")
    account: str


class PayeeInUse(Refusal):
    status: Literal["payee_in_use"] = "payee_in_use"
    message: str
    payee: str
    uses: list[str] = Field(description="What still pays the payee by itself.")


class NothingToChange(Refusal):
    status: Literal["nothing_to_change"] = "nothing_to_change"
    message: str = "That is how the payee stands already. Say what should be different: the name or the account."
    payee: str


class PayeeArguments(Arguments):
    payee: str = Field(description="Name of one of the customer's payees.")


class _Details(Arguments):
    name: str | None = Field(
        default=None,
        max_length=LONGEST_NAME,
        pattern=NAME_PATTERN,
        description="Full name of the person or firm, as on the account.",
    )
    iban: str | None = Field(default=None, max_length=50, description="IBAN, or else the next two.")
    sort_code: str | None = Field(default=None, max_length=20, description="Six digits.")
    account_number: str | None = Field(default=None, max_length=20, description="Eight digits.")
    currency: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z]{3}$",
        description="ISO 4217 code in which payments arrive; GBP for British accounts and EUR for others if left out.",
    )


class NewPayeeArguments(_Details):
    pass


class ChangedPayeeArguments(PayeeArguments, _Details):
    pass


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


@dataclass(frozen=True, slots=True)
class _Use:
    kind: str
    amount_minor: int
    currency: str
    due_on: date

    @property
    def label(self) -> str:
        return f"{self.kind} of {Money(self.amount_minor, self.currency)}, due on {self.due_on.isoformat()}"


@tool(
    title="Prepare to add a payee",
    scope="payees:write",
    risk=Risk.PREPARE,
    rest="POST /payees",
    examples={
        "Add Anna Berg, sort code 20-45-67, account 12345678, as a payee": {
            "name": "Anna Berg",
            "sort_code": "20-45-67",
            "account_number": "12345678",
        },
        "Save GB33BUKB20201555555555 as Anna Berg": {"name": "Anna Berg", "iban": "GB33BUKB20201555555555"},
        "I want to add a payee": {},
    },
)
async def add_payee(
    context: ToolContext, arguments: NewPayeeArguments
) -> Proposed | NameUnclear | _WrongDetails | OwnAccount | PayeeExists:
    """Prepares to save somebody to pay, by IBAN or by sort code and account number. The summary says whether the name
    belongs to the account, where that could be checked. The customer confirms in the app with a security code; this
    call saves nothing."""
    if not arguments.name:
        return NameUnclear(asked_for=None, choices=[], message="Who is the payee? Tell me the name on the account.")
    details = read_details(arguments.iban, arguments.sort_code, arguments.account_number)
    if not isinstance(details, AccountDetails):
        return details
    name, currency = " ".join(arguments.name.split()), details.choose_currency(arguments.currency)
    async with context.database.writing(context.scope) as db:
        refusal = await _refuse_name(db, context, name) or await _refuse_own_account(db, context, details)
        if refusal is not None:
            return refusal
        verdict = await check_name(db, context, name, details)
        return await propose(
            db,
            context,
            "add_payee",
            payload={"name": name, "currency": currency} | details.columns,
            proposed=Proposed(
                summary=f"Add {name} ({details.label}, {currency}) as a payee: {PHRASES[verdict]}",
                payee=name,
                currency=currency,
            ),
        )


@tool(
    title="Prepare to change a payee",
    scope="payees:write",
    risk=Risk.PREPARE,
    rest="PATCH /payees/{payee}",
    examples={
        "Rename the payee John Carter to Jon Carter": {"payee": "John Carter", "name": "Jon Carter"},
        "Maria's new account is 20-45-67 12345678": {
            "payee": "Maria",
            "sort_code": "20-45-67",
            "account_number": "12345678",
        },
    },
)
async def change_payee(
    context: ToolContext, arguments: ChangedPayeeArguments
) -> Proposed | PayeeUnclear | _WrongDetails | OwnAccount | PayeeExists | NothingToChange:
    """Prepares to change the name, the account or the currency of a saved payee; what is left out stays. The customer
    confirms in the app with a security code; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        payee = await match_payee(db, context, arguments.payee)
        if isinstance(payee, PayeeUnclear):
            return payee
        details = _new_details(payee, arguments)
        if not isinstance(details, AccountDetails):
            return details
        name = " ".join((arguments.name or payee.name).split())
        currency = details.choose_currency(arguments.currency or _kept_currency(payee, details))
        if (name, details.columns, currency) == (payee.name, payee.details, payee.currency):
            return NothingToChange(payee=payee.name)
        refusal = await _refuse_name(db, context, name, unless=payee.id)
        refusal = refusal or await _refuse_own_account(db, context, details)
        if refusal is not None:
            return refusal
        verdict = await check_name(db, context, name, details)
        old = {f"old_{column}": value for column, value in payee.details.items()}
        old |= {"old_name": payee.name, "old_currency": payee.currency}
        new = {"name": name, "currency": currency} | details.columns
        return await propose(
            db,
            context,
            "change_payee",
            payload={"payee_id": str(payee.id)} | old | new,
            proposed=Proposed(
                summary=f"Change the payee {payee.name} to {name} ({details.label}, {currency}): {PHRASES[verdict]}",
                payee=payee.name,
                currency=currency,
            ),
        )


@tool(
    title="Prepare to remove a payee",
    scope="payees:write",
    risk=Risk.PREPARE,
    rest="DELETE /payees/{payee}",
    examples={"Delete the payee Jimmy Chan": {"payee": "Jimmy Chan"}},
)
async def remove_payee(context: ToolContext, arguments: PayeeArguments) -> Proposed | PayeeUnclear | PayeeInUse:
    """Prepares to remove a saved payee. Refused while a standing order or a scheduled payment goes there. The customer
    confirms in the app; this call removes nothing."""
    async with context.database.writing(context.scope) as db:
        payee = await match_payee(db, context, arguments.payee)
        if isinstance(payee, PayeeUnclear):
            return payee
        if uses := await _list_uses(db, context, payee.id):
            return PayeeInUse(message=reason_of("payee_in_use"), payee=payee.name, uses=[use.label for use in uses])
        return await propose(
            db,
            context,
            "remove_payee",
            payload={"payee_id": str(payee.id), "name": payee.name},
            proposed=Proposed(
                summary=f"Remove the payee {payee.name} (account ending {payee.last4})", payee=payee.name
            ),
        )


@effect("add_payee")
async def _add(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    if await _find_own_account(db, context, payload):
        return "own_account"
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    added = await db.find(PayeeToScreen, QUERIES["insert_payee"], values)
    if added is None:
        return "payee_exists"
    await screen_payee(context.database, db, added, context.now)
    return None


@effect("change_payee")
async def _change(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    if await _find_own_account(db, context, payload):
        return "own_account"
    if await _refuse_name(db, context, payload["name"], unless=UUID(payload["payee_id"])):
        return "payee_exists"
    values = payload | {"customer_id": context.customer_id}
    changed = await db.find(PayeeToScreen, QUERIES["update_payee"], values)
    if changed is None:
        return "payee_changed"
    await screen_payee(context.database, db, changed, context.now)
    return None


@effect("remove_payee")
async def _remove(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    if await db.find(PayeeRow, QUERIES["lock_payee"], values) is None:
        return "payee_gone"
    if await _list_uses(db, context, UUID(payload["payee_id"])):
        return "payee_in_use"
    await db.execute(QUERIES["remove_payee"], values)
    return None


def _new_details(payee: PayeeRow, arguments: ChangedPayeeArguments) -> AccountDetails | _WrongDetails:
    """The account that was given, or the payee's own. A number alone is one at the same branch; a sort code alone is
    half of another account, which the old number would make into a stranger's."""
    if arguments.iban:
        return read_details(arguments.iban, arguments.sort_code, arguments.account_number)
    if not arguments.sort_code and not arguments.account_number:
        return AccountDetails(**payee.details)
    return read_details(None, arguments.sort_code or payee.sort_code, arguments.account_number)


def _kept_currency(payee: PayeeRow, details: AccountDetails) -> str | None:
    return payee.currency if details.columns == payee.details else None


async def _refuse_name(
    db: ReadHandle, context: ToolContext, name: str, *, unless: UUID | None = None
) -> PayeeExists | None:
    for payee in await list_payee_rows(db, context):
        if payee.id != unless and spoken(payee.name) == spoken(name):
            return PayeeExists(payee=payee.name)
    return None


async def _refuse_own_account(db: ReadHandle, context: ToolContext, details: AccountDetails) -> OwnAccount | None:
    own = await _find_own_account(db, context, details.columns)
    return OwnAccount(account=own.name) if own else None


async def _find_own_account(db: ReadHandle, context: ToolContext, columns: dict[str, Any]) -> _Named | None:
    return await db.find(_Named, QUERIES["find_own_account"], columns | {"customer_id": context.customer_id})


async def _list_uses(db: ReadHandle, context: ToolContext, payee_id: UUID) -> list[_Use]:
    values = {"customer_id": context.customer_id, "payee_id": payee_id}
    return await db.all(_Use, QUERIES["list_payee_uses"], values)
