"""The bank's staff: customers' files, the audit log, and changes that one proposes and another approves. What each role
may do is the database's to say (docs/row-level-security.md)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from core.errors import Conflict, InvalidInput, Refused
from core.money import CURRENCIES, Money
from tools.staff.actions import (
    Change,
    ListedAction,
    StaffAction,
    Status,
    decide_action,
    get_action,
    list_actions,
    propose_action,
)
from tools.staff.audit import AuditPage, list_audit
from tools.staff.files import CustomerFile, find_file, open_file

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=r"^[^\x00]*$"),
    Field(description="Why. It is written down with your name."),
]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")]

_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is nothing under that id."}
_CONFLICT = {"model": ErrorEnvelope, "description": "- `already_proposed`: the same change waits already."}
_REFUSED = {
    "model": ErrorEnvelope,
    "description": "- `invalid_input`: `details.fields` says what is wrong.\n- why it cannot be done, such as "
    "`account_closed`, `already_frozen`, `not_frozen`, `no_overdraft`, `wrong_currency`, `wrong_amount`, "
    "`overdraft_in_use`, `is_reversal`, `already_reversed`, `not_held`.",
}

router = APIRouter(
    prefix="/admin",
    tags=["staff"],
    responses=RESPONSES,
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileRequest(_Body):
    reason: Reason


class SearchRequest(_Body):
    email: str = Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x1f]+$")
    reason: Reason


class AuditQuery(_Body):
    reason: Reason
    customer_id: UUID | None = None
    before: int | None = Field(default=None, ge=1, le=2**63 - 1, description="`next_before` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class Reversal(_Body):
    """Money back by a reversing entry, once. The customer is who paid; the file of who received it is opened too."""

    customer_id: UUID
    kind: Literal["reverse_entry"]
    entry_id: int = Field(ge=1, le=2**63 - 1, description="`entry_id` of a transaction in a customer's file.")
    reason: Reason

    def change(self) -> Change:
        return Change(self.kind, entry_id=self.entry_id)


class Freeze(_Body):
    """Stops or allows what moves money out of or into an account."""

    customer_id: UUID
    kind: Literal["freeze_account", "unfreeze_account"]
    account_id: UUID
    reason: Reason

    def change(self) -> Change:
        return Change(self.kind, account_id=self.account_id)


class Overdraft(_Body):
    """How far below zero a current account may go."""

    customer_id: UUID
    kind: Literal["set_overdraft"]
    account_id: UUID
    amount: str = Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$", description="A decimal string; 0 for none.")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="The account's own.")
    reason: Reason

    def change(self) -> Change:
        """Raises InvalidInput."""
        if self.currency not in CURRENCIES:
            raise InvalidInput(f"{self.currency} is no currency that we know.", code="wrong_currency")
        try:
            limit = Money.parse(self.amount, self.currency)
        except ValueError as error:
            raise InvalidInput(f"This is no amount in {self.currency}.", code="wrong_amount") from error
        return Change(self.kind, account_id=self.account_id, overdraft=limit)


class HeldPaymentEnd(_Body):
    """Lets a held payment go, or cancels it."""

    customer_id: UUID
    kind: Literal["release_payment", "cancel_held_payment"]
    operation_id: UUID = Field(description="The payment, as in the alert.")
    reason: Reason

    def change(self) -> Change:
        return Change(self.kind, held_id=self.operation_id)


ProposedChange = Annotated[Reversal | Freeze | Overdraft | HeldPaymentEnd, Field(discriminator="kind")]


class ActionsQuery(_Body):
    status: Status = "pending"
    limit: int = Field(default=50, ge=1, le=200)


class ActionQuery(_Body):
    reason: Reason


class ActionList(BaseModel):
    actions: list[ListedAction]


class ApproveRequest(_Body):
    remark: Remark | None = None


class RejectRequest(_Body):
    remark: Reason


@router.post(
    "/customers/{customer_id}/file",
    operation_id="open_customer_file",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.customers:open")],
)
async def customer_file(
    customer_id: UUID, body: FileRequest, context: StaffDep, reply: ReplyDep
) -> Envelope[CustomerFile]:
    """Open a customer's file. It is written down who did, when and why."""
    return reply(await open_file(context, customer_id, body.reason))


