"""What keeping the original of a message costs, against keeping nothing but its masked text.

    python -m evals.bench.encryption --json

``encrypt`` and ``decrypt`` are one message of 300 characters; ``wrap`` and ``unwrap`` one customer's key, under a
local master key. ``row`` is the transaction that saves a turn of two messages, whole and over the socket, in processor
time of this process: ``plain`` has nothing masked in it, ``masked`` is a visitor's, ``kept`` a customer's whose key is
known. The three are taken in turns, and their medians compared.
"""

import asyncio
import resource
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated
from uuid import UUID, uuid4

import orjson
import psycopg
import typer

from agent.conversations import Conversations, TurnKey
from agent.state import TurnRecord
from core.db.database import Database, Scope
from core.db.migrate import migrate
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.fields import DataKey, Place, decrypt_field, encrypt_field
from core.security.encryption.masters import LocalMasters, derived_masters
from core.security.pii import Placeholders, mask
from core.services import Services, running_services
from core.settings import Settings
from tools.demo_bank import ensure_demo_bank

_PLAIN = ("How do I activate my new card, and how long does it take until it works abroad? " * 4)[:300]
_PERSONAL = ("Please write to someone.else@example.org or call 07700 900123 about my card. " * 4)[:300]
_PLACE = Place("chat_messages", "original", "turn/user", "customer")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    turns: Annotated[int, typer.Option(min=10, help="Of each kind.")] = 400,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure, and print microseconds of processor time."""
    result = {"parts_us": measure_parts(), "row_us": asyncio.run(_measure_rows(turns)), "turns": turns}
    typer.echo(orjson.dumps(result).decode() if as_json else orjson.dumps(result, option=orjson.OPT_INDENT_2).decode())


def measure_parts(repeats: int = 5_000) -> dict[str, float]:
    key = DataKey(uuid4(), secrets.token_bytes(32))
    sealed = encrypt_field(key, _PLACE, _PERSONAL)
    masters = LocalMasters({"local:a": secrets.token_bytes(32)})
    loop = asyncio.new_event_loop()
    wrapped = loop.run_until_complete(masters.wrap(key.secret, b"about"))
    parts: dict[str, Callable[[], object]] = {
        "encode": _PERSONAL.encode,
        "encrypt": lambda: encrypt_field(key, _PLACE, _PERSONAL),
        "decrypt": lambda: decrypt_field(key, _PLACE, sealed),
        "wrap": lambda: loop.run_until_complete(masters.wrap(key.secret, b"about")),
        "unwrap": lambda: loop.run_until_complete(masters.unwrap(wrapped, b"about")),
    }
    measured = {name: round(_each(part, repeats), 2) for name, part in parts.items()}
    loop.close()
    return measured


def _each(work: Callable[[], object], repeats: int) -> float:
    rounds = list[float]()
    for _ in range(5):
        begun = time.process_time()
        for _ in range(repeats):
            work()
        rounds.append((time.process_time() - begun) / repeats * 1e6)
    return median(rounds)


async def _measure_rows(turns: int) -> dict[str, float]:
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as directory:  # Short, so that sockets fit in it.
        settings = Settings(_env_file=None, data_dir=Path(directory) / "d", demo_customers=2)  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            ensure_demo_bank(services.owner_url, customers=2, seed=1, now=datetime.now(UTC))
            return await _save_turns(services, turns)


async def _save_turns(services: Services, turns: int) -> dict[str, float]:
    database = Database(services.app_url, pool_size=2)
    await database.open()
    keys = DataKeys(database, LocalMasters(derived_masters([services.secret_key])))
    talks = Conversations(database, keys, uuid4())
    with psycopg.connect(services.owner_url) as owner:
        customer: UUID = owner.execute("select id from customers order by id limit 1").fetchall()[0][0]
    signed_in = Scope(customer_id=customer, subject=f"customer:{customer}")
    kinds = {
        "plain": (signed_in, _PLAIN),
        "masked": (Scope(subject="visitor:bench"), _PERSONAL),
        "kept": (signed_in, _PERSONAL),
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(turns + 20):
        for name, (scope, message) in kinds.items():
            seconds = await _save(talks, scope, message)
            if turn >= 20:
                taken[name].append(seconds * 1e6)
    await database.close()
    found = {name: round(median(each), 1) for name, each in taken.items()}
    return found | {"kept_over_plain": round(found["kept"] - found["plain"], 1)}


async def _save(talks: Conversations, scope: Scope, message: str) -> float:
    """Seconds of processor time of the saving alone."""
    key, now, placeholders = TurnKey(uuid4(), uuid4(), scope), datetime.now(UTC), Placeholders()
    masked = mask(message, placeholders)
    record = _record(masked)
    await talks.begin(key, is_new_session=True, title="bench", now=now, unended=[])
    begun = _processor()
    await talks.finish(key, record, placeholders, waiting=False, outcome="null", now=now)
    return _processor() - begun


def _record(masked: str) -> TurnRecord:
    return TurnRecord(masked, masked, "knowledge", "x", 0.9, [], [], None, [], None, None, {}, "offline", [])


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    app()
