"""A reply is whole or it is a failure of the provider."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

from agent.models.reply import Reply, ReplyBuilder
from core.errors import ProviderFailed


def chunk(
    text: str = "", *, reason: str | None = None, call: tuple[str | None, str | None] | None = None, index: int = 0
):
    calls = [tool_call_chunk(name=call[0], args=call[1], id=call[0] and f"id_{call[0]}", index=index)] if call else []
    return AIMessageChunk(
        content=text, tool_call_chunks=calls, response_metadata={"finish_reason": reason} if reason else {}
    )


def built(*chunks: AIMessageChunk) -> Reply:
    builder = ReplyBuilder("model")
    for each in chunks:
        builder.add(each)
    return builder.build()


def test_text_and_usage_are_put_together():
    usage = AIMessageChunk(content="", usage_metadata={"input_tokens": 11, "output_tokens": 7, "total_tokens": 18})

    reply = built(chunk("Good "), chunk("morning", reason="stop"), usage)

    assert reply == Reply("Good morning", [], {"input_tokens": 11, "output_tokens": 7}, "model")


def test_calls_are_put_together_by_their_index():
    reply = built(
        chunk(call=("pay", ""), index=1),
        chunk(call=("look", '{"a"'), index=0),
        chunk(call=(None, "{}"), index=1),
        chunk(call=(None, ": 1}"), index=0),
        chunk(reason="tool_calls"),
    )

    assert reply.calls == [
        {"id": "id_look", "name": "look", "arguments": {"a": 1}},
        {"id": "id_pay", "name": "pay", "arguments": {}},
    ]


ARGUMENTS = '{"amount": "1000.00", "payee": "Maria Lopez"}'


@given(st.integers(0, len(ARGUMENTS) - 1))
def test_arguments_that_are_cut_off_are_never_completed(length):
    """LangChain would make a valid call of ``{"amount": "10``."""
    chunks = [chunk(call=("pay", ARGUMENTS[:length])), chunk(reason="tool_calls")]
    if length == 0:
        assert built(*chunks).calls[0]["arguments"] == {}  # some servers send nothing for no arguments
        return

    with pytest.raises(ProviderFailed, match="not valid JSON"):
        built(*chunks)


@pytest.mark.parametrize("arguments", ["[]", "1", '"x"', "null", "true"])
def test_arguments_that_are_no_object_are_refused(arguments):
    with pytest.raises(ProviderFailed, match="no arguments object"):
        built(chunk(call=("pay", arguments)), chunk(reason="tool_calls"))


def test_a_call_without_a_name_is_refused():
    with pytest.raises(ProviderFailed, match="no name"):
        built(chunk(call=(None, "{}")), chunk(reason="tool_calls"))


@pytest.mark.parametrize("reason", [None, "length", "content_filter", "error", "STOP", "unknown"])
@pytest.mark.parametrize("call", [None, ("pay", ARGUMENTS)])
def test_without_a_good_reason_to_stop_nothing_counts(reason, call):
    with pytest.raises(ProviderFailed, match="cut off"):
        built(chunk("Half an ans", call=call), chunk(reason=reason))


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_answer_is_a_failure(text):
    with pytest.raises(ProviderFailed, match="empty"):
        built(chunk(text, reason="stop"))
