"""What the chain of models costs: CPU of a request through it, beside the same request to the provider's client.

    python -m evals.bench.chain --json

Both ask the same fake server (`evals.bench.fake_model`: 64 tokens, 5 ms apart) through the same client, in one process,
in turns: some requests at once to the client, as many through the chain, and so on. The chain is as the factory makes
it, with breaker, bounds of time and metrics; `budgets` is that with budgets, which a real Redis counts. What is sent is
a conversation with tools, as a turn has it. CPU is all of this process; the server and Redis have their own.

`added_ms` is the median of what a batch took more than the batch of the client before it, `added_p95_ms` its 95th
percentile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import aiohttp
import numpy as np
import orjson
import typer
import uvloop
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from redis.asyncio import Redis

from agent.models.budgets import VISITORS
from agent.models.chain import ModelChain
from agent.models.factory import open_chain
from core.budget import Budget
from core.logging import configure_logging
from core.services import running_services
from core.settings import Settings
from evals.bench.processes import find_free_port, python, start, stop, wait_for
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

Ask = Callable[[], Awaitable[object]]

_TOOLS = 12
"""Offered with each request."""
_MUCH = Budget(10**15, "tokens")

app = typer.Typer(add_completion=False)


@app.command()
def chain(
    batches: Annotated[int, typer.Option(min=2, help="Of each kind.")] = 40,
    at_once: Annotated[int, typer.Option(min=1, help="Requests of a batch.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the chain with the client that it asks."""
    configure_logging("WARNING")
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        folder = Path(directory)
        settings = Settings(_env_file=None, data_dir=folder / "data")  # pyright: ignore[reportCallIssue]
        port = find_free_port()
        server = start("model", python("evals.bench.fake_model", str(port)), folder)
        try:
            wait_for(server, f"http://127.0.0.1:{port}/v1/models")
            with running_services(settings) as services:
                settings = settings.model_copy(update={"llm": f"http://127.0.0.1:{port}/v1#fake,offline"})
                result = uvloop.run(_measure(settings, services.redis_url, batches, at_once))
        finally:
            stop(server)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


async def _measure(settings: Settings, redis_url: str, batches: int, at_once: int) -> dict[str, Any]:
    messages, tools = _conversation(), [tool.schema for tool in CATALOGUE.offered(CUSTOMER_SCOPES)][:_TOOLS]
    bounded = settings.model_copy(
        update={f"budget_{whose}": _MUCH for whose in ("customer", "visitors", "day", "deployment")}
    )
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession(timeout=_patience()))
        redis = await stack.enter_async_context(Redis.from_url(redis_url))
        plain = await stack.enter_async_context(open_chain(settings, client))
        counted = await stack.enter_async_context(open_chain(bounded, client, redis=redis))
        # A server on this machine costs nothing, so that no budget would be asked.
        counted.links[0].is_free = False
        model = plain.links[0].model

        async def ask_client() -> object:
            return [chunk async for chunk in model.astream(messages, tools=tools)]

        asks: dict[str, Ask] = {
            "client": ask_client,
            "chain": lambda: _ask(plain, messages, tools),
            "budgets": lambda: _ask(counted, messages, tools),
        }
        spent: dict[str, list[float]] = {name: [] for name in asks}
        for batch in range(batches + 1):
            for name, ask in asks.items():
                milliseconds = await _cpu(ask, at_once)
                # The first of each pays for what is made once.
                if batch:
                    spent[name].append(milliseconds)
    return {"batches": batches, "at_once": at_once, **_figures(spent)}


def _patience() -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=timedelta(seconds=20).total_seconds())


async def _ask(models: ModelChain, messages: list[BaseMessage], tools: list[dict[str, Any]]) -> object:
    return await models.stream(messages, tools=tools, on_text=_ignore, allowance=models.allow(VISITORS))


async def _ignore(_text: str) -> None:
    """Nobody watches."""


async def _cpu(ask: Ask, at_once: int) -> float:
    """Milliseconds of this process for one request."""
    start = time.process_time()
    await asyncio.gather(*(ask() for _ in range(at_once)))
    return (time.process_time() - start) * 1000 / at_once


def _figures(spent: dict[str, list[float]]) -> dict[str, Any]:
    client = np.array(spent["client"])
    figures: dict[str, Any] = {"client": {"cpu_ms": float(np.median(client))}}
    for name in ("chain", "budgets"):
        added = np.array(spent[name]) - client
        figures[name] = {
            "cpu_ms": float(np.median(spent[name])),
            "added_ms": float(np.median(added)),
            "added_p95_ms": float(np.percentile(added, 95)),
        }
    return figures


def _conversation() -> list[BaseMessage]:
    """Of the size that a turn has in its second round."""
    return [
        SystemMessage("You answer a bank's customers from what the tools return, and from nothing else. " * 20),
        HumanMessage("how much did I spend on groceries last month?"),
        AIMessage("You spent £212.40 on groceries in October."),
        HumanMessage("and where was the most expensive one?"),
        AIMessage(
            "",
            tool_calls=[{"id": "call_1", "name": "list_transactions", "args": {"category": "groceries", "limit": 20}}],
        ),
        ToolMessage(
            orjson.dumps([{"description": f"Market {n}", "amount": f"{n}.40"} for n in range(20)]).decode(),
            tool_call_id="call_1",
        ),
    ]


if __name__ == "__main__":
    app()
