"""`tellergraph serve --workers 2`: one address, one page of figures, and nothing to set for it. Issue 9."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import jwt
import psutil
import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from core.clock import system_clock
from core.security.key_store import withdraw_signing_key
from core.services import Services
from core.settings import Settings
from evals.bench.workers import Worker, each_worker, list_workers
from tests.conftest import Clone
from tests.talking import ALEX
from tests.waiting import eventually
from tests.workers import PATIENCE, Page, labels, read_page, serving_workers

CARD = "4111 1111 1111 1111"
ADDRESS = "/api/v1/knowledge/search"
Server = tuple[psutil.Process, str]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture(scope="module")
def own(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as services:
        yield services


@pytest.fixture(scope="module")
def server(settings: Settings, own: Services) -> Iterator[Server]:
    with serving_workers(own, settings.data_dir, workers=2, TELLERGRAPH_RATE_LIMITS="off") as running:
        yield running


@pytest.fixture(scope="module")
def asked(server: Server) -> Page:
    """The page after the requests that the tests compare it with, each over a connection of its own."""
    _, url = server
    for _ in range(40):
        httpx2.get(
            f"{url}{ADDRESS}", params={"q": "How do servers count together?"}, timeout=PATIENCE
        ).raise_for_status()
    for wrong in ("wrong-1", "wrong-2", ALEX[1]):
        httpx2.post(f"{url}/api/v1/auth/login", json={"email": ALEX[0], "password": wrong}, timeout=PATIENCE)
    for _ in range(3):
        httpx2.get(f"{url}/api/v1/accounts", timeout=PATIENCE)
    for message in (f"My card {CARD} does not work", "hi", "hello", "thanks"):
        httpx2.post(f"{url}/api/v1/chat", json={"message": message}, timeout=PATIENCE).raise_for_status()
    httpx2.get(f"{url}/api/v1/chat/history/0199a1b2-0000-7000-8000-000000000000", timeout=PATIENCE)
    httpx2.get(f"{url}/nobody/{ALEX[0]}", timeout=PATIENCE)
    return read_page(url)


def folder_of(worker: psutil.Process) -> Path:
    return Path(worker.environ()["PROMETHEUS_MULTIPROC_DIR"])


def served_by(worker: psutil.Process) -> float:
    """Searches that one process has answered."""
    files = [str(path) for path in folder_of(worker).glob(f"counter_{worker.pid}.db")]
    families = {family.name: family for family in MultiProcessCollector.merge(files)}
    samples = families["tellergraph_http_requests"].samples if files else []
    return sum(sample.value for sample in samples if sample.labels["route"] == ADDRESS)


def test_the_sums_are_the_requests_that_were_made(server: Server, asked: Page) -> None:
    parent, _ = server

    def requests(method: str, route: str, status: str) -> float:
        return asked["tellergraph_http_requests_total", labels(method=method, route=route, status=status)]

    assert requests("GET", ADDRESS, "200") == 40
    assert requests("POST", "/api/v1/auth/login", "401") == 2
    assert requests("POST", "/api/v1/auth/login", "200") == 1
    assert requests("POST", "/api/v1/chat", "200") == 4
    assert requests("GET", "(no route)", "404") == 1
    assert asked["tellergraph_http_request_seconds_count", labels(method="GET", route=ADDRESS)] == 40
    assert asked["tellergraph_auth_attempts_total", labels(method="password", outcome="failed")] == 2
    assert asked["tellergraph_auth_attempts_total", labels(method="password", outcome="passed")] == 1
    assert asked["tellergraph_denied_total", labels(reason="wrong_credentials")] == 2
    assert asked["tellergraph_denied_total", labels(reason="unauthorized")] == 3
    assert asked["tellergraph_conversations_total", labels(who="visitor")] == 4
    assert asked["tellergraph_personal_data_found_total", labels(type="CARD")] == 1
    assert sum(value for (name, _), value in asked.items() if name == "tellergraph_turns_total") == 4
    assert sum(value for (name, _), value in asked.items() if name == "tellergraph_turn_seconds_count") == 4
    hits = asked["tellergraph_knowledge_cache_hits_total", labels(kb="help")]
    looked_up = hits + asked["tellergraph_knowledge_cache_misses_total", labels(kb="help")]
    assert looked_up >= 40
    assert sum(value for (name, _), value in asked.items() if name == "tellergraph_retrievals_total") == looked_up
    assert asked["tellergraph_database_query_seconds_count", labels(kind="ask")] >= 40
    assert asked["tellergraph_database_pool_size", labels(pool="app")] == 24
    # Each did a part of it, so that the sums are sums.
    parts = [served_by(worker) for worker in list_workers(parent)]
    assert len(parts) == 2
    assert min(parts) > 0
    assert sum(parts) == 40


def test_labels_hold_no_personal_data_and_no_path_as_it_was_asked(asked: Page) -> None:
    values = {value for _, pairs in asked for name, value in pairs if name != "le"}
    assert not [value for value in values if UUID.search(value) or "@" in value or re.search(r"\d{7}", value)]
    routes = {value for _, pairs in asked for name, value in pairs if name == "route" and value.startswith("/api")}
    assert "/api/v1/chat/history/{session_id}" in routes


@pytest.fixture
def doors(server: Server, asked: Page) -> Iterator[list[Worker]]:
    """A connection to each of both processes."""
    with each_worker(*server) as doors:
        assert len({door.pid for door in doors}) == 2
        yield doors


def log_in(door: Worker) -> str:
    answer = door.ask("POST", "/api/v1/auth/login", body={"email": ALEX[0], "password": ALEX[1]})
    return answer.body["data"]["access_token"]


def codes(doors: list[Worker], token: str) -> list[str]:
    """What each says to whoever has it; ``ok`` where they are let in."""
    answers = [door.ask("GET", "/api/v1/accounts", token).body for door in doors]
    return [answer["error"]["code"] if answer.get("error") else "ok" for answer in answers]


def test_what_is_ended_in_one_process_is_refused_by_every_process_that_knew_it(doors: list[Worker]) -> None:
    here, there = log_in(doors[0]), log_in(doors[1])
    wanted = {"name": "budget", "permissions": ["accounts:read"], "expires_in_days": 1, "password": ALEX[1]}
    key = doors[0].ask("POST", "/api/v1/auth/api-keys", here, wanted).body["data"]
    assert [codes(doors, token) for token in (here, there, key["key"])] == [["ok", "ok"]] * 3

    doors[0].ask("DELETE", f"/api/v1/auth/api-keys/{key['id']}", here)
    assert codes(doors, key["key"]) == ["invalid_api_key"] * 2
    doors[0].ask("POST", "/api/v1/auth/logout-everywhere", here)
    eventually(lambda: codes(doors, here) + codes(doors, there) == ["session_ended"] * 4)


def test_what_a_withdrawn_key_has_signed_is_refused_by_every_process_that_knew_it(
    doors: list[Worker], own: Services
) -> None:
    token = log_in(doors[0])
    assert codes(doors, token) == ["ok", "ok"]
    kid = jwt.get_unverified_header(token)["kid"]
    replaced = withdraw_signing_key(own.owner_url, own.secret_key, kid, system_clock())

    assert replaced
    eventually(lambda: codes(doors, token) == ["invalid_token"] * 2)
    eventually(lambda: {jwt.get_unverified_header(log_in(door))["kid"] for door in doors} == {replaced.current})


def test_a_killed_process_is_replaced_and_what_it_counted_stays(server: Server, asked: Page) -> None:
    parent, url = server
    victim = list_workers(parent)[0]
    folder, before = folder_of(victim), read_page(url)
    victim.kill()
    eventually(lambda: not list(folder.glob(f"gauge_live*_{victim.pid}.db")), within=120)
    after = eventually(lambda: _with_both(url), httpx2.TransportError, within=400)
    assert victim.pid not in {worker.pid for worker in list_workers(parent)}
    key = ("tellergraph_http_requests_total", labels(method="GET", route=ADDRESS, status="200"))
    assert after[key] == before[key]


def _with_both(url: str) -> Page | None:
    page = read_page(url)
    is_whole = page["tellergraph_database_pool_size", labels(pool="app")] == 24
    return page if is_whole else None


def test_a_stopped_server_leaves_no_process_and_no_folder(settings: Settings, own: Services) -> None:
    with serving_workers(own, settings.data_dir, workers=2) as (parent, url):
        workers = list_workers(parent)
        folder = folder_of(workers[0])
        assert folder.parent == settings.data_dir / "metrics"
        assert Counter(httpx2.get(f"{url}/health", timeout=PATIENCE).status_code for _ in range(4)) == {200: 4}
        parent.terminate()
        assert parent.wait(120) == 0
        assert not any(worker.is_running() for worker in workers)
        assert not folder.exists()


def test_switched_off_nothing_is_counted_and_a_killed_parent_takes_its_processes_with_it(
    settings: Settings, own: Services
) -> None:
    with serving_workers(own, settings.data_dir, workers=2, TELLERGRAPH_METRICS_FROM="") as (parent, url):
        workers = list_workers(parent)
        httpx2.get(f"{url}{ADDRESS}", params={"q": "Is this counted?"}, timeout=PATIENCE).raise_for_status()
        assert httpx2.get(f"{url}/metrics", timeout=PATIENCE).status_code == 404
        assert "PROMETHEUS_MULTIPROC_DIR" not in workers[0].environ()
        parent.kill()
        _, living = psutil.wait_procs(workers, timeout=120)
        assert living == []
