"""The graph never holds an answer up, and is left alone when it fails."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest

from core.errors import Unavailable
from knowledge.graph.breaker import CircuitBreaker
from knowledge.graph.graph import Answer, Graph
from knowledge.graph.shapes import Keywords
from knowledge.graph.source import GraphQuestion, Named, NotReady

QUESTION = GraphQuestion("help", "fees?", np.zeros(384, dtype=np.float32), Keywords([], []))
FOUND = [Named(passage="a")]


class Source:
    """Answers in turn what it was given: a list, an error, or nothing ever."""

    condition = "running"

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def find(self, question):
        self.asked += 1
        answer = self.answers.pop(0)
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def guarded(source: Source, time: Time, *, deadline: timedelta = timedelta(seconds=10)) -> Graph:
    return Graph(source, deadline, CircuitBreaker(failures=2, pause=timedelta(seconds=30), clock=time))


async def test_what_is_late_is_left_out_and_health_says_so(time):
    graph = guarded(Source(None, FOUND), time, deadline=timedelta(milliseconds=1))
    assert await graph.ask(QUESTION) == Answer(is_complete=False)
    assert graph.condition == "late"
    assert await graph.ask(QUESTION) == Answer(FOUND)
    assert graph.condition == "running"


async def test_what_fails_is_left_alone_for_a_while_and_then_tried_once(time):
    source = Source(Unavailable("down"), Unavailable("down"), Unavailable("still down"), FOUND)
    graph = guarded(source, time)
    assert [(await graph.ask(QUESTION)).is_complete for _ in range(5)] == [False, False, True, True, True]
    assert (source.asked, graph.condition) == (2, "failing")

    time.now = 30
    assert [(await graph.ask(QUESTION)).named for _ in range(3)] == [(), (), ()]
    assert source.asked == 3

    time.now = 60
    assert await graph.ask(QUESTION) == Answer(FOUND)
    assert graph.condition == "running"


async def test_a_graph_that_is_starting_has_not_failed(time):
    source = Source(*[NotReady("starting")] * 5, FOUND)
    graph = guarded(source, time)
    assert [(await graph.ask(QUESTION)).is_complete for _ in range(5)] == [False] * 5
    assert await graph.ask(QUESTION) == Answer(FOUND)
