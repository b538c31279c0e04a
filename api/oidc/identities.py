"""Whose an identity of another provider is here. Issuer and subject alone say it: an address that a provider names may
be anybody's by now, and links nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.logins.sql import QUERIES, Done
from api.people import Login, find_login, get_person
from core.db.database import Database, Scope
from core.errors import NotFound
from core.security.tokens import AccountType, Identity


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """One that may log in as this customer."""

    provider: str
    issuer: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class _Owner:
    customer_id: UUID | None
    staff_id: UUID | None


async def find_owner(database: Database, issuer: str, sub: str) -> Login | None:
    """None for an identity that is nobody's here."""
    values = {"issuer": issuer, "sub": sub}
    scope = Scope(login_email=f"{issuer} {sub}")
    found = await database.fetch(_Owner, QUERIES["find_identity"], values, scope=scope)
    if not found:
        return None
    owner = found[0]
    if owner.customer_id is not None:
        identity = Identity(owner.customer_id, AccountType.CUSTOMER, "customer")
    elif owner.staff_id is not None:
        identity = Identity(owner.staff_id, AccountType.STAFF, "")
    else:
        return None
    return await find_login(database, (await get_person(database, identity)).email)


async def list_identities(database: Database, customer_id: UUID) -> list[LinkedIdentity]:
    """The customer's, oldest first."""
    values, scope = {"customer_id": customer_id}, Scope(customer_id=customer_id)
    return await database.fetch(LinkedIdentity, QUERIES["list_identities"], values, scope=scope)


async def unlink(database: Database, email: str, provider: str, now: datetime) -> None:
    """Raises NotFound where none is linked."""
    async with database.writing(Scope(login_email=email)) as db:
        if not (await db.get(Done, QUERIES["unlink_identity"], {"provider": provider, "now": now})).done:
            raise NotFound("No account of that provider is linked to your login.")
