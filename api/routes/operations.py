"""The customer's operations: list, look at one, confirm or refuse it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.tool_context import ContextDep
from core.errors import Conflict, Refused
from tools.operation_log import LoggedOperation, OperationPage, get_operation, list_operations
from tools.operations import Decision, Status, decide
from tools.pages import Place

MOST_OPERATIONS = 100
"""Of one page."""

_ENDS: dict[Decision, frozenset[Status]] = {
    "approve": frozenset({"completed", "processing", "held"}),
    "deny": frozenset({"cancelled"}),
}
"""How an operation may stand after each decision, also when it was over before."""

router = APIRouter(
    prefix="/operations",
    tags=["operations"],
    responses={
        401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
        403: {"model": ErrorEnvelope, "description": "- `customers_only`: a member of staff has no operations here."},
        422: {"model": ErrorEnvelope, "description": "- `invalid_input`: `details.fields` says what is wrong."},
    },
)


def _is_cursor(cursor: str) -> str:
    UUID(Place.parse(cursor).key)
    return cursor


class OperationsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    cursor: Annotated[str, AfterValidator(_is_cursor)] | None = Field(
        default=None, max_length=200, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=20, ge=1, le=MOST_OPERATIONS)


class OperationDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Decision = "approve"
    code: str | None = Field(default=None, max_length=12, description="Where `step_up` is true.")


@router.get("", operation_id="list_operations", dependencies=[require("operations:read")])
async def operations(
    query: Annotated[OperationsQuery, Query()], context: ContextDep, reply: ReplyDep
) -> Envelope[OperationPage]:
    """Your operations, the newest first."""
    below = Place.parse(query.cursor) if query.cursor else None
    return reply(await list_operations(context, status=query.status, below=below, limit=query.limit))


@router.get(
    "/{operation_id}",
    operation_id="get_operation",
    responses={404: {"model": ErrorEnvelope, "description": "- `not_found`: there is none of yours."}},
    dependencies=[require("operations:read")],
)
async def operation(operation_id: UUID, context: ContextDep, reply: ReplyDep) -> Envelope[LoggedOperation]:
    """One of your operations as it stands."""
    return reply(await get_operation(context, operation_id))


@router.post(
    "/{operation_id}/confirm",
    operation_id="confirm_operation",
    responses={
        404: {"model": ErrorEnvelope, "description": "- `not_found`: there is none of yours."},
        409: {"model": ErrorEnvelope, "description": "- `already_decided`: it was decided otherwise before."},
        422: {
            "model": ErrorEnvelope,
            "description": "- `invalid_input`: `details.fields` says what is wrong.\n"
            "- `step_up_required`, `wrong_code`, `step_up_locked`: about the code.\n"
            "- `expired`: ask for it again.\n"
            "- why it was not done, such as `insufficient_funds`.",
        },
    },
    dependencies=[require("operations:confirm")],
)
async def confirm(
    operation_id: UUID, body: OperationDecision, context: ContextDep, reply: ReplyDep
) -> Envelope[LoggedOperation]:
    """Approve or deny what was prepared. The same decision again gives the operation as it stands, and does nothing."""
    await decide(context, operation_id, body.decision, code=body.code)
    logged = await get_operation(context, operation_id)
    _require_end(logged, body.decision)
    return reply(logged)


def _require_end(logged: LoggedOperation, decision: Decision) -> None:
    """Raises Refused when the bank did not do it, Conflict when it had been decided otherwise."""
    if logged.status in _ENDS[decision]:
        return
    details = {"operation_id": str(logged.operation_id), "status": logged.status}
    if logged.status == "expired":
        raise Refused("The time to confirm has passed. Ask for it again.", code="expired", details=details)
    if decision == "approve" and logged.error_code:
        raise Refused(logged.error or logged.summary, code=logged.error_code, details=details)
    raise Conflict("This was decided otherwise before.", code="already_decided", details=details)
