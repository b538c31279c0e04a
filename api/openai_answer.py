"""An answer in the OpenAI protocol, put together from a turn's events: one object, or the chunks of a stream."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
from sse_starlette import ServerSentEvent

from agent.event_log import LoggedEvent
from agent.events import Citation, ConfirmationNeeded, Done, Failed, Token
from agent.service import Started
from api.openai_errors import error_object
from api.openai_schema import MODEL, ChatCompletion, Choice, SaidByUs, Usage
from api.sse import closing
from core.clock import BANK_TIME_ZONE
from core.errors import class_of
from core.version import VERSION

_CHARACTERS_PER_TOKEN = 4
"""The rule of thumb: the models behind this door have no tokenizer in common."""


class Cut:
    """Ends a text that comes in pieces before the first word that begins beyond ``limit`` tokens; None: never. Words
    stay whole, so that no amount loses its end."""

    def __init__(self, limit: int | None) -> None:
        self._most = None if limit is None else limit * _CHARACTERS_PER_TOKEN
        self._length = 0
        self._in_word = False
        self.reached = False

    def take(self, text: str) -> str:
        """What of the next piece may be said."""
        if self._most is None:
            return text
        for position, character in enumerate(text):
            begins = not character.isspace() and not self._in_word
            self.reached = self.reached or (begins and self._length >= self._most)
            if self.reached:
                return text[:position]
            self._length += 1
            self._in_word = not character.isspace()
        return text


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an answer before it is there."""

    started: Started
    created: datetime
    base_url: str
    """Of this server, as the client calls it."""
    limit: int | None
    """Tokens."""
    without_effect: list[str]

    @property
    def metadata(self) -> dict[str, str]:
        known = {"session_id": str(self.started.session_id), "turn_id": str(self.started.turn_id)}
        return known | ({"without_effect": ", ".join(self.without_effect)} if self.without_effect else {})


@dataclass(slots=True)
class Answer:
    """Grows by ``add``; ``finish`` puts below what OpenAI's clients have no place for."""

    about: About
    text: str = ""
    cut: Cut = field(init=False)

    def __post_init__(self) -> None:
        self.cut = Cut(self.about.limit)

    def add(self, text: str) -> str:
        """What of it is said."""
        said = self.cut.take(text)
        self.text += said
        return said

    def finish(self, done: Done) -> str:
        """Sources, and where to confirm: that is said whole, however short the answer had to be."""
        said = self.cut.take(_sources(done.citations, self.about.base_url))
        said += _notice(done.confirmation) if done.confirmation else ""
        self.text += said
        return said

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        return "length" if self.cut.reached else "stop"

    def whole(self, done: Done) -> ChatCompletion:
        self.add(done.answer)
        self.finish(done)
        return ChatCompletion(
            **self._head(),
            choices=[Choice(message=SaidByUs(content=self.text), finish_reason=self.finish_reason)],
            usage=_usage(done),
            metadata=self.metadata(done),
        )

    def metadata(self, done: Done) -> dict[str, str]:
        proposed = {"operation_id": done.confirmation.operation_id} if done.confirmation else {}
        return self.about.metadata | {"model_version": f"{done.model}/{VERSION}"} | proposed

    def chunk(self, **more: Any) -> ServerSentEvent:
        return _frame({**self._head(), "object": "chat.completion.chunk", **more})

    def _head(self) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.about.started.turn_id.hex}",
            "created": int(self.about.created.timestamp()),
            "model": MODEL,
            "system_fingerprint": f"tellergraph-{VERSION}",
        }


async def chunks(
    events: AsyncIterator[LoggedEvent],
    about: About,
    *,
    include_usage: bool,
    on_answer: Callable[[str], Awaitable[None]],
) -> AsyncGenerator[ServerSentEvent]:
    """The frames of a stream. It ends with ``[DONE]``, or with an error object.

    Args:
        on_answer: is told the whole text before the client can know that it has it.
    """
    answer = Answer(about)
    no_usage: dict[str, Any] = {"usage": None} if include_usage else {}
    yield answer.chunk(choices=[_choice({"role": "assistant", "content": ""})], metadata=about.metadata, **no_usage)
    async with closing(events) as open_events:
        async for event in open_events:
            if event.name == Token.event:
                if said := answer.add(orjson.loads(event.data)["text"]):
                    yield answer.chunk(choices=[_choice({"content": said})], **no_usage)
            elif event.name == Failed.event:
                yield _frame(_failure(Failed.model_validate_json(event.data)))
            elif event.name == Done.event:
                done = Done.model_validate_json(event.data)
                if said := answer.finish(done):
                    yield answer.chunk(choices=[_choice({"content": said})], **no_usage)
                await on_answer(answer.text)
                last = _choice({}, answer.finish_reason)
                yield answer.chunk(choices=[last], metadata=answer.metadata(done), **no_usage)
                if include_usage:
                    yield answer.chunk(choices=[], usage=_usage(done).model_dump())
                yield ServerSentEvent("[DONE]", sep="\n")


def _choice(delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _frame(content: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(orjson.dumps(content).decode(), sep="\n")


def _failure(failed: Failed) -> dict[str, Any]:
    return error_object(class_of(failed.code).status, failed.code, failed.message)


def _usage(done: Done) -> Usage:
    asked, answered = done.usage.get("input_tokens", 0), done.usage.get("output_tokens", 0)
    return Usage(prompt_tokens=asked, completion_tokens=answered, total_tokens=asked + answered)


def _sources(citations: list[Citation], base_url: str) -> str:
    if not citations:
        return ""
    return "\n\nSources:\n\n" + "\n".join(f"- [{each.n}] {each.title}: {base_url}{each.url}" for each in citations)


def _notice(proposed: ConfirmationNeeded) -> str:
    until = datetime.fromisoformat(proposed.expires_at).astimezone(BANK_TIME_ZONE)
    code = " A code is asked for there; never write it here." if proposed.step_up else ""
    return (
        f"\n\nNothing that is said here confirms it. Confirm it in the app, or with "
        f"`POST /api/v1/operations/{proposed.operation_id}/confirm`, until {until:%H:%M %Z}.{code}\n\n"
        f"Operation `{proposed.operation_id}`: {proposed.summary}"
    )