@router.post(
    "/customers/search",
    operation_id="search_customers",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.customers:open")],
)
async def search(body: SearchRequest, context: StaffDep, reply: ReplyDep) -> Envelope[CustomerFile]:
    """Open the file of the customer who logs in with an address. The search is written down, whatever it finds."""
    return reply(await find_file(context, body.email, body.reason))


@router.get("/audit", operation_id="list_audit", dependencies=[require("staff.audit:read")])
async def audit(query: Annotated[AuditQuery, Query()], context: StaffDep, reply: ReplyDep) -> Envelope[AuditPage]:
    """The audit log, newest first: for auditors and administrators. Reading it is written down too."""
    page = await list_audit(
        context, query.reason, customer_id=query.customer_id, before=query.before, limit=query.limit
    )
    return reply(page)


@router.post(
    "/actions",
    status_code=201,
    operation_id="propose_staff_action",
    responses={404: _NOT_FOUND, 409: _CONFLICT, 422: _REFUSED},
    dependencies=[require("staff.actions:propose")],
)
async def propose(body: ProposedChange, context: StaffDep, reply: ReplyDep) -> Envelope[StaffAction]:
    """Propose a change to a customer's things. Nothing is done before somebody else has approved it. Opens the
    customer's file, as an account or entry of anybody else is not found; that is written down, whatever is answered."""
    return reply(await propose_action(context, body.customer_id, body.change(), body.reason))


@router.get("/actions", operation_id="list_staff_actions", dependencies=[require("staff.actions:read")])
async def actions(query: Annotated[ActionsQuery, Query()], context: StaffDep, reply: ReplyDep) -> Envelope[ActionList]:
    """What was proposed, newest first. The list does not say about whom."""
    return reply(ActionList(actions=await list_actions(context, status=query.status, limit=query.limit)))


@router.get(
    "/actions/{action_id}",
    operation_id="get_staff_action",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.actions:read")],
)
async def action(
    action_id: UUID, query: Annotated[ActionQuery, Query()], context: StaffDep, reply: ReplyDep
) -> Envelope[StaffAction]:
    """One action as it stands. Opens the file of its customer, which is written down."""
    return reply(await get_action(context, action_id, query.reason))


_DECIDED: dict[int | str, dict[str, Any]] = {
    403: {
        "model": ErrorEnvelope,
        "description": "- `staff_only`: customers have no business here.\n- `role_not_allowed`: for supervisors and "
        "administrators.\n- `four_eyes`: you have proposed it yourself.",
    },
    404: _NOT_FOUND,
    409: {"model": ErrorEnvelope, "description": "- `already_decided`: it was decided otherwise before."},
}


@router.post(
    "/actions/{action_id}/approve",
    operation_id="approve_staff_action",
    responses=_DECIDED
    | {
        422: {
            "model": ErrorEnvelope,
            "description": "- `invalid_input`: `details.fields` says what is wrong.\n- why nothing was done, such as "
            "`below_limit`, `already_reversed`, `account_closed`, `overdraft_in_use`. The action is over.",
        }
    },
    dependencies=[require("staff.actions:decide")],
)
async def approve(action_id: UUID, body: ApproveRequest, context: StaffDep, reply: ReplyDep) -> Envelope[StaffAction]:
    """Approve what somebody else proposed: it is done at once. Approved again it is the action as it stands. Opens the
    customer's file."""
    decided = await decide_action(context, action_id, "approve", body.remark)
    _require_end(decided, "completed")
    return reply(decided)


@router.post(
    "/actions/{action_id}/reject",
    operation_id="reject_staff_action",
    responses=_DECIDED,
    dependencies=[require("staff.actions:decide")],
)
async def reject(action_id: UUID, body: RejectRequest, context: StaffDep, reply: ReplyDep) -> Envelope[StaffAction]:
    """Refuse what somebody else proposed. Rejected again it is the action as it stands."""
    decided = await decide_action(context, action_id, "reject", body.remark)
    _require_end(decided, "rejected")
    return reply(decided)


def _require_end(decided: StaffAction, end: Status) -> None:
    """Raises Refused when the bank's rules stood against it, Conflict when it had been decided otherwise."""
    if decided.status == end:
        return
    details = {"action_id": str(decided.id), "status": decided.status}
    if decided.error and end == "completed":
        raise Refused(decided.error, code=decided.error_code, details=details)
    raise Conflict(
        "This was decided otherwise before, or its time has passed.", code="already_decided", details=details
    )
