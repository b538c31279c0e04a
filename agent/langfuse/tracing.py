"""Traces and scores of this process for Langfuse; nothing where it is not configured."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agent.langfuse.known import known_of
from agent.langfuse.observer import LangfuseObserver, Record
from agent.langfuse.scores import feedback_of, scores_of
from core.settings import Settings
from core.telemetry.observing import Facts, Observer
from core.telemetry.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from agent.langfuse.client import Connection


def is_configured(settings: Settings) -> bool:
    return settings.langfuse_base_url is not None and settings.langfuse_tracing == "on"


@asynccontextmanager
async def tracing(settings: Settings, pseudonyms: Pseudonyms) -> AsyncGenerator[Observer | None]:
    """The observer to set; None where Langfuse is off."""
    if not is_configured(settings):
        yield None
        return
    from agent.langfuse.client import connected  # noqa: PLC0415 - a heavy library that most do without

    async with connected(settings) as connection:
        yield LangfuseObserver(Traces(connection, pseudonyms))


class Traces:
    """What becomes of a turn that is over, and of a judgement."""

    def __init__(self, connection: "Connection", pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms

    def wants(self, turn_id: str) -> bool:
        return self._connection.is_sampled(self._pseudonyms.trace_id(turn_id))

    def take(self, turn: Record) -> None:
        trace_id = self._pseudonyms.trace_id(str(turn.facts["turn_id"]))
        self._connection.take(turn, trace_id, lambda: known_of(turn))
        for score in scores_of(turn):
            self._connection.score(trace_id, score)

    def judge(self, facts: Facts) -> None:
        """A turn's feedback, whenever it comes."""
        self._connection.score(self._pseudonyms.trace_id(str(facts["turn_id"])), feedback_of(facts))
