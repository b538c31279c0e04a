"""``tellergraph serve --workers N`` as an operator runs it, and its page of figures."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
from prometheus_client.parser import text_string_to_metric_families

from core.services import Services
from tests.waiting import eventually

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0
"""Seconds for an answer: processes have just started, and the machine may be busy with something else."""
Labels = frozenset[tuple[str, str]]
Page = dict[tuple[str, Labels], float]


@contextmanager
def serving_workers(
    services: Services, data_dir: Path, *, workers: int, **changes: str
) -> Generator[tuple[psutil.Process, str]]:
    """The parent, and the address of its processes, once all of them serve."""
    environment = {
        **os.environ,
        "TELLERGRAPH_DATA_DIR": str(data_dir),
        "TELLERGRAPH_DATABASE_URL": services.admin_url,
        "TELLERGRAPH_REDIS_URL": services.redis_url,
        "TELLERGRAPH_DEMO": "false",
        "TELLERGRAPH_GRAPH": "off",
        "TELLERGRAPH_LLM": "offline",
        "TELLERGRAPH_PORT": "0",
        **changes,
    }
    command = [sys.executable, "-m", "cli", "serve", "--workers", str(workers)]
    log = data_dir / "serve.log"
    with log.open("w") as written, subprocess.Popen(command, env=environment, cwd=ROOT, stderr=written) as process:  # noqa: S603
        try:
            yield psutil.Process(process.pid), _address(process, log)
        finally:
            process.terminate()
            process.wait(120)


def read_page(url: str) -> Page:
    """Every sample that is exported."""
    text = httpx2.get(f"{url}/metrics", timeout=PATIENCE).raise_for_status().text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labels(**values: str) -> Labels:
    return frozenset(values.items())


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    def greeting() -> str | None:
        assert process.poll() is None, log.read_text()
        return next((url for line in log.read_text().splitlines() if (url := _ready(line))), None)

    return str(eventually(greeting, within=400))


def _ready(line: str) -> str | None:
    """Where a server says that it is."""
    found = re.search(r'"tellergraph\.url": ?"(http[^"]+)"', line)
    return found[1] if found else None
