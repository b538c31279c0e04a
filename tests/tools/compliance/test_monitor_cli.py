"""``tellergraph compliance monitor``, as an operator has it."""

from datetime import UTC, datetime

import orjson
import pytest
from typer.testing import CliRunner

from cli import app
from core.services import Services
from core.settings import Settings
from evals.aml.ground import lay_people
from evals.aml.patterns import make_people


@pytest.fixture
def bank_at_hand(empty: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TELLERGRAPH_DATABASE_URL", empty.admin_url)
    monkeypatch.setenv("TELLERGRAPH_REDIS_URL", empty.redis_url)
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY", "x" * 32)
    return empty


def test_an_operator_runs_the_monitor_and_is_told_what_it_did(bank_at_hand: Services):
    people = [one for one in make_people(3, 1) if one.behaviour == "structuring"]
    today = datetime.now(UTC).date()
    lay_people(bank_at_hand.owner_url, people, today)

    done = CliRunner().invoke(app, ["compliance", "monitor", "--json"])

    assert done.exit_code == 0, done.output
    run = orjson.loads(done.stdout)["run"]
    assert (run["alerts"], run["cases"], run["rule_set"]) == (1, 1, "2026-11")
    again = CliRunner().invoke(app, ["compliance", "monitor", "--to", today.isoformat()])
    assert "0 new alerts, 0 new cases." in again.stdout


def test_days_that_go_backwards_end_with_one_line(bank_at_hand: Services):
    lay_people(bank_at_hand.owner_url, list(make_people(3, 1))[:1], datetime.now(UTC).date())
    backwards = ["compliance", "monitor", "--from", "2026-02-02", "--to", "2026-02-01", "--json"]
    done = CliRunner().invoke(app, backwards)
    assert done.exit_code == 1
    assert "backwards" in orjson.loads(done.stdout)["error"]["message"]
