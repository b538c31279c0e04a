"""``tellergraph replay``: builds an answer again from its record, and says what is different."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import psycopg
import typer
from psycopg.rows import class_row

from agent.models.chain import ModelChain
from agent.models.link import OFFLINE, Link
from agent.models.offline.model import OfflineChat
from agent.replay.record import unseal
from agent.replay.rerun import Rerun, Tools, as_json, rerun
from agent.understanding.heads import Heads
from core.cli import AsJson, command_services
from core.db.database import Database
from core.db.queries import Queries
from core.errors import NotFound
from core.services import Services
from core.settings import Settings, load_settings
from knowledge.embed import Encoder
from tools.bank import make_bank, make_seal

_QUERIES = Queries(Path(__file__).with_name("replay.sql"))


@dataclass(frozen=True, slots=True)
class StoredRecord:
    turn_id: UUID
    model: str
    digests: dict[str, Any]
    policy_version: str | None
    sealed: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class _Passage:
    id: str


def replay(
    turn: Annotated[UUID, typer.Argument(help="The id of a turn, as the chat's answer and the audit log have it.")],
    as_json_: AsJson = False,
) -> None:
    """Build an answer again from what it was made of, with nothing outside to ask; exit code 1 if it differs."""
    settings = load_settings()
    with command_services(as_json_) as services:
        stored, changed = find_record(services, turn)
        done = asyncio.run(replay_record(settings, services, stored))
    if as_json_:
        about = {
            "turn_id": stored.turn_id,
            "recorded_at": stored.recorded_at,
            "model": stored.model,
            "policy_version": stored.policy_version,
            "digests": stored.digests,
            "changed_passages": changed,
        }
        typer.echo(orjson.dumps(about | as_json(done)).decode())
    else:
        typer.echo(_told(stored, done, changed))
    raise typer.Exit(0 if done.is_same else 1)


def find_record(services: Services, turn: UUID) -> tuple[StoredRecord, list[str]]:
    """With the ids of its passages that are not published any more.

    Raises:
        NotFound: there is no record.
    """
    with psycopg.connect(services.owner_url, autocommit=True) as connection:
        with connection.cursor(row_factory=class_row(StoredRecord)) as cursor:
            stored = cursor.execute(_QUERIES["find_turn_record"], {"turn_id": turn}).fetchone()
        if stored is None:
            raise NotFound(
                f"There is no record of turn {turn}: it never gave an answer, or its conversation was erased.",
                code="no_such_turn",
            )
        ids = [passage["id"] for passage in stored.digests["passages"]]
        with connection.cursor(row_factory=class_row(_Passage)) as cursor:
            changed = [row.id for row in cursor.execute(_QUERIES["list_changed_passages"], {"ids": ids})]
    return stored, changed


async def replay_record(settings: Settings, services: Services, stored: StoredRecord) -> Rerun:
    """Raises NotFound for a record that neither this server's key nor one of before opens."""
    seal = make_seal(settings, services)
    opened = unseal(stored.sealed, seal)
    with ThreadPoolExecutor(1) as threads:
        bank = make_bank(settings, services, Database(services.app_url, pool_size=2))
        tools = Tools(bank, await asyncio.to_thread(Encoder.load), Heads.load(), _offline(), seal, threads)
        return await rerun(opened, tools)


def _offline() -> ModelChain:
    never = timedelta(minutes=1)
    return ModelChain(
        [Link(OFFLINE, OfflineChat(), data_class="own", is_free=True)], first_token_timeout=never, idle_timeout=never
    )


def _told(stored: StoredRecord, done: Rerun, changed: list[str]) -> str:
    head = f"Turn {stored.turn_id} of {stored.recorded_at:%Y-%m-%d %H:%M:%S %Z}, model {stored.model}: "
    lines = [head + ("the same answer." if done.is_same else f"{len(done.differences)} differences.")]
    for difference in done.differences:
        lines += [f"{difference.what}:", f"  then: {difference.recorded}", f"  now:  {difference.replayed}"]
    lines += [f"Note: {note}." for note in done.notes]
    if changed:
        lines.append(f"Note: {len(changed)} of its passages were changed or withdrawn since.")
    return "\n".join(lines)
