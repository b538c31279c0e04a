"""`tellergraph evals run slots` as its user sees it: what it prints, what counts and how it exits."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evals.cli import app

MARCH_16 = {"day": 16, "month": 3, "year": 2022}


def slot(text: str, name: str, words: str, value: object, *, key: str = "value") -> dict[str, Any]:
    start = text.index(words)
    return {name: {"text": words, "span": [start, start + len(words)], key: value}}


PAY = "pay 20 pounds tomorrow at 10 past 9 night"
SPENT = "what did I spend in the last 3 days?"
TWICE = "every month please"
CASES: list[dict[str, Any]] = [
    {"text": "hello", "intents": ["greet"]},
    {
        "text": PAY,
        "intents": [],
        "slots": slot(PAY, "amount_of_money", "20 pounds", {"amount": 20.0, "currency": "GBP"})
        | slot(PAY, "date", "tomorrow", MARCH_16)
        | slot(PAY, "time", "10 past 9 night", {"hour": 21, "minute": 10}),
    },
    {
        "text": SPENT,
        "intents": [],
        "slots": slot(
            SPENT,
            "date_period",
            "last 3 days",
            {
                "type": "absolute",
                "from": {"day": 12, "month": 3, "year": 2022},
                "to": {"day": 15, "month": 3, "year": 2022},
            },
            key="values",
        ),
    },
    {
        "text": TWICE,
        "intents": [],
        "slots": slot(TWICE, "date_period", "every month", {"type": "relative", "days": 30}, key="values"),
    },
]
WRONG_VALUE = [
    {"text": "pay tomorrow", "slots": slot("pay tomorrow", "date", "tomorrow", {"day": 1, "month": 1, "year": 2022})}
]


def write(path: Path, cases: object) -> str:
    path.write_text(json.dumps(cases), encoding="utf-8")
    return str(path)


def evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["run", "slots", *arguments])


def test_it_prints_one_report(tmp_path: Path) -> None:
    result = evaluate("--data", write(tmp_path / "cases.json", CASES), "--json")
    report = json.loads(result.stdout)

    assert result.exit_code == 0
    assert (report["suite"], report["n"]) == ("slots", 4)
    assert report["metrics"]["f1"] == {"amount_of_money": 1.0, "date": 1.0, "date_period": 1.0, "time": 1.0}
    assert report["metrics"]["micro_f1"] == report["metrics"]["core_f1"] == 1.0
    assert report["metrics"]["p50_ms"] > 0
    assert report["run"]["written_at"] == "2022-03-15T09:00:00+00:00"


def test_a_wrong_value_does_not_count_though_the_words_are_right(tmp_path: Path) -> None:
    report = json.loads(evaluate("--data", write(tmp_path / "cases.json", WRONG_VALUE), "--json").stdout)

    assert report["metrics"]["f1"] == {"date": 0.0}
    assert report["metrics"]["span_f1"] == {"date": 1.0}


def test_what_is_found_and_not_in_the_data_counts_against_it(tmp_path: Path) -> None:
    cases = [*CASES, {"text": "freeze my card tomorrow", "intents": []}]

    report = json.loads(evaluate("--data", write(tmp_path / "cases.json", cases), "--json").stdout)

    assert report["metrics"]["f1"]["date"] == pytest.approx(2 / 3, abs=1e-6)


def test_a_folder_means_its_folds(tmp_path: Path) -> None:
    write(tmp_path / "fold0.json", CASES)
    write(tmp_path / "fold1.json", CASES[:1])
    write(tmp_path / "ontology.json", {"slots": {}})

    assert json.loads(evaluate("--data", str(tmp_path), "--json").stdout)["n"] == 5


def test_a_floor_may_name_one_slot(tmp_path: Path) -> None:
    path = write(tmp_path / "cases.json", WRONG_VALUE)

    assert evaluate("--data", path, "--fail-under", "f1.date=0.5").exit_code == 1
    assert evaluate("--data", path, "--fail-under", "f1.date=0").exit_code == 0


@pytest.mark.parametrize(
    ("cases", "error"),
    [
        ([], "has no cases"),
        ({"a": 1}, "is not in the form of NLU++"),
        ([{"intents": []}], "is not in the form of NLU++"),
        ([{"text": "hi", "slots": {"date": {"text": "hi"}}}], "is not in the form of NLU++"),
    ],
    ids=["none", "object", "no text", "no span"],
)
def test_input_that_cannot_be_used(tmp_path: Path, cases: object, error: str) -> None:
    result = evaluate("--data", write(tmp_path / "cases.json", cases))

    assert result.exit_code == 2
    assert error in result.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert evaluate("--data", str(tmp_path / "nothing.json")).exit_code == 2
    assert evaluate().exit_code == 2
