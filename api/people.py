"""Who may log in: customers and staff, looked up under row-level security."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from agent.assembly import Running
from core.db.database import Database, Scope
from core.db.queries import Queries
from core.errors import Conflict, Unauthorized
from core.security.passwords import hash_password_async, verify_password
from core.security.tokens import AccountType, Identity

QUERIES = Queries(Path(__file__).parent / "queries.sql")


@dataclass(frozen=True, slots=True)
class _Login:
    id: UUID
    password_hash: str
    role: str


@dataclass(frozen=True, slots=True)
class Customer:
    id: UUID
    name: str
    email: str
    tier: str
    kyc_status: str


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
    return replace(identity, permissions=await permissions_of(running, identity))


def role_of(person: Customer | Staff) -> str:
    """What a new access token of theirs says they are."""
    return person.role if isinstance(person, Staff) else role_of_tier(person.tier)


def role_of_tier(tier: str) -> str:
    """The role of a customer: ``customers.tier``, whose standard is called customer."""
    return "premium" if tier == "premium" else "customer"


async def authenticate(database: Database, email: str, password: str) -> Identity:
    """Raises Unauthorized, in the same words and time for a wrong address as for a wrong password."""
    email = email.strip().lower()
    async with database.reading(Scope(login_email=email)) as db:
        customer = await db.find(_Login, QUERIES["find_customer_login"], {"email": email})
        staff = None if customer else await db.find(_Login, QUERIES["find_staff_login"], {"email": email})
    login = customer or staff
    if not await verify_password(password, login and login.password_hash) or login is None:
        raise Unauthorized("The e-mail address or the password is wrong.", code="wrong_credentials")
    kind = AccountType.CUSTOMER if customer else AccountType.STAFF
    return Identity(login.id, kind, login.role)


async def register(database: Database, *, name: str, email: str, password: str, now: datetime) -> Identity:
    """A new customer without accounts. Raises Conflict for an address that is taken."""
    customer_id = uuid4()
    hashed = await hash_password_async(password)
    login = {"customer_id": customer_id, "email": email.strip().lower(), "password_hash": hashed, "now": now}
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
