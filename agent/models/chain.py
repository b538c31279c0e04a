"""The fallback chain: the first model that starts to answer gives the whole answer.

Before its first text a model that fails is replaced by the next one. After it nothing can be taken back: what was said
stays, a sentence says that it was cut off, and the offline model completes the answer.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Any

from langchain_core.messages import BaseMessage

from agent.models.allowance import BUDGET_USED_UP, CUT_OFF, Allowance
from agent.models.attempt import Ask, Attempt, OnText
from agent.models.budgets import Budgets
from agent.models.choice import Verdict
from agent.models.counts import COMPLETED, REQUESTS, RETRIES, SECONDS
from agent.models.faults import NOT_ASKED, TRANSIENT, Fault, ModelFailed, fault_of, wait_of
from agent.models.fence import Fence
from agent.models.link import Link
from agent.models.meter import Meter, metered
from agent.models.reply import Reply
from agent.models.request_facts import facts_of_reply, facts_of_request
from core.errors import ProviderBusy, ProviderFailed
from core.logging import get_logger
from core.telemetry.observing import Kind, current_observation, observe

__all__ = ["CUT_SHORT", "Link", "ModelChain"]

CUT_SHORT = "\n\nMy answer was cut off there. What follows comes from the bank's own records and articles.\n\n"

_FIRST_WAIT, _LONGEST_WAIT = 0.4, 4.0
"""Seconds between two requests to the same model, before jitter, where it does not say how long."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of every request of a chain; seconds."""

    first_token: float
    idle: float
    turn: float = inf
    retries: int = 0


