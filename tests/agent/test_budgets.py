"""Budgets are counted by a real Redis for all processes at once, and by each process for itself while it is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from agent.models.budgets import VISITORS, Budgets, Limits, Use
from agent.models.faults import Fault, ModelFailed
from core.budget import Budget
from core.services import Services

ALEX, BLAIR = "customer:alex", "customer:blair"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
THOUSAND = Budget(1000, "tokens")


class Time:
    """The wall clock, and one that never goes back."""

    def __init__(self) -> None:
        self.moment = NOON

    def clock(self) -> datetime:
        return self.moment

    def now(self) -> float:
        return self.moment.timestamp()


def patient(redis: Redis, limits: Limits, time: Time) -> Budgets:
    """However long this machine stands still, Redis is not away."""
    return Budgets(redis, limits, time.clock, time.now, timeout=timedelta(minutes=1))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def redis(services: Services) -> AsyncIterator[Redis]:
    async with Redis.from_url(services.redis_url) as client:
        yield client
        if keys := await client.keys("budget:*"):
            await client.delete(*keys)


class Broken:
    """A Redis that is away, until it is not."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.is_away = True
        self.asked = 0

    async def execute_command(self, *command: Any) -> Any:
        self.asked += 1
        if self.is_away:
            raise ConnectionRefusedError
        return await self.redis.execute_command(*command)


def tokens(number: int) -> Use:
    return Use(number, 0)


async def use(budgets: Budgets, payer: str, number: int) -> None:
    await budgets.settle(await budgets.take(payer, tokens(number)), tokens(number))


async def is_refused(budgets: Budgets, payer: str) -> bool:
    try:
        await budgets.settle(await budgets.take(payer, tokens(1)), tokens(0))
    except ModelFailed as error:
        return error.fault is Fault.BUDGET
    return False


async def test_a_customer_who_has_used_it_up_is_refused_and_no_other(redis, time):
    budgets = patient(redis, Limits(customer=THOUSAND), time)
    await use(budgets, ALEX, 1000)

    assert await is_refused(budgets, ALEX)
    assert not await is_refused(budgets, BLAIR)
    assert not await is_refused(budgets, VISITORS)
    # That is the customer's affair, not the deployment's.
    assert budgets.condition == "ok"


async def test_the_next_day_is_a_new_one_where_the_bank_is(redis, time):
    time.moment = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    budgets = patient(redis, Limits(day=THOUSAND), time)
    await use(budgets, ALEX, 1000)
    assert (await is_refused(budgets, BLAIR), budgets.condition) == (True, "used_up")

    time.moment += timedelta(minutes=31)  # 00:01 in London, in summer

    assert (await is_refused(budgets, BLAIR), budgets.condition) == (False, "ok")


async def test_the_deployments_budget_is_of_a_month(redis, time):
    budgets = patient(redis, Limits(deployment=THOUSAND), time)
    await use(budgets, ALEX, 1000)
    time.moment += timedelta(days=3)
    assert await is_refused(budgets, ALEX)

    time.moment = datetime(2026, 12, 1, tzinfo=UTC)
    assert not await is_refused(budgets, ALEX)


async def test_visitors_share_one(redis, time):
    budgets = patient(redis, Limits(customer=Budget(1, "tokens"), visitors=THOUSAND), time)
    await use(budgets, VISITORS, 999)
    assert not await is_refused(budgets, VISITORS)
    await use(budgets, VISITORS, 1)
    assert await is_refused(budgets, VISITORS)


async def test_many_processes_keep_one_budget_also_at_once(redis, time):
    """What is taken counts before the answer is there: else all that are under way would pass together."""
    processes = [patient(redis, Limits(day=THOUSAND), time) for _ in range(4)]

    taken = await asyncio.gather(
        *(processes[number % 4].take(ALEX, tokens(100)) for number in range(40)), return_exceptions=True
    )

    assert len([each for each in taken if not isinstance(each, ModelFailed)]) == 10


