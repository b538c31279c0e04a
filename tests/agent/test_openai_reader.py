"""Our reader of the OpenAI streaming protocol, fed with bytes as networks cut them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage
from pydantic import SecretStr

import agent.models.openai_compatible
from agent.models.chain import Link, ModelChain
from agent.models.openai_compatible import OpenAICompatibleChat
from agent.models.reply import Reply
from core.errors import ProviderFailed

TOOLS = [{"type": "function", "function": {"name": "pay", "description": "", "parameters": {}}}]


@pytest.fixture(autouse=True, scope="module")
def no_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent.models.openai_compatible, "_PACE", 0)
        yield


class Response:
    """A body in given blocks; an exception among them breaks the connection."""

    def __init__(self, status: int, blocks: Sequence[bytes | Exception]) -> None:
        self.status = status
        self.content = self
        self._blocks = [block for block in blocks if block != b""]

    async def readany(self) -> bytes:
        block = self._blocks.pop(0) if self._blocks else b""
        if isinstance(block, Exception):
            raise block
        return block


class Session:
    """Stands for aiohttp's, as far as the reader uses it."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self.requests: list[tuple[str, bytes, dict[str, str]]] = []

    @asynccontextmanager
    async def post(self, url: str, *, data: bytes, headers: dict[str, str]) -> AsyncIterator[Response]:
        self.requests.append((url, data, headers))
        yield self._response


def event(delta: dict[str, Any] | None = None, reason: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return (
        b"data: " + orjson.dumps({"id": "x", "object": "chat.completion.chunk", "choices": choices, **more}) + b"\n\n"
    )


def call(arguments: str | None = None, name: str | None = None) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "id": name and "call_9", "function": {"name": name, "arguments": arguments}}]}


USAGE = event(usage={"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18})
DONE = b"data: [DONE]\n\n"
ANSWER = b"".join(
    [
        b": a comment\n\n",
        event({"role": "assistant", "content": ""}),
        event({"content": "Grüße, "}),
        event({"content": "you have £2,480.15 😀\n\nBye."}),
        event({}, "stop"),
        USAGE,
        DONE,
    ]
)
CALL = b"".join(
    [
        event({"role": "assistant", "content": None}),
        event(call("", "pay")),
        event(call('{"amount": "10')),
        event(call('00.00", "payee": "Zoë"}')),
        event({}, "tool_calls"),
        USAGE,
        DONE,
    ]
)
USED = {"input_tokens": 11, "output_tokens": 7}
REPLY = Reply("Grüße, you have £2,480.15 😀\n\nBye.", [], USED, "openai")
CALL_REPLY = Reply(
    "", [{"id": "call_9", "name": "pay", "arguments": {"amount": "1000.00", "payee": "Zoë"}}], USED, "openai"
)


async def ask(*blocks: bytes | Exception, status: int = 200) -> Reply:
    return await ask_through(Session(Response(status, blocks)))


async def ask_through(session: Session) -> Reply:
    async def say(text: str) -> None:
        assert text

    chat = OpenAICompatibleChat.model_construct(
        model="m", base_url="http://model.test/v1/", api_key=SecretStr("k3y"), client=session
    )
    long = timedelta(seconds=20)
    chain = ModelChain([Link("openai", chat)], first_token_timeout=long, idle_timeout=long)
    return await chain.stream([HumanMessage("hi")], tools=TOOLS, on_text=say)


@pytest.mark.parametrize(("stream", "reply"), [(ANSWER, REPLY), (CALL, CALL_REPLY)])
async def test_a_whole_stream_is_a_reply(stream, reply):
    assert await ask(stream) == reply
    assert await ask(stream.replace(b"\n", b"\r\n")) == reply
    assert await ask(stream.replace(b"data: ", b"data:")) == reply


@settings(deadline=None)
@given(st.sampled_from([(ANSWER, REPLY), (CALL, CALL_REPLY)]), st.data())
async def test_however_the_bytes_are_cut_the_reply_is_the_same(case, data):
    stream, reply = case
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))

    assert await ask(*(stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True))) == reply


async def test_byte_by_byte():
    assert await ask(*(bytes([byte]) for byte in CALL)) == CALL_REPLY


@settings(deadline=None)
@given(st.sampled_from([ANSWER, CALL]), st.data())
async def test_a_stream_that_ends_early_is_never_a_reply(stream, data):
    """Up to the finish reason; what comes after it is only usage."""
    end = data.draw(st.integers(0, stream.index(b'"finish_reason":"') + 10))

    with pytest.raises(ProviderFailed):
        await ask(stream[:end])


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([event({"content": "Hel"}), aiohttp.ClientPayloadError("reset")], "cannot be reached"),
        ([aiohttp.ServerDisconnectedError()], "cannot be reached"),
        ([ConnectionRefusedError("refused")], "cannot be reached"),
        ([event({"content": "Hel"}), aiohttp.SocketTimeoutError("slow")], "too slow"),
        ([event({"content": "Hel"}), TimeoutError()], "too slow"),
        ([event({"content": "Hel"}), b'data: {"error": {"message": "s3cret overload"}}\n\n'], "error in mid-stream"),
        ([b"data: {not json\n\n"], "not a completion"),
        ([b'data: {"choices": 3}\n\n'], "not a completion"),
        ([b"data: \xff\xfe\n\n"], "not a completion"),
        ([event({}, "stop"), DONE], "empty answer"),
        ([event({"content": "Hel"}, "length"), DONE], "cut off"),
        ([event({"content": "Hel"}), DONE], "cut off"),
        ([event(call('{"amount": "10', "pay")), event({}, "tool_calls"), DONE], "not valid JSON"),
        # Nothing that could be read at all.
        ([DONE], "cut off"),
        ([], "cut off"),
        ([b"<html>502 Bad Gateway</html>"], "cut off"),
    ],
)
async def test_what_goes_wrong_is_a_failure_of_the_provider(blocks, message):
    with pytest.raises(ProviderFailed, match=message) as failed:
        await ask(*blocks)

    assert "s3cret" not in failed.value.message
    assert "k3y" not in failed.value.message


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_an_http_error_is_a_failure_of_the_provider(status):
    with pytest.raises(ProviderFailed, match=f"answered {status}"):
        await ask(b'{"error": {"message": "no"}}', status=status)


async def test_what_is_sent():
    session = Session(Response(200, [ANSWER]))

    await ask_through(session)

    [(url, body, headers)] = session.requests
    assert url == "http://model.test/v1/chat/completions"
    assert headers["Authorization"] == "Bearer k3y"
    assert orjson.loads(body) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": TOOLS,
    }
