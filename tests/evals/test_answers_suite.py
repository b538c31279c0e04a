"""`tellergraph evals run answers` asks the whole assistant and looks at what it cites."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.services import Services
from core.settings import Settings
from evals.cli import app


@pytest.fixture(autouse=True)
def full_bank(fresh: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLERGRAPH_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TELLERGRAPH_LLM", "offline")
    monkeypatch.setenv("TELLERGRAPH_REDIS_URL", fresh.redis_url)
    monkeypatch.setenv("TELLERGRAPH_DATABASE_URL", fresh.admin_url)


def run_answers(path: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["run", "answers", "--data", str(path), "--json"])
    return result.exit_code, result.stdout or result.stderr


def test_a_right_citation_a_wrong_one_and_a_refusal_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        "text,category\n"
        "How do I activate my new card?,activate_my_card\n"
        "How do I activate my new card?,exchange_rate\n"
        "What is the weather in Paris?,card_arrival\n"
    )
    code, printed = run_answers(path)
    assert code == 0, printed
    report = json.loads(printed)
    assert report["n"] == 3
    metrics = {name: value for name, value in report["metrics"].items() if name != "p50_ms"}
    assert metrics == {
        "first_citation_accuracy": pytest.approx(1 / 3, abs=1e-6),
        "any_citation_accuracy": pytest.approx(1 / 3, abs=1e-6),
        "grounded_rate": 1.0,
        "refusal_rate": pytest.approx(1 / 3, abs=1e-6),
    }


def test_categories_that_no_article_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("text,category\nhello,nonsense\n")
    code, printed = run_answers(path)
    assert code == 2
    assert "No article of the knowledge base names any category" in printed
