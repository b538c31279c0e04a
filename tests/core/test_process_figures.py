"""Figures for Prometheus: how they are made, switched off, shared and given."""

import fcntl
import os
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import httpx2
import pytest
from prometheus_client import REGISTRY

from core.errors import ConfigurationError
from core.telemetry.metrics import FAST, Count, Level, Timing, switch_metrics
from core.telemetry.metrics_folder import counting_together
from core.telemetry.metrics_page import SHARED, serving_page

HERE = [ip_network("127.0.0.0/8")]
THINGS = Count("test_things", "Of this test.", "kind")
SPAN = Timing("test_span_seconds", "Of this test.", "kind", buckets=FAST)
DEPTH = Level("test_depth", "Of this test.", "kind", together="livesum")


def read(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"tellergraph_test_{name}", labels)


@pytest.fixture
def switched_off() -> Iterator[None]:
    switch_metrics(on=False)
    yield
    switch_metrics(on=True)


def test_what_is_counted_can_be_read() -> None:
    for _ in range(2):
        THINGS.add("on", n=1.5)
        SPAN.add("on", seconds=0.003)
        DEPTH.add("on", n=3)
    DEPTH.add("on", n=-1)
    assert read("things_total", kind="on") == 3
    assert read("span_seconds_count", kind="on") == 2
    assert read("span_seconds_bucket", kind="on", le="0.002") == 0
    assert read("span_seconds_bucket", kind="on", le="0.005") == 2
    assert read("depth", kind="on") == 5
    DEPTH.set("on", to=0)
    assert read("depth", kind="on") == 0


def test_off_nothing_is_counted(switched_off: None) -> None:
    THINGS.add("off")
    SPAN.add("off", seconds=1)
    DEPTH.add("off", n=1)
    DEPTH.set("off", to=1)
    assert [read(name, kind="off") for name in ("things_total", "span_seconds_count", "depth")] == [None] * 3


def test_a_process_that_serves_no_page_of_its_own_gives_its_figures_to_the_networks_that_may_read() -> None:
    THINGS.add("page")
    with serving_page("127.0.0.1", 0, HERE) as port:
        page = httpx2.get(f"http://127.0.0.1:{port}/metrics")
        assert page.headers["content-type"].startswith("text/plain; version=")
        assert 'tellergraph_test_things_total{kind="page"}' in page.text
        assert httpx2.get(f"http://127.0.0.1:{port}/").status_code == 404
    with serving_page("127.0.0.1", 0, [ip_network("10.0.0.0/8")]) as port:
        assert httpx2.get(f"http://127.0.0.1:{port}/metrics").status_code == 404


def test_a_port_that_is_taken_is_told() -> None:
    with serving_page("127.0.0.1", 0, HERE) as port, pytest.raises(ConfigurationError, match="WORKER_METRICS_PORT"):  # noqa: SIM117
        with serving_page("127.0.0.1", port, HERE):
            pass


def test_the_folder_of_one_server_is_its_own_and_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SHARED, raising=False)
    with counting_together(tmp_path) as first:
        assert os.environ[SHARED] == str(first)
        (first / "counter_1.db").touch()
        with monkeypatch.context() as another_process:
            another_process.delenv(SHARED)
            with counting_together(tmp_path) as second:
                assert first != second
                assert list(second.glob("*.db")) == []
                another_process.undo()
        assert (first / "counter_1.db").exists()
        monkeypatch.setenv(SHARED, str(first))
    assert list((tmp_path / "metrics").iterdir()) == []
    assert SHARED not in os.environ


def test_what_a_killed_server_left_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SHARED, raising=False)
    left, held = tmp_path / "metrics" / "left", tmp_path / "metrics" / "held"
    for folder in (left, held):
        folder.mkdir(parents=True)
        (folder / "lock").touch()
        (folder / "counter_1.db").touch()
    with (held / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with counting_together(tmp_path):
            assert not left.exists()
            assert (held / "counter_1.db").exists()


def test_a_folder_that_the_operator_names_is_used_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "given"
    monkeypatch.setenv(SHARED, str(given))
    with counting_together(tmp_path) as folder:
        (folder / "counter_1.db").touch()
    assert (given / "counter_1.db").exists()
    assert not (tmp_path / "metrics").exists()
