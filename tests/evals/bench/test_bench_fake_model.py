"""The fake model speaks the protocol that real clients read."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from openai import AsyncOpenAI

from evals.bench.client import Connection, Target
from evals.bench.fake_model import TOKENS, USAGE, FakeModel

QUESTION = [{"role": "user", "content": "How do I change my PIN?"}]
TOOL = {"type": "function", "function": {"name": "get_balance", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    server = await asyncio.start_server(FakeModel().serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def client(port: int) -> AsyncGenerator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0) as client:
        yield client


async def test_it_streams_64_tokens_a_finish_reason_and_the_usage(client: AsyncOpenAI):
    stream = await client.chat.completions.create(
        model="fake", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    tokens = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert tokens == list(TOKENS)
    assert len(tokens) == 64
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]][-2:] == [None, "stop"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 64


async def test_usage_is_streamed_only_on_request(client: AsyncOpenAI):
    stream = await client.chat.completions.create(model="fake", messages=QUESTION, stream=True)
    assert all(chunk.usage is None for chunk in [chunk async for chunk in stream])


async def test_offered_tools_it_answers_in_words(client: AsyncOpenAI):
    completion = await client.chat.completions.create(model="fake", messages=QUESTION, tools=[TOOL])
    choice = completion.choices[0]
    assert (choice.message.content, choice.message.tool_calls) == ("".join(TOKENS), None)
    assert choice.finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.total_tokens == USAGE["total_tokens"]


async def test_one_connection_carries_many_questions_and_their_sizes(port: int):
    connection = Connection(Target(port, "/v1/chat/completions", {}, begins=r'"content":"Y', ends=r"data: \[DONE\]"))
    turns = [await connection.ask(b'{"stream": true}') for _ in range(2)]
    connection.close()
    assert [turn.error for turn in turns] == [None, None]
    assert turns[0].size == turns[1].size
    assert all(turn.first_token_s is not None and turn.first_token_s < turn.total_s for turn in turns)


async def test_an_answer_that_does_not_end_well_is_an_error(port: int):
    connection = Connection(Target(port, "/elsewhere", {}, begins="token", ends="done"))
    turn = await connection.ask(b"{}")
    connection.close()
    assert turn.error is not None
    assert turn.error.startswith("404: ")
    assert turn.first_token_s is None


async def test_a_closed_port_is_an_error_not_an_exception():
    turn = await Connection(Target(1, "/", {}, begins="token", ends="done")).ask(b"{}")
    assert turn.error is not None
    assert "ConnectionRefusedError" in turn.error
