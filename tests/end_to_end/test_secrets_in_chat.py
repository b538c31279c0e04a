"""What a customer should never have typed is kept nowhere, and they are told. Issue 8, "Secrets typed into chat"; PCI
DSS 4.0.1, requirement 3.3."""

import re
from collections.abc import Callable, Iterator

import openai
import psycopg
import pytest
import redis
from psycopg import sql

from agent.nodes.verify import WARNING
from core.logging import configure_logging
from core.services import Services
from tests.talking import ALEX, Meet

SECRETS = ("831746", "Tr0ub4dor&Zebra", "730194", "five two nine one", "Fluffington", "94 17 28")
MESSAGE = (
    "I changed my PIN to 831746, my password is Tr0ub4dor&Zebra, the code you sent me is 730194, the pin number of"
    " the other card is"
    " five two nine one and my first pet was called Fluffington. The one-time code was 94 17 28. How do I activate my"
    " new card?"
)


@pytest.fixture
def kept(fresh: Services, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Everything in the database, in Redis and in the logs, as text."""
    return lambda: "\n".join((*_rows(fresh.admin_url), *_entries(fresh.redis_url), capsys.readouterr().err))


def _rows(url: str) -> Iterator[str]:
    with psycopg.connect(url) as everything:
        tables = everything.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert ("public", "chat_messages") in tables
        assert "checkpoints" in {schema for schema, _ in tables}
        for table in tables:
            for row in everything.execute(sql.SQL("select * from {}").format(sql.Identifier(*table))):
                yield from (value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)


def _entries(url: str) -> Iterator[str]:
    with redis.Redis.from_url(url) as store:
        keys = list(store.scan_iter())
        assert any(key.startswith(b"turn:") for key in keys)
        for key in keys:
            kind = store.type(key)
            read = {b"stream": store.xrange, b"string": store.get, b"hash": store.hgetall, b"set": store.smembers}
            yield repr(read[kind](key)) if kind in read else repr(store.dump(key))


def found_in(kept: str) -> list[str]:
    """Those that stand there by themselves: six digits may also be part of an id."""
    return [secret for secret in SECRETS if re.search(rf"(?<![0-9A-Za-z-]){re.escape(secret)}(?![0-9A-Za-z-])", kept)]


def test_secrets_are_kept_nowhere_and_the_customer_is_told(server: str, meet: Meet, kept: Callable[[], str]) -> None:
    configure_logging("DEBUG")
    assert len(found_in(MESSAGE)) == len(SECRETS)
    alex = meet(server, ALEX)

    answer = alex.ask(MESSAGE)
    events = alex.hear(f"I said: {MESSAGE}")
    visitor = meet(server).ask(MESSAGE)

    told = "".join(event.content["text"] for event in events if event.name == "token")
    for said in (answer["response"], visitor["response"], told, events[-1].content["answer"]):
        assert said.endswith(WARNING)
        assert said.count(WARNING) == 1
    assert answer["citations"]
    assert found_in(kept()) == []
    assert all(each["content"].count("[SECRET]") >= len(SECRETS) for each in alex.history() if each["role"] == "user")


def test_the_openai_door_tells_them_too(server: str, meet: Meet, kept: Callable[[], str]) -> None:
    token = meet(server, ALEX).http.headers["Authorization"].removeprefix("Bearer ")
    with openai.OpenAI(base_url=f"{server}/v1", api_key=token, max_retries=0, timeout=30) as client:
        answer = client.chat.completions.create(model="tellergraph", messages=[{"role": "user", "content": MESSAGE}])

    assert WARNING in str(answer.choices[0].message.content)
    assert found_in(kept()) == []


def test_a_security_code_in_a_message_is_no_answer_to_the_question_for_it(
    server: str, meet: Meet, kept: Callable[[], str]
) -> None:
    """It has no cue: what waits for it tells what it is."""
    alex = meet(server, ALEX)
    assert alex.ask("pay Maria Lopez 300 from Everyday")["confirmation"]["step_up"]

    answer = alex.ask("831746")

    assert answer["response"].endswith(WARNING)
    assert "waits for your confirmation" in answer["response"]
    assert found_in(kept()) == []


def test_names_stay_with_the_dialogue_and_are_hidden_in_what_is_stored(
    server: str, meet: Meet, fresh: Services
) -> None:
    alex = meet(server, ALEX)

    asked = alex.ask("pay Maria Lopez 20 from Everyday")

    assert asked["confirmation"]["payee"] == "Maria Lopez"
    with psycopg.connect(fresh.admin_url) as everything:
        stored = everything.execute("select content from chat_messages order by id").fetchall()
    assert stored[0] == ("pay [PERSON_1] 20 from Everyday",)
    assert not any("Maria" in text for (text,) in stored)
