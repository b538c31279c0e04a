"""What authentication, limits, masking and audit cost a chat turn together, beside the same turn without them, in one
run.

    tellergraph evals run dialogues --data evals/dialogues/everyday.yaml --out FOLDER
    python -m evals.bench.guards --turns FOLDER/records.jsonl --json

One process, set as a server's, without sockets to clients; PostgreSQL and Redis are real. Every form takes a question
over FastAPI behind the middleware that each request passes, saves the turn (its two messages) and runs the transaction
of an effect, which writes a row. ``guarded`` adds these four, and four more forms one of them each:

- ``authentication``: the token with its session and revocation, and what its role may do
- ``limits``: three windows in Redis
- ``masking``: secrets, what the dialogue does without, and question, title and answer with what the bank knows of the
  customer, which the statements that begin the turn bring with them; what was hidden is encrypted and kept, as a turn
  does with it. Every turn begins a conversation, so each has a title
- ``audit``: an entry of the chained log in the effect's own statement, as the functions of the schema write theirs

``open`` is ``bare`` without that middleware: what hardening costs (host names, bounds of size and time, security
headers, request id, log line), which is in both forms that are compared. The forms take turns, batch by batch.

Each form takes turns of three kinds: ``talked`` has what a customer said and was answered in dialogues that were
played, ``ordinary`` and ``personal`` have 300 characters of question and more of answer, without and with personal
data. Of what was said all forms take the same turns in a batch, and more than the engine remembers.

Figures are milliseconds of CPU of a turn, by part of the system; ``added`` is the median of what a batch took more than
the bare one beside it.
"""

import os
import random
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Annotated, Any, LiteralString
from uuid import UUID, uuid4

import httpx2
import numpy as np
import orjson
import psycopg
import typer
import uvloop
from fastapi import FastAPI, Request
from redis.asyncio import Redis
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from agent.conversations import Conversations, TurnKey
from agent.state import TurnRecord
from agent.storing import known_in
from api.dependencies import AnyoneDep
from api.limit_middleware import LimitMiddleware
from api.middleware import RequestMiddleware
from api.process import spare_the_collector
from core.clock import system_clock
from core.db.database import Database, Scope
from core.db.migrate import migrate
from core.logging import configure_logging
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.masters import LocalMasters, derived_masters
from core.security.key_store import ensure_signing_keys
from core.security.permissions import RolePermissions
from core.security.pii import ALL, SECRETS, Placeholders, mask, without_secrets
from core.security.tokens import AccountType, Identity, TokenSigner
from core.security.trust_watch import watching_trust
from core.services import Services, running_services
from core.settings import Settings
from evals.bench.usage import find_footprint, measure
from tools.catalogue import CUSTOMER_SCOPES
from tools.demo_bank import ensure_demo_bank

_ORDINARY = (
    "Hello, I ordered a new card two weeks ago because the old one stopped working at the cash machine, and it has not "
    "come yet. How long does that usually take, what can I do until it is here, and do I have to activate it in the "
    "app before I can pay with it abroad? I am going on holiday next week."
)
_PERSONAL = (
    "Hello, this is Riley Sandoval. I moved to 12 High Street, Leeds LS1 4AB, write to riley.s@example.org or call "
    "07700 900123. Please pay John Carter 20 pounds from my everyday account, and tell me when my new card ending 4821 "
    "arrives, because the old one stopped working at the cash machine on Monday."
)
_ANSWER = (
    "I can send 20.00 GBP from Everyday to John Carter. Please check the amount and the name, then confirm. Your new "
    "card was posted on 18 November and takes up to five working days. Until then the old one can be used online. "
) * 2
_LONG = {"ordinary": _ORDINARY, "personal": _PERSONAL}
"""About 300 characters each; the second has a name, an address, an e-mail address, a number and a payee in it."""
_WORDS = sorted({word for word in _ORDINARY.lower().split() if word.isalpha()})
_RATES = ("rate_user", "rate_api_key", "rate_address", "rate_chat", "rate_admin", "rate_login", "rate_code")
_REMEMBERED = 64
"""Texts, by the engine."""
_PATH = "/api/v1/chat"
_PREPARED: LiteralString = """create table bench_effects (customer_id uuid not null);
    grant insert on bench_effects to tellergraph_app"""
_EFFECT: LiteralString = "insert into bench_effects values (%(customer)s)"
_AUDITED: LiteralString = """with effect as (insert into bench_effects values (%(customer)s))
    insert into audit_log (actor, customer_id, action, resource, detail, at)
    values ('customer:' || %(customer)s, %(customer)s, 'card.frozen', 'card:1', '{"n": 1}', now())"""

