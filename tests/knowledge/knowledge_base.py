"""What the tests of this room share: a folder of articles, and a way to ask."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

from core.db.database import Database, Scope
from core.services import Services
from knowledge.embed import Encoder
from knowledge.ingest import IngestReport, ingest_folder
from knowledge.rank.weights import Weights
from knowledge.retrieve import EXACT_UP_TO, Passage, Retriever

TODAY = date(2026, 11, 21)

Search = Callable[..., Awaitable[list[Passage]]]


class Library:
    """A folder of articles and the knowledge base made from it."""

    def __init__(self, folder: Path, owner_url: str, encoder: Encoder) -> None:
        self.folder = folder
        self.owner_url = owner_url
        self._encoder = encoder

    def write(self, name: str, title: str, body: str, **front_matter: str) -> None:
        lines = [f"id: {name}", f'title: "{title}"', *(f"{key}: {value}" for key, value in front_matter.items())]
        (self.folder / f"{name}.md").write_text("---\n" + "\n".join(lines) + f"\n---\n\n{body}\n")

    def ingest(self, kb: str = "small", **options: Any) -> IngestReport:
        return ingest_folder(self.owner_url, self.folder, kb, load_encoder=lambda: self._encoder, **options)


@asynccontextmanager
async def opened(services: Services) -> AsyncGenerator[Database]:
    database = Database(services.app_url, pool_size=2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def make_search(
    database: Database, encoder: Encoder, kb: str, exact_up_to: int = EXACT_UP_TO, weights: Weights | None = None
) -> Search:
    retriever = Retriever(database, weights, exact_up_to=exact_up_to)

    async def search(question: str, *, audiences: str | None = None, **options: Any) -> list[Passage]:
        (vector,) = encoder.encode([question])
        wanted: dict[str, Any] = {"today": TODAY, "kb": kb, "scope": Scope(audiences=audiences)} | options
        return await retriever.retrieve(question, vector, **wanted)

    return search
