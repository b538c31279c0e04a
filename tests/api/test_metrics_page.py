"""Prometheus reads how often the cache could answer. Issue 5, part 5."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.services import Services
from core.settings import Settings
from core.telemetry.metrics import FIGURES
from tests.serving import serving

ROOT = Path(__file__).parents[2]
QUESTION = {"q": "Where are the metrics of the assistant?"}


@pytest.fixture
def serve(settings: Settings, shared_services: Services) -> Iterator[Callable[..., str]]:
    """``serve(metrics_from=...)``: one more server. Its base URL."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(
            serving(Settings.model_validate(settings.model_dump() | changes), shared_services)
        )


def read(url: str) -> dict[str, float]:
    """The counts for the help centre, by name."""
    text = httpx2.get(f"{url}/metrics").raise_for_status().text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: sample.value for sample in samples if sample.labels.get("kb") == "help"}


def test_hits_and_misses_are_told_apart(shared_server: str) -> None:
    for _ in range(2):
        httpx2.get(f"{shared_server}/api/v1/knowledge/search", params=QUESTION).raise_for_status()
    before = read(shared_server)
    for question in (QUESTION, QUESTION | {"limit": 7}, QUESTION):
        httpx2.get(f"{shared_server}/api/v1/knowledge/search", params=question).raise_for_status()
    after = read(shared_server)
    hits, misses = "tellergraph_knowledge_cache_hits_total", "tellergraph_knowledge_cache_misses_total"
    assert (after[hits] - before[hits], after[misses] - before[misses]) == (2, 1)


def test_a_base_that_is_not_there_is_not_counted(shared_server: str) -> None:
    """Or anybody could fill the memory of the server, and of Prometheus."""
    httpx2.get(f"{shared_server}/api/v1/knowledge/search", params=QUESTION | {"kb": "made_up"}).raise_for_status()
    assert "made_up" not in httpx2.get(f"{shared_server}/metrics").text


def test_the_format_is_what_the_reader_asks_for(shared_server: str) -> None:
    plain = httpx2.get(f"{shared_server}/metrics", headers={"Accept": "text/plain"})
    assert plain.headers["content-type"].startswith("text/plain; version=")
    newer = httpx2.get(f"{shared_server}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert newer.text.endswith("# EOF\n")


def test_networks_that_are_not_named_find_nothing(serve: Callable[..., str], shared_server: str) -> None:
    absent = httpx2.get(f"{shared_server}/nothing").json()["error"]
    for response in (
        httpx2.get(f"{serve(metrics_from='10.0.0.0/8, fd00::/8')}/metrics"),
        httpx2.get(f"{serve(metrics_from='')}/metrics"),
        # Through a proxy on this machine, with an address that the caller made up before it.
        httpx2.get(f"{shared_server}/metrics", headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}),
        httpx2.get(f"{shared_server}/metrics", headers={"X-Forwarded-For": "nonsense"}),
    ):
        assert (response.status_code, response.json()["error"]) == (404, absent)


def test_every_figure_is_described_with_its_labels() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(tellergraph_\w+)` \| (.+?) \|", page, re.MULTILINE)
    described = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    assert len(described) == len(rows)
    counted = [figure for figure in FIGURES if not figure.name.startswith("tellergraph_test_")]
    assert described == {figure.name: figure.labels for figure in counted}


def test_every_figure_has_a_label_and_the_ending_of_its_unit() -> None:
    assert all(figure.labels for figure in FIGURES)
    endings = {"counter": "_total", "histogram": "_seconds"}
    for figure in FIGURES:
        ending = endings.get(figure.kind)
        assert figure.name.endswith(ending) if ending else not figure.name.endswith(tuple(endings.values()))
