"""What is sent together, when, and what becomes of what does not fit or cannot be sent."""

from threading import Event

import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from core.telemetry.batches import Batches
from core.telemetry.tracing import Tracing

LONG = 600.0
"""Seconds that no test waits for."""


class Collector:
    """Takes a batch where its gate is open."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.asked, self.gate = Event(), Event()
        self.gate.set()

    def send(self, batch: list[int]) -> None:
        self.asked.set()
        self.gate.wait(LONG)
        if 13 in batch:
            raise OSError("the collector is away")
        self.batches.append(batch)


def test_what_is_enough_for_a_batch_goes_at_once_and_the_rest_at_the_end() -> None:
    collector = Collector()
    batches = Batches(collector.send, "test", size=3, waiting=10, pause=LONG)
    for number in range(4):
        batches.put(number)
    assert collector.asked.wait(LONG)
    assert batches.end()
    assert collector.batches == [[0, 1, 2], [3]]


def test_what_is_not_enough_goes_after_a_pause() -> None:
    collector = Collector()
    batches = Batches(collector.send, "test", size=3, waiting=10, pause=0.01)
    batches.put(1)
    assert collector.asked.wait(LONG)
    batches.end()
    assert collector.batches == [[1]]


def test_a_collector_that_is_slow_holds_nobody_and_the_oldest_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[None] = []
    monkeypatch.setattr("core.telemetry.batches._lost.warn", lambda: lost.append(None))
    collector = Collector()
    collector.gate.clear()
    batches = Batches(collector.send, "test", size=1, waiting=2, pause=LONG)
    batches.put(0)
    assert collector.asked.wait(LONG)
    for number in range(1, 5):
        batches.put(number)
    assert not batches.end(patience=0)
    collector.gate.set()
    assert batches.end()
    assert collector.batches == [[0], [3], [4]]
    assert len(lost) == 2, "the log tells of it"


def test_a_batch_that_cannot_be_sent_is_lost_and_the_next_is_sent() -> None:
    collector = Collector()
    batches = Batches(collector.send, "test", size=1, waiting=9, pause=LONG)
    for number in (13, 14):
        batches.put(number)
    assert batches.end()
    assert collector.batches == [[14]]


@pytest.mark.parametrize(
    "name", ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_SCHEDULE_DELAY"]
)
@pytest.mark.parametrize("value", ["soon", "0", "-5", "1.5"])
def test_a_rhythm_that_is_none_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} has to be a whole number above 0"):
        Tracing(Settings(_env_file=None))  # pyright: ignore[reportCallIssue]
