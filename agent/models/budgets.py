"""What may be used of models that cost: by a customer in a day, by all visitors in a day, by all in a day, and by the
deployment in a calendar month. Days and months are the bank's.

Redis counts, in one step for all of them, so that any number of processes keep one budget. What a request will take is
estimated and taken before it, and put right after it: a budget can be passed by what the last requests needed beyond
their estimate, not by how many were made at once. While Redis is away each process keeps to the same limits by its own
count, and tells Redis afterwards.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from time import monotonic
from typing import Any, Literal, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.models.counts import BUDGET_ERRORS
from agent.models.faults import Fault, ModelFailed
from core.budget import Budget
from core.clock import BANK_TIME_ZONE, Clock
from core.logging import get_logger
from core.settings import Settings

_log = get_logger(__name__)

VISITORS = "visitors"
_LEFT_ALONE = 5.0
"""Seconds after which a Redis that failed is asked again."""
_KEPT = {"day": timedelta(days=2), "month": timedelta(days=62)}
_TAKE = files("agent.models").joinpath("budgets.lua").read_text(encoding="utf-8")

Condition = Literal["ok", "used_up", "not_shared"]
"""``not_shared``: Redis does not answer, each process counts for itself."""


@dataclass(frozen=True, slots=True)
class Use:
    """Of one request."""

    tokens: int
    cost: int
    """Micro-dollars."""

    def of(self, budget: Budget) -> int:
        return self.tokens if budget.unit == "tokens" else self.cost


@dataclass(frozen=True, slots=True)
class _Counter:
    key: str
    budget: Budget
    kept: int
    """Seconds."""
    is_shared: bool
    """Whether it is everybody's, so that the whole deployment goes on without."""
    said: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken for a request, until it is known what it took."""

    counters: tuple[_Counter, ...]
    use: Use


@dataclass(frozen=True, slots=True)
class Limits:
    customer: Budget | None = None
    visitors: Budget | None = None
    day: Budget | None = None
    deployment: Budget | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(settings.budget_customer, settings.budget_visitors, settings.budget_day, settings.budget_deployment)

    @property
    def budgets(self) -> list[Budget]:
        return [each for each in (self.customer, self.visitors, self.day, self.deployment) if each]


class Budgets:
    """One for each process."""

    def __init__(
        self,
        redis: Redis | None,
        limits: Limits,
        clock: Clock,
        now: Callable[[], float] = monotonic,
        *,
        timeout: timedelta = timedelta(seconds=1),
    ) -> None:
        """Args:
        redis: None: this process counts alone.
        timeout: for an answer of Redis.
        now: seconds of a clock that never goes back.
        """
        self._redis = redis
        self._timeout = timeout.total_seconds()
        self._limits = limits
        self._clock = clock
        self._now = now
        self._own: dict[str, int] = {}
        """What this process used, by counter."""
        self._owed: dict[str, int] = {}
        """Of that, what Redis has not been told."""
        self._day = ""
        self._asked_again_at = 0.0
        self._used_up_until: datetime | None = None

    @property
    def condition(self) -> Condition:
        if self._used_up_until and self._clock() < self._used_up_until:
            return "used_up"
        return "not_shared" if self._now() < self._asked_again_at else "ok"

    @property
    def counted(self) -> dict[str, int]:
        """What this process used, by counter."""
        return dict(self._own)

    async def take(self, payer: str, use: Use) -> Taken:
        """Raises ModelFailed where a budget is used up."""
        counters = self._counters(payer)
        spent = await self._spend(counters, use)
        if spent is not None:
            if spent.is_shared:
                self._used_up_until = _end_of_day(self._clock())
            raise ModelFailed(f"{spent.said} is used up.", Fault.BUDGET)
        for counter in counters:
            self._own[counter.key] = self._own.get(counter.key, 0) + use.of(counter.budget)
        return Taken(counters, use)

    async def settle(self, taken: Taken, use: Use) -> None:
        """Puts right what was taken."""
        changes = {counter: use.of(counter.budget) - taken.use.of(counter.budget) for counter in taken.counters}
        changes = {counter: change for counter, change in changes.items() if change}
        for counter, change in changes.items():
            self._own[counter.key] = self._own.get(counter.key, 0) + change
        if changes and not await self._tell(changes):
            self._owe(changes)

    async def _spend(self, counters: tuple[_Counter, ...], use: Use) -> _Counter | None:
        """The budget that is used up, if one is; else all have been taken from."""
        # Another request, while this one waits for Redis, must not tell it the same again.
        owed = {each.key: self._owed.pop(each.key) for each in counters if each.key in self._owed}
        values: list[str | int] = []
        for each in counters:
            values += [each.budget.amount, use.of(each.budget), owed.get(each.key, 0), each.kept]
        answer = await self._ask("eval", _TAKE, len(counters), *(each.key for each in counters), *values)
        if answer is None:
            for key, amount in owed.items():
                self._owed[key] = self._owed.get(key, 0) + amount
            found = next((each for each in counters if self._own.get(each.key, 0) >= each.budget.amount), None)
            if found is None:
                self._owe({each: use.of(each.budget) for each in counters})
            return found
        number = int(cast(int, answer))
        return counters[number - 1] if number else None

    async def _tell(self, changes: dict[_Counter, int]) -> bool:
        # No limit is reached, so that all is taken; what was owed before is told by the next request.
        values = [value for counter, change in changes.items() for value in (2**53, change, 0, counter.kept)]
        keys = [counter.key for counter in changes]
        return await self._ask("eval", _TAKE, len(keys), *keys, *values) is not None

    def _owe(self, changes: dict[_Counter, int]) -> None:
        if self._redis is not None:
            for counter, change in changes.items():
                self._owed[counter.key] = self._owed.get(counter.key, 0) + change

    async def _ask(self, command: str, *arguments: Any) -> object | None:
        """Redis's answer; None where it gives none."""
        if self._redis is None or self._now() < self._asked_again_at:
            return None
        try:
            async with asyncio.timeout(self._timeout):
                return cast(object, await self._redis.execute_command(command, *arguments))
        except (RedisError, OSError) as error:
            BUDGET_ERRORS.add(command)
            _log.warning("budget_not_shared", reason=type(error).__name__)
            self._asked_again_at = self._now() + _LEFT_ALONE
            return None

    def _counters(self, payer: str) -> tuple[_Counter, ...]:
        today = self._clock().astimezone(BANK_TIME_ZONE)
        day, month = f"{today:%Y-%m-%d}", f"{today:%Y-%m}"
        self._forget_before(day, month)
        own = self._limits.visitors if payer == VISITORS else self._limits.customer if payer else None
        of_payer = "The visitors' budget of the day" if payer == VISITORS else "The customer's budget of the day"
        wanted = (
            (own, "day", f"{day}:{payer}", of_payer),
            (self._limits.day, "day", day, "The budget of the day"),
            (self._limits.deployment, "month", month, "The deployment's budget of the month"),
        )
        return tuple(
            _Counter(f"budget:{budget.unit}:{name}", budget, int(_KEPT[span].total_seconds()), budget is not own, said)
            for budget, span, name, said in wanted
            if budget
        )

    def _forget_before(self, day: str, month: str) -> None:
        """Counts of other days; a process that runs for years would keep them all."""
        if self._day != day:
            self._day = day
            for kept in (self._own, self._owed):
                for key in [key for key in kept if f":{day}" not in key and not key.endswith(f":{month}")]:
                    del kept[key]


def _end_of_day(moment: datetime) -> datetime:
    local = moment.astimezone(BANK_TIME_ZONE)
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
