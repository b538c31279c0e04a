"""Health: one word for load balancers, the parts for people."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from redis.exceptions import RedisError

from agent.models.breaker import BreakerState
from agent.models.budgets import Condition
from agent.models.chain import ModelChain
from agent.models.choice import Verdict
from agent.models.link import DataClass, Link
from agent.models.local.link import LocalChat
from api.dependencies import ReplyDep, RunningDep, SettingsDep
from api.envelope import Envelope
from api.scopes import public
from core.errors import TellergraphError
from core.version import VERSION
from knowledge.graph.source import Condition as GraphCondition

router = APIRouter(tags=["health"])

Word = Literal["ok", "unavailable"]
_PATIENCE = 3.0
"""Seconds after which a part that does not answer counts as away."""


class Health(BaseModel):
    status: Word
    version: str = VERSION


class ProviderHealth(BaseModel):
    """A model that was considered at the start."""

    name: str
    chosen: bool
    reason: str
    """Why it was chosen, or why not."""
    data: DataClass | None
    """What it is shown of the customer's own data; none where it is not chosen."""
    breaker: BreakerState | None
    """``open``: it failed and is left alone; ``half_open``: the next request tries it."""
    failure: str | None
    """Why it is left alone."""
    tools: bool | None
    """False: it was found to have none."""
    condition: str | None
    """Of a local model: what it serves, or what it is doing."""


class DetailedHealth(Health):
    database: Word
    redis: Word
    models: list[str]
    llm: str
    """As configured."""
    providers: list[ProviderHealth]
    """``models``, and what ``auto`` did not choose."""
    budget: Condition | Literal["off"]
    """Of what all use together. ``used_up``: models that cost are not asked until midnight."""
    active_turns: int
    graph: GraphCondition
    """Of the second way to documents. Nothing depends on it: it may be late or away."""


@router.head("/health", include_in_schema=False, dependencies=[public("for the load balancer")])
@router.get("/health", dependencies=[public("for the load balancer")])
async def health(running: RunningDep, response: Response) -> Health:
    """200 when turns can be answered, else 503."""
    database, redis = await _parts(running)
    status: Word = "ok" if database == redis == "ok" else "unavailable"
    response.status_code = 200 if status == "ok" else 503
    return Health(status=status)


@router.get("/health/detailed", dependencies=[public("for the operator: names parts and models, nobody's data")])
async def detailed(
    running: RunningDep, settings: SettingsDep, reply: ReplyDep, response: Response
) -> Envelope[DetailedHealth]:
    """Which part is well, and which models answer."""
    database, redis = await _parts(running)
    status: Word = "ok" if database == redis == "ok" else "unavailable"
    response.status_code = 200 if status == "ok" else 503
    return reply(
        DetailedHealth(
            status=status,
            database=database,
            redis=redis,
            models=[link.name for link in running.models.links],
            llm=settings.llm,
            providers=_providers(running.models),
            budget=running.models.budgets.condition if running.models.budgets else "off",
            active_turns=len(running.assistant.active_turns),
            graph="off" if running.graph is None else running.graph.condition,
        )
    )


def _providers(models: ModelChain) -> list[ProviderHealth]:
    links = {link.name: link for link in models.links}
    return [_provider(verdict, links.get(str(verdict.name))) for verdict in models.considered]


def _provider(verdict: Verdict, link: Link | None) -> ProviderHealth:
    link = link if verdict.is_chosen else None
    return ProviderHealth(
        name=str(verdict.name),
        chosen=verdict.is_chosen,
        reason=verdict.reason,
        data=link and link.data_class,
        breaker=link and link.breaker.state,
        failure=link and link.breaker.reason,
        tools=link and not link.lacks_tools,
        condition=link.model.condition if link and isinstance(link.model, LocalChat) else None,
    )


async def _parts(running: RunningDep) -> tuple[Word, Word]:
    database, redis = await asyncio.gather(_answers(_ask_database(running)), _answers(_ask_redis(running)))
    return database, redis


async def _ask_database(running: RunningDep) -> None:
    async with running.database.reading() as db:
        await db.dicts("select 1 as one")


async def _ask_redis(running: RunningDep) -> None:
    await running.redis.ping()


async def _answers(question: Awaitable[Any]) -> Word:
    try:
        async with asyncio.timeout(_PATIENCE):
            await question
    except (TellergraphError, RedisError, OSError):
        return "unavailable"
    return "ok"
