"""Debian's Prometheus reads the real server with our rules, and its tool tests them (``make deploy-test``). Issue 9."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from socket import create_server
from typing import Any

import httpx2
import pytest
import yaml

from core.services import Services
from core.settings import Settings
from tests.conftest import Clone
from tests.dashboards import DASHBOARDS, PROMETHEUS, RULES, expressions, rules
from tests.waiting import eventually
from tests.workers import PATIENCE, ROOT, serving_workers

pytestmark = pytest.mark.deploy

UNIT_TESTS = sorted((Path(__file__).parent / "rules").glob("*.yml"))
SEARCH = "/api/v1/knowledge/search"
Query = Callable[[str], dict[str, float]]


def promtool(*arguments: object) -> str:
    done = subprocess.run(  # noqa: S603
        ["promtool", *map(str, arguments)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.mark.parametrize("tests", UNIT_TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(tests: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", tests)


def test_every_alert_is_tested() -> None:
    named = {
        test["alertname"]
        for path in UNIT_TESTS
        for each in yaml.safe_load(path.read_text())["tests"]
        for test in each["alert_rule_test"]
        if test["exp_alerts"]
    }
    assert named == {rule["alert"] for rule in rules() if "alert" in rule}


def test_the_configuration_is_one() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_every_expression_of_a_dashboard_is_one(tmp_path: Path) -> None:
    every = [expression for path in DASHBOARDS for expression in expressions(path)]
    listed = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(every)]
    written = tmp_path / "panels.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": listed}]}))
    assert f"{len(every)} rules found" in promtool("check", "rules", written)


@pytest.fixture(scope="module")
def own(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as services:
        yield services


@pytest.fixture(scope="module")
def server(settings: Settings, own: Services) -> Iterator[str]:
    with serving_workers(own, settings.data_dir, workers=2) as (_, url):
        yield url


@pytest.fixture(scope="module")
def worker(settings: Settings, own: Services) -> Iterator[int]:
    """The port at which ``tellergraph worker`` gives its figures."""
    port = free_port()
    environment = {
        **os.environ,
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": own.admin_url,
        "TELLERGRAPH_REDIS_URL": own.redis_url,
        "TELLERGRAPH_WORKER_METRICS_PORT": str(port),
    }
    command = [sys.executable, "-m", "cli", "worker"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            yield port
        finally:
            process.terminate()
            process.wait(120)


@pytest.fixture(scope="module")
def query(server: str, worker: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """``query(expression)``: values by their labels, as a Prometheus has them that reads our servers."""
    folder = tmp_path_factory.mktemp("prometheus")
    config: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(RULES)]
    targets = {"tellergraph": server.removeprefix("http://"), "tellergraph-worker": f"127.0.0.1:{worker}"}
    config["scrape_configs"] = [
        job | {"static_configs": [{"targets": [targets[job["job_name"]]]}]}
        for job in config["scrape_configs"]
        if job["job_name"] in targets
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen(command))  # noqa: S603
        stack.callback(process.terminate)
        http = stack.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))

        def asked(expression: str) -> dict[str, float]:
            answer = http.get("/api/v1/query", params={"query": expression}).raise_for_status().json()["data"]["result"]
            return {" ".join(sorted(each["metric"].values())): float(each["value"][1]) for each in answer}

        eventually(lambda: http.get("/-/ready").status_code == 200, httpx2.TransportError, within=120)
        eventually(lambda: set(asked("up == 1").values()) == {1.0} and len(asked("up == 1")) == 2, within=300)
        yield asked


def test_what_prometheus_has_recorded_is_what_was_requested(query: Query, server: str) -> None:
    for _ in range(30):
        httpx2.get(f"{server}{SEARCH}", params={"q": "What does Prometheus read?"}, timeout=PATIENCE).raise_for_status()
    for _ in range(4):
        httpx2.get(f"{server}/api/v1/accounts", timeout=PATIENCE)
    httpx2.post(f"{server}/api/v1/chat", json={"message": "hello"}, timeout=PATIENCE).raise_for_status()

    def of(metric: str, by: str, **selected: str) -> dict[str, float]:
        chosen = ", ".join(f'{name}="{value}"' for name, value in selected.items())
        return query(f"sum by ({by}) ({metric}{{{chosen}}})")

    eventually(lambda: of("tellergraph_turns_total", "outcome") == {"answered": 1.0}, within=120)
    assert of("tellergraph_http_requests_total", "status", route=SEARCH) == {"200": 30.0}
    assert of("tellergraph_http_request_seconds_count", "method", route=SEARCH) == {"GET": 30.0}
    assert of("tellergraph_http_requests_total", "status", route="/api/v1/accounts") == {"401": 4.0}
    assert of("tellergraph_denied_total", "reason") == {"unauthorized": 4.0}
    assert of("tellergraph_database_pool_size", "pool", job="tellergraph-worker") == {"worker": 1.0}
    assert of("tellergraph_database_pool_size", "pool", job="tellergraph")["app"] == 24.0


def test_all_is_well_and_no_alert_fires(query: Query) -> None:
    eventually(lambda: query("tellergraph:turn_errors:ratio_rate5m or on() vector(0)"), within=60)
    assert query('ALERTS{alertstate="firing", severity="critical"}') == {}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_expression_of_a_dashboard_can_be_asked(dashboard: Path, query: Query) -> None:
    for expression in expressions(dashboard):
        query(expression)
