"""Counts requests: in Redis, exactly, for any number of workers, all windows of a request in one step and one round
trip. A window is a sliding minute: at no moment have the last sixty seconds seen more than its limit.

Where Redis does not answer, each process counts by itself. What reads goes on under the same limits; logins, codes and
changes under a tenth of them, so that up to ten workers together stay within what one may (decision 0024).
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from time import monotonic
from typing import cast

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as RedisSlow

from api.limit_rules import Kind, Rule, Window
from core.logging import get_logger
from core.telemetry.metrics import Count

_log = get_logger(__name__)

MINUTE = 60.0
_MICRO = 1_000_000
_LENGTH = int(MINUTE * _MICRO)
_LEFT_ALONE = 5.0
"""Seconds after which a Redis that failed is asked again."""
_MOST_SPARE = 16
"""Connections that are kept for the next request, and closed with the client."""
_GUARDED_SHARE = 10
_MOST_OWNERS = 20_000
"""Whom a process remembers while it counts by itself."""
_TAKE = files("api").joinpath("limits.lua").read_text(encoding="utf-8")

_REFUSED = Count("rate_limited", "Requests that were refused for being too many.", "kind")
_UNSHARED = Count("rate_limit_unshared", "Requests that one process counted alone, without Redis.", "kind")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of the window that has the least left, or is used up."""

    kind: Kind
    limit: int
    left: int
    seconds: int
    """Until something comes back."""
    is_refused: bool

    @property
    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers-06, section 3; RFC 9110, section 10.2.3."""
        shown = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.seconds),
        }
        return shown | {"Retry-After": str(self.seconds)} if self.is_refused else shown


class Limiter:
    """One for each process."""

    def __init__(
        self,
        redis: Redis,
        *,
        timeout: timedelta,
        moment: Callable[[], int] | None = None,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Args:
        timeout: for an answer of Redis.
        moment: microseconds; None: Redis's own clock, which is the same for all workers.
        now: seconds of a clock that never goes back, for what this process counts alone.
        """
        self._redis = redis
        self._timeout = timeout.total_seconds()
        self._script = redis.register_script(_TAKE)
        self._spare: list[AbstractConnection] = []
        self._moment = moment
        self._now = now
        self._alone = _LocalWindows(now)
        self._asked_again_at = -math.inf

    async def take(self, rule: Rule) -> Verdict:
        verdict = await self._take_shared(rule) or self._take_alone(rule)
        if verdict.is_refused:
            _REFUSED.add(verdict.kind)
        return verdict

    async def _take_shared(self, rule: Rule) -> Verdict | None:
        """None where Redis does not answer."""
        if self._now() < self._asked_again_at:
            return None
        moment = "" if self._moment is None else self._moment()
        keys = [window.key for window in rule.windows]
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._ask(keys, (_LENGTH, moment, *(window.limit for window in rule.windows)))
        except (RedisError, OSError) as error:
            _log.warning("rate_limits_not_shared", reason=type(error).__name__)
            self._asked_again_at = self._now() + _LEFT_ALONE
            return None
        spent, *found = answer
        return _verdict(rule.windows, spent - 1, found[::2], [wait / _MICRO for wait in found[1::2]])

    async def _ask(self, keys: list[str], arguments: tuple[int | str, ...]) -> list[int]:
        """What the script answers.

        Sent over a connection as it is: a command of the client costs this process three quarters more. Such a command
        follows where that fails, as it loads the script, connects anew and tries again.
        """
        pool = self._redis.connection_pool
        command = ("EVALSHA", self._script.sha, len(keys), *keys, *arguments)
        connection = self._spare.pop() if self._spare else await pool.get_connection()
        is_whole = False
        try:
            # The stub of hiredis asks for a tuple of one.
            await connection.send_packed_command(cast(bytes, hiredis.pack_command(command)))  # pyright: ignore[reportArgumentType]
            answer = cast(list[int], await connection.read_response())
            is_whole = True
            return answer
        except (NoScriptError, RedisGone, RedisSlow):
            pass
        finally:
            if is_whole and len(self._spare) < _MOST_SPARE:
                self._spare.append(connection)
            else:
                await pool.release(connection)
        return cast(list[int], await self._script(keys=keys, args=arguments))

    def _take_alone(self, rule: Rule) -> Verdict:
        verdict = self._alone.take(_guarded(rule.windows) if rule.is_guarded else rule.windows)
        _UNSHARED.add(verdict.kind)
        return verdict


class _LocalWindows:
    """What one process has seen itself in the last minute."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, windows: tuple[Window, ...]) -> Verdict:
        now = self._now()
        logs = [self._log_of(window.key, now) for window in windows]
        left = [window.limit - len(log) for window, log in zip(windows, logs, strict=True)]
        spent = next((number for number, each in enumerate(left) if each <= 0), -1)
        waits = [log[0] + MINUTE - now if log else MINUTE for log in logs]
        if spent < 0:
            for log in logs:
                log.append(now)
            left = [each - 1 for each in left]
        return _verdict(windows, spent, left, waits)

    def _log_of(self, key: str, now: float) -> deque[float]:
        log = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while log and log[0] <= now - MINUTE:
            log.popleft()
        if len(self._seen) > _MOST_OWNERS:
            self._seen.popitem(last=False)
        return log


def _guarded(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Counted apart from what reads, or having read would be in the way."""
    return tuple(
        replace(window, owner=f"{window.owner}:guarded", limit=max(1, window.limit // _GUARDED_SHARE))
        for window in windows
    )


def _verdict(windows: tuple[Window, ...], spent: int, left: list[int], waits: list[float]) -> Verdict:
    """``spent``: number of the window that is used up, behind which none was looked at; -1 for none."""
    number = spent if spent >= 0 else left.index(min(left))
    window = windows[number]
    return Verdict(
        window.kind, window.limit, max(0, left[number]), max(1, math.ceil(waits[number])), is_refused=spent >= 0
    )
