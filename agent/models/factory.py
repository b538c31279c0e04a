"""The one factory of chat models, from ``TELLERGRAPH_LLM``."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from langchain_core.language_models import BaseChatModel
from redis.asyncio import Redis

from agent.models.budgets import Budgets, Limits
from agent.models.chain import ModelChain
from agent.models.choice import Choice, choose_models
from agent.models.link import OFFLINE, Link
from agent.models.local.link import open_local
from agent.models.offline.model import OfflineChat
from agent.models.openai_compatible import OpenAICompatibleChat
from agent.models.prices import Price, read_prices
from agent.models.providers import ModelName, data_class, endpoint, is_loopback
from core.clock import Clock, system_clock
from core.errors import ConfigurationError
from core.logging import get_logger
from core.settings import Settings

_log = get_logger(__name__)


def list_models(settings: Settings) -> list[ModelName]:
    """The models that would answer, first choice first. Raises ConfigurationError as the factory would, without opening
    anything."""
    choice = choose_models(settings)
    _limits(choice, settings, _prices(choice, settings))
    return choice.names


@asynccontextmanager
async def open_chain(
    settings: Settings, client: aiohttp.ClientSession, *, redis: Redis | None = None, clock: Clock = system_clock
) -> AsyncGenerator[ModelChain]:
    """The chain of ``settings.llm``; leaving takes local models down.

    Args:
        redis: where budgets are counted; None: in this process alone.

    Raises:
        ConfigurationError: a name that says nothing, or something is missing for it, with what to do.
    """
    choice = await asyncio.to_thread(choose_models, settings)
    prices = _prices(choice, settings)
    limits = _limits(choice, settings, prices)
    for verdict in choice.verdicts:
        _log.info("model_considered", model=str(verdict.name), chosen=verdict.is_chosen, reason=verdict.reason)
    async with AsyncExitStack() as stack:
        yield ModelChain(
            [await _open(name, settings, client, prices[str(name)], stack) for name in choice.names],
            first_token_timeout=settings.first_token_timeout,
            idle_timeout=settings.idle_timeout,
            turn_time=settings.turn_time,
            retries=settings.model_retries,
            budgets=Budgets(redis, limits, clock, timeout=settings.counting_timeout) if limits.budgets else None,
            considered=choice.verdicts,
        )


async def _open(
    name: ModelName, settings: Settings, client: aiohttp.ClientSession, price: Price | None, stack: AsyncExitStack
) -> Link:
    shown = data_class(name, settings)
    model = await _open_model(name, settings, client, stack)
    return Link(str(name), model, data_class=shown, price=price, is_free=shown == "own")


async def _open_model(
    name: ModelName, settings: Settings, client: aiohttp.ClientSession, stack: AsyncExitStack
) -> BaseChatModel:
    if name.provider == OFFLINE:
        return OfflineChat()
    if name.provider == "local":
        return await stack.enter_async_context(open_local(name.local, settings))
    server = endpoint(name, settings)
    if server.base_url.startswith("http://") and not is_loopback(server.base_url):
        _log.warning("model_in_the_open", model=str(name), hint="what is sent is not encrypted: use https")
    return OpenAICompatibleChat(
        model=server.model,
        base_url=server.base_url,
        api_key=server.key,
        key_setting=server.key_setting,
        client=client,
    )


def _prices(choice: Choice, settings: Settings) -> dict[str, Price | None]:
    prices = read_prices(settings.prices)
    return {str(name): prices.get(str(name)) for name in choice.names}


def _limits(choice: Choice, settings: Settings, prices: dict[str, Price | None]) -> Limits:
    """Raises ConfigurationError for a budget in dollars where what costs has no price."""
    limits = Limits.of(settings)
    unpriced = [name for name in choice.names if prices[str(name)] is None and data_class(name, settings) != "own"]
    if unpriced and any(budget.unit == "USD" for budget in limits.budgets):
        raise ConfigurationError(
            f"TELLERGRAPH_BUDGET_...: a budget is in USD, but {unpriced[0]} has no price: give it one in "
            "TELLERGRAPH_PRICES, or set the budget in tokens."
        )
    return limits