Talk = Callable[[], tuple[str, str]]
"""A question and its answer."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class _Form:
    """Which of the four a turn has."""

    authentication: bool = False
    limits: bool = False
    masking: bool = False
    audit: bool = False
    is_hardened: bool = True
    """Behind the middleware that each request passes."""


FORMS: Mapping[str, _Form] = {
    "open": _Form(is_hardened=False),
    "bare": _Form(),
    "authentication": _Form(authentication=True),
    "limits": _Form(limits=True),
    "masking": _Form(masking=True),
    "audit": _Form(audit=True),
    "guarded": _Form(authentication=True, limits=True, masking=True, audit=True),
}


@dataclass(frozen=True, slots=True)
class _Bank:
    database: Database
    talks: Conversations
    scope: Scope

    async def take_turn(self, question: str, answer: str, form: _Form) -> None:
        key, now, placeholders = TurnKey(uuid4(), uuid4(), self.scope), datetime.now(UTC), Placeholders()
        title = mask(question, Placeholders(), ALL) if form.masking else question
        own = await self.talks.begin(
            key, is_new_session=True, title=title[:80], now=now, unended=[], asks_details=form.masking
        )
        if form.masking:
            kept = without_secrets(question)
            # What the dialogue works with.
            mask(kept, placeholders)
            known = own and known_in(own)
            question = mask(kept, placeholders, ALL, known)
            answer = mask(answer, placeholders, ALL - SECRETS, known)
        record = TurnRecord(question, answer, "operation", "x", 0.9, [], [], None, [], None, None, {}, "offline", [])
        async with self.database.writing(self.scope) as handle:
            await handle.execute(_AUDITED if form.audit else _EFFECT, {"customer": self.scope.customer_id})
        await self.talks.finish(key, record, placeholders, waiting=False, outcome="null", now=now)


@app.command()
def guards(
    turns: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Records of dialogues that were played.")],
    batches: Annotated[int, typer.Option(min=2, help="Of each form.")] = 16,
    size: Annotated[int, typer.Option(min=_REMEMBERED + 1, help="Turns of a batch.")] = 86,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare a chat turn with authentication, limits, masking and audit with one that has none of them."""
    configure_logging("ERROR")
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        folder = Path(directory)
        settings = Settings(_env_file=None, data_dir=folder / "data")  # pyright: ignore[reportCallIssue]
        settings = settings.model_copy(update=dict.fromkeys(_RATES, 10**9))
        with running_services(settings) as services:
            migrate(services)
            ensure_signing_keys(services.owner_url, services.secret_key, system_clock())
            ensure_demo_bank(services.owner_url, customers=2, seed=1, now=datetime.now(UTC))
            with psycopg.connect(services.owner_url) as owner:
                owner.execute(_PREPARED)
            result = uvloop.run(_measure(settings, services, folder, _talks(turns), batches, size))
    if as_json:
        typer.echo(orjson.dumps(result).decode())
    else:
        for name, added in result["added_ms"].items():
            told = ", ".join(f"{part} {figure:.2f}" for part, figure in added.items() if part != "all")
            typer.echo(f"{name:<25} {added['all']:6.2f} ms of CPU more for each turn than bare ({told})")


def _talks(played: Path) -> dict[str, Callable[[], Talk]]:
    """Each form begins with the first turn, so that all of them go through the same ones."""
    records = [orjson.loads(line) for line in played.read_bytes().splitlines()]
    pairs = [(turn["user"] or "", turn["answer"]) for record in records for turn in record["details"]["turns"]]

    def begin() -> Talk:
        return cycle(pairs).__next__

    return {"talked": begin} | {name: partial(partial, _long_turn, text) for name, text in _LONG.items()}


def _long_turn(question: str) -> tuple[str, str]:
    return f"{question} {_some_words()}", f"{_ANSWER}{_some_words()}"


def _some_words() -> str:
    return " ".join(random.sample(_WORDS, 6))


