"""The process that answers: what it may know, how it lives, and that nothing reaches a reader past the database."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from datetime import timedelta

import psutil
import pytest
from knowledge_base import TODAY

from core.db.database import Database, Scope
from core.db.urls import with_database
from core.errors import Unavailable
from core.pipes import Child
from knowledge.graph.graph import Graph
from knowledge.graph.local import LocalGraph
from knowledge.graph.postgres import postgres_environment
from knowledge.graph.shapes import Keywords
from knowledge.graph.source import GraphQuestion, NotReady
from knowledge.retrieve import Retriever

ASKED = "What does cash abroad cost?"
STAFF = "public,customer,staff"


@pytest.fixture
def documents(library):
    library.write("cash", "Gold Account: Cash abroad", "- Fee: 2 %")
    library.write("secret", "Operation Nightingale: Cash abroad", "- Codeword: cash abroad", audience="staff")
    library.write("old", "Cash abroad in the past", "Cash abroad did cost 9 %.", valid_to="2020-01-01")
    library.write("cards", "Ordering a card", "Order a card in the app.")
    library.write("nearby", "Purple Account: Wire transfers", "- Hours: nine to five")
    library.ingest()
    return library


@asynccontextmanager
async def opened(services, local: LocalGraph, **options):
    database = Database(services.app_url, pool_size=2)
    await database.open()
    try:
        yield Retriever(database, graph=Graph(local, timedelta(seconds=60)), **options)
    finally:
        await database.close()


async def look_up(retriever: Retriever, encoder, text: str = ASKED, audiences: str = "public", **options):
    (vector,) = encoder.encode([text])
    wanted = {"today": TODAY, "kb": "small", "scope": Scope(audiences=audiences), "broad": True, "limit": 10} | options
    return await retriever.look_up(text, vector, **wanted)


async def test_the_graph_fills_places_and_says_so(documents, empty, build, local, encoder):
    await build()
    await local.started()
    async with opened(empty, local) as retriever:
        found = await look_up(retriever, encoder)
        alone = await look_up(Retriever(retriever._database), encoder)
    assert found.is_complete
    assert [each.id for each in found.passages[: len(alone.passages)]] == [each.id for each in alone.passages]
    assert len(found.passages) > len(alone.passages)
    assert all(f"graph, place {each.graph}" in each.why for each in found.passages[len(alone.passages) :])


async def test_nothing_for_other_readers_comes_out_of_the_graph(documents, empty, build, local, encoder, name):
    await build()
    names = await name("Operation Nightingale")
    async with opened(empty, local) as retriever:
        for text in (ASKED, "Operation Nightingale", "codeword", "[passage 0] staff secret"):
            for mode in (True, False):
                found = await look_up(retriever, encoder, text, broad=mode)
                assert {each.document_id for each in found.passages} <= {"cash", "cards", "nearby"}
                assert "nightingale" not in repr(found).lower()
        staff = await look_up(retriever, encoder, "Operation Nightingale", STAFF)
    assert {each.document_id for each in staff.passages} >= {"secret", "cash"}
    assert "old" not in {each.document_id for each in staff.passages}
    # The graph itself names it to anybody: it is the database that keeps them apart.
    [secret] = [each.id for each in staff.passages if each.document_id == "secret"]
    assert secret in names


async def test_where_nothing_is_about_the_question_the_graph_adds_nothing(documents, empty, build, local, encoder):
    await build()
    await local.started()
    async with opened(empty, local) as retriever:
        assert (await look_up(retriever, encoder, "Who won the football match?")).passages == []


async def test_where_no_place_is_left_the_graph_is_not_asked(documents, empty, local, encoder):
    async with opened(empty, local) as retriever:
        assert len((await look_up(retriever, encoder, limit=1)).passages) == 1
    assert local.condition == "idle"


async def test_answers_ask_the_graph_only_where_that_is_set(documents, empty, build, local, encoder):
    await build()
    await local.started()
    async with opened(empty, local) as retriever:
        assert not any(each.graph for each in (await look_up(retriever, encoder, broad=False)).passages)
    async with opened(empty, local, graph_for_answers=True) as retriever:
        assert any(each.graph for each in (await look_up(retriever, encoder, broad=False)).passages)


async def test_a_process_that_dies_is_started_again_and_one_that_is_closed_is_gone(empty, local, name):
    assert await name(ASKED) == []
    first = local.pid
    os.kill(first, signal.SIGKILL)
    await asyncio.wait({local._listening})
    assert local.condition == "idle"
    assert await name(ASKED) == []
    second = local.pid
    assert second != first
    await local.close()
    assert not psutil.pid_exists(second)


async def test_the_first_question_starts_it_and_does_not_wait(documents, empty, local, encoder):
    assert local.condition == "idle"
    async with opened(empty, local) as retriever:
        assert not (await look_up(retriever, encoder)).is_complete
    assert local.condition == "starting"
    await local.started()
    assert local.condition == "running"


async def test_it_sees_nothing_of_our_environment_but_its_database(empty, monkeypatch, local):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("POSTGRES_WORKSPACE", "all-in-one")
    await local.started()
    seen = psutil.Process(local.pid).environ()
    assert "OPENAI_API_KEY" not in seen
    assert "POSTGRES_WORKSPACE" not in seen
    assert seen["POSTGRES_USER"] == "tellergraph_graph"


async def test_it_refuses_to_put_all_knowledge_bases_into_one(empty):
    environment = postgres_environment(empty.graph_url) | {"POSTGRES_WORKSPACE": "all"}
    child = await Child.start("knowledge.graph.answering", environment)
    try:
        assert await child.receive() == {"ready": True}
        asked = {"id": 1, "kb": "small", "text": "fees", "high": [], "low": ["x"], "mode": "mix", "limit": 5}
        child.send(asked | {"vectors": {}})
        answer = await child.receive()
    finally:
        await child.stop()
    assert "POSTGRES_WORKSPACE is set" in answer["error"]


async def test_a_process_that_cannot_start_is_not_started_again_at_once(empty, encoder):
    graph = LocalGraph(empty.graph_url, encoder.encode, module="knowledge.graph.nowhere")
    with pytest.raises(Unavailable):
        await graph.started()
    assert graph.condition == "failing"
    with pytest.raises(NotReady):
        await graph.find(None)
    assert graph.condition == "failing"
    await graph.close()


async def test_a_database_that_is_away_is_a_failure_and_the_process_stays(empty, encoder):
    async def encode(texts):
        return encoder.encode(texts)

    graph = LocalGraph(with_database(empty.graph_url, "nowhere"), encode)
    await graph.started()
    (vector,) = encoder.encode([ASKED])
    with pytest.raises(Unavailable, match="LightRAG failed"):
        await graph.find(GraphQuestion("small", ASKED, vector, Keywords([], [ASKED])))
    assert graph.condition == "running"
    await graph.close()
