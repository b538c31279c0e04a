"""Every route says what it asks for, and asks. Issue 8: "permissions as data; every route declares its scope and a test
fails when one does not". Decision 0023."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.scopes import AsksItself, DeclaredRoute, Public, Required, SignedIn, list_routes
from core.db.database import Database
from core.roles_cli import change_role, list_roles
from core.security.permissions import MOST_AGE, RolePermissions
from core.security.tokens import AccountType
from core.services import Services
from core.settings import Settings
from tests.api.conftest import refused
from tests.snapshots import check_snapshot
from tests.talking import ALEX, Caller, Meet
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

ACCESS = Path(__file__).parents[2] / "docs" / "access.md"
AGENT = ("agent@demo.example", "demo-agent-1")
AUDITOR = ("auditor@demo.example", "demo-auditor-1")
TOOLS = CATALOGUE.offered(CUSTOMER_SCOPES)
ASKED_WITHIN = {"staff.fraud:decide"}
"""Permissions that no route asks for: a function does, for a part of what its route does."""


@pytest.fixture(scope="module")
def app(settings: Settings, shared_services: Services) -> FastAPI:
    return create_app(settings, shared_services)


@pytest.fixture(scope="module")
def routes(app: FastAPI) -> list[DeclaredRoute]:
    found = list_routes(app)
    assert len(found) > 150
    return found


def test_every_route_declares_what_it_asks_for(routes: list[DeclaredRoute]):
    """A new route: dependencies=[require(...)], signed_in() or public(...) of api/scopes.py."""
    assert [f"{one.method} {one.path}" for one in routes if one.declares is None] == []


def test_a_route_that_declares_nothing_is_noticed(settings: Settings, shared_services: Services):
    app = create_app(settings, shared_services)

    @app.get("/forgotten")
    async def forgotten() -> None: ...

    assert [one.path for one in list_routes(app) if one.declares is None] == ["/forgotten"]


def test_what_is_asked_for_is_what_there_is(routes: list[DeclaredRoute], shared_services: Services):
    asked = {one.declares.permission for one in routes if isinstance(one.declares, Required)}
    with psycopg.connect(shared_services.owner_url) as owner:
        there_are = {name for (name,) in owner.execute("select name from permissions")}

    assert {tool.scope for tool in TOOLS} <= asked
    assert asked | ASKED_WITHIN == there_are


def test_who_may_call_what_is_as_written_down(routes: list[DeclaredRoute], shared_services: Services):
    """Each role with exactly its routes and tools, in docs/access.md."""
    check_snapshot(ACCESS, render_access(routes, shared_services))


def render_access(routes: list[DeclaredRoute], services: Services) -> str:
    roles = sorted(list_roles(services.owner_url), key=lambda role: (role.of_account, role.name))
    lines = [
        "# Who may call what",
        "",
        "Written by `tests/api/test_scopes.py` from the routes, the tools and the tables (`RENEW_SNAPSHOTS=1`, see",
        '`tests/snapshots.py`). [Permissions](permissions.md) explains it. "anybody" needs no permission.',
        "",
        "| Address | Asks for | " + " | ".join(role.name for role in roles) + " |",
        "| --- | --- |" + " --- |" * len(roles),
    ]
    for one in routes:
        allowed = [_may(role.of_account, frozenset(role.permissions), one) for role in roles]
        lines.append(f"| `{one.method} {one.path}` | {_asks(one)} | " + " | ".join(allowed) + " |")
    lines += ["", "| Tool | Asks for | " + " | ".join(role.name for role in roles) + " |"]
    lines.append("| --- | --- |" + " --- |" * len(roles))
    for tool in TOOLS:
        marks = ["yes" if role.of_account == "customer" and tool.scope in role.permissions else "" for role in roles]
        lines.append(f"| `{tool.name}` | `{tool.scope}` | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def _asks(route: DeclaredRoute) -> str:
    match route.declares:
        case Required(permission):
            return f"`{permission}`"
        case SignedIn(None):
            return "who is signed in"
        case SignedIn(AccountType.STAFF):
            return "a colleague who is signed in"
        case SignedIn():
            return "a customer who is signed in"
        case Public(because) | AsksItself(because):
            return f"anybody: {because}"
        case None:
            return "nothing"


def _may(of_account: str, permissions: frozenset[str], route: DeclaredRoute) -> str:
    match route.declares:
        case Required(permission):
            return "yes" if permission in permissions else ""
        case SignedIn(only):
            return "yes" if of_account in ("customer", "staff") and only in (None, of_account) else ""
        case _:
            return "yes"


def held_by(services: Services, role: str) -> frozenset[str]:
    return next(frozenset(one.permissions) for one in list_roles(services.owner_url) if one.name == role)


def closed_to(routes: list[DeclaredRoute], held: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Method, an address and the permission of what somebody may not call."""
    for one in routes:
        if isinstance(one.declares, Required) and one.declares.permission not in held:
            yield one.method, re.sub(r"\{\w+\}", str(uuid4()), one.path), one.declares.permission


