"""What only the demo bank offers; absent otherwise."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.dependencies import ReplyDep
from api.envelope import Envelope
from tools.demo_bank import LOGINS

router = APIRouter(prefix="/demo", tags=["demo"])


class DemoLogin(BaseModel):
    name: str
    email: str
    password: str


class DemoLogins(BaseModel):
    logins: list[DemoLogin]


@router.get("")
async def logins(reply: ReplyDep) -> Envelope[DemoLogins]:
    """The demo customers' logins, for the sign-in dialog's hints."""
    customers = [login for login in LOGINS if login.role == "customer"]
    return reply(
        DemoLogins(logins=[DemoLogin(name=who.name, email=who.email, password=who.password) for who in customers])
    )
