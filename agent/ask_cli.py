"""``tellergraph ask``: one question to a knowledge base, and why it answers as it does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Annotated, Literal

import orjson
import typer

from agent.lookup import Finder
from agent.understanding.heads import Heads
from core.cli import AsJson, command_services
from core.clock import BANK_TIME_ZONE, system_clock
from core.db.database import Database, Scope
from core.db.migrate import migrate
from core.errors import InvalidInput
from core.services import Services
from knowledge.cache import Found
from knowledge.embed import Encoder
from knowledge.plain import to_plain
from knowledge.retrieve import Passage, Retriever
from knowledge.store import list_bases

_AUDIENCES = {"public": "public", "customer": "public,customer", "staff": "public,customer,staff"}
_MOST = 4_000
"""Characters of a question, as everywhere."""


def ask(
    question: Annotated[str, typer.Argument(help="What to look up.")],
    kb: Annotated[str, typer.Option(help="The knowledge base.")] = "help",
    audience: Annotated[
        Literal["public", "customer", "staff"], typer.Option(help="Ask as one who may read what is for them.")
    ] = "public",
    language: Annotated[str | None, typer.Option(help="Of the documents; any by default.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=50)] = 5,
    explain: Annotated[bool, typer.Option("--explain", help="Say what spoke for each passage.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look a question up: the passages that the assistant would answer from, best first."""
    with command_services(as_json) as services:
        if not question.strip() or len(question) > _MOST:
            raise InvalidInput(f"Ask something, in at most {_MOST:,} characters.")
        migrate(services)
        if kb not in {base["kb"] for base in list_bases(services.owner_url)}:
            raise InvalidInput(f"There is no knowledge base {kb}. See tellergraph kb list.")
        scope = Scope(audiences=_AUDIENCES[audience])
        found = asyncio.run(_look_up(services, question, kb, scope, language, limit))
    if as_json:
        passages = [asdict(passage) | {"url": passage.url, "why": passage.why} for passage in found.passages]
        result = {"kb": kb, "intent": found.intent, "confidence": found.confidence, "passages": passages}
        typer.echo(orjson.dumps(result).decode())
    else:
        typer.echo(_describe(found, kb, explain=explain))


async def _look_up(services: Services, question: str, kb: str, scope: Scope, language: str | None, limit: int) -> Found:
    database = Database(services.app_url, pool_size=1)
    await database.open()
    try:
        with ThreadPoolExecutor(1) as threads:
            finder = Finder(Encoder.load(), Heads.load(), Retriever(database), threads)
            today = system_clock().astimezone(BANK_TIME_ZONE).date()
            languages = [language] if language else None
            return await finder.look_up(question, scope=scope, today=today, kb=kb, languages=languages, limit=limit)
    finally:
        await database.close()


def _describe(found: Found, kb: str, *, explain: bool) -> str:
    shown = [_show(number, passage, explain=explain) for number, passage in enumerate(found.passages, 1)]
    head = [f"Intent {found.intent}, confidence {found.confidence:.2f}"] if explain else []
    return "\n\n".join([*head, *shown] if shown else [*head, f"Nothing in {kb} is about that."])


def _show(number: int, passage: Passage, *, explain: bool) -> str:
    where = passage.title if passage.heading == passage.title else f"{passage.title} > {passage.heading}"
    lines = [f"{number}. {where}", f"   {passage.url}", f"   {to_plain(passage.text)}"]
    return "\n".join([*lines, f"   score {passage.score:.3f}: {passage.why}"] if explain else lines)