async def test_what_a_request_did_not_need_is_given_back(redis, time):
    budgets = patient(redis, Limits(day=THOUSAND), time)
    for _ in range(50):
        await budgets.settle(await budgets.take(ALEX, tokens(900)), tokens(10))

    assert not await is_refused(budgets, ALEX)
    for _ in range(50):
        await budgets.settle(await budgets.take(ALEX, tokens(1)), tokens(10))
    assert await is_refused(budgets, ALEX)


async def test_where_one_of_several_is_used_up_nothing_is_taken_from_the_others(redis, time):
    budgets = patient(redis, Limits(customer=Budget(1, "tokens"), day=THOUSAND), time)
    await use(budgets, ALEX, 1)
    for _ in range(5):
        assert await is_refused(budgets, ALEX)

    [day] = [key for key in await redis.keys("budget:*") if ALEX.encode() not in key]
    assert await redis.get(day) == b"1"
    assert await redis.ttl(day) > 86_400


async def test_a_budget_in_money_counts_money(redis, time):
    budgets = patient(redis, Limits(day=Budget.parse("0.50 USD")), time)
    spent = Use(10**9, 499_999)
    await budgets.settle(await budgets.take(ALEX, spent), spent)
    assert not await is_refused(budgets, ALEX)

    last = Use(0, 1)
    await budgets.settle(await budgets.take(ALEX, last), last)
    assert await is_refused(budgets, ALEX)


async def test_without_redis_a_process_keeps_to_the_limit_by_itself_and_tells_it_afterwards(redis, time):
    broken = Broken(redis)
    budgets = Budgets(broken, Limits(day=THOUSAND), time.clock, time.now)  # pyright: ignore[reportArgumentType]
    await use(budgets, ALEX, 600)
    await use(budgets, ALEX, 399)
    assert (broken.asked, budgets.condition) == (1, "not_shared"), "a Redis that is away is asked with every turn"
    assert not await is_refused(budgets, ALEX)
    await use(budgets, ALEX, 1)
    assert await is_refused(budgets, ALEX)

    broken.is_away = False
    time.moment += timedelta(seconds=10)
    assert await is_refused(budgets, ALEX)
    other = patient(redis, Limits(day=THOUSAND), time)
    assert await is_refused(other, BLAIR)


async def test_a_process_forgets_the_days_before(redis, time):
    budgets = patient(redis, Limits(customer=THOUSAND, deployment=THOUSAND), time)
    await use(budgets, ALEX, 10)
    time.moment += timedelta(days=1)
    await use(budgets, BLAIR, 10)

    assert budgets.counted == {
        "budget:tokens:2026-11-23:customer:blair": 10,
        "budget:tokens:2026-11": 20,
    }


@pytest.mark.parametrize(
    ("text", "budget"), [("200000 tokens", Budget(200_000, "tokens")), ("5 USD", Budget(5_000_000, "USD"))]
)
def test_a_budget_is_written_with_its_unit(text, budget):
    assert Budget.parse(text) == budget


@pytest.mark.parametrize("text", ["", "5", "5 EUR", "-5 USD", "1.5 tokens", "1e9 tokens", "0.0000001 USD", "five USD"])
def test_a_budget_that_could_mean_anything_is_refused(text):
    with pytest.raises(ValueError, match="such as"):
        Budget.parse(text)


async def test_what_redis_was_not_told_is_told_once_though_several_ask_at_a_time(redis, time):
    broken = Broken(redis)
    budgets = Budgets(broken, Limits(day=THOUSAND), time.clock, time.now)  # pyright: ignore[reportArgumentType]
    await use(budgets, ALEX, 300)

    broken.is_away = False
    time.moment += timedelta(seconds=10)
    await asyncio.gather(*(use(budgets, ALEX, 10) for _ in range(5)))

    assert await redis.get("budget:tokens:2026-11-22") == b"350"
