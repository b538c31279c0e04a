"""Other agents at the bank's door: a real MCP client over HTTP on ``/mcp``, and over ``tellergraph mcp``'s pipes."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from core.security.tokens import AccountType, Identity
from core.services import Services
from core.settings import Settings
from tests.end_to_end.conftest import Records, Serve
from tests.talking import ALEX, BLAIR, Meet
from tests.tokens import signer_of
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

ROOT = Path(__file__).parents[2]
OFFERED = [tool.name for tool in CATALOGUE.offered(CUSTOMER_SCOPES)]
FORGED = "0199aaaa-0000-7000-8000-000000000000"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}
Mode = Literal["auto", "legacy"]


@asynccontextmanager
async def agent(base_url: str, token: str, path: str = "/mcp", mode: Mode = "auto") -> AsyncIterator[Client]:
    """Connected over HTTP."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(base_url + path, http_client=http), mode=mode) as client,
    ):
        yield client


def bearer(meet: Meet, base_url: str, login: tuple[str, str]) -> str:
    """A customer's access token, by logging in."""
    return str(meet(base_url, login).http.headers["Authorization"]).removeprefix("Bearer ")


class TestOverHttp:
    @pytest.mark.parametrize(("path", "mode"), [("/mcp", "auto"), ("/mcp/", "auto"), ("/mcp", "legacy")])
    async def test_an_agent_is_offered_exactly_what_the_customer_may_use(
        self, shared_server: str, meet: Meet, path: str, mode: Mode
    ) -> None:
        async with agent(shared_server, bearer(meet, shared_server, ALEX), path, mode) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == OFFERED

    async def test_an_agent_reads_a_balance(self, shared_server: str, meet: Meet) -> None:
        async with agent(shared_server, bearer(meet, shared_server, ALEX)) as client:
            answer = await client.call_tool("get_balance", {"account": "Everyday"})
        [account] = answer.structured_content["accounts"]
        assert (account["name"], account["ledger"], account["currency"]) == ("Everyday", "2480.15", "GBP")
        assert json.loads(answer.content[0].text) == answer.structured_content

    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    async def test_each_customer_sees_their_own_only(self, shared_server: str, meet: Meet, mode: Mode) -> None:
        async with (
            agent(shared_server, bearer(meet, shared_server, BLAIR), mode=mode) as blair,
            agent(shared_server, bearer(meet, shared_server, ALEX), mode=mode) as alex,
        ):
            of_alex = await alex.call_tool("list_accounts", {})
            of_blair = await blair.call_tool("list_accounts", {})
            asked_for_alexs = await blair.call_tool("get_balance", {"account": "Everyday"})
        assert len(of_alex.structured_content["accounts"]) > 1
        assert [account["name"] for account in of_blair.structured_content["accounts"]] == ["Current"]
        assert asked_for_alexs.structured_content["status"] == "account_unclear"
        assert asked_for_alexs.structured_content["choices"] == ["Current"]

    @pytest.mark.parametrize("name", ["list_accounts", "get_balance", "freeze_card"])
    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    async def test_a_forged_customer_is_refused(self, shared_server: str, meet: Meet, name: str, mode: Mode) -> None:
        async with agent(shared_server, bearer(meet, shared_server, BLAIR), mode=mode) as client:
            answer = await client.call_tool(name, {"customer_id": FORGED})
        assert answer.is_error
        assert answer.content[0].text == "The arguments are wrong. customer_id: Extra inputs are not permitted"

    async def test_an_agent_prepares_and_the_card_stays_as_it_is(
        self, server: str, meet: Meet, records: Records
    ) -> None:
        async with agent(server, bearer(meet, server, ALEX)) as client:
            answer = await client.call_tool("freeze_card", {"card": "4821"})
            cards = await client.call_tool("list_cards", {})
        assert answer.structured_content["status"] == "confirmation_needed"
        [card] = [card for card in cards.structured_content["cards"] if card["last4"] == "4821"]
        assert card["status"] == "active"
        [operation] = records("select id::text, status, initiated_by from banking_operations")
        assert operation == {
            "id": answer.structured_content["operation_id"],
            "status": "pending",
            "initiated_by": "mcp",
        }

    async def test_a_fault_tells_nothing_of_the_inside(self, server: str, meet: Meet, fresh: Services) -> None:
        token = bearer(meet, server, ALEX)
        with psycopg.connect(fresh.owner_url) as owner:
            owner.execute("alter table cards rename to cards_gone")
        async with agent(server, token) as client:
            answer = await client.call_tool("list_cards", {})
        assert answer.is_error
        assert [each.text for each in answer.content] == ["Something went wrong on our side."]


