"""Codes and tokens that are sent about a login: six digits that prove the address, and a token of 256 bits for a new
password. Only keyed hashes are kept; each is good once, for a quarter of an hour, and the latest alone.

They go the same way as the codes that approve operations (tools/step_up/code_senders.py).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from api.logins.sql import QUERIES, Done
from api.logins.tries import take_try
from core.db.database import Database, Scope
from core.errors import Refused, TellergraphError, TooMany
from core.logging import get_logger
from core.security.passwords import hash_password_async
from tools.step_up.code_senders import CodeSender, LoginMessage

_log = get_logger(__name__)

TTL = timedelta(minutes=15)
Purpose = Literal["verify", "reset"]


@dataclass(frozen=True, slots=True)
class _Opened:
    code_id: UUID | None
    customer_id: UUID | None
    staff_id: UUID | None
    retry_at: datetime | None


class LoginCodes:
    """Sends and checks them, under one key of the server."""

    def __init__(self, database: Database, sender: CodeSender, secret_key: bytes) -> None:
        self._database = database
        self._sender = sender
        self._key = hmac.digest(secret_key, b"login codes", hashlib.sha256)

    async def send_verification(self, email: str, now: datetime) -> None:
        """Nothing where the address is verified already.

        Raises:
            TooMany: ``too_many_codes``: one a minute, five an hour.
            Unavailable, Refused: it cannot be sent.
        """
        text = "Enter this code to confirm your e-mail address. Never tell it to anybody."
        retry_at = await self._send("verify", email, f"{secrets.randbelow(1_000_000):06d}", text, now)
        if retry_at is not None:
            seconds = max(1, round((retry_at - now).total_seconds()))
            raise TooMany(
                f"We have just sent you a code. Ask again in {seconds} seconds.", seconds, code="too_many_codes"
            )

    async def try_verification(self, email: str, now: datetime) -> None:
        """As ``send_verification`` for what goes on all the same: the code can be asked for again."""
        try:
            await self.send_verification(email, now)
        except TellergraphError as error:
            _log.warning("login_code_not_sent", purpose="verify", code=error.error_code)

    async def verify(self, email: str, code: str, address: str, now: datetime) -> None:
        """
        Raises:
            Refused: ``wrong_code``: it is wrong, too old, or not the latest.
            TooMany: too many were wrong.
        """
        taken = await take_try(self._database, "code", email, address, now)
        values = {"hash": self._hash("verify", email, "".join(code.split())), "now": now}
        async with self._database.writing(Scope(login_email=email)) as db:
            is_right = (await db.get(Done, QUERIES["verify_login"], values)).done
        if not is_right:
            await taken.failed(now)
            raise Refused("The code is wrong, or too old. Ask for a new one.", code="wrong_code")
        await taken.passed()

    async def send_reset(self, email: str, now: datetime) -> None:
        """A token for a new password, if there is such a login and none was sent just now. Tells nobody which."""
        text = "Use this to set a new password. If you did not ask for it, do nothing: your password stays as it is."
        try:
            await self._send("reset", email, secrets.token_urlsafe(32), text, now)
        except TellergraphError as error:
            _log.error("login_code_not_sent", purpose="reset", code=error.error_code)

    async def reset(self, email: str, token: str, password: str, address: str, now: datetime) -> None:
        """The new password instead of the old; ends the sessions and the locks of the login too.

        Raises:
            Refused: ``reset_invalid``: the token is wrong, too old, used, or of another address.
            TooMany: too many were wrong.
        """
        taken = await take_try(self._database, "code", email, address, now)
        hashed = await hash_password_async(password)
        values = {"hash": self._hash("reset", email, token.strip()), "password_hash": hashed, "now": now}
        async with self._database.writing(Scope(login_email=email)) as db:
            is_right = (await db.get(Done, QUERIES["reset_password"], values)).done
        if not is_right:
            await taken.failed(now)
            raise Refused("The code is wrong, was used, or is too old. Ask for a new one.", code="reset_invalid")
        await taken.passed()

    async def _send(self, purpose: Purpose, email: str, code: str, text: str, now: datetime) -> datetime | None:
        """When the next one may be sent, where this one may not."""
        expires_at = now + TTL
        values = {"purpose": purpose, "hash": self._hash(purpose, email, code), "expires_at": expires_at, "now": now}
        async with self._database.writing(Scope(login_email=email)) as db:
            opened = await db.get(_Opened, QUERIES["open_code"], values)
        if opened.code_id is not None:
            whose = {"customer_id": opened.customer_id, "staff_id": opened.staff_id}
            message = LoginMessage(
                opened.code_id, purpose, **whose, email=email, text=text, code=code, sent_at=now, expires_at=expires_at
            )
            await self._sender.send_login(self._database, message)
        return opened.retry_at

    def _hash(self, purpose: Purpose, email: str, code: str) -> bytes:
        return hmac.digest(self._key, f"{purpose}\0{email}\0{code}".encode(), hashlib.sha256)
