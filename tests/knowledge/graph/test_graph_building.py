"""The graph follows the documents: what comes, changes and goes, and what could not be read."""

import asyncio

import psycopg
import pytest

from core.errors import ProviderFailed
from knowledge.graph.builder import Extractor, GraphBuilder
from knowledge.graph.keeper import GraphKeeper
from knowledge.graph.states import read_states
from knowledge.store import open_store

ASKED = "What does cash abroad cost?"


@pytest.fixture
def documents(library):
    library.write("cash", "Gold Account: Cash abroad", "- Fee: 2 %\n- Limit: 500 a day")
    library.write("cards", "Gold Account: Ordering a card", "Order a card in the app. It takes five days.")
    library.write("rates", "Silver Account: Interest", "| Balance | Rate |\n| --- | --- |\n| up to 5,000 | 1 % |")
    library.ingest()
    return library


def passages(services, kb: str = "small") -> dict[str, str]:
    """Passage id -> document id, of what is published."""
    with psycopg.connect(services.owner_url) as connection:
        return dict(connection.execute("select id, document_id from kb_chunks where kb = %s", [kb]).fetchall())


def states(services):
    with psycopg.connect(services.graph_url) as connection:
        return read_states(connection)


def count(services, table: str) -> int:
    with psycopg.connect(services.graph_url) as connection:
        ((number,),) = connection.execute(f"select count(*) from {table}").fetchall()  # noqa: S608
    return number


async def test_documents_that_come_change_and_go_do_so_in_the_graph(documents, empty, build, name):
    first = await build()
    assert (first.added, first.removed, first.unchanged, first.failed) == (3, 0, 0, [])
    for mode in ("naive", "local", "global", "mix"):
        found = [passages(empty)[each] for each in await name(ASKED, mode=mode)]
        assert found[0] == "cash", mode

    documents.write("cash", "Gold Account: Cash abroad", "- Fee: 3 %\n- Limit: 900 a day")
    documents.write("loans", "Loans: Early repayment", "- Fee: none")
    (documents.folder / "rates.md").unlink()
    documents.ingest()
    with open_store(empty.owner_url, "small") as store:
        store.retire("cards")
        store.settle()
    before = set(await name("Interest of the Silver Account"))
    second = await build()
    assert (second.added, second.removed, second.unchanged, second.failed) == (2, 3, 0, [])
    after = set(await name("Interest of the Silver Account"))
    assert after <= passages(empty).keys()
    assert not before & after

    third = await build()
    assert (third.added, third.removed, third.unchanged) == (0, 0, 2)
    assert states(empty)["small"].documents == 2


async def test_a_knowledge_base_that_is_gone_leaves_nothing_and_others_stay(documents, empty, build, name):
    documents.ingest("other")
    await build()
    await build("other")
    assert set(await name(ASKED)) <= passages(empty).keys()
    with open_store(empty.owner_url, "small", create=False) as store:
        store.delete_all()

    await build()
    assert states(empty).keys() == {"other"}
    assert await name(ASKED) == []
    assert set(await name(ASKED, kb="other")) == passages(empty, "other").keys()
    with psycopg.connect(empty.graph_url) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'lightrag'").fetchall()
        for (table,) in tables:
            column = "kb" if table == "tellergraph_graphs" else "workspace"
            left = connection.execute(f"select 1 from {table} where {column} = 'small'").fetchall()  # noqa: S608
            assert left == [], table


async def test_what_was_broken_off_is_done_the_next_time(documents, empty, build, name):
    for number in range(30):
        documents.write(f"more-{number}", f"Product {number}: Fees", f"- Fee: {number} %")
    documents.ingest()
    begun = asyncio.Event()
    building = asyncio.create_task(build(progress=lambda _done, _total: begun.set()))
    await begun.wait()
    building.cancel()
    await asyncio.wait({building})
    assert "small" not in states(empty)

    again = await build()
    assert again.failed == []
    assert again.added + again.unchanged == 33
    assert again.unchanged >= 20
    assert passages(empty)[(await name(ASKED))[0]] == "cash"


async def test_a_document_that_could_not_be_read_is_reported_recorded_and_read_the_next_time(documents, empty, build):
    async def fail(_system: str, prompt: str) -> str:
        if "Cash abroad" in prompt:
            raise ProviderFailed("The model fell silent.")
        return "entity<|#|>Card<|#|>product<|#|>A card\n<|COMPLETE|>"

    report = await build(extractor=Extractor("model a", fail))
    assert (report.added, report.failed) == (2, ["cash"])
    assert "fell silent" in report.error
    assert (states(empty)["small"].failed, states(empty)["small"].documents) == (1, 2)

    async def read(_system: str, _prompt: str) -> str:
        return "entity<|#|>Cash<|#|>topic<|#|>Cash\n<|COMPLETE|>"

    repaired = await build(extractor=Extractor("model a", read))
    assert (repaired.added, repaired.unchanged, repaired.failed) == (1, 2, [])
    assert states(empty)["small"].failed == 0


async def test_a_model_reads_the_documents_in_its_own_words(documents, empty, build, name):
    prompts: list[tuple[str, str]] = []

    async def read(system: str, prompt: str) -> str:
        prompts.append((system, prompt))
        if "Cash abroad" not in prompt:
            return "<|COMPLETE|>"
        return "entity<|#|>Withdrawals in other countries<|#|>fee<|#|>What travellers pay\n<|COMPLETE|>"

    await build(extractor=Extractor("model a", read))
    assert len(prompts) == 3
    assert all("entity" in system.lower() for system, _ in prompts)
    assert [passages(empty)[each] for each in await name("travellers in other countries", mode="local")] == ["cash"]

    # Another extractor says other things: all is read again.
    assert (await build()).added == 3


async def test_two_who_build_at_once_do_it_once(documents, build):
    reports = await asyncio.gather(build(), build())
    assert sorted(report is None for report in reports) == [False, True]


async def test_the_keeper_builds_what_has_changed_and_come_to_rest(documents, empty):
    keeper = GraphKeeper(GraphBuilder(empty.owner_url, empty.graph_url))
    assert await keeper.look() == []
    assert await keeper.look() == ["small"]
    assert await keeper.look() == []

    documents.write("cash", "Gold Account: Cash abroad", "- Fee: 4 %")
    documents.ingest()
    assert await keeper.look() == []
    assert await keeper.look() == ["small"]
    with open_store(empty.owner_url, "small", create=False) as store:
        store.delete_all()
    assert await keeper.look() == ["small"]
    assert await keeper.look() == []
    assert states(empty) == {}
