"""Two customers, a visitor and staff of every role, each with something that the others have no business with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import httpx2
import psycopg

from api.rest_call import RestCall
from core.db.queries import Queries
from core.services import Services
from tools.calendar import next_business_day
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.demo_bank.logins import CUSTOMERS, STAFF

VICTIMS = ("alex", "blair")

_SQL = Path(__file__).parent / "sql"
QUERIES = Queries(_SQL / "swaps.sql")
_OF_KIND = Queries(_SQL / "swap_makers.sql")
MAKERS: dict[str, LiteralString] = {kind: _OF_KIND[kind] for kind in _OF_KIND.names()}
"""What a customer has of each kind."""
MADE_FOR_NOBODY = frozenset({"compliance_case", "policy_proposal"})
"""Compliance's tables are hidden from the owner's login, and a policy is nobody's: tried with ids that nobody has."""

_LEAST_MARK = 7
"""Characters: shorter words are not told from others'."""


@dataclass
class Ground:
    """Who may ask, what each customer has, and by which words it would be known."""

    callers: dict[str, httpx2.Client]
    permissions: dict[str, frozenset[str]]
    """Of each caller."""
    ids: dict[str, dict[str, list[str]]]
    """Customer, kind, ids."""
    marks: dict[str, frozenset[str]]
    """Words that tell of a customer and of nobody else here."""
    fingerprint: Callable[[], dict[str, str]] = field(repr=False)
    """Of each customer's things: the same as long as nobody changed them."""


def lay_ground(url: str, services: Services, open_client: Callable[[str, dict[str, str]], httpx2.Client]) -> Ground:
    """``open_client(url, headers)`` makes clients that somebody else closes."""

    def signed_in(email: str, password: str) -> httpx2.Client:
        answer = anonymous.post("/api/v1/auth/login", json={"email": email, "password": password})
        token = _data(answer)["access_token"]
        return open_client(url, {"Authorization": f"Bearer {token}"})

    anonymous = open_client(url, {})
    callers = {name: signed_in(login.email, login.password) for name, login in CUSTOMERS.items()}
    who = {name: UUID(_data(http.get("/api/v1/auth/me"))["id"]) for name, http in callers.items()}
    staff = {login.role: login for login in reversed(STAFF)}
    callers |= {role: signed_in(login.email, login.password) for role, login in staff.items()}
    keys = {name: _furnish(callers[name], CUSTOMERS[name].password, who[name], services) for name in VICTIMS}
    _propose_for_staff(callers["agent"], who["alex"], services)
    callers["visitor"] = anonymous
    callers |= {f"{name}_key": open_client(url, {"X-API-Key": keys[name]}) for name in VICTIMS}
    roles = {one["name"]: frozenset(one["permissions"]) for one in _roles(callers["admin"])}
    permissions = {name: roles.get(name, roles["customer"]) for name in callers}
    ids = {name: _ids_of(services, who[name]) for name in VICTIMS}
    return Ground(
        callers, permissions, ids, _marks_of(services, who), lambda: {n: _print(services, w) for n, w in who.items()}
    )


def _roles(admin: httpx2.Client) -> list[dict[str, Any]]:
    return _data(admin.get("/api/v1/admin/roles"))["roles"]


def _data(answer: httpx2.Response) -> Any:
    if answer.status_code >= 400:
        raise AssertionError(f"{answer.request.method} {answer.request.url}: {answer.text}")
    return answer.json()["data"]


