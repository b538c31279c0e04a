"""Who asks too often is told so, and when to come back; everybody else is served. Issue 8, rate limits."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx2
import pytest
import redis as blocking_redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from api.callers import Caller as Sender
from api.limit_rules import Rule, Window, find_rule
from api.limits import Limiter
from core.services import Services
from core.settings import Settings
from tests.api.conftest import STAFF
from tests.api.strict import strict
from tests.core.core_servers import find_server
from tests.serving import serving
from tests.talking import ALEX, BLAIR, Meet

_ADDRESSES = count(1)
SECOND = 1_000_000
PATIENT = timedelta(minutes=1)
"""However long this machine stands still, Redis is not away."""


@pytest.fixture(scope="module")
def strict_server(settings: Settings, shared_services: Services) -> Iterator[str]:
    with serving(strict(settings), shared_services) as url:
        yield url


@pytest.fixture(scope="module")
def second_worker(settings: Settings, shared_services: Services) -> Iterator[str]:
    with serving(strict(settings), shared_services) as url:
        yield url


@pytest.fixture(scope="module")
def hasty_server(settings: Settings, shared_services: Services) -> Iterator[str]:
    """It soon counts by itself."""
    with serving(strict(settings, counting_timeout=timedelta(seconds=1)), shared_services) as url:
        yield url


@pytest.fixture(autouse=True)
def nothing_counted(shared_services: Services) -> Iterator[None]:
    with blocking_redis.Redis.from_url(shared_services.redis_url) as client:
        for key in client.scan_iter("rate:*"):
            client.delete(key)
        yield


@pytest.fixture
def address() -> dict[str, str]:
    """Headers that make a caller come from an address that nobody else comes from."""
    return {"X-Forwarded-For": f"203.0.113.{next(_ADDRESSES)}"}


@pytest.fixture
async def redis(shared_services: Services) -> AsyncIterator[Redis]:
    async with Redis.from_url(shared_services.redis_url) as client:
        yield client


def nowhere() -> Redis:
    return Redis(unix_socket_path="/nowhere", retry=Retry(NoBackoff(), 0))


def rule_of(*limits: int, is_guarded: bool = False, owner: str = "somebody") -> Rule:
    kinds = ("address", "user", "chat")
    windows = tuple(Window(kind, owner, limit) for kind, limit in zip(kinds, limits, strict=False))
    return Rule(windows, is_guarded)


def statuses(client: httpx2.Client, path: str, times: int, **sent: object) -> list[int]:
    return [client.get(path, **sent).status_code for _ in range(times)]  # pyright: ignore[reportArgumentType]


def test_a_person_has_so_many_requests_in_a_minute_and_is_told_when_more(
    shared_server: str, strict_server: str, meet: Meet, address: dict[str, str]
) -> None:
    meet(shared_server, ALEX)
    alex = meet(strict_server, ALEX).http
    alex.headers.update(address)
    first, *more = [alex.get("/api/v1/auth/me") for _ in range(6)]
    assert [answer.status_code for answer in (first, *more)] == [200] * 6
    assert first.headers["ratelimit-limit"] == "6"
    assert [answer.headers["ratelimit-remaining"] for answer in (first, *more)] == list("543210")

    refused = alex.get("/api/v1/auth/me")

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limited"
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 60
    assert refused.json()["error"]["details"] == {"retry_after": wait}
    assert refused.headers["ratelimit-reset"] == str(wait)
    assert refused.headers["ratelimit-remaining"] == "0"
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_another_person_at_the_same_address_is_served(
    shared_server: str, strict_server: str, meet: Meet, address: dict[str, str]
) -> None:
    for login in (ALEX, BLAIR):
        meet(shared_server, login)
        client = meet(strict_server, login).http
        client.headers.update(address)
        assert statuses(client, "/api/v1/auth/me", 7) == [200] * 6 + [429]


def test_questions_logins_codes_and_staff_are_counted_apart(
    shared_server: str, strict_server: str, meet: Meet, address: dict[str, str]
) -> None:
    meet(shared_server, STAFF)
    visitor, staff = meet(strict_server).http, meet(strict_server, STAFF).http
    for client in (visitor, staff):
        client.headers.update(address)
    asked = [visitor.post("/api/v1/chat", json={"message": "hi"}).status_code for _ in range(3)]
    wrong = {"email": "guessed@demo.example", "password": "x"}
    logins = [visitor.post("/api/v1/auth/login", json=wrong).status_code for _ in range(5)]
    nothing = "00000000-0000-4000-8000-000000000000"
    confirmed = [visitor.post(f"/api/v1/operations/{nothing}/confirm", json={}).status_code for _ in range(4)]

    assert (asked, logins, confirmed) == ([200, 200, 429], [401] * 4 + [429], [401] * 3 + [429])
    assert statuses(staff, "/api/v1/admin/actions", 4)[-2:] == [200, 429]
    assert statuses(visitor, "/health", 30) == [200] * 30
    assert "ratelimit-limit" not in visitor.get("/health").headers


def test_a_key_has_a_number_of_its_own_and_a_made_up_one_still_counts_to_its_address(
    strict_server: str, meet: Meet, address: dict[str, str]
) -> None:
    client = meet(strict_server).http
    client.headers.update(address)
    same = [client.get("/api/v1/atms", headers={"X-API-Key": "tg_one"}) for _ in range(9)]
    assert [answer.headers["ratelimit-limit"] for answer in same] == ["8"] * 9
    assert same[-1].status_code == 429
    others = [client.get("/api/v1/atms", headers={"X-API-Key": f"tg_{each}"}).status_code for each in range(13)]
    assert others[-1] == 429
    assert others.count(429) == 1


def test_two_workers_together_let_through_exactly_the_limit(
    strict_server: str, second_worker: str, address: dict[str, str]
) -> None:
    def ask(number: int) -> int:
        url = (strict_server, second_worker)[number % 2]
        return httpx2.get(f"{url}/widget.js", headers=address, timeout=60).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(ask, range(60)))

    assert answers == {200: 20, 429: 40}


async def test_a_window_slides_and_no_minute_sees_more_than_its_limit(redis: Redis) -> None:
    moment = 1_700_000_000 * SECOND
    limiter = Limiter(redis, timeout=PATIENT, moment=lambda: moment)
    passed: list[int] = []
    for tenth in range(1_500):
        moment = (1_700_000_000 * 10 + tenth) * SECOND // 10
        if not (await limiter.take(rule_of(7, owner="sliding"))).is_refused:
            passed.append(moment)
    busiest = max(sum(begin <= each < begin + 60 * SECOND for each in passed) for begin in passed)
    assert (busiest, len(passed)) == (7, 21)
    assert (await limiter.take(rule_of(7, owner="sliding"))).seconds <= 60


async def test_retry_after_is_the_first_second_at_which_it_works(redis: Redis) -> None:
    moment = 1_700_000_000 * SECOND
    limiter = Limiter(redis, timeout=PATIENT, moment=lambda: moment)
    assert not (await limiter.take(rule_of(1, owner="waiting"))).is_refused
    moment += SECOND // 2
    refused = await limiter.take(rule_of(1, owner="waiting"))
    assert (refused.is_refused, refused.seconds) == (True, 60)
    moment += 60 * SECOND
    assert not (await limiter.take(rule_of(1, owner="waiting"))).is_refused


async def test_what_one_limit_refuses_is_not_taken_from_the_others(redis: Redis) -> None:
    limiter = Limiter(redis, timeout=PATIENT)
    assert [(await limiter.take(rule_of(10, 2, owner="both"))).is_refused for _ in range(5)] == [False] * 2 + [True] * 3
    assert (await limiter.take(rule_of(10, owner="both"))).left == 7


async def test_the_limit_that_has_the_least_left_is_the_one_that_is_told(redis: Redis) -> None:
    verdict = await Limiter(redis, timeout=PATIENT).take(rule_of(100, 5, 50, owner="told"))
    assert (verdict.kind, verdict.limit, verdict.left, verdict.is_refused) == ("user", 5, 4, False)
    assert "Retry-After" not in verdict.headers


async def test_redis_forgets_a_window_within_two_minutes_and_not_within_one(redis: Redis) -> None:
    limiter, key = Limiter(redis, timeout=PATIENT), "rate:log:address:forgotten"
    await limiter.take(rule_of(9, owner="forgotten"))
    assert 60_000 < await redis.pttl(key) <= 120_000
    await redis.pexpire(key, 30_000)
    await limiter.take(rule_of(9, owner="forgotten"))
    assert 60_000 < await redis.pttl(key) <= 120_000
    await redis.pexpire(key, 90_000)
    await limiter.take(rule_of(9, owner="forgotten"))
    assert await redis.pttl(key) <= 90_000


async def test_a_clock_that_was_far_ahead_and_put_back_locks_nobody_out(redis: Redis) -> None:
    moment = 1_700_000_000 * SECOND
    limiter = Limiter(redis, timeout=PATIENT, moment=lambda: moment)
    moment += 86_400 * SECOND
    assert [(await limiter.take(rule_of(2, owner="ahead"))).is_refused for _ in range(3)] == [False, False, True]
    moment -= 86_400 * SECOND
    assert [(await limiter.take(rule_of(2, owner="ahead"))).is_refused for _ in range(3)] == [False, False, True]
    moment -= 30 * SECOND
    assert (await limiter.take(rule_of(2, owner="ahead"))).is_refused, "half a minute back opens nothing"


async def test_a_redis_that_has_lost_its_scripts_and_connections_goes_on_counting(
    redis: Redis, shared_services: Services
) -> None:
    other = Limiter(redis, timeout=PATIENT)
    async with Redis.from_url(shared_services.redis_url, client_name="counting") as own:
        limiter = Limiter(own, timeout=PATIENT)
        assert [(await limiter.take(rule_of(9, owner="lost"))).left for _ in range(2)] == [8, 7]
        await redis.script_flush()
        assert (await limiter.take(rule_of(9, owner="lost"))).left == 6
        ids = [client["id"] for client in await redis.client_list() if client["name"] == "counting"]
        for each in ids:
            await redis.client_kill_filter(_id=each)
        assert ids
        assert (await limiter.take(rule_of(9, owner="lost"))).left == 5
        assert (await other.take(rule_of(9, owner="lost"))).left == 4


def test_while_redis_is_away_reading_goes_on_and_logins_and_money_are_bounded(
    shared_server: str, hasty_server: str, meet: Meet, address: dict[str, str], data_dir: Path
) -> None:
    meet(shared_server, ALEX)
    alex, visitor = meet(hasty_server, ALEX).http, meet(hasty_server).http
    for client in (alex, visitor):
        client.headers.update(address)
    wrong = {"email": "guessed@demo.example", "password": "x"}
    server = find_server(data_dir, "redis-server")
    server.suspend()
    try:
        read = statuses(alex, "/api/v1/accounts", 7)
        moved = [alex.post("/api/v1/transfers", json={}).status_code for _ in range(2)]
        logins = [visitor.post("/api/v1/auth/login", json=wrong).status_code for _ in range(2)]
    finally:
        server.resume()

    assert read == [200] * 6 + [429]
    assert moved == [422, 429]
    assert logins == [401, 429]


async def test_a_process_alone_keeps_to_the_limit_and_forgets_after_a_minute() -> None:
    now = 100.0
    limiter = Limiter(nowhere(), timeout=PATIENT, now=lambda: now)
    assert [(await limiter.take(rule_of(3))).is_refused for _ in range(4)] == [False] * 3 + [True]
    assert (await limiter.take(rule_of(3))).seconds == 60
    now += 60
    assert not (await limiter.take(rule_of(3))).is_refused


async def test_ten_workers_alone_stay_within_what_one_may_change_together() -> None:
    workers = [Limiter(nowhere(), timeout=PATIENT) for _ in range(10)]
    taken = [await worker.take(rule_of(30, is_guarded=True)) for worker in workers for _ in range(5)]
    assert sum(not each.is_refused for each in taken) == 30


def test_a_persons_question_counts_to_address_person_and_questions(settings: Settings) -> None:
    rule = find_rule("POST", "/api/v1/chat/stream", Sender("192.0.2.1", person="customer:1"), settings)
    assert rule is not None
    assert [window.kind for window in rule.windows] == ["address", "user", "chat"]


@pytest.mark.parametrize(
    ("method", "path", "kinds", "is_guarded"),
    [
        ("GET", "/help/fees-overview", ["address"], False),
        ("POST", "/api/v1/auth/login", ["address", "login"], True),
        ("POST", "/api/v1/auth/token", ["address", "login"], True),
        ("POST", "/api/v1/auth/register", ["address", "login"], True),
        ("GET", "/api/v1/auth/oidc/google/callback", ["address", "login"], True),
        ("POST", "/api/v1/auth/refresh", ["address"], True),
        ("POST", "/api/v1/chat", ["address", "chat"], False),
        ("POST", "/api/chat/stream", ["address", "chat"], False),
        ("POST", "/api/v2/chat", ["address", "chat"], False),
        ("POST", "/v1/chat/completions", ["address", "chat"], False),
        ("POST", "/mcp", ["address"], False),
        ("POST", "/api/v1/chat/turns/1/confirm", ["address", "code"], True),
        ("POST", "/api/v1/auth/totp/confirm", ["address", "code"], True),
        ("DELETE", "/api/v1/payees/1", ["address"], True),
        ("GET", "/api/v1/admin/policies", ["address", "admin"], False),
    ],
)
def test_every_address_falls_under_its_limits(
    settings: Settings, method: str, path: str, kinds: list[str], is_guarded: bool
) -> None:
    rule = find_rule(method, path, Sender("192.0.2.1"), settings)
    assert rule is not None
    assert ([window.kind for window in rule.windows], rule.is_guarded) == (kinds, is_guarded)


def test_limits_can_be_off_for_measuring(settings: Settings) -> None:
    off = settings.model_copy(update={"rate_limits": "off"})
    assert find_rule("POST", "/api/v1/chat", Sender("192.0.2.1"), off) is None
