"""Passwords at the door: who somebody is by one, a new one in place of the old."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.logins.sql import QUERIES, Done
from api.logins.tries import take_try
from api.people import Login, find_login
from core.db.database import Database, Scope
from core.errors import Conflict, Unauthorized
from core.security.breached import BreachedPasswords
from core.security.password_rules import check_password
from core.security.passwords import compare_password, hash_password_async

_LONGEST_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3, less the brackets."""


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What new passwords are compared with."""

    bank: str
    breached: BreachedPasswords

    async def check(self, password: str, *about: str) -> None:
        """Raises Refused for one that is too easy to guess. ``about``: the person's name and address."""
        await check_password(password, about=(self.bank, *about), breached=self.breached)


async def authenticate(database: Database, email: str, password: str, address: str, now: datetime) -> Login:
    """Who this is by password. A hash that was made at another cost is made anew.

    Args:
        address: of the network, whose tries are counted too.

    Raises:
        Unauthorized: in the same words and time for a wrong address as for a wrong password.
        TooMany: too many were wrong; in the same words for an address that has no login.
    """
    email = normalised(email)
    taken = await take_try(database, "password", email, address, now)
    login = await find_login(database, email)
    verified = await compare_password(password, login and login.password_hash)
    if login is None or not verified.matches:
        await taken.failed(now)
        raise Unauthorized("The e-mail address or the password is wrong.", code="wrong_credentials")
    await taken.passed()
    if verified.rehashed is not None:
        await _replace(database, login, verified.rehashed, "password.rehashed", now)
    return login


async def change_password(
    database: Database, login: Login, new: str, rules: PasswordRules, *, name: str, session: UUID | None, now: datetime
) -> None:
    """A new password for somebody who has just given the current one. All their sessions end with it, but for
    ``session``.

    Raises:
        Refused: it is too easy to guess, or is the current one.
        Conflict: it was changed meanwhile.
    """
    await rules.check(new, login.email, name)
    if not await _replace(database, login, await hash_password_async(new), "password.changed", now, session):
        raise Conflict("Your password was changed meanwhile. Please log in again.", code="password_changed")


async def _replace(
    database: Database, login: Login, hashed: str, action: str, now: datetime, session: UUID | None = None
) -> bool:
    values = {"old": login.password_hash, "new": hashed, "but": session, "action": action, "now": now}
    async with database.writing(Scope(login_email=login.email)) as db:
        return (await db.get(Done, QUERIES["replace_password"], values)).done


def normalised(email: str) -> str:
    """As addresses are kept; one text for all that can be no address, which is nobody's."""
    email = email.strip().lower()
    return email if email.isprintable() and 0 < len(email) <= _LONGEST_ADDRESS else "-"