def _furnish(http: httpx2.Client, password: str, who: UUID, services: Services) -> str:
    """Something of every kind for one customer; returns an API key of theirs."""
    today = datetime.now(UTC).date()
    if not _rows(services, MAKERS["payee"], who):
        _do(http, "add_payee", name="Ines Duarte", sort_code="20-45-67", account_number="12345678")
    payee = _rows(services, MAKERS["payee"], who)[0]
    day = (today + timedelta(days=20)).isoformat()
    _do(http, "schedule_payment", amount="1", payee=payee, date=day)
    _do(http, "create_standing_order", amount="1", payee=payee, frequency="monthly", date=day)
    meeting = next_business_day(today + timedelta(days=15)).isoformat()
    free = "10:30" if not _rows(services, QUERIES["list_appointments"], who) else "11:30"
    _do(http, "book_appointment", branch="York", topic="a will", date=meeting, time=free)
    _do(http, "request_handoff", reason="to talk about a will")
    _do(http, "fill_identity_details", level=1, exposure={"is_exposed": False})
    _do(http, "open_dispute", reference=_rows(services, QUERIES["find_card_payment"], who)[0], reason="unauthorised")
    _call(http, "rename_account", account=_rows(services, MAKERS["account"], who)[0], name="Renamed one day")
    card = _rows(services, MAKERS["card"], who)[0]
    for message in ("What is my balance?", f"Set a limit of 10 pounds for my card ending {card}"):
        _data(http.post("/api/v1/chat", json={"message": message}))
    asked = {"kind": "human_review", "reason": "to see who may see it"}
    _data(http.post("/api/v1/profile/privacy-requests", json=asked))
    _insert_files(services, who)
    wanted = {"name": "budget", "permissions": [*_GIVEN], "expires_in_days": 9, "password": password}
    return _data(http.post("/api/v1/auth/api-keys", json=wanted))["key"]


_GIVEN = (
    "accounts:read",
    "accounts:write",
    "cards:read",
    "cards:write",
    "payees:read",
    "transfers:read",
    "transactions:read",
    "disputes:read",
    "operations:read",
    "chat:use",
    "chat:history",
    "attachments:read",
)


def _call(http: httpx2.Client, name: str, /, **arguments: Any) -> Any:
    tool = next(one for one in CATALOGUE.offered(CUSTOMER_SCOPES) if one.name == name)
    request = RestCall.of(tool).request(arguments)
    return _data(http.request(request.method, f"/api/v1{request.path}", params=request.query, json=request.body))


def _do(http: httpx2.Client, name: str, /, **arguments: Any) -> None:
    """Prepared and confirmed."""
    proposed = _call(http, name, **arguments)
    decision = {"decision": "approve"}
    if proposed["step_up"]:
        sent = _data(http.get("/api/v1/demo/outbox"))["messages"]
        decision["code"] = next(one["code"] for one in sent if one["operation_id"] == proposed["operation_id"])
    _data(http.post(f"/api/v1/operations/{proposed['operation_id']}/confirm", json=decision))


def _propose_for_staff(agent: httpx2.Client, alex: UUID, services: Services) -> None:
    body = {"customer_id": str(alex), "kind": "freeze_account", "reason": "a look at what others may see"}
    body["account_id"] = _rows(services, MAKERS["account_id"], alex)[0]
    _data(agent.post("/api/v1/admin/actions", json=body))
    _write(services, QUERIES["insert_care_case"], alex)


def _insert_files(services: Services, who: UUID) -> None:
    for purpose in ("identity", "dispute"):
        _write(services, QUERIES["insert_file"], who, file=uuid4(), purpose=purpose)


def _rows(services: Services, query: LiteralString, who: UUID) -> list[str]:
    with psycopg.connect(services.owner_url) as owner:
        return [str(one) for (one,) in owner.execute(query, {"who": who}) if one is not None]


def _write(services: Services, statement: LiteralString, who: UUID, **values: object) -> None:
    with psycopg.connect(services.owner_url) as owner:
        owner.execute(statement, {"who": who, **values})


def _ids_of(services: Services, who: UUID) -> dict[str, list[str]]:
    return {kind: _rows(services, query, who) for kind, query in MAKERS.items()}


def _marks_of(services: Services, who: Mapping[str, UUID]) -> dict[str, frozenset[str]]:
    found = {name: frozenset(_rows(services, QUERIES["list_marks"], one)) for name, one in who.items()}
    return {
        name: frozenset(mark for mark in marks - _others(found, name) if len(mark) >= _LEAST_MARK)
        for name, marks in found.items()
    }


def _others(found: Mapping[str, frozenset[str]], name: str) -> frozenset[str]:
    return frozenset(mark for other, marks in found.items() if other != name for mark in marks)


def _print(services: Services, who: UUID) -> str:
    return _rows(services, QUERIES["print_things"], who)[0]
