"""A large knowledge base is searched through an index of its own and finds what a small one does."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from knowledge_base import Library, make_search, opened
from psycopg import Connection

from core.services import Services
from knowledge.embed import Encoder
from knowledge.rank.index import keep_index
from knowledge.retrieve import Passage
from knowledge.store import open_store

QUESTIONS = (
    "How much does it cost to take out cash abroad?",
    "How do I activate my new card?",
    "my top up was reverted, why?",
    "IBAN",
)


@pytest.fixture
def owner(fresh: Services) -> Iterator[Connection]:
    with psycopg.connect(fresh.owner_url, autocommit=True) as connection:
        yield connection


def own_indexes(connection: Connection) -> list[str]:
    found = connection.execute("select indexname from pg_indexes where indexname like 'kb\\_chunks\\_near%'")
    return [name for (name,) in found]


def summary(passages: list[Passage]) -> list[tuple[str, object, list[str]]]:
    return [(passage.id, pytest.approx(passage.score, abs=1e-6), passage.words) for passage in passages]


async def test_it_finds_the_same_best_passages_as_an_exact_search(
    fresh: Services, owner: Connection, encoder: Encoder
) -> None:
    keep_index(owner, "help", exact_up_to=0)
    async with opened(fresh) as database:
        exact = make_search(database, encoder, "help")
        indexed = make_search(database, encoder, "help", exact_up_to=0)
        for question in QUESTIONS:
            wanted = {"intents": [("activate_my_card", 0.6), ("change_pin", 0.1)]}
            assert summary(await exact(question, **wanted)) == summary(await indexed(question, **wanted)) != []
        assert await indexed("what is the weather in Paris") == []


async def test_without_its_index_it_is_slower_but_not_wrong(fresh: Services, encoder: Encoder) -> None:
    async with opened(fresh) as database:
        exact = make_search(database, encoder, "help")
        large = make_search(database, encoder, "help", exact_up_to=0)
        for question in QUESTIONS:
            assert [p.id for p in await exact(question)][:3] == [p.id for p in await large(question)][:3]


async def test_readers_of_a_large_base_find_only_what_is_meant_for_them_and_holds(
    library: Library, empty: Services, encoder: Encoder
) -> None:
    for number in range(40):
        library.write(f"staff-{number}", f"Cash abroad {number}", "Cash abroad costs 1 %.", audience="staff")
        library.write(f"old-{number}", f"Cash abroad {number}", "Cash abroad costs 1 %.", valid_to="2020-01-01")
        library.write(f"neu-{number}", f"Cash abroad {number}", "Cash abroad costs 1 %.", language="de")
    library.write("public", "Cash", "Cash abroad costs 1 %.")
    library.ingest()
    with psycopg.connect(empty.owner_url, autocommit=True) as connection:
        keep_index(connection, "small", exact_up_to=0)
    async with opened(empty) as database:
        search = make_search(database, encoder, "small", exact_up_to=0)
        found = await search(QUESTIONS[0], languages=["en"])
        assert [passage.document_id for passage in found] == ["public"]
        past = await search(QUESTIONS[0], languages=["en"], today=date(2019, 1, 1), limit=50, broad=True)
        assert len(past) == 41


def test_a_base_that_grows_gets_an_index_and_loses_it_when_it_shrinks_or_goes(
    fresh: Services, owner: Connection
) -> None:
    keep_index(owner, "help")
    assert own_indexes(owner) == []
    keep_index(owner, "help", exact_up_to=100)
    keep_index(owner, "help", exact_up_to=100)
    assert own_indexes(owner) == ["kb_chunks_near_help"]
    keep_index(owner, "help", exact_up_to=10_000)
    assert own_indexes(owner) == []
    keep_index(owner, "help", exact_up_to=100)
    with open_store(fresh.owner_url, "help") as store:
        store.delete_all()
    assert own_indexes(owner) == []


def test_an_index_that_was_not_finished_is_made_again(fresh: Services, owner: Connection) -> None:
    keep_index(owner, "help", exact_up_to=100)
    with psycopg.connect(fresh.admin_url, autocommit=True) as admin:
        admin.execute("update pg_index set indisvalid = false where indexrelid = 'kb_chunks_near_help'::regclass")
    keep_index(owner, "help", exact_up_to=100)
    valid = owner.execute("select indisvalid from pg_index where indexrelid = 'kb_chunks_near_help'::regclass")
    assert valid.fetchall() == [(True,)]


def test_the_count_of_passages_follows_what_is_published_and_deleted(library: Library, empty: Services) -> None:
    library.write("cash", "Cash abroad", "Costs 1 %.\n\n## In euros\n\nNothing.")
    library.write("bargeld", "Bargeld", "Kostet 1 %.", language="de")
    library.ingest()

    def sizes() -> list[tuple[str, str, int]]:
        with psycopg.connect(empty.owner_url) as connection:
            counted = "select audience, language, passages from kb_sizes where kb = 'small' order by 1, 2"
            return connection.execute(counted).fetchall()

    assert sizes() == [("public", "de", 1), ("public", "en", 2)]
    (library.folder / "bargeld.md").unlink()
    library.ingest()
    assert sizes() == [("public", "de", 0), ("public", "en", 2)]