class TestTheDoor:
    @pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
    @pytest.mark.parametrize("authorization", [None, "", "Basic YWxleDpkZW1v", "Token x"])
    def test_without_a_token_nobody_comes_in(self, shared_server: str, path: str, authorization: str | None) -> None:
        headers = {} if authorization is None else {"Authorization": authorization}
        refused = httpx2.post(shared_server + path, json=INITIALIZE, headers=ACCEPT | headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer resource_metadata=")

    def test_an_expired_token_is_told_so(self, shared_server: str, shared_services: Services) -> None:
        refused = _post(shared_server, access_token(shared_services, uuid4(), age=2))
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_expired")
        assert refused.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token", ')

    @pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    def test_a_token_that_is_not_ours_is_refused(self, shared_server: str, token: str) -> None:
        refused = _post(shared_server, token)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")

    def test_staff_use_other_doors(self, shared_server: str, shared_services: Services) -> None:
        refused = _post(shared_server, access_token(shared_services, uuid4(), AccountType.STAFF))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]

    def test_a_refusal_leads_to_a_page_that_answers(self, shared_server: str) -> None:
        """RFC 9728."""
        challenge = _post(shared_server, "x").headers["WWW-Authenticate"]
        page = httpx2.get(challenge.split('resource_metadata="')[1].removesuffix('"'))
        assert page.status_code == 200
        assert page.json()["resource"] == f"{shared_server}/mcp"
        assert page.json()["bearer_methods_supported"] == ["header"]
        assert httpx2.get(page.json()["resource_documentation"]).status_code == 200

    @pytest.mark.parametrize(
        ("headers", "status"), [({"Host": "rebound.example"}, 421), ({"Origin": "https://evil.example"}, 403)]
    )
    @pytest.mark.parametrize("path", ["/mcp", "/.well-known/oauth-protected-resource/mcp"])
    def test_a_page_elsewhere_cannot_reach_it_under_another_name(
        self, shared_server: str, headers: dict[str, str], status: int, path: str
    ) -> None:
        method = "POST" if path == "/mcp" else "GET"
        refused = httpx2.request(method, shared_server + path, headers=headers)
        assert refused.status_code == status
        assert refused.json()["success"] is False

    def test_the_origins_of_the_settings_may_call(self, serve: Serve, meet: Meet) -> None:
        origin = "https://agents.example"
        server = serve(cors_origins=[origin])
        token = bearer(meet, server, ALEX)
        for headers in ({"Origin": origin}, {"Host": "agents.example"}):
            assert _post(server, token, **headers).status_code == 200
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = (
            "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name"
        )
        assert httpx2.options(f"{server}/mcp", headers=asked).status_code == 200

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
    def test_there_is_no_stream_to_wait_on(self, shared_server: str, method: str) -> None:
        assert httpx2.request(method, f"{shared_server}/mcp").status_code == 405

    def test_a_request_that_is_too_large_is_refused(self, shared_server: str, meet: Meet, settings: Settings) -> None:
        padded = INITIALIZE | {"padding": "x" * settings.max_body_bytes}
        refused = _post(shared_server, bearer(meet, shared_server, ALEX), body=padded)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


