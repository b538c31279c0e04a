"""Operations over REST: listed, looked at, confirmed once, and never somebody else's. Issue 3, "Proposals,
confirmation, step-up"."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from core.errors import NotFound
from core.money import Money
from core.services import Services
from core.settings import Settings
from tests.api.conftest import STAFF, customer_id_of
from tests.serving import serving
from tests.talking import ALEX, BLAIR, Caller, Meet
from tools.operation_log import get_operation, list_operations
from tools.operations import PROPOSAL_TTL, propose
from tools.pages import Place
from tools.queries import QUERIES
from tools.registry import Proposed, ToolContext

NOBODYS = UUID("0199aaaa-0000-7000-8000-000000000000")
OPERATIONS = "/api/v1/operations"
STEP_UP = ("step_up_challenges", "step_up_tries", "demo_outbox")


@dataclass
class Watch:
    """A clock that a test sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def watch(seeded_at: datetime) -> Watch:
    return Watch(seeded_at)


@pytest.fixture(scope="module")
def timed_server(settings: Settings, still_services: Services, watch: Watch) -> Iterator[str]:
    with serving(settings, still_services, clock=watch) as url:
        yield url


@pytest.fixture
def sign_in(shared_server: str, timed_server: str, meet: Meet) -> Callable[[tuple[str, str]], Caller]:
    """Where the clock runs, so that the token lasts."""

    def signed_in(login: tuple[str, str]) -> Caller:
        meet(shared_server, login)
        return meet(timed_server, login)

    return signed_in


@pytest.fixture
def alex(sign_in: Callable[[tuple[str, str]], Caller]) -> Caller:
    return sign_in(ALEX)


@pytest.fixture
def blair(sign_in: Callable[[tuple[str, str]], Caller]) -> Caller:
    return sign_in(BLAIR)


@pytest.fixture(autouse=True)
def a_fresh_start(still_services: Services, watch: Watch, seeded_at: datetime) -> None:
    """No operations, and Alex's cards active."""
    watch.now = seeded_at
    forget(still_services, *STEP_UP, "confirmation_slips", "banking_operations")
    with psycopg.connect(still_services.admin_url) as administrator:
        administrator.execute("set session_replication_role = replica")
        administrator.execute("update cards set status = 'active' where last4 in ('4821', '7733')")


def forget(services: Services, *tables: str) -> None:
    """What is kept for ever otherwise."""
    with psycopg.connect(services.admin_url) as administrator:
        administrator.execute("set session_replication_role = replica")
        for table in tables:
            administrator.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))


