"""`finetune data chat`: dialogues from the real graph, that cover everything, name nobody and can be made again."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from agent.understanding.intents import INTENT_ROUTES
from core.security.pii import Placeholders, mask
from finetune.data.chat import make
from finetune.data.chat.bank import list_clients, recording_bank
from finetune.data.chat.disguise import Disguise, Names
from finetune.data.chat.recorder import CATALOGUE_TOOLS
from finetune.data.folder import read_manifest, read_rows
from finetune.data.leakage import check_parts

CUSTOMERS, SEED = 12, 5
Rows = dict[str, list[dict[str, Any]]]


def _make(out: Path, hash_seed: str) -> dict[str, Any]:
    command = [sys.executable, "cli.py", "finetune", "data", "chat", "--out", str(out), "--dialogues", "40"]
    done = subprocess.run(  # noqa: S603
        [*command, "--customers", str(CUSTOMERS), "--seed", str(SEED), "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("chat") / "set"
    return out, _make(out, "1")


@pytest.fixture(scope="module")
def rows(made: tuple[Path, dict[str, Any]]) -> Rows:
    return {part: read_rows(made[0], part) for part in ("train", "validation", "test")}


def test_the_same_seed_gives_the_same_bytes_in_another_process(
    made: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    assert _make(tmp_path / "again", "2") == made[1] | {"out": str(tmp_path / "again")}


def test_every_tool_and_intent_is_trained(rows: Rows) -> None:
    called = {
        call["function"]["name"]
        for row in rows["train"]
        for each in row["messages"]
        for call in each.get("tool_calls", ())
    }
    assert called == set(CATALOGUE_TOOLS)
    assert {row["intent"] for row in rows["train"]} == set(INTENT_ROUTES)


def test_the_dialogues_are_of_all_kinds(made: tuple[Path, dict[str, Any]]) -> None:
    kinds = set(made[1]["kinds"])
    assert kinds >= {"answer", "tool", "proposal", "question", "refusal", "small_talk", "conversation", "not_possible"}
    assert made[1]["with_several_turns"] > 20
    assert made[1]["with_citations"] > 50


def test_nothing_leaks_between_the_parts(rows: Rows) -> None:
    check_parts(rows)


def test_every_row_is_a_conversation_that_a_chat_template_takes(rows: Rows, made: tuple[Path, dict[str, Any]]) -> None:
    schemas = json.loads((made[0] / "tools.json").read_text())
    for row in (row for part in rows.values() for row in part):
        first, *middle, last = row["messages"]
        assert first["role"] == "system"
        assert last["role"] == "assistant"
        assert last["content"].strip()
        assert set(row["tools"]) <= set(schemas)
        asked: list[str] = []
        for message in middle:
            for call in message.get("tool_calls", ()):
                assert call["function"]["name"] in row["tools"]
                assert isinstance(json.loads(call["function"]["arguments"]), dict)
                asked.append(call["id"])
            if message["role"] == "tool":
                assert message["tool_call_id"] == asked.pop(0)
        assert not asked
        learnt = [
            message for message in row["messages"] if message["role"] == "assistant" and message.get("train", True)
        ]
        assert last in learnt
        assert row["messages"].index(learnt[0]) > max(
            place for place, message in enumerate(row["messages"]) if message["role"] == "user"
        )


def test_answers_cite_passages_that_they_were_shown(rows: Rows) -> None:
    answers = [row for row in rows["train"] if row["kind"] == "answer"]
    assert answers
    for row in answers:
        marks = {int(mark) for mark in re.findall(r"\[(\d+)\]", row["messages"][-1]["content"])}
        shown = row["messages"][0]["content"].count('"heading"')
        assert marks
        assert max(marks) <= shown


def test_nobody_of_the_bank_is_in_it(rows: Rows) -> None:
    with recording_bank(SEED, CUSTOMERS) as (_, services):
        clients = list_clients(services.owner_url)
        with psycopg.connect(services.owner_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
            accounts = cursor.execute(
                "select account_number, iban from accounts where customer_id is not null"
            ).fetchall()
    own = {value for each in accounts for value in each.values() if value}
    assert len(clients) == CUSTOMERS
    for client in clients:
        own |= {client.name, *client.details} | {name for name in client.payees if Names.load().is_person(name)}
    text = "\n".join(json.dumps(row, ensure_ascii=False) for part in rows.values() for row in part)
    assert [value for value in sorted(own) if value in text and re.search(rf"\b{re.escape(value)}\b", text)] == []


def test_no_pattern_of_personal_data_is_in_it(rows: Rows) -> None:
    for row in (row for part in rows.values() for row in part):
        for message in row["messages"]:
            calls = [call["function"]["arguments"] for call in message.get("tool_calls", ())]
            for text in (message["content"], *calls):
                assert mask(text, Placeholders()) == text


def test_a_tool_without_a_dialogue_is_an_error(rows: Rows) -> None:
    left = [row for row in rows["train"] if row["intent"] != "freeze_card"]
    with pytest.raises(make.NotCovered, match="No training dialogue has freeze_card"):
        make.check_coverage(left)


def test_a_name_is_the_same_throughout_a_dialogue() -> None:
    names = Names(("Petra",), ("Oldfield",), frozenset({"Board"}))
    disguise = Disguise.of(None, ["Maria Lopez", "Gas Board"], ["YO10 4DR"], names, random.Random(1), "key")  # noqa: S311
    assert (
        disguise.put_on("Pay Maria Lopez, pay maria, pay Gas Board") == "Pay Petra Oldfield, pay petra, pay Gas Board"
    )
    hidden = disguise.put_on("to 55779911 and GB29NWBK60161331926819, again 55779911")
    assert hidden == "to [ACCOUNT_NUMBER_1] and [IBAN_1], again [ACCOUNT_NUMBER_1]"
    assert disguise.put_on("5 Mill Lane, York YO10 4DR") == "5 Mill Lane, York [ADDRESS_1]"
    first = disguise.put_on("01a201a8-1862-78a9-8c4f-2bcd28d1740d")
    assert first == disguise.put_on("01a201a8-1862-78a9-8c4f-2bcd28d1740d") != "01a201a8-1862-78a9-8c4f-2bcd28d1740d"


def test_the_card_has_the_figures_of_the_manifest(made: tuple[Path, dict[str, Any]]) -> None:
    manifest, card = read_manifest(made[0]), (made[0] / "card.md").read_text()
    assert f"**Dialogues**: {manifest['dialogues']:,}" in card
    assert manifest["digest"] in card
