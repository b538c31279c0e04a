"""`finetune data chat`: dialogues from the real graph, that cover everything, name nobody and can be made again."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row
from typer.testing import CliRunner

from agent.prompts.fences import unfence
from agent.understanding.intents import INTENT_ROUTES
from core.security.pii import IN_DIALOGUE, SECRETS, Placeholders, mask
from finetune.cli import app
from finetune.data.chat import coverage, make
from finetune.data.chat.bank import Client, list_clients
from finetune.data.chat.disguise import Disguise, Names
from finetune.data.chat.recorder import CATALOGUE_TOOLS
from finetune.data.chat.successes import count_successes, is_success
from finetune.data.folder import read_manifest, read_rows
from finetune.data.leakage import check_parts

CUSTOMERS, SEED = 12, 5
Rows = dict[str, list[dict[str, Any]]]


class Made(NamedTuple):
    out: Path
    manifest: dict[str, Any]
    told: list[str]
    """Lines for stderr."""
    clients: list[Client]
    accounts: list[dict[str, Any]]
    """Numbers of all accounts of the bank's customers."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What the command made, and whom it was recorded with."""
    out = tmp_path_factory.mktemp("chat") / "set"
    clients: list[Client] = []
    accounts: list[dict[str, Any]] = []

    def noting(owner_url: str) -> list[Client]:
        clients[:] = list_clients(owner_url)
        with psycopg.connect(owner_url) as connection, connection.cursor(row_factory=dict_row) as cursor:
            accounts[:] = cursor.execute(
                "select account_number, iban from accounts where customer_id is not null"
            ).fetchall()
        return list(clients)

    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "list_clients", noting)
        manifest = make.make_chat(out, dialogues=40, customers=CUSTOMERS, seed=SEED, tell=told.append)
    return Made(out, manifest, told, clients, accounts)


@pytest.fixture(scope="module")
def rows(made: Made) -> Rows:
    return {part: read_rows(made.out, part) for part in ("train", "validation", "test")}


def record_few() -> str:
    """The digest of a small recording."""
    recorded = make.record_dialogues(20, 4, SEED, lambda _: None, covering=False)
    assert sum(map(len, recorded[0].values())) > 10
    return sha256(json.dumps(recorded, sort_keys=True).encode()).hexdigest()


def test_the_same_seed_gives_the_same_dialogues_in_another_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.finetune.test_data_chat import record_few; print(record_few())"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": "2"},
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == record_few()


def test_every_tool_and_intent_is_trained(rows: Rows) -> None:
    called = set[str]().union(*map(_calls, rows["train"]))
    assert called == set(CATALOGUE_TOOLS)
    assert {row["intent"] for row in rows["train"]} == set(INTENT_ROUTES)


def test_nearly_every_tool_is_seen_to_work_and_the_others_are_told(made: Made, rows: Rows) -> None:
    failing = [name for name, successes in count_successes(rows["train"]).items() if not successes]
    # So small a bank does not have everything.
    assert len(failing) < 5
    told = [line for line in made.told if line.startswith("Warning")]
    assert told == [_warning(failing)] * bool(failing)


def test_a_tool_that_never_works_is_told_of(rows: Rows) -> None:
    told: list[str] = []
    make.warn_of_failures([row for row in rows["train"] if not _calls(row) & {"get_balance"}], told.append)
    assert "get_balance" in told[0]


def _warning(tools: list[str]) -> str:
    return f"Warning: no training dialogue has a successful result of {', '.join(tools)}. More --customers may help."


def _calls(row: dict[str, Any]) -> set[str]:
    return {call["function"]["name"] for each in row["messages"] for call in each.get("tool_calls", ())}


@pytest.mark.parametrize(
    ("tool", "content", "works"),
    [
        ("list_disputes", '<result>\n{"status":"found","disputes":[{"reference":"D-1"}]}\n</result>', True),
        ("list_disputes", '<result>\n{"status":"found","disputes":[]}\n</result>', False),
        ("close_account", '<result>\n{"status":"confirmation_needed"}\n</result>', True),
        ("close_account", '<result>\n{"status":"balance_left"}\n</result>', False),
        ("convert_currency", '<result>\n"Choose two different currencies."\n</result>', False),
    ],
    ids=["something is listed", "nothing is listed", "prepared", "refused", "failed"],
)
def test_a_success_is_what_tells_or_prepares_something(tool: str, content: str, works: bool) -> None:
    assert is_success(tool, content) is works


