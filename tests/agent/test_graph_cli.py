"""``tellergraph graph`` says what it did."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from agent.graph_cli import graph_app
from core.services import Services
from core.settings import Settings
from knowledge.ingest import ingest_folder
from knowledge.store import open_store

BASE = "graph_cli"


@pytest.fixture(autouse=True)
def base(services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The commands join the session's servers, whose database other tests copy: what went in goes out again."""
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(settings.data_dir))
    (tmp_path / "fees.md").write_text("---\nid: fees\ntitle: 'Gold Account: Fees'\n---\n- Transfer fee: none\n")
    ingest_folder(services.owner_url, tmp_path, BASE)
    yield
    with open_store(services.owner_url, BASE) as store:
        store.delete_all()
    assert run("build", "--kb", BASE).exit_code in {0, 1}
    with psycopg.connect(services.graph_url) as connection:
        assert connection.execute("select 1 from tellergraph_graphs").fetchall() == []


def run(*arguments: str) -> Result:
    return CliRunner().invoke(graph_app, arguments)


def test_a_graph_is_built_and_listed_and_built_again_for_nothing():
    assert run("list").stdout == "No graph has been built.\n"
    first = run("build", "--kb", BASE)
    assert (first.exit_code, first.stdout) == (0, f"Graph of {BASE}: 1 added, 0 removed, 0 unchanged.\n")
    again = json.loads(run("build", "--kb", BASE, "--json").stdout)
    expected = {"kb": BASE, "added": 0, "removed": 0, "unchanged": 1, "failed": [], "error": None}
    assert again == expected
    [listed] = json.loads(run("list", "--json").stdout)["graphs"]
    assert (listed["kb"], listed["documents"], listed["failed"]) == (BASE, 1, 0)
    assert run("list").stdout.startswith(f"{BASE}: 1 documents, 0 failed, built ")


def test_a_knowledge_base_that_is_not_there_is_one_line():
    refused = run("build", "--kb", "nowhere")
    assert refused.exit_code == 1
    assert "There is no knowledge base nowhere." in refused.output
