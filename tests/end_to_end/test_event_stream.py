"""The events of a turn on the wire. Issue 2, part 9."""

import socket
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import psycopg
import pytest
import redis

from core.services import Services
from tests.scripted_model import Finish, Gate, ScriptedModel, Text, says
from tests.talking import ALEX, BLAIR, Event, Meet, names, texts
from tests.waiting import eventually

from .conftest import Records, Serve

ENDINGS = {"done", "error"}
QUESTION = "How do I activate my new card?"
KIBIBYTE = 1024


def check(events: list[Event]) -> None:
    """What holds for every stream: dense ids from 1, and one ending, the last."""
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert [event.name in ENDINGS for event in events] == [False] * (len(events) - 1) + [True]


@pytest.mark.parametrize(
    ("message", "sequence"),
    [
        ("hi", ["turn", "route", "token", "done"]),
        ("what's my balance?", ["turn", "route", "tool_call", "tool_result", "token", "done"]),
        ("freeze my card ending 4821", ["turn", "route", "tool_call", "tool_result", "token", "confirm", "done"]),
    ],
)
def test_each_kind_of_turn_has_its_sequence(server: str, meet: Meet, message: str, sequence: list[str]) -> None:
    events = meet(server, ALEX).hear(message)
    check(events)
    # How many tokens travel together depends on time alone.
    assert list(dict.fromkeys(names(events))) == sequence
    assert texts(events) == events[-1].content["answer"]


def test_a_knowledge_turn_cites_after_its_words(shared_server: str, meet: Meet) -> None:
    events = meet(shared_server).hear(QUESTION)
    check(events)
    assert list(dict.fromkeys(names(events))) == ["turn", "route", "token", "citation", "done"]
    assert [event.content for event in events if event.name == "citation"] == events[-1].content["citations"]


