"""What only the demo bank offers; absent otherwise."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.logins.demo_mailbox import DemoMailbox, DemoMessage
from api.logins.door import Door, DoorDep
from api.logins.passwords import normalised
from api.routes.auth import Address
from api.scopes import public, require
from api.tool_context import ContextDep
from core.errors import NotFound
from tools.demo_bank import LOGINS
from tools.step_up.code_senders import SentCode, list_outbox

router = APIRouter(prefix="/demo", tags=["demo"])


class DemoLogin(BaseModel):
    name: str
    email: str
    password: str


class DemoLogins(BaseModel):
    logins: list[DemoLogin]
    keeps_messages: bool = Field(description="Whether messages stay here to be read; else the bank's gateway has them.")


class MailboxOwner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Address


class Mailbox(BaseModel):
    message: DemoMessage | None = Field(description="None where there is none that is good, or no such login.")


class Outbox(BaseModel):
    messages: list[SentCode]


@router.get("", dependencies=[public("the demo bank says who can log in")])
async def logins(door: DoorDep, reply: ReplyDep) -> Envelope[DemoLogins]:
    """The demo customers' logins, for the sign-in dialog's hints."""
    customers = [login for login in LOGINS if login.role == "customer"]
    shown = [DemoLogin(name=who.name, email=who.email, password=who.password) for who in customers]
    return reply(DemoLogins(logins=shown, keeps_messages=door.parts.mailbox is not None))


@router.get(
    "/outbox",
    operation_id="get_demo_outbox",
    responses={
        401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
        403: {"model": ErrorEnvelope, "description": "- `customers_only`: this is for customers."},
    },
    dependencies=[require("demo:read")],
)
async def outbox(context: ContextDep, reply: ReplyDep) -> Envelope[Outbox]:
    """The security codes that a real bank would have sent to your phone, the latest first, at most 20."""
    return reply(Outbox(messages=await list_outbox(context)))


@router.post(
    "/mailbox",
    operation_id="read_demo_mailbox",
    responses={
        404: {"model": ErrorEnvelope, "description": "- `not_found`: messages go to the bank's gateway."},
        503: {"model": ErrorEnvelope, "description": "- `service_unavailable`: try again in a moment."},
    },
    dependencies=[public("the demo bank sends no e-mail, and who forgot a password cannot log in")],
)
async def mailbox(body: MailboxOwner, door: DoorDep, reply: ReplyDep) -> Envelope[Mailbox]:
    """The message for a new password that a real bank would have sent to this address. In the demo anybody reads it."""
    return reply(Mailbox(message=await _mailbox_of(door).find(normalised(body.email))))


def _mailbox_of(door: Door) -> DemoMailbox:
    if door.parts.mailbox is None:
        raise NotFound("Messages go to the bank's gateway: there is nothing to read here.")
    return door.parts.mailbox
