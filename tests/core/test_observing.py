"""The seam of observations: who is told what, in which order, and that nobody who watches can disturb."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from core.telemetry.observing import Facts, Kind, Observation, current_observation, observe, set_observers, told
from core.telemetry.seldom import Seldom


@dataclass(eq=False)
class Watcher:
    seen: list[Observation] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def begin(self, observation: Observation) -> str:
        self.seen.append(observation)
        return f"kept of {observation.name}"

    def end(self, observation: Observation, kept: str) -> None:
        assert kept == f"kept of {observation.name}"
        self.ended.append(observation.name)

    def parent_of(self, name: str) -> str | None:
        above = (seen.name for seen in self.seen if name in [inner.name for inner in seen.inner])
        return next(above, None)


class Broken:
    def begin(self, observation: Observation) -> None:
        raise OSError("the collector is away")

    def end(self, observation: Observation, kept: None) -> None:
        raise AssertionError("it knows nothing of it")


class BreaksLater:
    def begin(self, observation: Observation) -> None:
        pass

    def end(self, observation: Observation, kept: None) -> None:
        raise OSError


@pytest.fixture
def watcher() -> Generator[Watcher]:
    watcher = Watcher()
    set_observers(watcher)
    yield watcher
    set_observers()


def test_what_happens_inside_something_has_it_as_its_parent(watcher: Watcher) -> None:
    with observe(Kind.TURN, "chat", route="banking"), observe(Kind.NODE, "tools"):
        with observe(Kind.TOOL, "list_cards") as tool:
            tool.note(outcome="done")
        with observe(Kind.TOOL, "list_accounts"):
            pass
    assert [(seen.name, watcher.parent_of(seen.name)) for seen in watcher.seen] == [
        ("chat", None),
        ("tools", "chat"),
        ("list_cards", "tools"),
        ("list_accounts", "tools"),
    ]
    assert watcher.seen[0].facts == {"route": "banking"}
    assert watcher.seen[2].facts == {"outcome": "done"}
    assert watcher.ended == ["list_cards", "list_accounts", "tools", "chat"]
    assert all(seen.began <= seen.ended and seen.error is None for seen in watcher.seen)


def test_what_raises_failed_by_its_class_and_raises_on(watcher: Watcher) -> None:
    with pytest.raises(ValueError, match="GB33"), observe(Kind.TURN, "chat"), observe(Kind.TOOL, "pay"):
        raise ValueError("no such payee: GB33BUKB20201555555555")
    assert [seen.error for seen in watcher.seen] == ["ValueError", "ValueError"]
    assert "GB33" not in repr([seen.facts for seen in watcher.seen])


def test_what_is_ended_before_an_exception_did_not_fail(watcher: Watcher) -> None:
    with suppress(KeyError), observe(Kind.NODE, "confirm") as node:
        node.end()
        raise KeyError
    assert (watcher.seen[0].error, watcher.ended) == (None, ["confirm"])


async def test_tasks_beside_one_another_keep_their_own_parents(watcher: Watcher) -> None:
    both = asyncio.Barrier(2)

    async def turn(name: str) -> None:
        with observe(Kind.TURN, name):
            await both.wait()
            with observe(Kind.TOOL, f"tool of {name}"):
                await both.wait()

    await asyncio.gather(turn("one"), turn("two"))
    assert {(seen.name, watcher.parent_of(seen.name)) for seen in watcher.seen if seen.kind is Kind.TOOL} == {
        ("tool of one", "one"),
        ("tool of two", "two"),
    }


async def test_a_task_begun_inside_something_belongs_to_it(watcher: Watcher) -> None:
    async def work() -> None:
        with observe(Kind.TOOL, "work"):
            current_observation().note(count=3)

    with observe(Kind.TURN, "chat"):
        await asyncio.create_task(work())
    assert watcher.parent_of("work") == "chat"
    assert watcher.seen[1].facts == {"count": 3}


async def test_what_goes_on_after_something_ended_is_no_part_of_it(watcher: Watcher) -> None:
    """A task that outlives the turn that began it keeps none of what it does alive in there."""
    go_on = asyncio.Event()

    async def work() -> None:
        await go_on.wait()
        current_observation().note(route="banking")
        with observe(Kind.TOOL, "work"):
            pass

    with observe(Kind.TURN, "chat"):
        task = asyncio.create_task(work())
    go_on.set()
    await task
    assert [(seen.name, seen.inner, seen.facts) for seen in watcher.seen] == [("chat", [], {}), ("work", [], {})]


def test_a_fact_that_is_a_function_is_asked_once_and_a_text_only_where_it_is_wanted() -> None:
    asked: list[str] = []

    def told_by(name: str) -> Callable[[], str]:
        return lambda: asked.append(name) or name

    facts: Facts = {"digest": told_by("digest"), "said_text": told_by("said"), "nothing": None}
    assert told(facts) == told(facts) == {"digest": "digest"}
    assert told(facts, texts=True) == {"digest": "digest", "said_text": "said"}
    assert asked == ["digest", "said"]


def test_an_observer_that_fails_disturbs_neither_the_work_nor_the_others() -> None:
    watcher = Watcher()
    set_observers(Broken(), BreaksLater(), watcher)
    try:
        with observe(Kind.TURN, "chat") as turn:
            turn.note(route="banking")
    finally:
        set_observers()
    assert [(seen.name, seen.facts) for seen in watcher.seen] == [("chat", {"route": "banking"})]
    assert watcher.ended == ["chat"]


def test_with_nobody_watching_there_is_one_object_that_does_nothing() -> None:
    def text() -> str:
        raise AssertionError("nobody wants it")

    with observe(Kind.TURN, "chat", question_text=text) as turn, observe(Kind.TOOL, "pay") as tool:
        tool.note(answer_text=text)
        assert turn is tool is current_observation()


def test_what_fails_with_every_turn_is_told_once_a_minute_with_how_often() -> None:
    seconds = 100.0
    away = Seldom("collector_away", now=lambda: seconds)
    with capture_logs() as lines:
        for _ in range(5):
            away.warn(error="OSError")
        seconds += 61
        away.warn(error="OSError")
    # Servers of other tests are threads of the same process, and log as well.
    assert [line["times"] for line in lines if line["event"] == "collector_away"] == [1, 5]
