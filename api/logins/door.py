"""The one way in: whoever proved who they are, by password or through another provider, comes through ``admit``, and
through ``let_in`` after that. Who wants a code asked for gets a challenge first: a handle that is good for five
minutes, once, and no longer than the password that came before it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, cast

from fastapi import Depends, Request, Response
from psycopg.types.json import Jsonb

from agent.assembly import Running
from api.dependencies import NowDep, RunningDep
from api.logins.codes import LoginCodes
from api.logins.demo_mailbox import DemoMailbox
from api.logins.handles import Handles
from api.logins.passwords import PasswordRules
from api.logins.second_factor import SecondFactors
from api.logins.sql import QUERIES, Done
from api.logins.tries import take_try
from api.people import Login, find_login, get_person
from api.sessions import SignedIn, open_session
from core.db.database import Scope
from core.errors import Conflict, Unauthorized
from core.security.tokens import Identity

CHALLENGE_TTL = timedelta(minutes=5)
How = Literal["password", "oidc"]


@dataclass(frozen=True, slots=True)
class LoginParts:
    """What logging in needs of a process, made once."""

    rules: PasswordRules
    codes: LoginCodes
    factors: SecondFactors
    mailbox: DemoMailbox | None
    """Only where the demo keeps its messages."""


@dataclass(frozen=True, slots=True)
class Door:
    """The way in for one request."""

    running: Running
    parts: LoginParts
    request: Request
    response: Response
    now: datetime

    @property
    def address(self) -> str:
        """Of the network; behind a proxy, what it says, if the server was told to trust it."""
        return self.request.client.host if self.request.client else "unknown"

    @property
    def challenges(self) -> Handles:
        return Handles(self.running.redis, "second-factor", CHALLENGE_TTL)

    async def admit(self, login: Login, how: How, link: dict[str, Any] | None = None) -> SignedIn:
        """
        Args:
            link: an identity of another provider that is to be theirs once they are in.

        Raises:
            Unauthorized: ``totp_required`` with ``details.challenge``, where they want a code asked for.
        """
        factor = await self.parts.factors.get(login.email)
        if factor.required_since is None:
            return await self._enter(login, how, link)
        content = {"email": login.email, "password": _digest(login), "how": how, "link": link}
        raise Unauthorized(
            "Please enter the code of your authenticator app.",
            code="totp_required",
            details={
                "challenge": await self.challenges.keep(content),
                "expires_in": int(CHALLENGE_TTL.total_seconds()),
            },
        )

    async def answer(self, challenge: str, code: str) -> SignedIn:
        """
        Raises:
            Unauthorized: ``challenge_expired``; ``wrong_code``, after which the challenge still stands.
            TooMany: too many codes were wrong.
        """
        content = await self.challenges.find(challenge)
        login = None if content is None else await find_login(self.running.database, content["email"])
        if content is None or login is None or content["password"] != _digest(login):
            raise _expired()
        taken = await take_try(self.running.database, "code", login.email, self.address, self.now)
        if not await self.parts.factors.uses(login.email, code, self.now):
            await taken.failed(self.now)
            raise Unauthorized("The code is wrong, or was used before.", code="wrong_code")
        await taken.passed()
        if await self.challenges.take(challenge) is None:
            raise _expired()
        return await self._enter(login, content["how"], content["link"])

    async def _enter(self, login: Login, how: How, link: dict[str, Any] | None) -> SignedIn:
        values = {"action": "login.succeeded", "detail": Jsonb({"how": how}), "now": self.now}
        async with self.running.database.writing(Scope(login_email=login.email)) as db:
            if link is not None and not (await db.get(Done, QUERIES["link_identity"], link | {"now": self.now})).done:
                raise Conflict("That account of yours belongs to another login here.", code="identity_taken")
            await db.execute(QUERIES["audit_login"], values)
        return await self.let_in(login.identity)

    async def let_in(self, identity: Identity) -> SignedIn:
        """Somebody who is authenticated, by whatever: the session begins here."""
        return await open_session(self.running, identity, self.now, self.request, self.response)

    async def find_own(self, identity: Identity) -> Login:
        """The login of whoever asks. Raises Unauthorized for somebody who is no longer there."""
        person = await get_person(self.running.database, identity)
        login = await find_login(self.running.database, person.email)
        if login is None:
            raise Unauthorized("Please log in.")
        return login


def _digest(login: Login) -> str:
    """Changes with the password, and tells nothing of it."""
    return hashlib.sha256(f"challenge:{login.password_hash}".encode()).hexdigest()


def _expired() -> Unauthorized:
    return Unauthorized("That took too long. Please log in again.", code="challenge_expired")


async def get_door(request: Request, response: Response, running: RunningDep, now: NowDep) -> Door:
    return Door(running, cast(LoginParts, request.app.state.logins), request, response, now)


DoorDep = Annotated[Door, Depends(get_door)]