def test_the_dialogues_are_of_all_kinds(made: Made) -> None:
    kinds = set(made.manifest["kinds"])
    assert kinds >= {"answer", "tool", "proposal", "question", "refusal", "small_talk", "conversation", "not_possible"}
    assert made.manifest["with_several_turns"] > 20
    assert made.manifest["with_citations"] > 50


def test_nothing_leaks_between_the_parts(rows: Rows) -> None:
    check_parts(rows)


def test_every_row_is_a_conversation_that_a_chat_template_takes(rows: Rows, made: Made) -> None:
    schemas = json.loads((made.out / "tools.json").read_text())
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


def test_nobody_of_the_bank_is_in_it(rows: Rows, made: Made) -> None:
    own = {value for each in made.accounts for value in each.values() if value}
    assert len(made.clients) == CUSTOMERS
    for client in made.clients:
        own |= {client.name, *client.details} | {name for name in client.payees if Names.load().is_person(name)}
    text = "\n".join(json.dumps(row, ensure_ascii=False) for part in rows.values() for row in part)
    assert [value for value in sorted(own) if value in text and re.search(rf"\b{re.escape(value)}\b", text)] == []


def test_no_pattern_of_personal_data_is_in_it(rows: Rows) -> None:
    for row in (row for part in rows.values() for row in part):
        for message in row["messages"]:
            calls = [call["function"]["arguments"] for call in message.get("tool_calls", ())]
            kinds = IN_DIALOGUE if message["role"] == "user" else IN_DIALOGUE - SECRETS
            for text in _texts(message["content"]):
                assert mask(text, Placeholders(), kinds) == text
            for text in chain.from_iterable(map(_texts, calls)):
                assert mask(text, Placeholders()) == text


def _texts(content: str) -> list[str]:
    """Of JSON every value, of anything else the whole."""
    fenced = unfence(content)
    written = fenced[1] if fenced else content
    return list(_strings(json.loads(written))) if written.startswith(("{", "[{")) else [content]


def _strings(value: object) -> Iterator[str]:
    match value:
        case dict():
            yield from chain(value, *map(_strings, value.values()))
        case list():
            yield from chain.from_iterable(map(_strings, value))
        case _:
            yield str(value)


def test_dates_that_tools_return_are_left_as_they_are(rows: Rows) -> None:
    results = [
        json.loads(fenced[1])
        for row in rows["train"]
        for message in row["messages"]
        if message["role"] == "tool" and (fenced := unfence(message["content"]))
    ]
    dates = [result["date"] for result in results if isinstance(result, dict) and result.get("date")]
    assert dates
    assert all(map(date.fromisoformat, dates))


def test_what_the_bank_says_of_cards_and_passwords_is_not_taken_for_a_secret(rows: Rows) -> None:
    for row in (row for part in rows.values() for row in part):
        assert {message["role"] for message in row["messages"] if "[SECRET]" in message["content"]} <= {"user"}


def test_a_tool_without_a_dialogue_is_an_error(rows: Rows) -> None:
    left = [row for row in rows["train"] if row["intent"] != "freeze_card"]
    with pytest.raises(coverage.NotCovered, match="No training dialogue has freeze_card"):
        coverage.check_coverage(left)


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


def test_the_card_has_the_figures_of_the_manifest(made: Made) -> None:
    manifest, card = read_manifest(made.out), (made.out / "card.md").read_text()
    assert f"**Dialogues**: {manifest['dialogues']:,}" in card
    assert f"| get_balance | {manifest['tools']['get_balance']:,} | {manifest['successes']['get_balance']:,} |" in card
    assert manifest["digest"] in card


def test_a_folder_with_something_else_is_refused_before_anything_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would write to this test's stderr for as long as the process lives.
    monkeypatch.setattr("finetune.commands_data.configure_logging", str)
    (tmp_path / "cat.jpg").write_text("cat")
    done = CliRunner().invoke(app, ["data", "chat", "--out", str(tmp_path)])

    assert done.exit_code == 2
    assert done.stderr == f"Error: {tmp_path} exists and is no data set: name another folder with --out.\n"
