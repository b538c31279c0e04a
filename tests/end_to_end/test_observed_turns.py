"""What a turn tells those who watch it: all nodes, tools, requests to models, retrievals and guards, once each and in
their places, through every door."""

from collections.abc import Generator
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from core.telemetry.observing import Kind, Observation, Plain, set_observers, told
from tests.talking import ALEX, Meet
from tests.waiting import eventually


@dataclass
class Seen:
    kind: Kind
    name: str
    parent: "Seen | None"
    observation: Observation
    has_ended: bool = False

    @property
    def facts(self) -> dict[str, Plain]:
        return told(self.observation.facts, texts=True)

    @property
    def error(self) -> str | None:
        return self.observation.error


@dataclass(eq=False)
class Watcher:
    seen: list[Seen] = field(default_factory=list)

    def begin(self, observation: Observation) -> Seen:
        above = next((seen for seen in self.seen if observation in seen.observation.inner), None)
        self.seen.append(Seen(observation.kind, observation.name, above, observation))
        return self.seen[-1]

    def end(self, observation: Observation, kept: Seen) -> None:
        assert kept.observation is observation
        assert not kept.has_ended
        kept.has_ended = True

    def of(self, kind: Kind) -> list[Seen]:
        return [seen for seen in self.seen if seen.kind is kind]


@pytest.fixture
def watcher() -> Generator[Watcher]:
    watcher = Watcher()
    set_observers(watcher)
    yield watcher
    set_observers()


def test_a_turn_is_told_with_everything_that_happened_in_it(shared_server: str, meet: Meet, watcher: Watcher) -> None:
    alex = meet(shared_server, ALEX)
    watcher.seen.clear()
    answer = alex.ask("what's my balance?")

    [turn] = watcher.of(Kind.TURN)
    assert eventually(lambda: turn.has_ended)
    assert turn.parent is None
    assert turn.error is None
    assert (
        turn.facts.items()
        >= {
            "door": "chat",
            "caller": "customer",
            "route": answer["route"],
            "intent": answer["intent"],
            "outcome": "done",
            "model": "offline",
            "question_text": "what's my balance?",
        }.items()
    )
    nodes = watcher.of(Kind.NODE)
    assert [node.name for node in nodes][:2] == ["screen", "understand"]
    assert [node.name for node in nodes][-2:] == ["verify", "remember"]
    assert all(node.parent is turn and node.has_ended and node.error is None for node in nodes)
    assert nodes[1].facts.items() >= {"route": answer["route"], "intent": answer["intent"]}.items()
    tool = next(seen for seen in watcher.of(Kind.TOOL) if seen.parent and seen.parent.name == "tools")
    assert ([tool.name], tool.facts["outcome"], tool.facts["door"]) == (answer["tool_calls"], "done", "chat")
    model = watcher.of(Kind.MODEL)[-1]
    assert model.parent
    assert model.parent.name == "answer"
    assert model.facts.items() >= {"model": "offline", "outcome": "answered"}.items()
    assert len(str(model.facts["prompt_digest"])) == 64
    assert watcher.of(Kind.GUARD)[-1].facts.items() >= {"fell_back": False}.items()


def test_sessions_and_people_are_told_by_pseudonyms(shared_server: str, meet: Meet, watcher: Watcher) -> None:
    alex = meet(shared_server, ALEX)
    for question in ("show my cards", "how do I freeze my card?"):
        alex.ask(question)
    visitor = meet(shared_server)
    visitor.ask("how do I freeze my card?")

    first, second, other = watcher.of(Kind.TURN)
    assert first.facts["session"] == second.facts["session"] != other.facts["session"]
    assert first.facts["customer"] == second.facts["customer"]
    assert "customer" not in other.facts
    assert other.facts["caller"] == "visitor"
    everything = repr([seen.facts for seen in watcher.seen])
    assert str(alex.session_id) not in everything
    assert str(UUID(visitor.session_id)) not in everything
    assert visitor.history()[-1]["turn_id"] not in everything


def test_a_retrieval_says_whether_its_answer_was_kept(shared_server: str, meet: Meet, watcher: Watcher) -> None:
    for _ in range(2):
        meet(shared_server).ask("what does a replacement card in Portugal cost, roughly?")

    first, second = watcher.of(Kind.RETRIEVAL)
    assert (first.name, first.facts["cached"], second.facts["cached"]) == ("help", False, True)
    assert first.facts["documents"] == second.facts["documents"]
    assert int(str(first.facts["passages"])) >= len(tuple(first.facts["documents"])) > 0  # type: ignore[arg-type]
    assert first.parent
    assert first.parent.name == "retrieve"


def test_a_tool_that_is_called_over_rest_is_told_too(shared_server: str, meet: Meet, watcher: Watcher) -> None:
    alex = meet(shared_server, ALEX)
    watcher.seen.clear()
    assert alex.http.get("/api/v1/cards").status_code == 200

    [tool] = watcher.of(Kind.TOOL)
    assert (tool.name, tool.facts["door"], tool.facts["outcome"], tool.error) == ("list_cards", "rest", "done", None)


def test_a_node_that_waits_for_the_customer_has_not_failed(server: str, meet: Meet, watcher: Watcher) -> None:
    asked = meet(server, ALEX).ask("send 20 pounds to Maria Lopez")

    assert asked["confirmation"]
    [confirm] = [seen for seen in watcher.of(Kind.NODE) if seen.name == "confirm"]
    assert (confirm.facts["outcome"], confirm.error) == ("waits", None)
    assert watcher.of(Kind.TURN)[0].facts["outcome"] == "waits"
