"""The chain of models: the first that starts to answer gives the whole answer."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from agent.models.chain import Link, ModelChain
from agent.models.reply import Reply
from core.errors import ProviderFailed

LONG = timedelta(seconds=20)
SHORT = timedelta(milliseconds=20)


class Model(BaseChatModel):
    """Says its pieces, then stops, fails or hangs."""

    pieces: Sequence[str] = ()
    then: Exception | asyncio.Event | None = None
    asked: list[dict[str, Any]]

    @property
    def _llm_type(self) -> str:
        return "model"

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs: Any):
        self.asked.append(kwargs)
        for piece in self.pieces:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        if isinstance(self.then, asyncio.Event):
            await self.then.wait()
        if isinstance(self.then, Exception):
            raise self.then
        done = AIMessageChunk(content="", response_metadata={"finish_reason": "stop"})
        yield ChatGenerationChunk(message=done)

    def _generate(self, messages, stop=None, run_manager=None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError


def model(*pieces: str, then: Exception | asyncio.Event | None = None) -> Model:
    return Model(pieces=pieces, then=then, asked=[])


async def ask(
    *models: Model, first: timedelta = LONG, idle: timedelta = LONG, on_text: Callable[[str], None] | None = None
) -> tuple[Reply | ProviderFailed, str]:
    """The reply or the failure, and what was said meanwhile."""
    said: list[str] = []

    async def say(text: str) -> None:
        said.append(text)
        if on_text:
            on_text(text)

    links = [Link(f"model {number}", each) for number, each in enumerate(models, start=1)]
    chain = ModelChain(links, first_token_timeout=first, idle_timeout=idle)
    try:
        return await chain.stream([HumanMessage("hi")], tools=[], on_text=say), "".join(said)
    except ProviderFailed as error:
        return error, "".join(said)


async def test_the_first_model_answers_and_no_other_is_asked():
    second = model("no")

    reply, said = await ask(model("Hello ", "there"), second)

    assert reply == Reply("Hello there", [], {}, "model 1")
    assert said == "Hello there"
    assert second.asked == []


async def test_a_model_that_fails_before_its_first_word_is_replaced():
    reply, said = await ask(model(then=ProviderFailed("down")), model(then=ProviderFailed("down")), model("Hello"))

    assert isinstance(reply, Reply)
    assert (reply.model, said) == ("model 3", "Hello")


async def test_a_model_that_fails_after_its_first_word_is_not():
    """Text that a customer has read cannot be taken back."""
    second = model("Other")

    failure, said = await ask(model("Hel", then=ProviderFailed("gone")), second)

    assert isinstance(failure, ProviderFailed)
    assert (failure.message, said) == ("gone", "Hel")
    assert second.asked == []


async def test_when_all_fail_the_last_failure_is_told():
    failure, said = await ask(model(then=ProviderFailed("one")), model(then=ProviderFailed("two")))

    assert (str(failure), said) == ("two", "")


async def test_a_model_that_says_nothing_in_time_is_replaced():
    reply, _ = await ask(model(then=asyncio.Event()), model("Hello"), first=SHORT)

    assert isinstance(reply, Reply)
    assert reply.model == "model 2"


async def test_a_model_that_falls_silent_has_failed():
    failure, said = await ask(model("Hel", then=asyncio.Event()), model("Other"), idle=SHORT)

    assert isinstance(failure, ProviderFailed)
    assert (failure.message, said) == ("The model gave nothing for 0.02 s.", "Hel")


async def test_a_model_that_says_nothing_at_all_is_replaced():
    reply, said = await ask(model(), model("Hello"))

    assert isinstance(reply, Reply)
    assert (reply.model, said) == ("model 2", "Hello")


async def test_a_fault_of_ours_is_no_reason_to_ask_another_model():
    second = model("Other")

    with pytest.raises(ZeroDivisionError):
        await ask(model("Hello"), second, on_text=lambda _: 1 // 0)

    assert second.asked == []
