"""``tellergraph compliance load-list``: who was not found before is found when a list changes. Issue 6: "rescreening
when a list changes"."""

from pathlib import Path

import orjson
import psycopg
import pytest
from typer.testing import CliRunner

from cli import app
from core.services import Services
from core.settings import Settings


@pytest.fixture
def bank_at_hand(empty: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TELLERGRAPH_DATABASE_URL", empty.admin_url)
    monkeypatch.setenv("TELLERGRAPH_REDIS_URL", empty.redis_url)
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY", "x" * 32)
    with psycopg.connect(empty.owner_url) as owner:
        owner.execute("insert into customers (full_name) values ('Orsolya Quillfeather')")
    return empty


def found(services: Services) -> list[str]:
    with psycopg.connect(services.owner_url) as owner:
        return [name for (name,) in owner.execute("select name from screening_hits")]


@pytest.mark.parametrize(
    ("options", "hits"), [((), ["Orsolya Quillfeather"]), (("--no-rescreen",), [])], ids=["usual", "left-for-later"]
)
def test_a_list_that_changes_is_asked_about_everybody(
    bank_at_hand: Services, tmp_path: Path, options: tuple[str, ...], hits: list[str]
):
    listed = tmp_path / "own.csv"
    listed.write_text("id,name\n1,Orsolya Quillfeather\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["compliance", "load-list", str(listed), "--json", *options])
    assert done.exit_code == 0, done.output
    assert (orjson.loads(done.stdout)["rescreened"] is None) == bool(options)
    assert found(bank_at_hand) == hits
    again = CliRunner().invoke(app, ["compliance", "load-list", str(listed)])
    assert "nothing has changed" in again.stdout