@pytest.mark.parametrize(("login", "role"), [(ALEX, "customer"), (AGENT, "agent"), (AUDITOR, "auditor")])
def test_without_the_permission_it_is_403_with_its_name(
    routes: list[DeclaredRoute], shared_services: Services, shared_server: str, meet: Meet, login, role: str
):
    caller, tried = meet(shared_server, login), 0
    for method, path, permission in closed_to(routes, held_by(shared_services, role)):
        response = caller.http.request(method, path)
        assert response.status_code == 403, (method, path, response.text)
        assert response.json()["error"]["details"] == {"permission": permission}
        tried += 1
    assert tried > 30


def test_who_has_not_signed_in_is_told_to(
    routes: list[DeclaredRoute], shared_services: Services, shared_server: str, meet: Meet
):
    caller, tried = meet(shared_server), 0
    for method, path, _ in closed_to(routes, held_by(shared_services, "visitor")):
        assert refused(caller.http.request(method, path), 401) == "unauthorized"
        tried += 1
    assert tried > 100


# The database


def functions_for_staff(services: Services) -> dict[str, str]:
    with psycopg.connect(services.owner_url) as owner:
        query = r"""select p.oid::regproc::text, code.text
                      from pg_proc p
                     cross join lateral (values (regexp_replace(p.prosrc, '--[^\n]*', '', 'g'))) code (text)
                     where code.text ~ '\mrequire_(permission|staff|officer)\(' and p.proname !~ '^require_'
                       and p.proname <> 'ask_for_permissions'"""
        return dict(owner.execute(query).fetchall())


def test_no_function_for_staff_names_roles(shared_services: Services):
    """What a route asks the data for, the function behind it asks the same data for."""
    functions = functions_for_staff(shared_services)
    assert len(functions) > 30

    assert [name for name, code in functions.items() if re.search(r"\brequire_staff\(", code)] == []


def test_what_functions_ask_for_is_what_routes_ask_for(routes: list[DeclaredRoute], shared_services: Services):
    asked = {one.declares.permission for one in routes if isinstance(one.declares, Required)}
    code = "\n".join(functions_for_staff(shared_services).values())
    within = {*re.findall(r"'(staff\.[a-z-]+:[a-z]+)'", code), "staff.compliance:work"}
    by_route_alone = {"staff.documents:read", "staff.policies:read", "staff.roles:read"}
    """Row-level security shows those to all of the staff."""

    assert within - ASKED_WITHIN == {name for name in asked if name.startswith("staff.")} - by_route_alone


async def test_a_change_reaches_a_process_within_five_seconds(bank: Services, seeded_at: datetime):
    now = 100.0
    database = Database(bank.app_url)
    await database.open()
    roles = RolePermissions(database, lambda: now)
    try:
        assert "staff.care:work" in await roles.of("agent")
        assert change_role(
            bank.owner_url, "revoke_permission", {"role": "agent", "permission": "staff.care:work"}, seeded_at
        )
        now += MOST_AGE.total_seconds()
        assert "staff.care:work" not in await roles.of("agent")
        assert "staff.audit:read" in await roles.of("auditor")
    finally:
        await database.close()
    assert MOST_AGE.total_seconds() < 5


async def test_what_its_owner_loses_a_key_loses(bank: Services, seeded_at: datetime):
    now, named = 100.0, frozenset({"cards:read", "cards:write", "operations:confirm"})
    database = Database(bank.app_url)
    await database.open()
    roles = RolePermissions(database, lambda: now)
    try:
        assert await roles.of_key("customer", named) == {"cards:read", "cards:write"}
        change_role(bank.owner_url, "revoke_permission", {"role": "customer", "permission": "cards:write"}, seeded_at)
        now += MOST_AGE.total_seconds()
        assert await roles.of_key("customer", named) == {"cards:read"}
        assert await roles.of_key("premium", named) == {"cards:read", "cards:write"}
        assert await roles.of_key("nobody", named) == frozenset()
    finally:
        await database.close()


def test_what_was_taken_from_a_role_is_refused_at_once_by_the_database(
    server: str, fresh: Services, meet: Meet, seeded_at: datetime
):
    """Whatever the process still believes."""
    agent: Caller = meet(server, AGENT)
    assert agent.http.get("/api/v1/admin/care-cases").status_code == 200
    change_role(fresh.owner_url, "revoke_permission", {"role": "agent", "permission": "staff.care:work"}, seeded_at)

    response = agent.http.get("/api/v1/admin/care-cases")

    assert refused(response, 403) == "role_not_allowed"
    assert response.json()["error"]["details"] == {"permission": "staff.care:work"}
