"""Another system of the bank is told about an alert: signed, once for each id, again until it was taken, never an old
message anew."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from core.clock import BANK_TIME_ZONE
from core.db.database import Database
from tests.tools.conftest import Desk
from tests.tools.fraud.payments import alerts, hold
from tools.fraud.webhook import MOST_ATTEMPTS, Webhook, retry_at
from tools.schedules.worker import Worker
from tools.webhooks import TOLERANCE, is_genuine, sign

SECRET = b"a-secret-that-the-listener-has-too!"
WHEN = datetime(2026, 11, 20, 12, 0, tzinfo=BANK_TIME_ZONE)


@dataclass
class Listener:
    """The bank's own system: takes each id once, and refuses while it is told to."""

    url: str = ""
    status: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append((headers, await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    heard = Listener()
    app = web.Application()
    app.router.add_post("/alerts", heard.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}/alerts"
    yield heard
    await runner.cleanup()


@pytest.fixture
async def tell(desk: Desk) -> AsyncIterator[Callable[[str, datetime], Any]]:
    """A round of the worker at a moment."""
    database = Database(desk.services.worker_url, pool_size=1)
    await database.open()

    async def told(url: str, now: datetime) -> int:
        return (await Worker(database, lambda: now, Webhook(url, SECRET)).run_once()).alerts_told

    yield told
    await database.close()


async def test_the_listener_hears_of_an_alert_once_and_the_customer_counts_as_asked(
    desk: Desk, listener: Listener, tell: Callable[[str, datetime], Any]
):
    await hold(desk)
    assert await tell(listener.url, desk.now) == 1
    assert await tell(listener.url, desk.now + timedelta(minutes=5)) == 0
    [(headers, body)] = listener.heard
    assert is_genuine(headers, body, SECRET, desk.now)
    told = orjson.loads(body)
    [alert] = alerts(desk)
    assert told["type"] == "fraud.alert"
    assert (told["data"]["alert_id"], told["data"]["merchant"]) == (str(alert["id"]), "Nora Quill")
    assert (told["data"]["amount_minor"], told["data"]["currency"]) == (300_000, "GBP")
    assert not {"hits", "score", "rule"} & set(told["data"])
    assert (alert["status"], alert["asked_at"]) == ("customer_asked", desk.now)


async def test_a_message_that_is_not_taken_is_sent_again_later_under_the_same_id(
    desk: Desk, listener: Listener, tell: Callable[[str, datetime], Any]
):
    await hold(desk)
    listener.status = 503
    assert await tell(listener.url, desk.now) == 0
    assert await tell(listener.url, desk.now + timedelta(seconds=9)) == 0
    assert len(listener.heard) == 1
    assert alerts(desk)[0]["status"] == "open"
    listener.status = 204
    assert await tell(listener.url, desk.now + timedelta(seconds=11)) == 1
    first, second = listener.heard
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[0]["webhook-timestamp"] < second[0]["webhook-timestamp"]
    [event] = desk.owner("select attempts, delivered_at is not null as arrived, fault from event_outbox")
    assert event == {"attempts": 2, "arrived": True, "fault": None}


async def test_a_listener_that_is_never_there_is_given_up(desk: Desk, tell: Callable[[str, datetime], Any]):
    await hold(desk)
    now = desk.now
    for _ in range(MOST_ATTEMPTS):
        assert await tell("http://127.0.0.1:9/alerts", now) == 0
        now += timedelta(hours=2)
    [event] = desk.owner("select attempts, given_up_at is not null as given_up, fault from event_outbox")
    assert (event["attempts"], event["given_up"]) == (MOST_ATTEMPTS, True)
    assert event["fault"] == "ClientConnectorError"


async def test_a_redirect_is_not_followed(desk: Desk, listener: Listener, tell: Callable[[str, datetime], Any]):
    await hold(desk)
    listener.status = 302
    assert await tell(listener.url, desk.now) == 0
    assert len(listener.heard) == 1


@given(st.binary(max_size=40), st.binary(max_size=40), st.text(alphabet="abcdef0123456789", max_size=10))
def test_only_what_we_signed_is_genuine(body: bytes, other: bytes, message_id: str):
    headers = {name.lower(): value for name, value in sign(message_id, WHEN, body, SECRET).items()}
    assert is_genuine(headers, body, SECRET, WHEN)
    assert is_genuine(headers, other, SECRET, WHEN) is (other == body)
    assert not is_genuine(headers, body, SECRET + b"x", WHEN)
    assert not is_genuine(headers | {"webhook-id": message_id + "x"}, body, SECRET, WHEN)


@given(st.integers(-(10**6), 10**6))
def test_an_old_message_is_not_taken_anew(seconds: int):
    headers = {name.lower(): value for name, value in sign("msg_1", WHEN, b"{}", SECRET).items()}
    at = WHEN + timedelta(seconds=seconds)
    assert is_genuine(headers, b"{}", SECRET, at) is (abs(seconds) <= TOLERANCE.total_seconds())
    moved = headers | {"webhook-timestamp": str(int(at.timestamp()))}
    assert is_genuine(moved, b"{}", SECRET, at) is (seconds == 0)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=30)))
def test_no_headers_make_the_check_fail(headers: dict[str, str]):
    assert not is_genuine(headers, b"{}", SECRET, WHEN)


@given(st.integers(1, MOST_ATTEMPTS - 2))
def test_pauses_only_grow(attempts: int):
    first, second = retry_at(attempts, WHEN), retry_at(attempts + 1, WHEN)
    assert first is not None
    assert second is not None
    assert WHEN < first <= second <= WHEN + timedelta(hours=1)
    assert retry_at(MOST_ATTEMPTS, WHEN) is None
