"""A question looked up for the first time, beside the same question asked again, in one process and one run.

    python -m evals.bench.cache --json

The help centre's titles are asked, each once and then again, with a cache that holds nothing before. `first` reads the
question with encoder and heads, searches, and keeps the answer; `repeat` has it from the cache: Redis says which
passages it was, PostgreSQL what they say now. `search` is what a chat turn leaves to the cache, whose question is read
in any case: the search alone, then its repeat. `ratio` is of the medians; `ratio_p5` of the fast twentieths, which
compares them where other work on the machine did not get in between.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import date, timedelta
from typing import Annotated, Any

import numpy as np
import orjson
import psycopg
import typer
import uvloop

from agent.lookup import Finder, name_reader
from agent.understanding.heads import Heads
from api.serve import HELP_CENTRE
from core.db.database import Database, Scope
from core.services import Services
from evals.bench.search import server
from knowledge.cache import CachedRetriever, open_cache
from knowledge.embed import Encoder
from knowledge.ingest import ingest_folder
from knowledge.retrieve import Retriever

TODAY = date(2026, 11, 21)
PUBLIC = Scope(audiences="public")
_TTL = timedelta(hours=1)
_WARM_UP = 10
"""Questions that are not counted: plans are made, caches of the processor filled."""

app = typer.Typer(add_completion=False)

Ask = Callable[[str], Awaitable[object]]


@app.command()
def cache(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Compare first look-ups with repeats."""
    with server() as services:
        ingest_folder(services.owner_url, HELP_CENTRE)
        with psycopg.connect(services.owner_url) as owner:
            titles = [title for (title,) in owner.execute("select title from kb_documents order by id")]
        result = uvloop.run(_measure(services, titles))
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


async def _measure(services: Services, questions: Sequence[str]) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        database = Database(services.app_url, pool_size=2)
        await database.open()
        stack.push_async_callback(database.close)
        cache = await stack.enter_async_context(
            open_cache(services.redis_url, database, _TTL, name_reader(), services.secret_key)
        )
        threads = stack.enter_context(ThreadPoolExecutor(1))
        encoder, retriever = Encoder.load(), Retriever(database)
        finder = Finder(encoder, Heads.load(), retriever, threads, cache)
        vectors = {question: encoder.encode([question])[0] for question in questions}
        cached = CachedRetriever(retriever, cache)

        async def look_up(question: str) -> object:
            return await finder.look_up(question, scope=PUBLIC, today=TODAY)

        async def search(question: str) -> object:
            return await cached.retrieve(question, vectors[question], scope=PUBLIC, today=TODAY)

        return {
            "questions": len(questions) - _WARM_UP,
            **await _compare(look_up, questions),
            "search": await _compare(search, questions),
        }


async def _compare(ask: Ask, questions: Sequence[str]) -> dict[str, Any]:
    first, repeat = [await _time(ask, questions) for _ in range(2)]
    return {
        "first": _percentiles(first),
        "repeat": _percentiles(repeat),
        "ratio": float(np.median(first) / np.median(repeat)),
        "ratio_p5": float(np.percentile(first, 5) / np.percentile(repeat, 5)),
    }


async def _time(ask: Ask, questions: Sequence[str]) -> list[float]:
    spent: list[float] = []
    for question in questions:
        start = time.perf_counter()
        await ask(question)
        spent.append(time.perf_counter() - start)
    return spent[_WARM_UP:]


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{rank}_ms": float(np.percentile(seconds, rank)) * 1000 for rank in (5, 50, 95, 99)}


if __name__ == "__main__":
    app()