@pytest.mark.parametrize("message", [QUESTION, "hi", "What are your fees?", "How do I order a physical card?"])
def test_an_answer_is_at_most_8_kib_on_the_wire(shared_server: str, message: str) -> None:
    """Headers, chunk sizes and all."""
    address = urlsplit(shared_server)
    body = orjson.dumps({"message": message})
    head = (
        f"POST /api/v1/chat/stream HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        wire = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"event: done" in wire
    assert len(wire) <= 8 * KIBIBYTE


def test_a_silent_stream_carries_pings(
    model_server: str, model: ScriptedModel, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.sse.PING_SECONDS", 0.05)
    gate = Gate()
    model.will([gate, *says("Here you are.")])
    alex = meet(model_server, ALEX)
    frames: list[bytes] = []
    with alex.http.stream("POST", "/api/v1/chat/stream", json=alex.body(QUESTION)) as response:
        for block in response.iter_raw():
            frames += [frame for frame in block.split(b"\n\n") if frame]
            if any(frame.startswith(b":") for frame in frames):
                gate.open()
    comments = {frame.rpartition(b" - ")[0] or frame for frame in frames if frame.startswith(b":")}
    assert comments == {b": ping"}
    assert frames[-1].startswith(b"id: ")


def test_a_reader_who_comes_back_gets_the_rest_once_and_byte_for_byte(
    serve: Serve, fresh: Services, model: ScriptedModel, meet: Meet
) -> None:
    here, elsewhere = serve(llm="offline"), serve(llm="offline")
    alex = meet(here, ALEX)
    events = alex.hear("freeze my card ending 4821")
    turn_id = events[0].content["turn_id"]
    for base_url in (here, elsewhere):
        reader = meet(base_url, ALEX)
        assert reader.resume(turn_id).content == b"".join(event.wire for event in events)
        for position in range(len(events)):
            rest = b"".join(event.wire for event in events[position:])
            assert reader.resume(turn_id, after=position).content == rest
        for beyond in (len(events), len(events) + 1, 2**53 - 1):
            nothing_more = reader.resume(turn_id, after=beyond)
            assert (nothing_more.status_code, nothing_more.content) == (204, b"")


def test_a_reader_at_another_server_follows_a_turn_that_is_still_running(
    serve: Serve, model: ScriptedModel, meet: Meet
) -> None:
    gate = Gate()
    model.will([Text("With pleasure. "), gate, Text("Quite so."), Finish()])
    alex, elsewhere = meet(serve(), ALEX), meet(serve(llm="offline"), ALEX)
    with alex.streaming(QUESTION) as events:
        seen = [next(events)]
        while seen[-1].name != "token":
            seen.append(next(events))
        with elsewhere.http.stream("GET", f"/api/v1/chat/turns/{seen[0].content['turn_id']}/events") as followed:
            blocks = followed.iter_raw()
            first = next(blocks)
            gate.open()
            seen += list(events)
            assert first + b"".join(blocks) == b"".join(event.wire for event in seen)
    assert texts(seen) == "With pleasure. Quite so."


def test_only_the_owner_can_follow_a_turn(shared_server: str, meet: Meet) -> None:
    alex, visitor = meet(shared_server, ALEX), meet(shared_server)
    alexs, visitors = alex.ask("hi")["turn_id"], visitor.ask("hi")["turn_id"]
    blair = meet(shared_server, BLAIR)
    for stranger, turn_id in ((blair, alexs), (visitor, alexs), (alex, visitors), (blair, visitors)):
        refused, unknown = stranger.resume(turn_id), stranger.resume(str(uuid4()))
        assert refused.status_code == unknown.status_code == 404
        assert refused.json()["error"] == unknown.json()["error"]
    assert visitor.resume(visitors).status_code == 200


def test_history_is_written_before_the_last_event_can_be_seen(
    model_server: str, fresh: Services, model: ScriptedModel, meet: Meet
) -> None:
    gate = Gate()
    model.will([Text("All "), gate, Text("said."), Finish()])
    alex = meet(model_server, ALEX)
    with psycopg.connect(fresh.owner_url) as owner, alex.streaming(QUESTION) as events:
        turn = next(events)
        gate.wait_until_reached()
        owner.execute("lock table chat_messages in share mode")
        gate.open()
        eventually(lambda: _is_waited_for(fresh))
        assert b"done" not in _published(fresh, turn.content["turn_id"])
        owner.rollback()
        *_, last = events
        assert last.name == "done"
        assert alex.history()[-1]["content"] == last.content["answer"]


def _is_waited_for(services: Services) -> bool:
    with psycopg.connect(services.owner_url) as watcher:
        row = watcher.execute("select count(*) from pg_locks where not granted").fetchone()
        return row is not None and row[0] > 0


def _published(services: Services, turn_id: str) -> list[bytes]:
    with redis.Redis.from_url(services.redis_url) as client:
        entries: Any = client.xrange(f"turn:{turn_id}:events")
        return [fields[b"name"] for _, fields in entries]


def test_a_client_that_hangs_up_does_not_stop_the_turn(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records
) -> None:
    gate = Gate()
    model.will([Text("Slowly "), gate, Text("but surely."), Finish()])
    alex = meet(model_server, ALEX)
    with alex.streaming(QUESTION) as events:
        seen: list[Event] = []
        while not seen or seen[-1].name != "token":
            seen.append(next(events))
    gate.open()
    turn_id = seen[0].content["turn_id"]
    eventually(lambda: records("select 1 from chat_turns where id = %s and status = 'done'", turn_id))
    assert alex.history()[-1]["content"].startswith("Slowly but surely.")
    rest = alex.resume(turn_id, after=seen[-1].id).content
    assert b"but surely." in rest
    assert b"event: done" in rest


def test_a_second_message_while_an_answer_is_written_is_refused(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records
) -> None:
    gate = Gate()
    model.will([gate, *says("Slowly said.")])
    alex = meet(model_server, ALEX)
    with alex.streaming(QUESTION) as events:
        next(events)
        gate.wait_until_reached()
        refused = alex.http.post("/api/v1/chat", json=alex.body("hurry"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "turn_running")
        assert alex.http.delete(f"/api/v1/chat/history/{alex.session_id}").status_code == 409
        # Another conversation is not in its way.
        elsewhere = meet(model_server, ALEX)
        model.will(says("Quickly said."))
        assert "Quickly said." in elsewhere.ask(QUESTION)["response"]
        gate.open()
        assert list(events)[-1].name == "done"
    assert len(records("select 1 from chat_turns where session_id = %s", alex.session_id)) == 1
    model.will(says("Now I can."))
    assert "Now I can." in alex.ask(QUESTION)["response"]


def test_of_two_messages_at_once_in_one_session_one_is_answered(
    model_server: str, model: ScriptedModel, meet: Meet
) -> None:
    gate = Gate()
    model.will(says("Ready."), [gate, *says("In a moment.")])
    callers = [meet(model_server, ALEX) for _ in range(4)]
    callers[0].ask(QUESTION)
    for caller in callers:
        caller.session_id = callers[0].session_id
    statuses: list[int] = []

    def ask(caller: Any) -> None:
        statuses.append(caller.http.post("/api/v1/chat", json=caller.body(QUESTION)).status_code)
        if statuses.count(409) == len(callers) - 1:
            gate.open()

    threads = [Thread(target=ask, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409, 409]


def test_eight_sessions_are_answered_side_by_side(model_server: str, model: ScriptedModel, meet: Meet) -> None:
    gates = [Gate() for _ in range(8)]
    model.will(*([gate, *says("Certainly.")] for gate in gates))
    answers: list[str] = []
    callers = [meet(model_server, ALEX) for _ in gates]
    threads = [Thread(target=lambda c: answers.append(c.ask(QUESTION)["response"]), args=(c,)) for c in callers]
    for thread in threads:
        thread.start()
    for gate in gates:
        gate.wait_until_reached()
    for gate in gates:
        gate.open()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all("Certainly." in answer for answer in answers)
