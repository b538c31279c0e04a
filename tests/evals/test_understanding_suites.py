"""`tellergraph evals run intents|routing` as its user sees it: what it prints and how it exits."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.cli import app

INTENTS = """text,category
How do I activate my new card?,activate_my_card
My new card needs to be activated,activate_my_card
I lost my card,lost_or_stolen_card
What is the exchange rate?,card_arrival
"""
COARSE = """{"text": "hi", "route": "small_talk"}
{"text": "what's my balance?", "route": "banking"}
{"text": "How do I activate my new card?", "route": "banking"}

{"text": "did you flag a payment?", "route": "banking"}
{"text": "let me talk to a real person", "route": "banking"}
{"text": "What is the weather in Paris?", "route": "out_of_scope"}
{"text": "thanks", "route": "out_of_scope"}
"""
FINE = """{"text": "freeze my card ending 4821", "route": "operation", "note": "more fields do no harm"}
{"text": "how do I freeze my card", "route": "knowledge"}
{"text": "did you flag a payment?", "route": "fraud"}
{"text": "let me talk to a real person", "route": "handoff"}
"""


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["run", *arguments])


def test_intents_prints_one_report(tmp_path: Path) -> None:
    path = write(tmp_path, "intents.csv", INTENTS)

    result = evaluate("intents", "--data", path, "--json")
    report = json.loads(result.stdout)

    assert result.exit_code == 0
    assert list(report) == ["suite", "data", "n", "trials", "metrics", "errors", "run"]
    assert (report["suite"], report["data"], report["n"]) == ("intents", path, 4)
    assert set(report["metrics"]) == {"accuracy", "macro_f1", "ece", "coverage_at_99_precision", "p50_ms"}
    assert report["metrics"]["accuracy"] == 0.75
    assert report["metrics"]["p50_ms"] > 0
    assert {"data_sha256", "heads_sha256", "encoder_sha256", "accuracy_se"} <= set(report["run"])


def test_banking_stands_for_four_routes(tmp_path: Path) -> None:
    result = evaluate("routing", "--data", write(tmp_path, "routing.jsonl", COARSE), "--json")
    report = json.loads(result.stdout)

    assert result.exit_code == 0
    assert report["n"] == 7
    assert set(report["metrics"]) == {
        "accuracy",
        "macro_f1",
        "recall",
        "ece",
        "coverage_at_99_precision",
        "p50_ms",
    }
    assert report["metrics"]["recall"] == {"banking": 1.0, "out_of_scope": 0.5, "small_talk": 1.0}
    assert report["metrics"]["accuracy"] == pytest.approx(6 / 7, abs=1e-6)


def test_the_six_routes_may_be_asked_for_one_by_one(tmp_path: Path) -> None:
    result = evaluate("routing", "--data", write(tmp_path, "routing.jsonl", FINE), "--json")

    assert json.loads(result.stdout)["metrics"]["recall"] == {
        "fraud": 1.0,
        "handoff": 1.0,
        "knowledge": 1.0,
        "operation": 1.0,
    }


def test_rows_that_name_their_intent_are_asked_for_it_too(tmp_path: Path) -> None:
    rows = (
        {"text": "what's my balance?", "route": "operation", "intent": "get_balance"},
        {"text": "freeze my card please", "route": "operation", "intent": "list_cards"},
        {"text": "how do I order a card?", "route": "knowledge"},
    )
    lines = "\n".join(map(json.dumps, rows))
    result = evaluate("routing", "--data", write(tmp_path, "routing.jsonl", lines), "--json")

    assert json.loads(result.stdout)["metrics"]["intent_accuracy"] == 0.5


def test_without_json_the_report_is_for_a_reader(tmp_path: Path) -> None:
    result = evaluate("routing", "--data", write(tmp_path, "routing.jsonl", FINE))

    assert "4 cases" in result.stdout
    assert "recall.fraud" in result.stdout


def test_what_was_taken_for_what_is_counted(tmp_path: Path) -> None:
    result = evaluate("routing", "--data", write(tmp_path, "routing.jsonl", COARSE), "--json")
    run = json.loads(result.stdout)["run"]

    assert run["confusion"]["banking"] == {"banking": 4}
    assert run["confusion"]["out_of_scope"] == {"out_of_scope": 1, "small_talk": 1}
    assert 0 <= run["asked_back"] <= 1


@pytest.mark.parametrize(("suite", "text"), [("intents", INTENTS), ("routing", FINE)])
def test_the_confusion_matrix_is_drawn_on_request(tmp_path: Path, suite: str, text: str) -> None:
    result = evaluate(suite, "--data", write(tmp_path, "cases", text), "--plots", str(tmp_path / "pictures"), "--json")
    (drawn,) = json.loads(result.stdout)["run"]["plots"]

    assert drawn == str(tmp_path / "pictures" / f"{suite}_confusion.png")
    assert Path(drawn).read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    result = evaluate("routing", "--data", write(tmp_path, "routing.jsonl", FINE), "--plots", str(tmp_path))

    assert result.exit_code == 1
    assert "tellergraph[evals]" in result.stderr


@pytest.mark.parametrize(
    ("floor", "exit_code"),
    [("accuracy=0.7", 0), ("accuracy=0.75", 0), ("accuracy=0.76", 1), ("accuracy=nan", 1)],
)
def test_a_floor_decides_the_exit_code(tmp_path: Path, floor: str, exit_code: int) -> None:
    path = write(tmp_path, "intents.csv", INTENTS)

    result = evaluate("intents", "--data", path, "--json", "--fail-under", floor)

    assert result.exit_code == exit_code
    assert json.loads(result.stdout)["n"] == 4
    assert ("Missed: accuracy" in result.stderr) == (exit_code == 1)


def test_a_floor_may_name_one_route(tmp_path: Path) -> None:
    path = write(tmp_path, "routing.jsonl", COARSE)

    assert evaluate("routing", "--data", path, "--fail-under", "recall.banking=0.9").exit_code == 0
    assert evaluate("routing", "--data", path, "--fail-under", "recall.out_of_scope=0.9").exit_code == 1


BAD_INPUT = {
    "no option": ("intents", None, [], "needs --data"),
    "no suite": ("intent", INTENTS, [], "There is no suite intent"),
    "wrong columns": ("intents", "question,label\nhi,x\n", [], "needs the column text and category"),
    "no rows": ("intents", "text,category\n", [], "has no cases"),
    "empty": ("intents", "", [], "needs the column"),
    "unknown label": ("intents", "text,category\nhi,greeting\n", [], "not BANKING77's: greeting"),
    "no text": ("intents", "text,category\n ,card_arrival\n", [], "row 1 needs text in text"),
    "short row": ("intents", "text,category\nhi\n", [], "row 1 needs text in category"),
    "not JSON": ("routing", "text,route\n", [], "line 1 is not JSON"),
    "not an object": ("routing", "[1]\n", [], "line 1 is not a JSON object"),
    "no field": ("routing", '{"text": "hi"}\n', [], "line 1 needs text in route"),
    "unknown route": ("routing", '{"text": "hi", "route": "smalltalk"}\n', [], "unknown routes: smalltalk"),
    "no lines": ("routing", "\n\n", [], "has no cases"),
    "floor without value": ("intents", INTENTS, ["--fail-under", "accuracy"], "needs METRIC=VALUE"),
    "floor of no metric": ("intents", INTENTS, ["--fail-under", "recall=1"], "no metric recall"),
    "no heads": ("intents", INTENTS, ["--heads", "nowhere"], "cannot be used"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_on_stderr(tmp_path: Path, case: str) -> None:
    suite, text, more, message = BAD_INPUT[case]
    data = [] if text is None else ["--data", write(tmp_path, "cases", text)]

    result = evaluate(suite, *data, "--json", *more)

    assert result.exit_code == (1 if case == "no heads" else 2)
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_and_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"text,category\ncaf\xe9,card_arrival\n")

    missing = evaluate("intents", "--data", str(tmp_path / "nothing.csv"))
    folder = evaluate("intents", "--data", str(tmp_path))
    latin = evaluate("intents", "--data", str(tmp_path / "latin"))

    assert [result.exit_code for result in (missing, folder, latin)] == [2, 2, 2]
    assert "does not exist" in missing.stderr
    assert "cannot be read" in folder.stderr
    assert "is not UTF-8" in latin.stderr
