"""A code of an authenticator app at login (RFC 6238), for who wants that; ten recovery codes for when the app is lost.

A customer's app is the one that approves operations (tools/step_up/totp.py); staff have one for this alone. Each time
step counts once, for whatever it is used. Recovery codes are kept as keyed hashes and are good once.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.logins.sql import QUERIES, Done
from core.db.database import Database, Scope, WriteHandle
from core.errors import Conflict, NotFound
from tools.step_up.totp import Authenticators

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike."""
_CODE_LENGTH = 12
"""59 bits."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """How somebody's stands."""

    authenticator_id: UUID | None
    begun_id: UUID | None
    """An app of staff that is not proved yet."""
    required_since: datetime | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class _Begun:
    id: UUID | None


class SecondFactors:
    """Under one key of the server."""

    def __init__(self, database: Database, authenticators: Authenticators, secret_key: bytes) -> None:
        self._database = database
        self._authenticators = authenticators
        self._key = hmac.digest(secret_key, b"recovery codes", hashlib.sha256)

    async def get(self, email: str) -> SecondFactor:
        async with self._database.reading(Scope(login_email=email)) as db:
            return await db.get(SecondFactor, QUERIES["get_second_factor"])

    async def begin_staff_app(self, email: str, now: datetime) -> tuple[str, str]:
        """Secret and ``otpauth:`` address of a new app. Raises Conflict when there is one in use."""
        async with self._database.writing(Scope(login_email=email)) as db:
            begun = await db.get(_Begun, QUERIES["begin_staff_authenticator"], {"now": now})
        if begun.id is None:
            raise Conflict("You use an authenticator app already. Remove it first.", code="authenticator_exists")
        return self._authenticators.describe(begun.id, email)

    async def uses(self, email: str, code: str, now: datetime) -> bool:
        """Whether this is a current code of the app, or a recovery code; uses it up."""
        factor = await self.get(email)
        async with self._database.writing(Scope(login_email=email)) as db:
            if await self._uses_step(db, factor.authenticator_id or factor.begun_id, code, now):
                return True
            values = {"hash": self._hash(code), "now": now}
            return (await db.get(Done, QUERIES["use_recovery_code"], values)).done

    async def require(self, email: str, now: datetime) -> list[str]:
        """Asks for codes at login from now on; the recovery codes, to be shown once.

        Raises:
            NotFound: there is no app.
            Conflict: they are asked for already.
        """
        factor = await self.get(email)
        app = factor.authenticator_id or factor.begun_id
        if app is None:
            raise NotFound("You use no authenticator app. Begin with one first.", code="no_authenticator")
        codes, hashes = self._make_codes()
        values = {"authenticator_id": app, "hashes": hashes, "now": now}
        async with self._database.writing(Scope(login_email=email)) as db:
            if not (await db.get(Done, QUERIES["require_second_factor"], values)).done:
                raise Conflict("Codes are asked for already when you log in.", code="already_required")
        return codes

    async def renew_recovery_codes(self, email: str, now: datetime) -> list[str]:
        """New ones, to be shown once; the old ones are good no more. Raises NotFound where no codes are asked for."""
        if (await self.get(email)).required_since is None:
            raise _not_required()
        codes, hashes = self._make_codes()
        async with self._database.writing(Scope(login_email=email)) as db:
            await db.execute(QUERIES["replace_recovery_codes"], {"hashes": hashes, "now": now})
        return codes

    async def drop(self, email: str, now: datetime) -> None:
        """No codes at login from now on. Raises NotFound when none were asked for."""
        async with self._database.writing(Scope(login_email=email)) as db:
            if not (await db.get(Done, QUERIES["drop_second_factor"], {"now": now})).done:
                raise _not_required()

    async def _uses_step(self, db: WriteHandle, app: UUID | None, code: str, now: datetime) -> bool:
        step = None if app is None else self._authenticators.find_step(app, code, now)
        if step is None:
            return False
        return (await db.get(Done, QUERIES["use_step"], {"authenticator_id": app, "step": step})).done

    def _make_codes(self) -> tuple[list[str], list[bytes]]:
        codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
        shown = [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]
        return shown, [self._hash(code) for code in codes]

    def _hash(self, code: str) -> bytes:
        plain = "".join(each for each in code.lower() if each in _ALPHABET)
        return hmac.digest(self._key, plain.encode(), hashlib.sha256)


def _not_required() -> NotFound:
    return NotFound("No codes are asked for when you log in.", code="not_required")
