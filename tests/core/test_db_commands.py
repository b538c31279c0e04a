"""``tellergraph db``: what it prints, and with which exit code it ends."""

import json

import pytest
from typer.testing import CliRunner

from core.audit.audit_cli import audit_app
from core.cli import db_app
from core.db.migrate import list_revisions


@pytest.fixture
def run(own_data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(own_data_dir))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(db_app, list(arguments))


def test_migrate_check_and_downgrade(run):
    head = list_revisions()[-1]
    done = run("migrate")
    assert (done.exit_code, done.stdout) == (0, f"The database is at {head} (it was at base).\n")
    assert json.loads(run("migrate", "--json").stdout) == {"before": head, "after": head}
    checked = run("check")
    assert checked.exit_code == 0
    assert [line[:5] for line in checked.stdout.splitlines()] == ["ok   "] * 10
    assert json.loads(run("downgrade", "base", "--json").stdout) == {"before": head, "after": "base"}
    found = run("check", "--json")
    assert found.exit_code == 1
    report = json.loads(found.stdout)
    assert report["passed"] is False
    assert [check["passed"] for check in report["checks"]] == [False, *[True] * 8, False]


def test_an_error_is_one_line_and_exit_code_1(run):
    failed = run("downgrade", "nonsense")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("Error: There is no revision nonsense: choose one of base, 0001_bank")
    assert len(failed.stderr.splitlines()) == 1
    as_json = run("downgrade", "nonsense", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["error"]["code"] == "configuration_error"


def test_wrong_settings_are_told(run, monkeypatch):
    monkeypatch.setenv("TELLERGRAPH_PORT", "x")
    failed = run("check")
    assert failed.exit_code == 1
    assert "TELLERGRAPH_PORT: " in failed.stderr


def test_a_command_on_a_database_without_its_tables_says_to_migrate(run):
    head = list_revisions()[-1]
    unmade = CliRunner().invoke(audit_app, ["verify"])
    assert (unmade.exit_code, unmade.stdout) == (1, "")
    assert unmade.stderr == f"Error: The database is at base and this needs {head}: run 'tellergraph db migrate'.\n"
    run("migrate")
    assert CliRunner().invoke(audit_app, ["verify"]).exit_code == 0
