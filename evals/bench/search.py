"""A search of a large knowledge base beside one of a small one, on the same server in one run.

    python -m evals.bench.search --passages 500000 --beside 5000 --questions 300 --json

The bases are made up: passages of some subjects each, their vectors around the subject's in a space of few dimensions
(as a sentence encoder's are), their words from the subject's own and from common ones, as often as words are (Zipf).
Four fifths are public, nine tenths English and nineteen twentieths valid; the reader is the public, who asks in English
today. Questions are passages with noise on the vector and some of their words. Searches of the two bases take turns.

`recall@10` compares the ten nearest of the HNSW index with the ten nearest of all that the reader may see.
"""

import asyncio
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import orjson
import psycopg
import typer
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from core.db.database import Database, Scope
from core.db.migrate import migrate
from core.db.queries import Queries
from core.services import Services, running_services
from core.settings import Settings
from knowledge.embed import EMBEDDING_DIM
from knowledge.rank.index import keep_index
from knowledge.retrieve import Retriever

TODAY = date(2026, 11, 21)
PUBLIC = Scope(audiences="public")

_PER_DOCUMENT = 5
_BATCH = 20_000
"""Passages in one transaction; a multiple of those of a document."""
_LATENT = 48
"""Dimensions that the vectors really use."""
_WORDS = 30_000
_WORDS_PER_PASSAGE = 16
_QUERIES = Queries(Path(__file__).with_name("sql") / "search.sql")

app = typer.Typer(add_completion=False)

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    vector: Vectors
    """Unit vector, float32 [384]."""


@dataclass(frozen=True, slots=True)
class Passages:
    texts: list[str]
    vectors: Vectors
    """Unit vectors, float32 [len(texts), 384]."""


