"""`tellergraph evals run pii`: what it measures, and how good the engine is."""

import json
from pathlib import Path

import pytest
import yaml

from core.errors import InvalidInput
from evals.personal_texts import make_cases
from evals.runner import run_suite
from evals.suite import Options

UNSEEN = Path(__file__).parents[2] / "evals" / "data" / "pii_unseen.jsonl"
CARD = "my card 4111 1111 1111 1111 and tea"


def run(path: Path) -> dict[str, dict[str, float]]:
    return run_suite("pii", Options(data=path)).result.metrics


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_the_engine_is_as_good_as_we_say() -> None:
    """Issue 8, "Figures to reach"."""
    metrics = run(UNSEEN)

    assert metrics["recall_by_group"]["ordinary"] >= 0.98
    assert metrics["recall_by_group"]["hard"] >= 0.9
    assert metrics["false_alarm_rate"] <= 0.03  # type: ignore[operator]
    assert set(metrics["recall_by_type"]) >= {"PERSON", "CARD", "PIN", "ADDRESS", "SECURITY_ANSWER"}


def test_a_span_counts_where_it_is_hidden_whole_and_a_finding_where_it_meets_one(tmp_path: Path) -> None:
    card, name = {"start": 8, "end": 27, "type": "CARD"}, {"start": 32, "end": 35, "type": "PERSON"}
    path = write(
        tmp_path / "cases.jsonl",
        {"text": CARD, "spans": [card, name]},
        {"text": "my card is lost", "spans": []},
        {"text": "my PIN is 4821", "spans": []},
    )

    metrics = run(path)

    assert metrics["recall"] == 0.5
    assert metrics["recall_by_type"] == {"CARD": 1.0, "PERSON": 0.0}
    assert metrics["precision"] == 0.5
    assert metrics["false_alarm_rate"] == 0.5
    assert metrics["p50_ms"] > 0  # type: ignore[operator]


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "not json",
        '{"text": ""}',
        '{"text": "a", "spans": [{"start": 0, "end": 2, "type": "CARD"}]}',
        '{"text": "a", "spans": [{"start": 0, "end": 1, "type": "NO_SUCH"}]}',
    ],
)
def test_a_line_that_is_no_case_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")

    with pytest.raises(InvalidInput, match="line 2 is no case"):
        run(path)


def test_the_committed_cases_are_what_their_templates_make() -> None:
    pytest.importorskip("faker")
    templates = yaml.safe_load((UNSEEN.parent / "pii_unseen.yaml").read_text(encoding="utf-8"))
    made = list(make_cases(templates, 31, 4))
    committed = [json.loads(line) for line in UNSEEN.read_text(encoding="utf-8").splitlines()]

    assert [case["group"] for case in made] == [case["group"] for case in committed]
    assert [[span["type"] for span in case["spans"]] for case in made] == [
        [span["type"] for span in case["spans"]] for case in committed
    ]