@pytest.fixture
def rows(still_services: Services) -> Callable[..., list[dict[str, Any]]]:
    """Rows as the tables' owner sees them."""

    def found(query: LiteralString, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(still_services.owner_url, row_factory=dict_row) as owner:
            return owner.execute(query, values).fetchall()

    return found


def freeze(caller: Caller, card: str = "4821", key: str | None = None) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return caller.http.post(f"/api/v1/cards/{card}/freeze", headers=headers)


def proposed(caller: Caller, card: str = "4821") -> str:
    response = freeze(caller, card)
    assert response.status_code == 201, response.text
    return response.json()["data"]["operation_id"]


def decide(caller: Caller, operation_id: str, **body: Any) -> httpx2.Response:
    return caller.http.post(f"{OPERATIONS}/{operation_id}/confirm", json=body)


def listed(caller: Caller, **query: Any) -> dict[str, Any]:
    response = caller.http.get(OPERATIONS, params=query)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def error_of(response: httpx2.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return response.json()["error"]


def card_status(rows: Callable[..., list[dict[str, Any]]], last4: str = "4821") -> str:
    [card] = rows("select status from cards where last4 = %s and nickname is null order by created_at limit 1", last4)
    return card["status"]


def test_an_operation_is_listed_and_can_be_looked_at(alex: Caller, seeded_at: datetime) -> None:
    operation_id = proposed(alex)
    one = alex.http.get(f"{OPERATIONS}/{operation_id}").json()["data"]
    assert listed(alex) == {"operations": [one], "next_cursor": None}
    assert datetime.fromisoformat(one.pop("created_at")) == seeded_at
    assert datetime.fromisoformat(one.pop("expires_at")) == seeded_at + PROPOSAL_TTL
    assert one == {
        "operation_id": operation_id,
        "type": "freeze_card",
        "status": "pending",
        "summary": "Freeze the debit card ending 4821",
        "amount": None,
        "currency": None,
        "payee": None,
        "step_up": False,
        "initiated_by": "rest",
        "error_code": None,
        "error": None,
        "completed_at": None,
    }


def test_pages_hold_each_operation_once_the_newest_first(alex: Caller, watch: Watch) -> None:
    made = []
    for number in range(7):
        watch.now += timedelta(seconds=number % 2)  # some at the same moment
        made.append(proposed(alex))

    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = listed(alex, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [operation["operation_id"] for operation in page["operations"]]
        watch.now += timedelta(seconds=1)
        proposed(alex)  # while somebody turns the pages
        cursor = page["next_cursor"]

    assert cursor is None
    assert sorted(seen) == sorted(made)
    moments = {each["operation_id"]: each["created_at"] for each in listed(alex, limit=100)["operations"]}
    assert [moments[each] for each in seen] == sorted((moments[each] for each in made), reverse=True)


def test_a_status_filters_as_the_operation_stands_now(alex: Caller, watch: Watch) -> None:
    done, denied, waiting = proposed(alex), proposed(alex, "7733"), proposed(alex, "7733")
    assert decide(alex, done).status_code == 200
    assert decide(alex, denied, decision="deny").status_code == 200

    def ids(status: str) -> list[str]:
        return [each["operation_id"] for each in listed(alex, status=status)["operations"]]

    assert (ids("completed"), ids("cancelled"), ids("pending"), ids("expired")) == ([done], [denied], [waiting], [])
    watch.now += PROPOSAL_TTL
    assert (ids("completed"), ids("cancelled"), ids("pending"), ids("expired")) == ([done], [denied], [], [waiting])
    assert alex.http.get(f"{OPERATIONS}/{waiting}").json()["data"]["status"] == "expired"


@pytest.mark.parametrize("body", [{}, {"decision": "approve"}, {"code": None}])
def test_an_approval_is_carried_out_once(alex: Caller, rows, body: dict[str, Any]) -> None:
    operation_id = proposed(alex)
    assert card_status(rows) == "active"
    audits = len(rows("select 1 from audit_log where action = 'operation.completed'"))

    first = decide(alex, operation_id, **body)
    assert (first.status_code, first.json()["data"]["status"]) == (200, "completed")
    assert first.json()["data"]["completed_at"]
    assert card_status(rows) == "frozen"

    again = decide(alex, operation_id, **body)
    assert (again.status_code, again.json()["data"]) == (200, first.json()["data"])
    other = error_of(decide(alex, operation_id, decision="deny"), 409)
    assert (other["code"], other["details"]["status"]) == ("already_decided", "completed")
    assert card_status(rows) == "frozen"
    assert len(rows("select 1 from audit_log where action = 'operation.completed'")) == audits + 1


def test_a_refusal_is_kept_too(alex: Caller, rows) -> None:
    operation_id = proposed(alex)
    first = decide(alex, operation_id, decision="deny")
    assert (first.status_code, first.json()["data"]["status"]) == (200, "cancelled")
    assert decide(alex, operation_id, decision="deny").json()["data"] == first.json()["data"]
    error = error_of(decide(alex, operation_id), 409)
    assert (error["code"], error["details"]["status"]) == ("already_decided", "cancelled")
    assert card_status(rows) == "active"


def test_many_approvals_at_once_are_one(alex: Caller, rows) -> None:
    operation_id = proposed(alex)
    audits = len(rows("select 1 from audit_log where action = 'operation.completed'"))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: decide(alex, operation_id), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["data"]["status"] for answer in answers} == {"completed"}
    assert len(rows("select 1 from audit_log where action = 'operation.completed'")) == audits + 1


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_nothing_is_done_after_its_time(alex: Caller, watch: Watch, rows, decision: str) -> None:
    operation_id = proposed(alex)
    watch.now += PROPOSAL_TTL
    for _ in range(2):
        error = error_of(decide(alex, operation_id, decision=decision), 422)
        assert (error["code"], error["details"]["status"]) == ("expired", "expired")
    assert card_status(rows) == "active"


def test_what_cannot_be_done_any_more_says_why_each_time(alex: Caller, rows) -> None:
    first, second = proposed(alex), proposed(alex)
    assert decide(alex, first).status_code == 200
    for _ in range(2):
        error = error_of(decide(alex, second), 422)
        assert (error["code"], error["details"]) == ("card_changed", {"operation_id": second, "status": "failed"})
        assert "ask again" in error["message"]
    assert error_of(decide(alex, second, decision="deny"), 409)["code"] == "already_decided"
    logged = alex.http.get(f"{OPERATIONS}/{second}").json()["data"]
    assert (logged["status"], logged["error_code"], logged["error"]) == ("failed", "card_changed", error["message"])


def test_somebody_elses_operation_is_like_one_that_is_not_there(alex: Caller, blair: Caller, rows) -> None:
    operation_id = proposed(alex)
    for unknown in (operation_id, str(uuid4())):
        errors = [error_of(blair.http.get(f"{OPERATIONS}/{unknown}"), 404)]
        errors += [error_of(decide(blair, unknown, decision=each), 404) for each in ("approve", "deny")]
        assert {error["code"] for error in errors} == {"not_found"}
        assert [error["details"] for error in errors] == [{}, {}, {}]
    assert listed(blair)["operations"] == []
    assert card_status(rows) == "active"
    assert listed(alex)["operations"][0]["status"] == "pending"


def test_operations_are_for_customers_who_have_signed_in(
    alex: Caller, sign_in: Callable[[tuple[str, str]], Caller], timed_server: str, meet: Meet
) -> None:
    operation_id = proposed(alex)
    visitor, staff = meet(timed_server), sign_in(STAFF)
    for caller, status, code in ((visitor, 401, "unauthorized"), (staff, 403, "customers_only")):
        for response in (
            caller.http.get(OPERATIONS),
            caller.http.get(f"{OPERATIONS}/{operation_id}"),
            decide(caller, operation_id),
        ):
            assert error_of(response, status)["code"] == code


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "status=done",
        "cursor=x",
        "cursor=%F0%9F%92%B6",
        "cursor=MjAyNg==",
        f"cursor={Place(datetime(2026, 1, 1), str(NOBODYS))}",  # noqa: DTZ001
        f"customer_id={NOBODYS}",
    ],
)
def test_a_list_that_cannot_be_is_refused(alex: Caller, query: str) -> None:
    error = error_of(alex.http.get(f"{OPERATIONS}?{query}"), 422)
    assert error["code"] == "invalid_input"
    assert error["details"]["fields"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"decision": ',
        b'{"decision": "yes"}',
        b'{"decision": true}',
        b'{"code": 123456}',
        b'{"code": "1234567890123"}',
        b'{"decision": "approve", "customer_id": "0199aaaa-0000-7000-8000-000000000000"}',
        b'{"decision": "approve", "operation_id": "0199aaaa-0000-7000-8000-000000000000"}',
    ],
)
def test_a_decision_that_is_none_decides_nothing(alex: Caller, content: bytes) -> None:
    operation_id = proposed(alex)
    response = alex.http.post(
        f"{OPERATIONS}/{operation_id}/confirm", content=content, headers={"Content-Type": "application/json"}
    )
    assert error_of(response, 422)["code"] == "invalid_input"
    assert listed(alex)["operations"][0]["status"] == "pending"


