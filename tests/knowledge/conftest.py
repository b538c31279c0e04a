"""A small knowledge base to change, the real help centre to ask, and the real encoder."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from knowledge_base import Library, Search, make_search, opened

from core.db.database import Database
from core.services import Services
from knowledge.embed import Encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture
def library(tmp_path: Path, empty: Services, encoder: Encoder) -> Library:
    return Library(tmp_path, empty.owner_url, encoder)


@pytest.fixture
async def small(library: Library, empty: Services, encoder: Encoder) -> AsyncIterator[Search]:
    """``await small(question, audiences=...)``: what the runtime role finds in the small knowledge base."""
    async with opened(empty) as database:
        yield make_search(database, encoder, "small")


@pytest.fixture
async def help_centre(fresh: Services, encoder: Encoder) -> AsyncIterator[Search]:
    """The same for the real help centre."""
    async with opened(fresh) as database:
        yield make_search(database, encoder, "help")


@pytest.fixture
async def database(empty: Services) -> AsyncIterator[Database]:
    async with opened(empty) as database:
        yield database


@pytest.fixture
def fresh_intents(fresh: Services) -> dict[str, list[str]]:
    """Document id -> intents, of the real help centre."""
    with psycopg.connect(fresh.owner_url) as connection:
        return dict(connection.execute("select id, intents from kb_documents where kb = 'help'").fetchall())
