"""Who may log in: customers and staff, looked up under row-level security."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from agent.assembly import Running
from core.db.database import Database, Scope
from core.db.queries import Queries
from core.errors import Conflict
from core.security.tokens import AccountType, Identity

QUERIES = Queries(Path(__file__).parent / "queries.sql")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody logs in with."""

    id: UUID
    password_hash: str | None
    """None: through another provider only."""
    role: str


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody whose login was looked up."""

    identity: Identity
    email: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Customer:
    id: UUID
    name: str
    email: str
    tier: str
    kyc_status: str
    verified: bool
    """Whether the e-mail address is confirmed; what needs that is said in docs/logins.md."""


@dataclass(frozen=True, slots=True)
class Staff:
    id: UUID
    name: str
    email: str
    role: str


async def permissions_of(running: Running, identity: Identity) -> frozenset[str]:
    """What their role may do now (core/security/permissions.py)."""
    return await running.roles.of(identity.role)


async def with_permissions(running: Running, identity: Identity) -> Identity:
    """What a token says of permissions is as old as the token: what counts is what its role has now."""
    held = await permissions_of(running, identity)
    return Identity(identity.id, identity.account_type, identity.role, held, identity.session_id)


def role_of(person: Customer | Staff) -> str:
    """What a new access token of theirs says they are."""
    return person.role if isinstance(person, Staff) else role_of_tier(person.tier)


def role_of_tier(tier: str) -> str:
    """The role of a customer: ``customers.tier``, whose standard is called customer."""
    return "premium" if tier == "premium" else "customer"


async def find_login(database: Database, email: str) -> Login | None:
    """``email`` in lower case."""
    async with database.reading(Scope(login_email=email)) as db:
        customer = await db.find(Credentials, QUERIES["find_customer_login"], {"email": email})
        staff = None if customer else await db.find(Credentials, QUERIES["find_staff_login"], {"email": email})
    found = customer or staff
    if found is None:
        return None
    kind = AccountType.CUSTOMER if customer else AccountType.STAFF
    return Login(Identity(found.id, kind, found.role), email, found.password_hash)


async def register(database: Database, *, name: str, email: str, password_hash: str | None, now: datetime) -> Identity:
    """A new customer without accounts, whose address is not verified. Raises Conflict for an address that is taken."""
    customer_id = uuid4()
    login = {"customer_id": customer_id, "email": email, "password_hash": password_hash, "now": now}
    try:
        async with database.writing(Scope(customer_id=customer_id)) as db:
            await db.execute(QUERIES["insert_customer"], {"customer_id": customer_id, "full_name": name, "now": now})
            await db.execute(QUERIES["insert_credentials"], login)
    except Conflict as error:
        raise Conflict("There is an account with this e-mail address. Log in instead.", code="email_taken") from error
    return Identity(customer_id, AccountType.CUSTOMER, "customer")


async def get_person(database: Database, identity: Identity) -> Customer | Staff:
    """Raises NotFound for somebody who is no longer there."""
    if identity.account_type is AccountType.CUSTOMER:
        async with database.reading(Scope(customer_id=identity.id)) as db:
            return await db.get(Customer, QUERIES["get_customer"], {"customer_id": identity.id})
    async with database.reading(Scope(staff_id=identity.id)) as db:
        return await db.get(Staff, QUERIES["get_staff"], {"staff_id": identity.id})