def test_an_id_of_another_form_is_refused(alex: Caller) -> None:
    assert error_of(alex.http.get(f"{OPERATIONS}/1"), 422)["code"] == "invalid_input"
    assert error_of(decide(alex, "1"), 422)["code"] == "invalid_input"


# Idempotency keys


def test_the_same_request_under_a_key_is_the_same_operation_whatever_became_of_it(
    alex: Caller, watch: Watch, rows
) -> None:
    first = freeze(alex, key="one")
    assert first.status_code == 201
    operation_id = first.json()["data"]["operation_id"]
    assert freeze(alex, key="one").json()["data"] == first.json()["data"]

    assert decide(alex, operation_id).status_code == 200
    assert error_of(freeze(alex), 422)["code"] == "nothing_to_do"  # without the key: the card is frozen by now
    after = freeze(alex, key="one")
    assert (after.status_code, after.json()["data"]) == (201, first.json()["data"])

    watch.now += timedelta(days=1)
    assert freeze(alex, key="one").json()["data"] == first.json()["data"]
    assert decide(alex, operation_id).json()["data"]["status"] == "completed"
    assert len(rows("select 1 from banking_operations")) == 1


def test_another_request_under_the_same_key_is_refused(alex: Caller, rows) -> None:
    assert freeze(alex, key="one").status_code == 201
    for other in (
        freeze(alex, "7733", key="one"),
        freeze(alex, "no such card", key="one"),
        alex.http.post("/api/v1/cards/4821/unfreeze", headers={"Idempotency-Key": "one"}),
    ):
        assert error_of(other, 409)["code"] == "idempotency_key_reused"
    assert len(rows("select 1 from banking_operations")) == 1


