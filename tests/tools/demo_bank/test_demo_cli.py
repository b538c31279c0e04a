"""The commands of the demo bank, against the embedded servers."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from tools.cli import db_app

runner = CliRunner()


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Short, so that sockets fit in it."""
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as directory:
        monkeypatch.setenv("TELLERGRAPH_DATA_DIR", f"{directory}/data")
        yield Path(directory)


def test_demo_loads_once_and_prints_the_logins_and_reset_puts_back() -> None:
    first = runner.invoke(db_app, ["demo", "--customers", "3", "--seed", "5", "--json"])
    assert first.exit_code == 0, first.output
    printed = json.loads(first.stdout)
    assert printed["loaded"] is True
    assert printed["report"]["customers"] == 3
    assert {login["role"] for login in printed["logins"]} == {
        "customer",
        "agent",
        "supervisor",
        "auditor",
        "admin",
        "compliance",
    }

    again = runner.invoke(db_app, ["demo"])
    assert "already" in again.stdout
    assert "admin@demo.example" in again.stdout

    reset = runner.invoke(db_app, ["reset-demo", "alex", "--json"])
    assert json.loads(reset.stdout) == {"reset": "alex"}


@pytest.mark.parametrize("arguments", [["demo", "--customers", "1"], ["reset-demo", "mallory"], ["reset-demo"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    assert runner.invoke(db_app, arguments).exit_code == 2
