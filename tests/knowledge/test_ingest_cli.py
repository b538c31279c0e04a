"""``tellergraph ingest`` says what went in and what did not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from core.services import Services
from core.settings import Settings
from knowledge.cli import ingest
from knowledge.store import open_store

ARTICLE = "---\nid: fees\ntitle: What does it cost?\n---\nTransfers are free.\n"

app = typer.Typer()
app.command()(ingest)


@pytest.fixture(autouse=True)
def own_base(services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands join the session's servers, whose database other tests copy: what went in goes out again."""
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(settings.data_dir))
    yield
    with open_store(services.owner_url, "cli") as store:
        store.delete_all()


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_folder_goes_in_and_comes_out_again(tmp_path: Path) -> None:
    (tmp_path / "fees.md").write_text(ARTICLE)
    first = run(tmp_path, "--kb", "cli", "--json")
    assert (first.exit_code, json.loads(first.stdout)) == (
        0,
        {"kb": "cli", "added": 1, "updated": 0, "deleted": 0, "unchanged": 0, "failed": [], "waiting": []},
    )
    again = run(tmp_path, "--kb", "cli")
    assert again.stdout == "Knowledge base cli: 0 added, 0 updated, 0 deleted, 1 unchanged.\n"


def test_a_bad_file_makes_the_command_fail_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "fees.md").write_text(ARTICLE)
    (tmp_path / "bad.md").write_text("---\nid: bad\n---\ntext")
    result = run(tmp_path, "--kb", "cli")
    assert result.exit_code == 1
    assert result.stdout == "Knowledge base cli: 1 added, 0 updated, 0 deleted, 0 unchanged, 1 skipped.\n"
    assert result.stderr.endswith("Skipped bad.md: `title` is missing. Add a line `title: ...` to the front matter\n")


def test_a_path_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    result = run(tmp_path / "absent", "--kb", "cli")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {tmp_path}/absent: there is no such file or folder.\n"
