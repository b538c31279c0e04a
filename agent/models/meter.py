"""What a request took: taken from the budgets before it as an estimate, put right after it, and counted."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agent.models.attempt import Ask
from agent.models.budgets import Budgets, Use
from agent.models.counts import COST, TOKENS, UNPRICED
from agent.models.link import Link
from agent.models.reply import Reply, ReplyBuilder

_CHARACTERS_PER_TOKEN = 3
"""Few, so that an estimate is rather too high."""
_OUTPUT_TOKENS = 500
"""Of a reply, as long as it is not known."""
_TOOL_TOKENS = 150
"""Of a tool's schema."""


class Meter:
    """Of one link and one request, whatever number of times it is made."""

    def __init__(self, link: Link, ask: Ask) -> None:
        self._link = link
        self._input = _estimated_input(ask) if not link.is_free else 0
        self.builder: ReplyBuilder | None = None
        """Of the latest try."""

    @property
    def estimate(self) -> Use:
        return self._use(self._input, _OUTPUT_TOKENS)

    @property
    def actual(self) -> Use:
        """By the provider's count; without one by ours, which is nothing where nothing was said."""
        if self.builder is None or not (self.builder.has_begun or self.builder.usage):
            return Use(0, 0)
        if usage := self.builder.usage:
            return self._use(usage["input_tokens"], usage["output_tokens"])
        return self._use(self._input, -(-self.builder.length // _CHARACTERS_PER_TOKEN))

    def priced(self, reply: Reply) -> Reply:
        """With its cost, where that is known."""
        if self._link.price is None or not reply.usage:
            return reply
        cost = {"cost_microdollars": self.actual.cost}
        return Reply(reply.text, reply.calls, reply.usage | cost, reply.model)

    def count(self) -> None:
        if self.builder is None or not self.builder.usage:
            return
        for direction in ("input", "output"):
            TOKENS.add(self._link.name, direction, n=self.builder.usage[f"{direction}_tokens"])
        if self._link.price is not None:
            COST.add(self._link.name, n=self.actual.cost)
        elif not self._link.is_free:
            UNPRICED.add(self._link.name)

    def _use(self, input_tokens: int, output_tokens: int) -> Use:
        price = self._link.price
        return Use(input_tokens + output_tokens, price.cost(input_tokens, output_tokens) if price else 0)


@asynccontextmanager
async def metered(link: Link, ask: Ask, budgets: Budgets | None) -> AsyncGenerator[Meter]:
    """Raises ModelFailed where a budget is used up."""
    meter = Meter(link, ask)
    taken = None if budgets is None or link.is_free else await budgets.take(ask.allowance.payer, meter.estimate)
    try:
        yield meter
    finally:
        meter.count()
        if budgets is not None and taken is not None:
            await budgets.settle(taken, meter.actual)


def _estimated_input(ask: Ask) -> int:
    characters = sum(len(str(message.content)) for message in ask.messages)
    return characters // _CHARACTERS_PER_TOKEN + _TOOL_TOKENS * len(ask.tools)