def test_a_key_is_ones_own_and_without_one_each_request_is_new(alex: Caller, blair: Caller, rows) -> None:
    ids = {proposed(alex) for _ in range(3)}
    mine = freeze(alex, key="one").json()["data"]["operation_id"]
    theirs = blair.http.post("/api/v1/cards/1107/unfreeze", headers={"Idempotency-Key": "one"})
    assert theirs.status_code == 201
    assert len({*ids, mine, theirs.json()["data"]["operation_id"]}) == 5


def test_a_key_is_not_spent_on_a_refusal(alex: Caller) -> None:
    assert error_of(freeze(alex, "no such card", key="one"), 422)["code"] == "card_unclear"
    assert freeze(alex, key="one").status_code == 201


def test_the_same_request_at_the_same_moment_is_one_operation(alex: Caller, rows) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: freeze(alex, key="raced"), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["operation_id"] for answer in answers}) == 1
    assert len(rows("select 1 from banking_operations")) == 1


# Step-up and money


@pytest.fixture
def pay(alex_context: ToolContext, still_services: Services, rows) -> Callable[[str], Any]:
    """Alex's payment to a payee, prepared as a tool prepares it; gives the operation's id."""

    async def prepared(amount: str) -> str:
        [account] = rows(
            "select id from accounts where name = 'Everyday' and customer_id = %s", customer_id_of(still_services, ALEX)
        )
        [payee] = rows(
            "select id, iban, sort_code, account_number, name from payees where name = 'Maria Lopez'"
            " and customer_id = %s",
            customer_id_of(still_services, ALEX),
        )
        money = Money.parse(amount, "GBP")
        payload = {
            "account_id": str(account["id"]),
            "payee_id": str(payee["id"]),
            **{name: payee[name] for name in ("iban", "sort_code", "account_number")},
            "debit_minor": money.minor,
            "credit_minor": money.minor,
            "credit_currency": "GBP",
        }
        about = Proposed(summary=f"Pay {money} to Maria Lopez", amount=amount, currency="GBP", payee="Maria Lopez")
        async with alex_context.database.writing(alex_context.scope) as db:
            done = await propose(
                db,
                replace(alex_context, idempotency_key=str(uuid4())),
                "pay_payee",
                payload=payload,
                proposed=about,
                money=money,
            )
        if done.step_up:
            await alex_context.bank.step_up.issue(alex_context, UUID(done.operation_id))
        return done.operation_id

    return prepared


async def test_a_risky_payment_needs_its_code(alex: Caller, pay, rows) -> None:
    operation_id = await pay("250.01")
    [sent] = rows("select code, text from demo_outbox")
    assert "Maria Lopez" in sent["text"]
    wrong = "000000" if sent["code"] != "000000" else "000001"

    for code, refusal in ((None, "step_up_required"), ("", "step_up_required"), (wrong, "wrong_code")):
        assert error_of(decide(alex, operation_id, code=code), 422)["code"] == refusal
    logged = listed(alex)["operations"][0]
    assert (logged["status"], logged["step_up"], logged["amount"], logged["payee"]) == (
        "pending",
        True,
        "250.01",
        "Maria Lopez",
    )

    done = decide(alex, operation_id, code=sent["code"])
    assert (done.status_code, done.json()["data"]["status"]) == (200, "completed")
    for code in (sent["code"], None, wrong):
        assert decide(alex, operation_id, code=code).json()["data"] == done.json()["data"]


def test_a_request_sent_again_sends_the_code_that_was_not(alex: Caller, still_services: Services, rows) -> None:
    """The server died between the two."""
    first = transfer(alex, "251.00", "no code")
    assert first.json()["data"]["step_up"] is True
    forget(still_services, "step_up_challenges", "demo_outbox")
    for _ in range(2):
        assert transfer(alex, "251.00", "no code").json()["data"] == first.json()["data"]
        assert len(rows("select code from demo_outbox")) == 1


