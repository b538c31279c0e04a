"""A server whose clock stands still, so that two answers can be compared, on a bank of its own."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest

from api.rest_call import RestCall
from core.db.database import Database
from core.security.sealing import Seal
from core.services import Services
from core.settings import Settings
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import ALEX, BLAIR, Caller, Meet
from tools.registry import Bank, Tool, ToolContext
from tools.step_up.code_senders import LogSender
from tools.step_up.codes import StepUpCodes

SignIn = Callable[[str], Caller]
STAFF = ("agent@demo.example", "demo-agent-1")


@pytest.fixture(scope="module")
def still_services(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as own:
        yield own


@pytest.fixture(scope="module")
def still_server(settings: Settings, still_services: Services, seeded_at: datetime) -> Iterator[str]:
    with serving(settings, still_services, clock=lambda: seeded_at) as url:
        yield url


@pytest.fixture
def alex(shared_server: str, still_server: str, meet: Meet) -> Caller:
    """Logs in where the clock runs, so that the token lasts."""
    meet(shared_server, ALEX)
    return meet(still_server, ALEX)


@pytest.fixture
def blair(shared_server: str, still_server: str, meet: Meet) -> Caller:
    meet(shared_server, BLAIR)
    return meet(still_server, BLAIR)


@pytest.fixture
def staff(shared_server: str, still_server: str, meet: Meet) -> Caller:
    meet(shared_server, STAFF)
    return meet(still_server, STAFF)


@pytest.fixture
def colleague(server: str, meet: Meet) -> SignIn:
    """``colleague("agent")``: the demo bank's staff member of that role."""
    return lambda role: meet(server, (f"{role}@demo.example", f"demo-{role}-1"))


@pytest.fixture
def visitor(still_server: str, meet: Meet) -> Caller:
    return meet(still_server)


@pytest.fixture(scope="module")
async def alex_context(still_services: Services, seeded_at: datetime) -> AsyncIterator[ToolContext]:
    """What ``alex`` is to a tool that is called without HTTP."""
    database = Database(still_services.app_url)
    await database.open()
    bank = Bank(database, StepUpCodes(still_services.secret_key, LogSender()), Seal(still_services.secret_key))
    yield ToolContext(bank, customer_id_of(still_services, ALEX), seeded_at, turn_id=None, initiated_by="rest")
    await database.close()


def customer_id_of(services: Services, login: tuple[str, str]) -> UUID:
    with psycopg.connect(services.owner_url) as owner:
        row = owner.execute("select customer_id from credentials where email = %s", [login[0]]).fetchone()
    assert row is not None
    return row[0]


def has_address(tool: Tool, arguments: dict[str, Any]) -> bool:
    """Whether the call can be sent: an argument of the path cannot be left out."""
    return all(arguments.get(name) is not None for name in RestCall.of(tool).in_path)


def send(caller: Caller, tool: Tool, arguments: dict[str, Any], **options: Any) -> httpx2.Response:
    """The tool's call over HTTP."""
    request = RestCall.of(tool).request(arguments)
    sent = {"params": request.query} | ({} if request.body is None else {"json": request.body}) | options
    return caller.http.request(request.method, f"/api/v1{request.path}", **sent)


def ok(response: httpx2.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()["data"]


def refused(response: httpx2.Response, status: int) -> str:
    assert response.status_code == status, response.text
    return response.json()["error"]["code"]
