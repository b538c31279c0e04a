"""A model that plays a transcript. Issue 9: "A scripted model server for tests and demos that plays a transcript over
the OpenAI protocol"."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import openai
import pytest

from core.errors import InvalidInput
from evals.transcript import make_server, read_transcript

PLAY = """
- when: balance
  call: {name: get_balance, arguments: {account: Everyday}}
- say: You have GBP 2,480.15.
- when: thanks
  say: You are welcome.
  again: true
- when: down
  refuse: {status: 503, message: overloaded}
"""


@pytest.fixture
def play(tmp_path: Path) -> Path:
    path = tmp_path / "play.yaml"
    path.write_text(PLAY, encoding="utf-8")
    return path


def _ask(base_url: str, text: str, role: str = "user", **more: Any) -> Any:
    client = openai.OpenAI(base_url=base_url, api_key="unused", max_retries=0)
    create = cast(Any, client.chat.completions.create)
    return create(model="scripted", messages=[{"role": role, "content": text, "tool_call_id": "call_1"}], **more)


def test_it_says_what_fits_in_the_order_of_the_file(play: Path) -> None:
    with make_server(read_transcript(play)).serving() as server:
        call = _ask(server.base_url, "My balance?").choices[0].message.tool_calls[0].function
        assert (call.name, json.loads(call.arguments)) == ("get_balance", {"account": "Everyday"})
        said = "".join(
            chunk.choices[0].delta.content or ""
            for chunk in _ask(server.base_url, "2480.15", "tool", stream=True)
            if chunk.choices
        )
        assert said == "You have GBP 2,480.15."
        assert [_ask(server.base_url, "Thanks!").choices[0].message.content for _ in range(2)] == [
            "You are welcome."
        ] * 2


def test_it_refuses_where_the_file_says_so_and_when_nothing_is_left(play: Path) -> None:
    with make_server(read_transcript(play)[2:]).serving() as server:
        with pytest.raises(openai.InternalServerError, match="overloaded"):
            _ask(server.base_url, "is it down?")
        with pytest.raises(openai.InternalServerError, match="no line left"):
            _ask(server.base_url, "is it down?")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- when: x", "exactly one of say, call and refuse"),
        ("- {say: a, call: {name: b}}", "exactly one of say, call and refuse"),
        ("- {say: a, cal: b}", "0.cal"),
        ("- {refuse: {status: 200}}", "0.refuse.status"),
        ("say: a", "the file"),
        ("[", "is not YAML"),
    ],
)
def test_a_transcript_of_another_form_is_refused_with_the_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "play.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_transcript(path)
    assert told in refused.value.message


def test_the_command_says_how_to_use_it_and_ends_with_ctrl_c(play: Path) -> None:
    command = [sys.executable, "cli.py", "evals", "scripted", str(play), "--port", "0"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        told = process.stdout.readline()
        base_url = dict(part.split("=", 1) for part in told.split())["OPENAI_BASE_URL"]
        assert _ask(base_url, "thanks").choices[0].message.content == "You have GBP 2,480.15."
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