class ModelChain:
    """Tries its links in order."""

    def __init__(
        self,
        links: Sequence[Link],
        *,
        first_token_timeout: timedelta,
        idle_timeout: timedelta,
        turn_time: timedelta | None = None,
        retries: int = 0,
        budgets: Budgets | None = None,
        considered: Sequence[Verdict] = (),
        now: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Args:
        first_token_timeout: for the first token of a link, requests that are made again included.
        turn_time: for all links and rounds of a turn; None: not bounded.
        retries: how often a link is asked again before its first token.
        considered: what was chosen from, and why.
        now: seconds of a clock that never goes back.
        jitter: a number from 0 to 1.
        """
        self.links = tuple(links)
        self.budgets = budgets
        self.considered = tuple(considered)
        self._bounds = Bounds(
            first_token_timeout.total_seconds(),
            idle_timeout.total_seconds(),
            turn_time.total_seconds() if turn_time else inf,
            retries,
        )
        self._now, self._sleep, self._jitter = now, sleep, jitter

    def without_offline(self) -> "ModelChain":
        """The language models alone, with the same breakers and budgets."""
        chain = copy(self)
        chain.links = tuple(link for link in self.links if not link.is_offline)
        return chain

    def allow(self, payer: str) -> Allowance:
        """For a turn that begins now."""
        return Allowance(payer, self._now() + self._bounds.turn, self._now)

    def unavailable_for(self) -> timedelta | None:
        """How long no link can be asked, as far as it is known; None: one can."""
        waits = [link.busy_for for link in self.links]
        return None if None in waits else min((wait for wait in waits if wait is not None), default=None)

    async def stream(
        self,
        messages: list[BaseMessage],
        *,
        tools: list[dict[str, Any]],
        on_text: OnText,
        fence: Fence | None = None,
        allowance: Allowance | None = None,
        on_cut: Callable[[], Awaitable[None]] | None = None,
    ) -> Reply:
        """The whole reply, whose text ``on_text`` was given as it came.

        Args:
            fence: what a link that may not see the customer's own data sees instead.
            on_cut: is told that the model that was speaking has failed in mid-sentence; the offline model goes on, if
                there is one. Without it such a failure is raised.

        Raises:
            ProviderBusy: no link gave a whole answer, and one of them would have, later.
            ProviderFailed: no link gave a whole answer.
        """
        ask = Ask(messages, tools, on_text, fence, allowance or Allowance(now=self._now))
        failures: list[ProviderFailed] = []
        for link in self._links_for(ask.allowance):
            try:
                return await self._answer(link, ask)
            except ProviderFailed as error:
                failures.append(error)
                if ask.has_spoken:
                    return await self._complete(link, ask, error, on_cut)
        raise _worst(failures)

    @property
    def is_offline(self) -> bool:
        """Whether nothing is asked but the offline model."""
        return all(link.is_offline for link in self.links)

    @property
    def has_outsiders(self) -> bool:
        """Whether a model of another party may be asked."""
        return any(link.data_class == "masked" for link in self.links)

    def _links_for(self, allowance: Allowance) -> Sequence[Link]:
        offline = [link for link in self.links if link.is_offline]
        if allowance.is_cut and offline:
            return offline
        return [link for link in self.links if link.data_class == "own" or not allowance.own_models_only]

    async def _complete(
        self, link: Link, ask: Ask, error: ProviderFailed, on_cut: Callable[[], Awaitable[None]] | None
    ) -> Reply:
        offline = next((each for each in self.links if each.is_offline), None)
        if on_cut is None or offline is None:
            raise error
        COMPLETED.add(link.name)
        ask.allowance.is_cut = True
        ask.allowance.note(CUT_OFF)
        await on_cut()
        await ask.on_text(CUT_SHORT)
        return await self._answer(offline, ask)

    async def _answer(self, link: Link, ask: Ask) -> Reply:
        """One link's reply, observed, counted and paid for."""
        with observe(Kind.MODEL, link.name, **facts_of_request(link, ask)) as observation:
            try:
                reply = await self._counted(link, ask)
            except ProviderFailed as error:
                observation.note(outcome=fault_of(error).value)
                raise
            observation.note(**facts_of_reply(reply))
            return reply

    async def _counted(self, link: Link, ask: Ask) -> Reply:
        started = self._now()
        try:
            _require_fit(link, ask)
            with link.breaker.trial():
                async with metered(link, ask, self.budgets) as meter:
                    reply = meter.priced(await self._ask(link, ask, meter))
        except ProviderFailed as error:
            _note_failure(link, ask, error)
            raise
        finally:
            ask.allowance.model_seconds += self._now() - started
        REQUESTS.add(link.name, "answered")
        SECONDS.add(link.name, seconds=self._now() - started)
        return reply

    async def _ask(self, link: Link, ask: Ask, meter: Meter) -> Reply:
        """Again while it makes sense: before the first token, where the reason may be gone in a moment."""
        begin_by = self._now() + self._bounds.first_token
        tries = 0
        while True:
            attempt = Attempt(link, ask, begin_by=begin_by, idle=self._bounds.idle)
            meter.builder = attempt.builder
            try:
                return await attempt.run()
            except ProviderFailed as error:
                wait = self._wait(error, tries)
                is_too_late = self._now() + wait >= min(begin_by, ask.allowance.ends_at)
                may_pass = fault_of(error) in TRANSIENT and not attempt.builder.has_begun
                if is_too_late or not may_pass or tries >= self._bounds.retries:
                    raise
            tries += 1
            current_observation().note(retries=tries)
            RETRIES.add(link.name)
            await self._sleep(wait)

    def _wait(self, error: ProviderFailed, tries: int) -> float:
        """Seconds. Jitter keeps turns that failed together from coming back together."""
        jitter = min(_LONGEST_WAIT, _FIRST_WAIT * 2**tries) * (0.5 + self._jitter() / 2)
        asked = wait_of(error)
        return jitter if asked is None else asked.total_seconds() + jitter / 4


def _require_fit(link: Link, ask: Ask) -> None:
    if ask.tools and link.lacks_tools:
        raise ModelFailed("The model cannot use tools.", Fault.NO_TOOLS)
    if ask.allowance.seconds_left <= 0 and not link.is_offline:
        raise ModelFailed("The time for the turn is up.", Fault.TIME)


def _note_failure(link: Link, ask: Ask, error: ProviderFailed) -> None:
    fault = fault_of(error)
    REQUESTS.add(link.name, fault.value)
    if fault is Fault.BUDGET:
        ask.allowance.note(BUDGET_USED_UP)
    # What is known already is not told with every turn.
    if fault in NOT_ASKED or (fault is Fault.NO_TOOLS and link.lacks_tools):
        return
    link.lacks_tools = link.lacks_tools or fault is Fault.NO_TOOLS
    _log.warning("model_failed", model=link.name, fault=fault.value, reason=error.message, released=ask.has_spoken)


def _worst(failures: list[ProviderFailed]) -> ProviderFailed:
    """What is told of several: that one is only busy, if one is."""
    waits = [wait_of(error) for error in failures if fault_of(error) in (Fault.BUSY, Fault.PAUSED)]
    known = [wait for wait in waits if wait is not None]
    if known and (len(known) == len(failures) or any(isinstance(error, ProviderBusy) for error in failures)):
        return ProviderBusy("All language models are busy.", min(known))
    return failures[-1] if failures else ProviderFailed("No language model could answer.")