class TestThePage:
    """What docs/mcp.md tells to copy."""

    def test_the_program_runs(self, shared_server: str, meet: Meet) -> None:
        program = _blocks("python")[0]
        environment = os.environ | {"TOKEN": bearer(meet, shared_server, ALEX)}
        ran = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program.replace("http://127.0.0.1:8000", shared_server)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        names, balance = ran.stdout.splitlines()
        assert names == str(OFFERED)
        assert "'ledger': '2480.15'" in balance

    async def test_the_configuration_for_http_works(self, shared_server: str, meet: Meet) -> None:
        token = bearer(meet, shared_server, ALEX)
        [bank] = [each for each in _configurations(ACCESS_TOKEN=token) if "url" in each]
        url = bank["url"].replace("http://127.0.0.1:8000", shared_server)
        async with (
            httpx2.AsyncClient(headers=bank["headers"]) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            assert [tool.name for tool in (await client.list_tools()).tools] == OFFERED

    async def test_the_configuration_for_pipes_works(
        self, settings: Settings, shared_services: Services, tmp_path: Path
    ) -> None:
        """From any directory."""
        token = access_token(shared_services, uuid4())
        clone = {"/path/to/tellergraph/.venv/bin/tellergraph": str(Path(sys.executable).with_name("tellergraph"))}
        data = {"/path/to/tellergraph/.data": str(settings.data_dir)}
        [bank] = [each for each in _configurations(ACCESS_TOKEN=token, **clone, **data) if "command" in each]
        own_database = environment(settings, shared_services)
        del own_database["TELLERGRAPH_DATA_DIR"]
        server = StdioServerParameters(
            command=bank["command"], args=bank["args"], env=own_database | bank["env"], cwd=tmp_path
        )
        async with Client(server) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == OFFERED


def _blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _configurations(**filled_in: str) -> list[dict[str, Any]]:
    """The servers of the page's configurations, with what a reader fills in."""
    found = []
    for block in _blocks("json"):
        for name, value in filled_in.items():
            block = re.sub(rf'(?<=[" ]){re.escape(name)}(?=")', value, block)
        found.append(json.loads(block)["mcpServers"]["bank"])
    return found


def _post(base_url: str, token: str, body: dict[str, Any] = INITIALIZE, **headers: str) -> httpx2.Response:
    return httpx2.post(
        f"{base_url}/mcp", json=body, headers=ACCEPT | {"Authorization": f"Bearer {token}"} | headers, timeout=30
    )


def environment(settings: Settings, services: Services) -> dict[str, str]:
    """``tellergraph mcp`` works on a test's database, with the secret of its server."""
    return os.environ | {
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": services.admin_url,
        "TELLERGRAPH_REDIS_URL": services.redis_url,
    }


def access_token(services: Services, who: UUID, kind: AccountType = AccountType.CUSTOMER, age: int = 0) -> str:
    """As if logged in ``age`` hours ago; good for one."""
    return signer_of(services).issue(Identity(who, kind, kind.value), datetime.now(UTC) - timedelta(hours=age))


def over_pipes(environment: dict[str, str]) -> Client:
    return Client(StdioServerParameters(command=sys.executable, args=["-m", "cli", "mcp"], env=environment, cwd=ROOT))


@contextmanager
def process(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """``tellergraph mcp`` with its pipes in our hands."""
    command = [sys.executable, "-m", "cli", "mcp"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **pipes) as running:  # noqa: S603
        try:
            yield running
        finally:
            running.kill()


class TestOverPipes:
    async def test_an_agent_reads_and_prepares_for_the_customer_of_the_token(
        self, settings: Settings, fresh: Services, records: Records
    ) -> None:
        [row] = records("select customer_id from credentials where email = %s", ALEX[0])
        token = access_token(fresh, row["customer_id"])
        async with over_pipes(environment(settings, fresh) | {"TELLERGRAPH_ACCESS_TOKEN": token}) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            balance = await client.call_tool("get_balance", {"account": "Everyday"})
            forged = await client.call_tool("get_balance", {"customer_id": FORGED})
            prepared = await client.call_tool("freeze_card", {"card": "4821"})
        assert names == OFFERED
        assert balance.structured_content["accounts"][0]["ledger"] == "2480.15"
        assert forged.is_error
        assert forged.content[0].text == "The arguments are wrong. customer_id: Extra inputs are not permitted"
        assert prepared.structured_content["status"] == "confirmation_needed"
        assert records("select status from cards where last4 = '4821'") == [{"status": "active"}]
        assert records("select status, initiated_by from banking_operations") == [
            {"status": "pending", "initiated_by": "mcp"}
        ]

    @pytest.mark.parametrize("end", ["input", signal.SIGTERM, signal.SIGINT])
    def test_nothing_but_mcp_comes_out_and_it_ends_when_told_to(
        self, settings: Settings, shared_services: Services, end: signal.Signals | str
    ) -> None:
        """Also while it waits for a line of its standard input."""
        variables = {
            "TELLERGRAPH_ACCESS_TOKEN": access_token(shared_services, uuid4()),
            "TELLERGRAPH_LOG_LEVEL": "DEBUG",
        }
        with process(environment(settings, shared_services) | variables) as running:
            assert running.stdin is not None
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdin.write(f"no JSON\n{json.dumps(INITIALIZE)}\n")
            running.stdin.flush()
            lines = [running.stdout.readline()]
            if isinstance(end, signal.Signals):
                running.send_signal(end)
            else:
                running.stdin.close()
            lines += running.stdout.readlines()
            assert [json.loads(line)["jsonrpc"] for line in lines] == ["2.0"] * len(lines)
            assert json.loads(lines[-1])["result"]["serverInfo"]["name"] == "tellergraph"
            codes = {"input": 0, signal.SIGTERM: -signal.SIGTERM, signal.SIGINT: 130}
            assert running.wait(timeout=30) == codes[end]
            assert "Traceback" not in running.stderr.read()

    @pytest.mark.parametrize("wrong", ["none", "empty", "garbage", "expired", "staff"])
    def test_without_a_good_token_it_says_how_to_get_one(
        self, settings: Settings, shared_services: Services, wrong: str
    ) -> None:
        tokens = {
            "empty": "",
            "garbage": "x",
            "expired": access_token(shared_services, uuid4(), age=2),
            "staff": access_token(shared_services, uuid4(), AccountType.STAFF),
        }
        token = {"TELLERGRAPH_ACCESS_TOKEN": tokens[wrong]} if wrong in tokens else {}
        with process(environment(settings, shared_services) | token) as running:
            output, errors = running.communicate(timeout=60)
        assert running.returncode == 2
        assert output == ""
        assert "POST /api/v1/auth/login" in errors
        assert errors.count("\n") == 1
