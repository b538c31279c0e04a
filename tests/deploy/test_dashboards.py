"""The dashboards of Grafana and the rules of Prometheus show what the real server exports. Issue 9."""

from pathlib import Path

import httpx2
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.dashboards import DASHBOARDS, GRAFANA, PROMETHEUS, expressions, load, metrics_in, rules
from tests.workers import PATIENCE

_ENDINGS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


@pytest.fixture(scope="module")
def exported(shared_server: str) -> set[str]:
    """The names of all samples that the page has, or will have once there is something to count."""
    text = httpx2.get(f"{shared_server}/metrics", timeout=PATIENCE).raise_for_status().text
    families = text_string_to_metric_families(text)
    return {family.name + ending for family in families for ending in _ENDINGS.get(family.type, ())}


def test_there_is_a_dashboard_for_each_part() -> None:
    assert [path.stem for path in DASHBOARDS] == ["business", "database", "model", "retrieval", "security", "service"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_figure_of_a_dashboard_is_one_that_the_server_gives(dashboard: Path, exported: set[str]) -> None:
    named = {expression: metrics_in(expression) for expression in expressions(dashboard)}
    assert all(named.values())
    assert set().union(*named.values()) - exported == set()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_grafana_finds_its_way_in_a_dashboard(dashboard: Path) -> None:
    """Ids are there once, panels lie beside each other, and all read from the source that is provisioned."""
    content = load(dashboard)
    [source] = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    panels = content["panels"]
    assert content["uid"] == f"tellergraph-{dashboard.stem}"
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert {(each["type"], each["uid"]) for panel in panels for each in (panel["datasource"],)} == {
        (source["type"], source["uid"])
    }
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_figure_of_a_rule_is_one_that_the_server_gives(exported: set[str]) -> None:
    assert set().union(*(metrics_in(rule["expr"]) for rule in rules())) - exported == set()


def test_every_figure_that_the_server_gives_is_shown_somewhere(exported: set[str]) -> None:
    """What nobody looks at need not be counted."""
    shown = set().union(*(metrics_in(expression) for path in DASHBOARDS for expression in expressions(path)))
    families = {name.removesuffix("_bucket").removesuffix("_count") for name in shown}
    ours = {name for name in exported if name.startswith("tellergraph_") and not name.startswith("tellergraph_test_")}
    assert {name for name in ours if not name.endswith(("_sum", "_count", "_bucket"))} - shown == set()
    assert {name.removesuffix("_bucket") for name in ours if name.endswith("_bucket")} - families == set()


def test_prometheus_reads_its_rules_and_asks_the_servers_of_the_compose_file() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert [path for pattern in config["rule_files"] for path in PROMETHEUS.glob(pattern)]
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert jobs["tellergraph"] == ["api:8000"]
    assert jobs["tellergraph-worker"] == ["worker:9101"]
