"""An answer is found again quickly, and never one that is not its reader's or not true any more. Issue 5, part 5."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from knowledge_base import TODAY, Library, make_search
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from core.db.database import Database, Scope
from core.services import Services
from knowledge.cache import Found, PassageCache, Question, open_cache
from knowledge.embed import Encoder
from knowledge.store import open_store

QUESTION = "What does the zebra tariff cost?"
PUBLIC, STAFF = Scope(audiences="public"), Scope(audiences="public,customer,staff")
HOUR = timedelta(hours=1)

OpenCache = Callable[..., AbstractAsyncContextManager[PassageCache]]


class Reader:
    """Asks a cache, and counts what it had to look up."""

    def __init__(self, cache: PassageCache, find: Callable[..., Awaitable[Any]]) -> None:
        self.cache = cache
        self.looked_up = 0
        self._find = find

    async def ask(self, text: str = QUESTION, scope: Scope = PUBLIC, kb: str = "small", **options: Any) -> Found:
        wanted: dict[str, Any] = {"today": TODAY, "limit": 5} | options
        before = wanted.pop("before", None)

        async def look_up() -> Found:
            self.looked_up += 1
            passages = await self._find(text, audiences=scope.audiences, kb=kb, **wanted)
            if before:
                await before()
            return Found(passages, "fees", 0.5)

        return await self.cache.find(Question(kb, text, scope.audiences, wanted), look_up)

    async def texts(self, *args: Any, **options: Any) -> list[str]:
        return [passage.text for passage in (await self.ask(*args, **options)).passages]


@pytest.fixture
async def redis(empty: Services) -> AsyncIterator[Redis]:
    async with Redis.from_url(empty.redis_url) as client:
        yield client


@pytest.fixture
def reading(empty: Services, encoder: Encoder, database: Database) -> Callable[..., Any]:
    """``async with reading() as reader``: each with a cache of its own, as each process has."""

    class _Reading:
        def __init__(self, url: str = empty.redis_url, **options: Any) -> None:
            # A machine that stands still for a second is not a Redis that is down.
            wanted: dict[str, Any] = {"ttl": HOUR, "made_by": b"test", "secret_key": b"s" * 32}
            wanted |= {"redis_patience": timedelta(minutes=1)} | options
            self._opened = open_cache(url, database, **wanted)

        async def __aenter__(self) -> Reader:
            return Reader(await self._opened.__aenter__(), make_search(database, encoder, "small"))

        async def __aexit__(self, *error: Any) -> None:
            await self._opened.__aexit__(*error)

    return _Reading


@pytest.fixture
async def reader(reading: Callable[..., Any], library: Library) -> AsyncIterator[Reader]:
    library.write("zebra", "Zebra tariff", "The zebra tariff costs 3.50 pounds a month.")
    library.ingest()
    async with reading() as reader:
        yield reader


async def list_entries(redis: Redis) -> list[str]:
    """Of all tests: newest last, as far as they are told apart by what they say."""
    return [key.decode() async for key in redis.scan_iter("lightrag:small:query:*")]


async def test_the_same_question_is_looked_up_once(reader: Reader) -> None:
    first = await reader.ask()
    assert [passage.document_id for passage in first.passages] == ["zebra"]
    again = await reader.ask("  what does the ZEBRA tariff\ncost? ")
    assert (again, reader.looked_up) == (first, 1)


async def test_that_nothing_is_relevant_is_an_answer_too(reader: Reader) -> None:
    for _ in range(2):
        assert (await reader.ask("Who won the cup in 1966?")).passages == []
    assert reader.looked_up == 1


@pytest.mark.parametrize(
    "other",
    [
        {"text": "What does the zebra tariff cost today?"},
        {"scope": STAFF},
        {"today": date(2026, 11, 22)},
        {"limit": 6},
        {"languages": ["en"]},
        {"broad": True},
        {"intents": [("fees", 0.5)]},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_another_question_is_another_answer(reader: Reader, other: dict[str, Any]) -> None:
    await reader.ask()
    await reader.ask(**other)
    assert reader.looked_up == 2


async def test_another_program_or_model_has_answers_of_its_own(reader: Reader, reading: Any) -> None:
    await reader.ask()
    async with reading(made_by=b"newer") as newer:
        await newer.ask()
    assert newer.looked_up == 1


async def test_what_is_kept_has_the_agreed_name_and_time_and_no_text(reader: Reader, redis: Redis) -> None:
    before = set(await list_entries(redis))
    await reader.ask()
    (name,) = set(await list_entries(redis)) - before
    assert re.fullmatch(r"lightrag:small:query:[0-9a-f]{64}", name)
    assert HOUR - timedelta(minutes=1) < timedelta(milliseconds=await redis.pttl(name)) <= HOUR
    kept = await redis.get(name)
    assert b"3.50" not in kept
    assert b"Zebra" not in kept
    assert not await redis.exists(name.replace(":query:", ":lock:"))


def change_text(library: Library) -> None:
    library.write("zebra", "Zebra tariff", "The zebra tariff costs 4.50 pounds a month.")
    library.ingest()


def add_document(library: Library) -> None:
    library.write("fees", "What zebra costs", "For new customers the zebra tariff costs 2 pounds.")
    library.ingest()


def retire(library: Library) -> None:
    with open_store(library.owner_url, "small") as store:
        store.retire("zebra")


def delete_document(library: Library) -> None:
    with open_store(library.owner_url, "small") as store:
        store.delete("zebra")


def make_anew(library: Library) -> None:
    """As many changes as before: the count is the same again."""
    with open_store(library.owner_url, "small") as store:
        store.delete_all()
    change_text(library)


@pytest.mark.parametrize("change", [change_text, add_document, retire, delete_document, make_anew])
async def test_after_a_change_the_answer_is_that_of_the_changed_base(
    reader: Reader, reading: Any, library: Library, change: Callable[[Library], None]
) -> None:
    async with reading() as elsewhere:
        old = await reader.texts()
        await elsewhere.ask()
        change(library)
        new = await reader.texts()
        assert new != old
        assert await elsewhere.texts() == new
        assert (reader.looked_up, elsewhere.looked_up) == (2, 0)


async def test_a_change_that_is_not_committed_changes_nothing(reader: Reader, empty: Services) -> None:
    await reader.ask()
    with psycopg.connect(empty.owner_url) as owner:
        owner.execute("delete from kb_documents where kb = 'small'")
        assert len((await reader.ask()).passages) == 1
        owner.commit()
        assert (await reader.ask()).passages == []


async def test_an_answer_from_before_a_change_is_not_kept_beyond_it(reader: Reader, library: Library) -> None:
    async def change() -> None:
        change_text(library)

    assert await reader.texts(before=change) == ["The zebra tariff costs 3.50 pounds a month."]
    assert await reader.texts() == ["The zebra tariff costs 4.50 pounds a month."]


async def test_what_is_for_staff_is_never_shown_to_others_whatever_redis_holds(
    reader: Reader, library: Library, redis: Redis
) -> None:
    library.write("secret", "Zebra costs", "For friends of staff the zebra tariff costs 1 pound.", audience="staff")
    library.ingest()
    before = set(await list_entries(redis))
    seen = await reader.texts(scope=STAFF)
    (of_staff,) = set(await list_entries(redis)) - before
    assert len(seen) == 2

    assert len(await reader.texts()) == 1
    (of_public,) = set(await list_entries(redis)) - before - {of_staff}
    await redis.copy(of_staff, of_public, replace=True)
    assert await reader.texts() == ["The zebra tariff costs 3.50 pounds a month."]


async def test_staff_find_again_what_is_for_them(reader: Reader, library: Library) -> None:
    library.write("secret", "Zebra costs", "For friends of staff the zebra tariff costs 1 pound.", audience="staff")
    library.ingest()
    seen = await reader.ask(scope=STAFF)
    assert len(seen.passages) == 2
    for _ in range(3):
        assert await reader.ask(scope=STAFF) == seen
    assert reader.looked_up == 1


async def test_an_answer_of_ours_is_read_as_who_asks_may_read(reader: Reader, library: Library) -> None:
    library.write("secret", "Zebra costs", "For friends of staff the zebra tariff costs 1 pound.", audience="staff")
    library.ingest()
    of_staff = await reader.ask(scope=STAFF)

    async def look_up() -> Found:
        return of_staff

    await reader.cache.find(Question("small", QUESTION, "public", {"today": TODAY, "limit": 5}), look_up)
    assert await reader.texts() == ["The zebra tariff costs 3.50 pounds a month."]


async def test_an_answer_put_in_anothers_place_is_ignored(reader: Reader, redis: Redis) -> None:
    before = set(await list_entries(redis))
    right = await reader.ask()
    (name,) = set(await list_entries(redis)) - before
    await reader.ask(limit=1, text="Zebra?")
    (other,) = set(await list_entries(redis)) - before - {name}
    await redis.copy(other, name, replace=True)
    assert await reader.ask() == right
    assert reader.looked_up == 3


async def test_another_servers_answers_are_not_taken(reader: Reader, reading: Any) -> None:
    await reader.ask()
    async with reading(secret_key=b"t" * 32) as stranger:
        await stranger.ask()
    assert stranger.looked_up == 1


async def test_a_connection_that_redis_has_closed_is_made_anew(reader: Reader, redis: Redis) -> None:
    before = {client["id"] for client in await redis.client_list()}
    await reader.ask()
    errors = count("errors")
    for client in await redis.client_list():
        if client["id"] not in before:
            await redis.client_kill_filter(_id=client["id"])
    await reader.ask()
    assert (reader.looked_up, count("errors")) == (1, errors)


def entry(ids: list[Any], evidence: Any) -> bytes:
    kept = {"ids": ids, "evidence": evidence, "intent": "", "confidence": 0.0}
    return json.dumps(kept).encode()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff\x00garbage",
        b"{}",
        b"[]",
        entry([], [{}]),
        entry([7], [{}]),
        entry(["none"], [{}]),
        entry(["a\x00b"], [{}]),
        entry(["\ud800"], [{}]),
        entry([], {}),
        b"[" * 100_000,
    ],
    ids=["empty", "bytes", "object", "list", "no id", "number", "absent", "zero", "surrogate", "evidence", "deep"],
)
async def test_nonsense_in_redis_is_ignored_and_replaced(reader: Reader, redis: Redis, value: bytes) -> None:
    before = set(await list_entries(redis))
    right = await reader.ask()
    (name,) = set(await list_entries(redis)) - before
    await redis.set(name, value)
    assert await reader.ask() == right
    assert reader.looked_up == 2
    assert await reader.ask() == right
    assert reader.looked_up == 2


async def test_many_who_ask_at_once_look_up_once(reader: Reader, reading: Any) -> None:
    async with reading() as elsewhere:
        readers = [reader, elsewhere] * 20
        answers = await asyncio.gather(*(one.ask() for one in readers))
    assert all(answer == answers[0] for answer in answers)
    assert reader.looked_up + elsewhere.looked_up == 1


async def test_another_process_waits_for_the_one_that_looks_up(reader: Reader, reading: Any) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await go_on.wait()

    async with reading() as elsewhere:
        first = asyncio.create_task(reader.ask(before=wait))
        await begun.wait()
        second = asyncio.create_task(elsewhere.ask())
        go_on.set()
        assert await first == await second
    assert (reader.looked_up, elsewhere.looked_up) == (1, 0)


async def test_nobody_waits_long_for_one_who_does_not_come_back(reading: Any, reader: Reader) -> None:
    begun = asyncio.Event()

    async def never_end() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with reading(patience=0.05) as waiting, reading(patience=0.05) as elsewhere:
        lost = asyncio.create_task(waiting.ask(before=never_end))
        await begun.wait()
        assert len((await waiting.ask()).passages) == 1
        assert len((await elsewhere.ask()).passages) == 1
        lost.cancel()
        with suppress(asyncio.CancelledError):
            await lost
    assert (waiting.looked_up, elsewhere.looked_up) == (2, 1)


async def test_a_look_up_that_fails_fails_for_who_asked_and_leaves_the_next_alone(reader: Reader) -> None:
    async def fail() -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await reader.ask(before=fail)
    assert len((await reader.ask()).passages) == 1


async def test_who_waits_for_one_who_gives_up_gets_an_answer(reader: Reader) -> None:
    begun = asyncio.Event()

    async def never_end() -> None:
        begun.set()
        await asyncio.Event().wait()

    leaves = asyncio.create_task(reader.ask(before=never_end))
    await begun.wait()
    stays = asyncio.create_task(reader.ask())
    await asyncio.sleep(0)
    leaves.cancel()
    assert len((await stays).passages) == 1


async def test_what_is_not_complete_is_not_kept(reader: Reader) -> None:
    async def look_up() -> Found:
        return Found(is_complete=False)

    await reader.cache.find(Question("small", QUESTION, "public", {"today": TODAY, "limit": 5}), look_up)
    assert len((await reader.ask()).passages) == 1


async def test_a_base_that_is_not_there_finds_nothing_and_is_not_counted(reader: Reader) -> None:
    assert (await reader.ask(kb="absent")).passages == []
    assert count("misses", "absent") is None


@pytest.fixture(params=["nobody listens", "nobody answers"])
def broken_redis(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "redis.sock"))
        if request.param == "nobody answers":
            listener.listen(64)
        yield f"unix://{tmp_path}/redis.sock"


async def test_without_redis_everything_is_looked_up(reader: Reader, reading: Any, broken_redis: str) -> None:
    right = await reader.ask()
    before = count("errors") or 0
    async with reading(broken_redis, redis_patience=timedelta(seconds=0.1)) as without:
        assert await asyncio.gather(*(without.ask() for _ in range(5))) == [right] * 5
        errors = count("errors") or 0
        assert await without.ask() == right
    assert without.looked_up == 6
    # Then it is left alone.
    assert count("errors") == errors > before


async def test_nothing_is_kept_for_no_time(reading: Any, reader: Reader) -> None:
    async with reading(ttl=timedelta(0)) as without:
        assert await without.ask() == await without.ask()
    assert without.looked_up == 2


async def test_hits_and_misses_are_counted(reader: Reader) -> None:
    hits, misses = count("hits") or 0, count("misses") or 0
    for _ in range(3):
        await reader.ask()
    assert ((count("hits") or 0) - hits, (count("misses") or 0) - misses) == (2, 1)


def count(what: str, kb: str = "small") -> float | None:
    return REGISTRY.get_sample_value(f"tellergraph_knowledge_cache_{what}_total", {"kb": kb})