async def test_five_wrong_codes_lock_the_operation(alex: Caller, pay, rows) -> None:
    operation_id = await pay("300.00")
    [sent] = rows("select code from demo_outbox")
    wrong = "000000" if sent["code"] != "000000" else "000001"
    tried = [error_of(decide(alex, operation_id, code=wrong), 422)["code"] for _ in range(5)]
    assert tried == ["wrong_code"] * 4 + ["step_up_locked"]
    for code in (wrong, sent["code"]):
        assert error_of(decide(alex, operation_id, code=code), 422)["code"] == "step_up_locked"
    assert alex.http.get(f"{OPERATIONS}/{operation_id}").json()["data"]["status"] == "failed"


async def test_a_code_fits_no_other_operation(alex: Caller, pay, rows) -> None:
    first, second = await pay("260.00"), await pay("260.00")
    codes = [row["code"] for row in rows("select code from demo_outbox order by id")]
    assert len(codes) == 2
    assert error_of(decide(alex, second, code=codes[0]), 422)["code"] == "wrong_code"
    assert decide(alex, first, code=codes[0]).status_code == 200


async def test_money_that_is_not_there_is_not_paid(alex: Caller, pay, rows) -> None:
    before = balance(alex)
    first, second = await pay(str(before - 10)), await pay("10.01")
    [sent] = rows("select code from demo_outbox")
    assert decide(alex, first, code=sent["code"]).status_code == 200
    assert balance(alex) == 10
    for _ in range(2):
        error = error_of(decide(alex, second), 422)
        assert error["code"] == "insufficient_funds"
        assert error["details"]["status"] == "failed"
    assert balance(alex) == 10


def transfer(caller: Caller, amount: str, key: str) -> httpx2.Response:
    body = {"payee": "Maria Lopez", "amount": amount, "account": "Everyday"}
    return caller.http.post("/api/v1/transfers", json=body, headers={"Idempotency-Key": key})


def test_a_payment_asked_for_again_after_it_took_the_money_is_not_refused(alex: Caller, rows) -> None:
    """The client lost our answer; that the money is gone is this payment's own doing."""
    everything = str(balance(alex))
    first = transfer(alex, everything, "all of it")
    assert first.status_code == 201, first.text
    code = next((row["code"] for row in rows("select code from demo_outbox")), None)
    done = decide(alex, first.json()["data"]["operation_id"], code=code)
    assert (done.status_code, balance(alex)) == (200, 0)

    again = transfer(alex, everything, "all of it")
    assert (again.status_code, again.json()["data"]) == (201, first.json()["data"])
    assert decide(alex, again.json()["data"]["operation_id"]).json()["data"] == done.json()["data"]
    assert error_of(transfer(alex, everything, "once more"), 422)["code"] == "insufficient_funds"
    assert error_of(transfer(alex, "0.01", "all of it"), 409)["code"] == "idempotency_key_reused"
    assert len(rows("select 1 from banking_operations")) == 1
    assert balance(alex) == 0


def balance(caller: Caller) -> Decimal:
    data = caller.http.get("/api/v1/accounts/balances", params={"account": "Everyday"}).json()["data"]
    return Decimal(data["accounts"][0]["ledger"])


# Row-level security


OWNER_FILTER = re.compile(r"(\w+\.)?customer_id = %\(customer_id\)s")


async def test_without_the_owner_filter_nothing_of_anybody_elses_is_read(
    alex: Caller, alex_context: ToolContext, still_services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation_id = proposed(alex)
    for name in ("list_operations", "find_logged_operation"):
        statement = QUERIES[name]
        assert OWNER_FILTER.search(statement)
        monkeypatch.setitem(QUERIES._statements, name, cast(LiteralString, OWNER_FILTER.sub("true", statement)))
    blair = replace(alex_context, customer_id=customer_id_of(still_services, BLAIR))

    assert (await list_operations(blair, limit=100)).operations == []
    with pytest.raises(NotFound):
        await get_operation(blair, UUID(operation_id))
    mine = await list_operations(alex_context, limit=100)
    assert [str(each.operation_id) for each in mine.operations] == [operation_id]
