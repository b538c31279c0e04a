"""Which questions each article says it answers."""

from dataclasses import dataclass

from core.db.database import NOBODY, Database, Scope
from knowledge.sql import QUERIES


@dataclass(frozen=True, slots=True)
class _Topics:
    id: str
    intents: list[str]


async def list_topics(database: Database, *, scope: Scope = NOBODY, kb: str = "help") -> dict[str, frozenset[str]]:
    """Document id -> intents, of the articles that the reader may see."""
    async with database.reading(scope) as handle:
        rows = await handle.all(_Topics, QUERIES["list_topics"], {"kb": kb})
    return {row.id: frozenset(row.intents) for row in rows}
