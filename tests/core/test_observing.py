"""The seam of observations: who is told what, in which order, and that nobody who watches can disturb."""

import asyncio
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from core.telemetry.observing import Facts, Kind, Running, current_observation, observe, set_observers
from core.telemetry.seldom import Seldom


@dataclass
class Seen:
    kind: Kind
    name: str
    facts: dict[str, object]
    parent: str | None
    error: str | None = None
    ends: int = 0

    def note(self, facts: Facts) -> None:
        self.facts |= facts

    def end(self, error: str | None) -> None:
        self.error, self.ends = error, self.ends + 1


@dataclass(eq=False)
class Watcher:
    seen: list[Seen] = field(default_factory=list)

    def begin(self, kind: Kind, name: str, facts: Facts, parent: Running | None) -> Seen:
        above = parent.name if isinstance(parent, Seen) else None
        self.seen.append(Seen(kind, name, dict(facts), above))
        return self.seen[-1]


class Broken:
    def begin(self, kind: Kind, name: str, facts: Facts, parent: Running | None) -> Running:
        raise OSError("the collector is away")


@dataclass(eq=False)
class BreaksLater:
    def begin(self, kind: Kind, name: str, facts: Facts, parent: Running | None) -> Running:
        return self

    def note(self, facts: Facts) -> None:
        raise OSError

    def end(self, error: str | None) -> None:
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
    assert [(seen.name, seen.parent) for seen in watcher.seen] == [
        ("chat", None),
        ("tools", "chat"),
        ("list_cards", "tools"),
        ("list_accounts", "tools"),
    ]
    assert watcher.seen[0].facts == {"route": "banking"}
    assert watcher.seen[2].facts == {"outcome": "done"}
    assert all(seen.ends == 1 and seen.error is None for seen in watcher.seen)


def test_what_raises_failed_by_its_class_and_raises_on(watcher: Watcher) -> None:
    with pytest.raises(ValueError, match="GB33"), observe(Kind.TURN, "chat"), observe(Kind.TOOL, "pay"):
        raise ValueError("no such payee: GB33BUKB20201555555555")
    assert [seen.error for seen in watcher.seen] == ["ValueError", "ValueError"]
    assert "GB33" not in repr(watcher.seen)


def test_what_is_ended_before_an_exception_did_not_fail(watcher: Watcher) -> None:
    with suppress(KeyError), observe(Kind.NODE, "confirm") as node:
        node.end()
        raise KeyError
    assert (watcher.seen[0].error, watcher.seen[0].ends) == (None, 1)


async def test_tasks_beside_one_another_keep_their_own_parents(watcher: Watcher) -> None:
    both = asyncio.Barrier(2)

    async def turn(name: str) -> None:
        with observe(Kind.TURN, name):
            await both.wait()
            with observe(Kind.TOOL, f"tool of {name}"):
                await both.wait()

    await asyncio.gather(turn("one"), turn("two"))
    assert {(seen.name, seen.parent) for seen in watcher.seen if seen.kind is Kind.TOOL} == {
        ("tool of one", "one"),
        ("tool of two", "two"),
    }


async def test_a_task_begun_inside_something_belongs_to_it(watcher: Watcher) -> None:
    async def work() -> None:
        with observe(Kind.TOOL, "work"):
            current_observation().note(count=3)

    with observe(Kind.TURN, "chat"):
        await asyncio.create_task(work())
    assert watcher.seen[1].parent == "chat"
    assert watcher.seen[1].facts == {"count": 3}


def test_an_observer_that_fails_disturbs_neither_the_work_nor_the_others() -> None:
    watcher = Watcher()
    set_observers(Broken(), BreaksLater(), watcher)
    try:
        with observe(Kind.TURN, "chat") as turn:
            turn.note(route="banking")
    finally:
        set_observers()
    assert [(seen.name, seen.facts, seen.ends) for seen in watcher.seen] == [("chat", {"route": "banking"}, 1)]


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
