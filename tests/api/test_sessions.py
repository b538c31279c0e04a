"""Sessions: list, look back, delete with everything that was kept. Issue 2, part 10."""

from typing import Any

import psycopg
import redis
from psycopg import sql

from core.services import Services
from tests.talking import ALEX, BLAIR, Meet


def kept(services: Services, session_id: str, turn_ids: list[str]) -> dict[str, int]:
    """What is left of a conversation, wherever it is kept."""
    counts = {}
    tables = {
        "chat_sessions": "id",
        "chat_turns": "session_id",
        "chat_messages": "session_id",
        "checkpoints.checkpoints": "thread_id",
        "checkpoints.checkpoint_blobs": "thread_id",
        "checkpoints.checkpoint_writes": "thread_id",
    }
    with psycopg.connect(services.admin_url) as administrator:
        for table, column in tables.items():
            query = sql.SQL("select count(*) from {} where {}::text = %s")
            row = administrator.execute(
                query.format(sql.Identifier(*table.split(".")), sql.Identifier(column)), [session_id]
            ).fetchone()
            assert row is not None
            counts[table] = row[0]
    with redis.Redis.from_url(services.redis_url) as client:
        found: Any = client.exists(*(f"turn:{turn_id}:events" for turn_id in turn_ids))
        counts["streams"] = found
    return counts


def leave_a_value_of_its_own(services: Services, session_id: str) -> None:
    """As conversations have it that were kept before theirs stood in one row."""
    with psycopg.connect(services.checkpoint_url) as checkpoints:
        checkpoints.execute(
            "insert into checkpoint_blobs (thread_id, channel, version, type) values (%s, 'history', '1', 'empty')",
            [session_id],
        )


def test_sessions_are_listed_latest_first_and_only_ones_own(server: str, meet: Meet) -> None:
    first, second, blair = meet(server, ALEX), meet(server, ALEX), meet(server, BLAIR)
    first.ask("what's my balance?")
    second.ask("hi")
    first.ask("thanks")
    blair.ask("hi")
    listed = first.http.get("/api/v1/sessions").json()["data"]["sessions"]
    assert [session["session_id"] for session in listed] == [first.session_id, second.session_id]
    assert [session["title"] for session in listed] == ["what's my balance?", "hi"]
    listed = blair.http.get("/api/v1/sessions").json()["data"]["sessions"]
    assert [session["session_id"] for session in listed] == [blair.session_id]


def test_a_title_has_neither_what_was_hidden_nor_its_placeholder(server: str, meet: Meet) -> None:
    alex = meet(server, ALEX)
    alex.ask("my pin is 4921, my number is 07700 900123, why is the card declined?")
    [listed] = alex.http.get("/api/v1/sessions").json()["data"]["sessions"]
    assert listed["title"] == "my pin is …, my number is …, why is the card declined?"


def test_a_deleted_conversation_leaves_nothing_behind(server: str, fresh: Services, meet: Meet) -> None:
    alex, other = meet(server, ALEX), meet(server, ALEX)
    turn_ids = [alex.ask(message)["turn_id"] for message in ("what's my balance?", "freeze my card ending 4821")]
    other.ask("hi")
    leave_a_value_of_its_own(fresh, str(alex.session_id))
    assert all(kept(fresh, str(alex.session_id), turn_ids).values())
    assert alex.http.delete(f"/api/v1/chat/history/{alex.session_id}").status_code == 200
    assert not any(kept(fresh, str(alex.session_id), turn_ids).values())
    for method in ("GET", "DELETE"):
        assert alex.http.request(method, f"/api/v1/chat/history/{alex.session_id}").status_code == 404
    assert alex.resume(turn_ids[0]).status_code == 404
    assert alex.http.post("/api/v1/chat", json=alex.body("hi")).status_code == 404
    assert len(other.history()) == 2


def test_a_visitors_conversation_can_be_read_and_deleted_by_whoever_knows_its_id(server: str, meet: Meet) -> None:
    visitor, same = meet(server), meet(server)
    visitor.ask("hi")
    same.session_id = visitor.session_id
    assert same.history() == visitor.history()
    assert same.http.delete(f"/api/v1/chat/history/{same.session_id}").status_code == 200
    assert visitor.http.get(f"/api/v1/chat/history/{visitor.session_id}").status_code == 404


def test_secrets_and_numbers_in_a_message_are_not_kept(server: str, fresh: Services, meet: Meet) -> None:
    alex = meet(server, ALEX)
    alex.ask("hi, my PIN is 4471 and my card is 4929 1234 5678 9012 00")
    alex.ask("my email is someone@private.example, what's my balance?")
    with psycopg.connect(fresh.admin_url) as administrator:
        everything = administrator.execute(
            # Any four digits may stand in a vector or a ciphertext.
            "select (select coalesce(string_agg((to_jsonb(m) - 'embedding' - 'original')::text, ' '), '')"
            "          from chat_messages m)"
            " || (select coalesce(string_agg(s::text, ' '), '') from chat_sessions s)"
            " || (select coalesce(string_agg(t::text, ' '), '') from chat_turns t)"
            " || (select coalesce(string_agg(b::text, ' '), '') from checkpoints.checkpoint_blobs b)"
            " || (select coalesce(string_agg(c::text, ' '), '') from checkpoints.checkpoints c)"
        ).fetchone()
    assert everything is not None
    for secret in ("4471", "someone@private.example", b"someone@private.example".hex(), b"4471".hex()):
        assert secret not in everything[0]
