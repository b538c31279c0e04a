"""The customer's authenticator app: begin, confirm, look, remove. Until one is in use, security codes are sent."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep, RunningDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.tool_context import ContextDep
from core.errors import Refused
from tools.operations import Operation

router = APIRouter(
    prefix="/auth/totp",
    tags=["auth"],
    responses={
        401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
        403: {"model": ErrorEnvelope, "description": "- `customers_only`: this is for customers."},
    },
)
_CODE_REFUSED = {
    "model": ErrorEnvelope,
    "description": "- `wrong_code`: `details.tries_left` says how often you can try again.\n"
    "- `step_up_locked`: too often; `details.retry_at` says when you can again.\n"
    "- `invalid_input`: `details.fields` says what is wrong.",
}

_Code = Annotated[str, Field(min_length=6, max_length=12)]


class CurrentCode(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: _Code = Field(description="Of the app, now.")


class NewAppCodes(CurrentCode):
    delivered_code: _Code = Field(description="That was sent when the app was begun.")


class TotpState(BaseModel):
    in_use: bool
    since: datetime | None = None


class NewApp(BaseModel):
    """Shown once: it is not stored."""

    operation_id: str
    secret: str = Field(description="Base32, to be typed into an app (RFC 6238: SHA-1, six digits, 30 seconds).")
    otpauth_uri: str = Field(description="The same, to be shown as a QR code.")
    expires_at: str


@router.get("", operation_id="get_totp", dependencies=[require("credentials:write")])
async def get(running: RunningDep, context: ContextDep, reply: ReplyDep) -> Envelope[TotpState]:
    """Whether your security codes come from an authenticator app."""
    since = await running.authenticators.get_since(context)
    return reply(TotpState(in_use=since is not None, since=since))


@router.post(
    "",
    operation_id="begin_totp",
    status_code=201,
    responses={
        409: {"model": ErrorEnvelope, "description": "- `authenticator_exists`: remove the one in use first."},
        422: {
            "model": ErrorEnvelope,
            "description": "- `step_up_locked`, `too_many_codes`, `step_up_unavailable`: no code can be sent.",
        },
        503: {"model": ErrorEnvelope, "description": "- `code_not_sent`: try again in a moment."},
    },
    dependencies=[require("credentials:write")],
)
async def begin(running: RunningDep, context: ContextDep, reply: ReplyDep) -> Envelope[NewApp]:
    """Begin to use an authenticator app. A code is sent to you, as for every risky change: confirm with that and with a
    code of the app."""
    begun = await running.authenticators.begin(context)
    return reply(
        NewApp(
            operation_id=begun.proposed.operation_id,
            secret=begun.secret,
            otpauth_uri=begun.otpauth_uri,
            expires_at=begun.proposed.expires_at,
        )
    )


@router.post(
    "/confirm",
    operation_id="confirm_totp",
    responses={
        404: {"model": ErrorEnvelope, "description": "- `not_found`: no app was begun, or its time has passed."},
        422: _CODE_REFUSED,
    },
    dependencies=[require("credentials:write")],
)
async def confirm(body: NewAppCodes, running: RunningDep, context: ContextDep, reply: ReplyDep) -> Envelope[TotpState]:
    """Take the new app into use. From now on no codes are sent."""
    operation = await running.authenticators.confirm(context, code=body.code, delivered_code=body.delivered_code)
    _require_done(operation)
    return reply(TotpState(in_use=True, since=operation.completed_at))


@router.delete(
    "",
    operation_id="remove_totp",
    responses={
        404: {"model": ErrorEnvelope, "description": "- `not_found`: there is none in use."},
        422: _CODE_REFUSED,
    },
    dependencies=[require("credentials:write")],
)
async def remove(body: CurrentCode, running: RunningDep, context: ContextDep, reply: ReplyDep) -> Envelope[TotpState]:
    """Remove the app with a current code of it. Codes are sent again; what waits for a code of the app is cancelled."""
    await running.authenticators.remove(context, code=body.code)
    return reply(TotpState(in_use=False))


def _require_done(operation: Operation) -> None:
    if operation.status != "completed":
        details = {"operation_id": str(operation.id), "status": operation.status}
        raise Refused(operation.error or operation.summary, code=operation.error_code, details=details)
