"""What stands under deploy/grafana and deploy/prometheus, as tests read it."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
GRAFANA = ROOT / "deploy" / "grafana"
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
RULES = PROMETHEUS / "rules" / "tellergraph.yml"

_OURS = re.compile(r"\btellergraph_\w+")


def load(dashboard: Path) -> dict[str, Any]:
    return json.loads(dashboard.read_text(encoding="utf-8"))


def expressions(dashboard: Path) -> list[str]:
    """Of all panels, with what Grafana puts in by itself."""
    targets = [target for panel in load(dashboard)["panels"] for target in panel["targets"]]
    return [target["expr"].replace("$__rate_interval", "5m") for target in targets]


def rules() -> list[dict[str, str]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def metrics_in(expression: str) -> set[str]:
    return set(_OURS.findall(expression))
