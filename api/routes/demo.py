"""What only the demo bank offers; absent otherwise."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import public, require
from api.tool_context import ContextDep
from tools.demo_bank import LOGINS
from tools.step_up.code_senders import SentCode, list_outbox

router = APIRouter(prefix="/demo", tags=["demo"])


class DemoLogin(BaseModel):
    name: str
    email: str
    password: str


class DemoLogins(BaseModel):
    logins: list[DemoLogin]


class Outbox(BaseModel):
    messages: list[SentCode]


@router.get("", dependencies=[public("the demo bank says who can log in")])
async def logins(reply: ReplyDep) -> Envelope[DemoLogins]:
    """The demo customers' logins, for the sign-in dialog's hints."""
    customers = [login for login in LOGINS if login.role == "customer"]
    return reply(
        DemoLogins(logins=[DemoLogin(name=who.name, email=who.email, password=who.password) for who in customers])
    )


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