@app.command()
def search(
    passages: Annotated[int, typer.Option(min=10_000, help="Of the large base.")] = 500_000,
    beside: Annotated[int, typer.Option(min=100, help="Of the small base.")] = 5_000,
    questions: Annotated[int, typer.Option(min=10)] = 300,
    exact_questions: Annotated[int, typer.Option(min=5, help="Of those, compared with an exact search.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare searches of a large and a small base."""
    with server() as services:
        makers = {"small": Maker(beside), "large": Maker(passages)}
        built = {kb: _build(services, kb, maker) for kb, maker in makers.items()}
        asked = {kb: maker.ask(questions) for kb, maker in makers.items()}
        result: dict[str, Any] = asyncio.run(_time(services, asked))
        result["recall@10"] = _recall(services, "large", asked["large"][:exact_questions])
        result["p99_ratio"] = result["large"]["p99_ms"] / result["small"]["p99_ms"]
    result |= {"passages": {"small": beside, "large": passages}, "build_s": built}
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


class Maker:
    """Makes up a base. The same size always gives the same one."""

    def __init__(self, passages: int) -> None:
        self.passages = passages
        self._random = np.random.default_rng(passages)
        subjects = max(20, passages // 200)
        self._subjects = self._normal(subjects, _LATENT)
        self._subject_words = self._random.integers(0, _WORDS, (subjects, 12))
        self._turn = self._normal(_LATENT, EMBEDDING_DIM, _LATENT**-0.5)

    def make(self, count: int) -> Passages:
        subjects = self._random.integers(0, len(self._subjects), count)
        latent = self._subjects[subjects] + self._normal(count, _LATENT, 0.7)
        own = np.take_along_axis(self._subject_words[subjects], self._random.integers(0, 12, (count, 6)), 1)
        common = np.minimum(self._random.zipf(1.3, (count, _WORDS_PER_PASSAGE - 6)), _WORDS - 1)
        texts = [" ".join(f"w{word}" for word in row) for row in np.concatenate([own, common], 1).tolist()]
        return Passages(texts, self._place(latent))

    def ask(self, count: int) -> list[Question]:
        made = self.make(count)
        noisy = _unit(made.vectors + self._normal(count, EMBEDDING_DIM, 0.02))
        words = [" ".join(text.split()[3:11]) for text in made.texts]
        return [Question(text, vector) for text, vector in zip(words, noisy, strict=True)]

    def _place(self, latent: Vectors) -> Vectors:
        return _unit(latent @ self._turn + self._normal(len(latent), EMBEDDING_DIM, 0.1))

    def _normal(self, rows: int, columns: int, spread: float = 1.0) -> Vectors:
        values = self._random.standard_normal((rows, columns), dtype=np.float32)
        values *= spread
        return values


def _unit(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
    return vectors / lengths


@contextmanager
def server() -> Generator[Services]:
    # Sockets need a short path.
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            yield services


def _build(services: Services, kb: str, maker: Maker) -> dict[str, float]:
    """Seconds for storing the base and for indexing it."""
    start = time.perf_counter()
    with psycopg.connect(services.owner_url, autocommit=True) as connection:
        register_vector(connection)
        connection.execute(_QUERIES["make_stage"])
        connection.execute(_QUERIES["add_base"], {"kb": kb})
        for first in range(0, maker.passages, _BATCH):
            _store(connection, kb, maker, first, min(_BATCH, maker.passages - first))
        stored = time.perf_counter()
        keep_index(connection, kb)
        connection.execute(_QUERIES["vacuum"])
    return {"store": stored - start, "index": time.perf_counter() - stored}


def _store(connection: psycopg.Connection[Any], kb: str, maker: Maker, first: int, count: int) -> None:
    made = maker.make(count)
    documents = {"kb": kb, "first": first // _PER_DOCUMENT, "last": (first + count - 1) // _PER_DOCUMENT}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_QUERIES["add_documents"], documents)
        with cursor.copy(_QUERIES["copy_passages"]) as copy:
            copy.set_types(["text", "int4", "int2", "text", "halfvec"])
            for number, (text, vector) in enumerate(zip(made.texts, made.vectors, strict=True), first):
                place = divmod(number, _PER_DOCUMENT)
                copy.write_row((f"{kb}-{number}", *place, text, HalfVector(vector)))
        cursor.execute(_QUERIES["add_passages"], {"kb": kb})


async def _time(services: Services, asked: dict[str, list[Question]]) -> dict[str, Any]:
    database = Database(services.app_url, pool_size=1)
    await database.open()
    retriever = Retriever(database)
    spent: dict[str, list[float]] = {kb: [] for kb in asked}
    try:
        for place in range(min(len(each) for each in asked.values())):
            for kb, questions in asked.items():
                spent[kb].append(await _search(retriever, kb, questions[place]))
    finally:
        await database.close()
    return {kb: _percentiles(seconds[len(seconds) // 10 :]) for kb, seconds in spent.items()}


async def _search(retriever: Retriever, kb: str, question: Question) -> float:
    start = time.perf_counter()
    await retriever.retrieve(
        question.text, question.vector, today=TODAY, scope=PUBLIC, kb=kb, languages=["en"], limit=10, broad=True
    )
    return time.perf_counter() - start


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{rank}_ms": float(np.percentile(seconds, rank)) * 1000 for rank in (50, 95, 99)}


def _recall(services: Services, kb: str, questions: Sequence[Question]) -> float:
    shares: list[float] = []
    with psycopg.connect(services.app_url, autocommit=True) as connection:
        register_vector(connection)
        connection.execute("select set_config('app.audiences', 'public', false)")
        for question in questions:
            wanted = {"kb": kb, "vector": HalfVector(question.vector), "today": TODAY}
            found, exact = (
                {number for (number,) in connection.execute(_QUERIES[name], wanted)}
                for name in ("find_nearest", "find_nearest_exactly")
            )
            shares.append(len(found & exact) / len(exact))
    return float(np.mean(shares))


if __name__ == "__main__":
    app()
