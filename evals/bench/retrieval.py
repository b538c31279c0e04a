"""What a search of a corpus takes, with and without the encoder, beside less.

    python -m evals.bench.retrieval --corpus DOCUMENTS [--queries FILE] --json

The corpus goes into a server of its own. The questions are those of the file (as `evals run retrieval` takes it), or
the documents' titles. Each round asks all of them in four ways, one after the other on one thread and one connection:

- ``empty``: a unit of work that reads nothing: what any look at the database costs;
- ``nearest``: the ten nearest passages by pgvector, all compared, without words, rights of readers or documents' names;
- ``fused``: a broad search for ten documents, the question's vector being known;
- ``encoded``: the encoder's pass and the same search.

Wall times are of single questions, in ms; CPU times are per question, ours and PostgreSQL's, the median of the rounds.
On a busy machine CPU holds better, and what counts is the difference to the ways that do less. With ``--real-time`` it
goes before everything else on the machine while it asks, a few seconds (SCHED_FIFO, which takes root): the wall times
are then those of a calm one.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import orjson
import psycopg
import typer
from pgvector import HalfVector

from core.db.database import Database, Scope
from core.db.migrate import migrate
from core.services import Services, running_services
from core.settings import Settings
from evals.bench.usage import Footprint, list_postgres, measure
from evals.corpus import opened_corpus
from evals.queries import read_queries
from knowledge.embed import Encoder, Vectors
from knowledge.ingest import ingest_folder
from knowledge.retrieve import Retriever

TODAY = date(2026, 11, 21)
KB = "bench"
EVERYBODY = Scope(audiences="public,customer,staff")

_NEAREST = "select c.id from kb_chunks c where c.kb = %(kb)s order by (c.embedding <=> %(vector)s) + 0 limit 10"

app = typer.Typer(add_completion=False)

Ask = Callable[[str, Vectors], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Row:
    id: str


@dataclass(frozen=True, slots=True)
class Backend:
    pid: int


@dataclass(slots=True)
class Spent:
    wall_ms: list[float] = field(default_factory=list[float])
    """Of each question."""
    cpu_ms: list[float] = field(default_factory=list[float])
    """Per question, one figure a round."""
    postgres_cpu_ms: list[float] = field(default_factory=list[float])

    def describe(self) -> dict[str, float]:
        p5, p50, p95 = (float(each) for each in np.percentile(self.wall_ms, (5, 50, 95)))
        return {
            "p5_ms": p5,
            "p50_ms": p50,
            "p95_ms": p95,
            "cpu_ms": statistics.median(self.cpu_ms),
            "postgres_cpu_ms": statistics.median(self.postgres_cpu_ms),
        }


@app.command()
def retrieval(
    corpus: Annotated[Path, typer.Option(exists=True, help="A folder of documents, or JSON lines.")],
    queries: Annotated[
        Path | None, typer.Option(exists=True, help="As `evals run retrieval` takes them; default: the titles.")
    ] = None,
    questions: Annotated[int, typer.Option(min=10, help="Asked in each round, at most.")] = 200,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    real_time: Annotated[bool, typer.Option("--real-time", help="Go before every other process.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time searches of a corpus."""
    # Sockets need a short path.
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory, opened_corpus(corpus) as opened:
        folder = Path(directory)
        settings = Settings(_env_file=None, data_dir=folder / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            ingest_folder(services.owner_url, opened.path, KB)
            texts = [query.text for query in read_queries(queries)] if queries else _list_titles(services)
            footprint = {"postgres": list_postgres(folder)[0]}
            spent = asyncio.run(_time(services, footprint, texts[:questions], rounds, real_time=real_time))
            passages = _count_passages(services)
    result: dict[str, Any] = {name: each.describe() for name, each in spent.items()}
    result |= {"questions": len(texts[:questions]), "rounds": rounds, "passages": passages, "real_time": real_time}
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


async def _time(
    services: Services, footprint: Footprint, texts: Sequence[str], rounds: int, *, real_time: bool
) -> dict[str, Spent]:
    encoder = Encoder.load()
    vectors = encoder.encode(texts)
    database = Database(services.app_url, pool_size=1)
    await database.open()
    try:
        if real_time:
            await _go_first(database)
        ways = _ways(database, encoder)
        spent = {name: Spent() for name in ways}
        for turn in range(rounds + 1):
            for name, ask in ways.items():
                # The first round plans the statements and fills the caches.
                await _ask_all(ask, texts, vectors, footprint, spent[name] if turn else Spent())
    finally:
        await database.close()
    return spent


async def _go_first(database: Database) -> None:
    """This process and the one that serves its connection."""
    (backend,) = await database.fetch(Backend, "select pg_backend_pid() as pid")
    for pid in (0, backend.pid):
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))


def _ways(database: Database, encoder: Encoder) -> dict[str, Ask]:
    search = partial(Retriever(database).retrieve, today=TODAY, scope=EVERYBODY, kb=KB, limit=10, broad=True)

    async def empty(_text: str, _vector: Vectors) -> object:
        return await database.fetch(Row, "select '' as id", {}, scope=EVERYBODY)

    async def nearest(_text: str, vector: Vectors) -> object:
        return await database.fetch(Row, _NEAREST, {"kb": KB, "vector": HalfVector(vector)}, scope=EVERYBODY)

    async def encoded(text: str, _vector: Vectors) -> object:
        return await search(text, encoder.encode([text])[0])

    return {"empty": empty, "nearest": nearest, "fused": search, "encoded": encoded}


async def _ask_all(ask: Ask, texts: Sequence[str], vectors: Vectors, footprint: Footprint, spent: Spent) -> None:
    postgres, cpu = measure(footprint).cpu_s["postgres"], time.process_time()
    for text, vector in zip(texts, vectors, strict=True):
        start = time.perf_counter()
        await ask(text, vector)
        spent.wall_ms.append((time.perf_counter() - start) * 1000)
    spent.cpu_ms.append((time.process_time() - cpu) * 1000 / len(texts))
    spent.postgres_cpu_ms.append((measure(footprint).cpu_s["postgres"] - postgres) * 1000 / len(texts))


def _list_titles(services: Services) -> list[str]:
    with psycopg.connect(services.owner_url) as connection:
        rows = connection.execute("select title from kb_documents where kb = %s order by md5(id)", [KB])
        return [title for (title,) in rows]


def _count_passages(services: Services) -> int:
    with psycopg.connect(services.owner_url) as connection:
        return sum(count for (count,) in connection.execute("select passages from kb_sizes where kb = %s", [KB]))


if __name__ == "__main__":
    app()
