"""Traces and scores of this process for Langfuse; nothing where it is not configured."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agent.langfuse.known import details_of
from agent.langfuse.observer import LangfuseObserver
from agent.langfuse.scores import feedback_of
from core.settings import Settings
from core.telemetry.observing import Facts, Observation, Observer

if TYPE_CHECKING:
    from agent.langfuse.client import Connection


def is_configured(settings: Settings) -> bool:
    return settings.langfuse_base_url is not None and settings.langfuse_tracing == "on"


@asynccontextmanager
async def tracing(settings: Settings) -> AsyncGenerator[Observer | None]:
    """The observer to set; None where Langfuse is off."""
    if not is_configured(settings):
        yield None
        return
    from agent.langfuse.client import connected  # noqa: PLC0415 - a heavy library that most do without

    async with connected(settings) as connection:
        yield LangfuseObserver(Traces(connection))


class Traces:
    """What becomes of a turn that is over, and of a judgement. A turn's pseudonym is the id of its trace."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    def wants(self, trace_id: str) -> bool:
        return self._connection.is_sampled(trace_id)

    def take(self, turn: Observation) -> None:
        self._connection.take(turn, str(turn.facts["turn"]), lambda: details_of(turn))

    def judge(self, facts: Facts) -> None:
        """A turn's feedback, whenever it comes."""
        self._connection.score(str(facts["turn"]), feedback_of(facts))
