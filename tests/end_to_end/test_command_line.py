"""`tellergraph chat` and `tellergraph serve` as somebody runs them in a terminal."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from core.services import Services
from core.settings import Settings
from tests.scripted_model import Gate, ScriptedModel, says
from tests.talking import ALEX
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(settings: Settings, fresh: Services) -> dict[str, str]:
    """Commands work on this test's database."""
    return os.environ | {
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": fresh.admin_url,
        "TELLERGRAPH_REDIS_URL": fresh.redis_url,
        "TELLERGRAPH_DEMO": "false",
        "TELLERGRAPH_LLM": "offline",
        "TELLERGRAPH_PORT": "0",
    }


@pytest.fixture
def tellergraph(environment: dict[str, str]) -> Run:
    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "cli", *arguments],
            env=environment | changes,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return run


@contextmanager
def serving_process(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own process, once it has said where it answers; each line of its log is JSON."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "serve"], env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            lines = iter(process.stderr.readline, "")
            said = (json.loads(line) for line in lines)
            yield process, next(line["tellergraph.url"] for line in said if line["message"] == "ready")
        finally:
            process.kill()


def only_json(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    [line] = result.stdout.splitlines()
    return json.loads(line)


def test_a_visitor_asks_in_the_terminal_without_a_server(tellergraph: Run) -> None:
    """It serves for as long as the answer takes."""
    result = tellergraph("chat", "How do I activate my new card?")
    assert result.returncode == 0, result.stderr
    assert "activate" in result.stdout.lower()
    assert "/help/activate-new-card" in result.stdout


def test_a_conversation_in_the_terminal(tellergraph: Run, server: str) -> None:
    password = {"TELLERGRAPH_CHAT_PASSWORD": ALEX[1]}
    who = ("--email", ALEX[0], "--url", server)
    first = only_json(tellergraph("chat", "what's my balance?", *who, "--json", **password))
    assert "£2,480.15" in first["response"]
    again = only_json(tellergraph("chat", "and my savings?", *who, "--session", "last", "--json", **password))
    assert again["session_id"] == first["session_id"]
    assert "£10,250.00" in again["response"]
    streamed = tellergraph("chat", "show my last 5 transactions", *who, **password)
    assert streamed.stdout.count("\n- ") == 5


@pytest.mark.parametrize("as_json", [True, False])
def test_a_wrong_password_is_one_line(tellergraph: Run, server: str, as_json: bool) -> None:
    options = ("--json",) if as_json else ()
    result = tellergraph("chat", "hi", "--email", ALEX[0], "--password", "wrong", "--url", server, *options)
    assert result.returncode == 1
    if as_json:
        assert only_json(result)["error"]["code"] == "wrong_credentials"
    else:
        assert (result.stdout, result.stderr.count("\n")) == ("", 1)


def test_a_wrong_setting_is_one_line_that_says_what_to_set(tellergraph: Run) -> None:
    result = tellergraph("serve", TELLERGRAPH_LLM="gpt")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: TELLERGRAPH_LLM")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_server_leaves_no_process_and_loses_nothing(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with serving_process(environment) as (process, url):
        asked = httpx2.post(f"{url}/api/v1/chat", json={"message": "hi"}).json()["data"]
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert not any(child.is_running() for child in children)
    with serving_process(environment) as (_, url):
        history = httpx2.get(f"{url}/api/v1/chat/history/{asked['session_id']}").json()["data"]["messages"]
        assert [message["content"] for message in history] == ["hi", asked["response"]]


def test_a_killed_server_gives_its_session_back(environment: dict[str, str], model: ScriptedModel) -> None:
    slow = {"TELLERGRAPH_LLM": "openai:x", "OPENAI_API_KEY": "x", "OPENAI_BASE_URL": model.base_url}
    gate = Gate()
    model.will([gate, *says("Too late.")])
    with serving_process(environment) as (_, url), serving_process(environment | slow) as (victim, other):
        session = httpx2.post(f"{url}/api/v1/chat", json={"message": "hi"}).json()["data"]["session_id"]
        body = {"message": "hi", "session_id": session}
        with httpx2.stream("POST", f"{other}/api/v1/chat/stream", json=body) as response:
            turn_id = response.headers["x-turn-id"]
            gate.wait_until_reached()
            victim.kill()
            victim.wait()
        events = httpx2.get(f"{url}/api/v1/chat/turns/{turn_id}/events", timeout=30).text
        assert events.count("event: error") == 1
        assert "turn_lost" in events
        eventually(lambda: httpx2.post(f"{url}/api/v1/chat", json=body).status_code == 200, within=20)


def test_several_servers_count_together(environment: dict[str, str], tmp_path: Path) -> None:
    """With one folder for their counts, any of them tells Prometheus the sums, also of those that have ended."""
    together = environment | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts")}
    question = {"q": "How do servers count together?"}

    def ask(url: str) -> None:
        httpx2.get(f"{url}/api/v1/knowledge/search", params=question).raise_for_status()

    with serving_process(together) as (_, url):
        with serving_process(together) as (_, other):
            for each in (url, other, url, other):
                ask(each)
        counted = httpx2.get(f"{url}/metrics").raise_for_status().text
    assert 'tellergraph_knowledge_cache_misses_total{kb="help"} 1.0' in counted
    assert 'tellergraph_knowledge_cache_hits_total{kb="help"} 3.0' in counted