async def _measure(
    settings: Settings,
    services: Services,
    folder: Path,
    talks: Mapping[str, Callable[[], Talk]],
    batches: int,
    size: int,
) -> dict[str, Any]:
    footprint = find_footprint(os.getpid(), folder)
    taken: dict[str, list[dict[str, float]]] = {}
    async with _forms(settings, services, talks) as forms:
        spare_the_collector()
        for batch in range(batches + 1):
            for name in list(forms)[:: -1 if batch % 2 else 1]:
                before = measure(footprint).cpu_s
                for _ in range(size):
                    await forms[name]()
                after = measure(footprint).cpu_s
                taken.setdefault(name, []).append({part: (after[part] - before[part]) * 1000 / size for part in after})
    spent = {name: _by_part(rounds[1:]) for name, rounds in taken.items()}
    added = {
        f"{form}, {kind}": {
            part: float(np.median(each - spent[f"bare, {kind}"][part]))
            for part, each in spent[f"{form}, {kind}"].items()
        }
        for kind in talks
        for form in FORMS
        if form != "bare"
    }
    return {
        "batches": batches,
        "size": size,
        "load": [round(each, 1) for each in os.getloadavg()],
        "median_ms": {name: {part: float(np.median(each)) for part, each in by.items()} for name, by in spent.items()},
        "added_ms": added,
    }


def _by_part(rounds: list[dict[str, float]]) -> dict[str, Any]:
    parts = {part: np.array([one[part] for one in rounds]) for part in rounds[0]}
    return parts | {"all": np.sum(list(parts.values()), axis=0)}


@asynccontextmanager
async def _forms(
    settings: Settings, services: Services, talks: Mapping[str, Callable[[], Talk]]
) -> AsyncGenerator[dict[str, Callable[[], Awaitable[None]]]]:
    database = Database(services.app_url, pool_size=2)
    await database.open()
    try:
        async with watching_trust(database, services.secret_key) as watch, Redis.from_url(services.redis_url) as redis:
            signer = TokenSigner(watch.trust, timedelta(hours=1))
            customer = _some_customer(services)
            who = Identity(uuid4(), AccountType.CUSTOMER, "customer", CUSTOMER_SCOPES, uuid4())
            keys = DataKeys(database, LocalMasters(derived_masters([services.secret_key])))
            scope = Scope(customer_id=customer, subject=f"customer:{customer}")
            bank = _Bank(database, Conversations(database, keys, uuid4()), scope)
            state = {
                "trust": watch,
                "signer": signer,
                "clock": system_clock,
                "running": SimpleNamespace(redis=redis, roles=RolePermissions(database)),
            }
            token = signer.issue(who, datetime.now(UTC))
            async with AsyncExitStack() as stack:
                clients = {
                    name: await stack.enter_async_context(_client(_served(bank, form, state, settings), form, token))
                    for name, form in FORMS.items()
                }
                yield {
                    f"{name}, {kind}": _asking(client, begin())
                    for kind, begin in talks.items()
                    for name, client in clients.items()
                }
    finally:
        await database.close()


def _some_customer(services: Services) -> UUID:
    with psycopg.connect(services.owner_url) as owner:
        return owner.execute("select id from customers order by id limit 1").fetchall()[0][0]


def _served(bank: _Bank, form: _Form, state: Mapping[str, object], settings: Settings) -> ASGIApp:
    served = FastAPI(telemetry={"tracing": False, "operation_spans": False, "metrics": False, "logs": False})
    for name, value in state.items():
        setattr(served.state, name, value)

    async def unknown(request: Request) -> dict[str, str]:
        said = orjson.loads(await request.body())
        await bank.take_turn(said["message"], said["answer"], form)
        return {"answer": said["answer"]}

    async def known(request: Request, identity: AnyoneDep) -> dict[str, str]:
        if identity is None:
            raise RuntimeError("the token was not accepted")
        return await unknown(request)

    served.add_api_route(_PATH, known if form.authentication else unknown, methods=["POST"])
    door: ASGIApp = LimitMiddleware(served, settings=settings) if form.limits else served
    if form.is_hardened:
        door = RequestMiddleware(door, settings=settings, larger={})
    return _Inside(door, served)


class _Inside:
    """Hands middleware the application, as Starlette does."""

    def __init__(self, wrapped: ASGIApp, served: FastAPI) -> None:
        self._wrapped = wrapped
        self._served = served

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        scope["app"] = self._served
        await self._wrapped(scope, receive, send)


def _client(application: ASGIApp, form: _Form, token: str) -> httpx2.AsyncClient:
    # Limits look at the token as well, to know whom they count. Where nobody does, as many bytes are sent.
    is_read = form.authentication or form.limits
    headers = {"Authorization": f"Bearer {token if is_read else secrets.token_urlsafe(len(token) * 3 // 4)}"}
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=application), base_url="http://127.0.0.1", headers=headers
    )


def _asking(client: httpx2.AsyncClient, talk: Talk) -> Callable[[], Awaitable[None]]:
    async def ask() -> None:
        message, answer = talk()
        (await client.post(_PATH, json={"message": message, "answer": answer})).raise_for_status()

    return ask


if __name__ == "__main__":
    app()
