"""The Locust file against the real server. Issue 9: "real conversations and streaming-aware times"."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.load.sessions import Decide, Say, deal, read_visits
from evals.load.streamed import Streamed

ROOT = Path(__file__).parents[2]


def attack(url: str, *options: str) -> tuple[int, dict[str, dict], str]:
    """Locust's exit code and figures by name."""
    file = ROOT / "evals" / "load" / "locustfile.py"
    command = [sys.executable, "-m", "locust", "-f", file, "--headless", "--json", "--host", url, "-u", "2", "-r", "2"]
    done = subprocess.run(  # noqa: S603
        [*command, "-t", "2m", "--think", "0", *options], cwd=ROOT, check=False, capture_output=True, text=True
    )
    try:
        return done.returncode, {each["name"]: each for each in json.loads(done.stdout)}, done.stderr
    except json.JSONDecodeError:
        pytest.fail(done.stderr)


def test_people_come_talk_and_leave_and_every_answer_is_timed_to_its_first_word_and_its_end(server: str):
    code, figures, told = attack(server, "--visits", "7")
    assert code == 0, told
    assert sum(each["num_failures"] for each in figures.values()) == 0
    first, whole = figures["first token"], figures["turn"]
    assert (first["method"], whole["method"]) == ("SSE", "SSE")
    assert whole["num_requests"] >= 14, "seven visits of two turns and more"
    assert whole["num_requests"] >= first["num_requests"] >= 10, "a decision is answered without a word"
    assert 0 < first["total_response_time"] / first["num_requests"] < whole["max_response_time"]


def test_a_login_that_is_refused_fails_the_run(shared_server: str):
    code, figures, _ = attack(shared_server, "--visits", "4", "--logins", "alex@demo.example:wrong")
    assert code == 1
    assert figures["/api/v1/auth/login"]["num_failures"] > 0


def test_the_shipped_visits_cover_both_kinds_of_people_and_decide_only_about_what_was_said():
    visits = read_visits()
    assert {visit.who for visit in visits} == {"visitor", "customer"}
    assert len({visit.name for visit in visits}) == len(visits) > 5
    assert deal(visits)[: len(visits)] == visits
    assert all(deal(visits).count(visit) == visit.weight for visit in visits)
    for visit in visits:
        places = [place for place, turn in enumerate(visit.turns) if isinstance(turn, Decide)]
        assert all(isinstance(visit.turns[place - 1], Say) for place in places)


def test_a_stream_that_ends_in_an_error_or_without_an_end_is_no_answer():
    failed = [b"event: error", b'data: {"code": "turn_lost", "message": "It was lost."}', b""]
    assert Streamed(0.0).listen(failed).fault == "turn_lost: It was lost."
    assert Streamed(0.0).listen([b"event: token", b'data: {"text": "He"}', b""]).fault == "the stream broke off"
    done = Streamed(0.0).listen([b"event: token", b'data: {"text": "Hello"}', b"", b"event: done", b"data: {}", b""])
    assert (done.fault, done.first_token is not None) == (None, True)
