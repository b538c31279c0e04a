"""Hands a turn to Langfuse when it is over, with all that was observed in it (core/telemetry/observing.py): until then
nothing is computed for it, and what the bank knows of the customer, which masking needs, is known by then.

What happens outside of a turn, such as a tool that is called over REST, is no part of a conversation and not sent.
"""

from typing import Protocol

from core.telemetry.observing import Facts, Kind, Observation


class Taker(Protocol):
    """What becomes of it."""

    def wants(self, trace_id: str) -> bool:
        """Whether the turn is one of the sample."""
        ...

    def take(self, turn: Observation) -> None:
        """A turn is over."""
        ...

    def judge(self, facts: Facts) -> None:
        """Somebody said what they thought of a turn."""
        ...


class LangfuseObserver:
    def __init__(self, taker: Taker) -> None:
        self._taker = taker

    def begin(self, observation: Observation) -> None:
        if observation.kind is Kind.FEEDBACK:
            self._taker.judge(observation.facts)

    def end(self, observation: Observation, kept: None) -> None:  # noqa: ARG002
        if observation.kind is Kind.TURN and self._taker.wants(str(observation.facts["turn"])):
            self._taker.take(observation)
