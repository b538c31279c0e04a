"""The customer's own ledger: what was done for them through every door, in plain words, and never another's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from core.services import Services
from core.settings import Settings
from tests.api.conftest import customer_id_of
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import ALEX, BLAIR, Caller, Meet
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.pages import Place
from tools.registry import PAST

ACTIVITY = "/api/v1/activity"
NAIVE = datetime.fromisoformat("2026-05-04T09:30:00")


@pytest.fixture(scope="module")
def own_services(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as own:
        yield own


@pytest.fixture(scope="module")
def own_server(settings: Settings, own_services: Services) -> Iterator[str]:
    with serving(settings, own_services) as url:
        yield url


def ledger(caller: Caller, **query: int) -> list[dict[str, Any]]:
    response = caller.http.get(ACTIVITY, params=query)
    assert response.status_code == 200, response.text
    return response.json()["data"]["activity"]


def test_every_door_leaves_its_line_and_staff_too(own_server: str, own_services: Services, meet: Meet) -> None:
    alex, blair = meet(own_server, ALEX), meet(own_server, BLAIR)
    before = len(ledger(blair))
    frozen = alex.ask("freeze my card ending 4821")
    alex.decide(frozen, "approve")
    assert alex.http.get("/api/v1/payees").status_code == 200
    chat = {"model": "tellergraph", "messages": [{"role": "user", "content": "what's my balance?"}]}
    assert alex.http.post("/v1/chat/completions", json=chat).status_code == 200
    alex.http.post("/api/v1/transfers", json={"payee": "Nobody at all", "amount": "1.00"})
    with psycopg.connect(own_services.owner_url) as owner:
        look = (
            "insert into audit_log (actor, customer_id, action, resource, detail, at) values (%s, %s, %s, 'x', %s, %s)"
        )
        alex_id, now = customer_id_of(own_services, ALEX), datetime.now(UTC)
        for action, reason in (
            ("staff.file_opened", '{"reason": "asked about a payment"}'),
            ("staff.file_opened", '{"reason": "care case R-1"}'),
            ("screening.opened", "{}"),
        ):
            owner.execute(look, [f"staff:{uuid4()}", alex_id, action, reason, now])

    told = [(line["what"], line["door"]) for line in ledger(alex)]

    assert told[0] == ("A member of staff looked at your data.", "staff")
    assert ("Listed your payees.", "rest") in told
    assert ("Checked your balance.", "openai") in told
    assert ("Prepared to freeze a card, for you to confirm.", "chat") in told
    assert ("Done: freeze a card.", "chat") in told
    assert [what for what, _ in told].count("A member of staff looked at your data.") == 1
    assert not any("Lopez" in what or "4821" in what for what, _ in told)
    assert len(ledger(blair)) == before, "what is done for one customer is in nobody else's ledger"


def test_pages_follow_each_other_without_a_gap(own_server: str, meet: Meet) -> None:
    blair = meet(own_server, BLAIR)
    for _ in range(5):
        blair.http.get("/api/v1/cards").raise_for_status()
    whole, seen, cursor = ledger(blair, limit=100), [], None
    while True:
        page = blair.http.get(ACTIVITY, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()["data"]
        seen += page["activity"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(whole) >= 5
    assert seen == whole


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ("/api/v1/accounts", "Listed your accounts."),
        ("/api/v1/accounts/balances", "Checked your balance."),
        ("/api/v1/accounts/balances?account=Current", "Checked your balance."),
        ("/api/v1/transactions?limit=1", "Looked up your transactions."),
        ("/api/v1/transfers", "Looked up your transfers."),
    ],
)
def test_what_is_read_has_one_line(own_server: str, meet: Meet, asked: str, what: str) -> None:
    blair = meet(own_server, BLAIR)
    before = ledger(blair, limit=100)

    blair.http.get(asked).raise_for_status()

    after = ledger(blair, limit=100)
    assert [(line["what"], line["door"]) for line in after[: len(after) - len(before)]][-1] == (what, "rest")
    assert len([line for line in after if line["what"] == what]) == len([b for b in before if b["what"] == what]) + 1


def test_what_could_not_be_read_was_refused(own_server: str, own_services: Services, meet: Meet) -> None:
    blair = meet(own_server, BLAIR)

    assert blair.http.get("/api/v1/accounts/balances?account=Moonbase").status_code == 422

    with psycopg.connect(own_services.owner_url) as owner:
        last = "select tool, outcome from tool_calls where customer_id = %s order by at desc limit 1"
        assert owner.execute(last, [customer_id_of(own_services, BLAIR)]).fetchone() == ("get_balance", "refused")


@pytest.mark.parametrize("cursor", ["x", "bm90IGEgZGF0ZSBjMQ==", "é", str(Place(NAIVE, "c1"))])
def test_a_cursor_that_is_none_is_refused(own_server: str, meet: Meet, cursor: str) -> None:
    assert meet(own_server, BLAIR).http.get(ACTIVITY, params={"cursor": cursor}).status_code == 422


def test_nobody_sees_a_ledger_without_logging_in(own_server: str, meet: Meet) -> None:
    assert meet(own_server).http.get(ACTIVITY).status_code == 401


def test_an_entry_of_the_audit_log_names_its_request(own_server: str, own_services: Services, meet: Meet) -> None:
    alex = meet(own_server, ALEX)
    card = alex.http.post("/api/v1/cards/4821/unfreeze")
    operation = card.json()["data"]["operation_id"]
    done = alex.http.post(
        f"/api/v1/operations/{operation}/confirm", json={"decision": "approve"}, headers={"User-Agent": "Test/1.0"}
    )

    with psycopg.connect(own_services.owner_url) as owner:
        row = owner.execute(
            "select request_id, host(ip), user_agent, decision, policy_version is not null, before_hash <> after_hash"
            " from audit_log where resource = 'operation:' || %s",
            [UUID(operation)],
        ).fetchall()
    assert row == [(done.headers["X-Request-ID"], "127.0.0.1", "Test/1.0", "allow", True, True)]


def test_every_tool_is_told_in_the_past() -> None:
    tools = CATALOGUE.offered(CUSTOMER_SCOPES)
    assert len(tools) > 80
    assert {tool.title.partition(" ")[0] for tool in tools} == set(PAST)
