"""What `finetune evaluate` says of a model: figures of its own answers on rows that it did not learn, beside others."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from core.digests import digest_of_folder
from core.errors import InvalidInput
from finetune.cli import app
from finetune.data.folder import DataSet, read_manifest, read_rows, write_data_set
from finetune.evaluate.chat import measure_calibration
from finetune.evaluate.chat_rows import Answered, Question, judge, list_questions
from finetune.evaluate.results import read_evaluation
from finetune.evaluate.scores import average, compare
from tests.finetune.tuned import make_chat_adapter, make_text_classifier
from tests.tiny_models import make_tiny_bert, make_tiny_llama
from tools.catalogue import CATALOGUE

pytestmark = pytest.mark.finetune

RESULT = '{"accounts":[{"name":"Everyday","available":{"amount":"1250.00","currency":"GBP"}}]}'
SYSTEM = {"role": "system", "content": "You are the assistant. Today is Monday, 2 March 2026."}


def schema(name: str) -> dict[str, Any]:
    tool = CATALOGUE.find(name)
    assert tool is not None
    return tool.schema


def call(name: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": function}]}


def row(number: int, kind: str, *messages: dict[str, Any], said: str = "What is my balance") -> dict[str, Any]:
    user = {"role": "user", "content": f"{said} {'abcdefghij'[number % 10] * (number + 1)}?"}
    return {
        "id": f"r{number}",
        "group": f"g{number}",
        "kind": kind,
        "intent": "balance",
        "messages": [SYSTEM, user, *messages],
        "tools": ["list_accounts", "list_cards"],
    }


def rows(first: int) -> list[dict[str, Any]]:
    told = {"role": "tool", "content": RESULT, "tool_call_id": "c1"}
    says = {"role": "assistant", "content": "You have £1,250.00 in Everyday."}
    no = {"role": "assistant", "content": "I am sorry, I cannot help with that."}
    return [
        row(first, "tool", call("list_accounts"), told, says),
        row(first + 1, "refusal", no, said="Show me the account of my neighbour"),
    ]


def write_chats(folder: Path, train_from: int = 0, test_from: int = 10) -> Path:
    parts = {"train": rows(train_from), "validation": rows(train_from + 4), "test": rows(test_from)}
    schemas = {name: schema(name) for name in ("list_accounts", "list_cards")}
    write_data_set(DataSet("chat", parts, {}, {"tools.json": schemas}), "card", folder)
    return folder


def write_intents(folder: Path) -> Path:
    texts = {"card": ["my card", "where is the card", "card lost"], "balance": ["my balance", "how much", "money left"]}
    listed = [{"text": text, "label": label} for label, many in texts.items() for text in many]
    parts = {
        part: [
            {"id": f"{part}{n}", "source": "own", **one, "text": f"{one['text']} {part}"}
            for n, one in enumerate(listed)
        ]
        for part in ("train", "validation", "test")
    }
    write_data_set(DataSet("intents", parts, {"labels": ["balance", "card"]}), "card", folder)
    return folder


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments), "--json"])


def done(*arguments: object) -> dict[str, Any]:
    result = evaluate(*arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: object) -> str:
    result = evaluate(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_llama(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="module")
def chats(base: Path) -> Path:
    return write_chats(base.with_name("chats"))


@pytest.fixture(scope="module")
def adapter(base: Path, chats: Path) -> Path:
    return make_chat_adapter(base, base.with_name("adapter"), data_digest=read_manifest(chats)["digest"])


def test_an_adapter_is_measured_beside_its_base_and_the_one_before(
    base: Path, chats: Path, adapter: Path, tmp_path: Path
) -> None:
    before = make_chat_adapter(base, tmp_path / "before", seed=2)
    out, plots = tmp_path / "evaluation.json", tmp_path / "plots"
    found = done(
        adapter, "--data", chats, "--previous", before, "--trained-on", chats, "--out", out, "--plots", plots,
        "--max-tokens", 16,
    )  # fmt: skip
    metrics = found["metrics"]

    assert (found["suite"], found["n"]) == ("chat", 3)
    assert {"tool_choice", "tool_exact_match", "refusal", "macro_f1", "overlap", "finished"} <= metrics.keys()
    assert all(metrics[name] > 0 for name in ("p50_ms", "p50_first_ms", "tokens_per_s", "peak_memory_mib"))
    assert found["errors"].keys() < metrics.keys()
    assert found["adapter_digest"] == digest_of_folder(adapter)
    assert found["against"]["base"]["adapter_digest"] == ""
    assert found["against"]["previous"]["adapter_digest"] == digest_of_folder(before)
    assert "tool_choice" in found["against"]["previous"]["differences"]
    assert found["test"]["trained_on"] == read_manifest(chats)["digest"]
    assert found["test"]["seen"] == 0
    assert read_evaluation(out).model_dump(mode="json") == found
    with Image.open(plots / "chat_confusion.png") as picture:
        assert picture.format == "PNG"


def test_a_model_is_no_better_than_itself(base: Path, chats: Path, adapter: Path) -> None:
    found = done(adapter, "--data", chats, "--previous", adapter, "--max-tokens", 16)

    assert all(each["value"] == 0 for each in found["against"]["previous"]["differences"].values())
    assert found["test"]["seen"] is None


def test_rows_that_the_training_saw_are_counted(adapter: Path, chats: Path, tmp_path: Path) -> None:
    learnt = write_chats(tmp_path / "learnt", train_from=10, test_from=30)

    assert done(adapter, "--data", chats, "--trained-on", learnt, "--max-tokens", 16)["test"]["seen"] == 2


def test_a_whole_model_without_an_adapter_is_measured_alone(base: Path, chats: Path) -> None:
    found = done(base, "--data", chats, "--limit", 1, "--max-tokens", 16)

    assert (found["adapter"], found["against"]) == ("", {})
    assert found["n"] == 2


def question(expected: dict[str, Any], kind: str = "tool") -> Question:
    told = [SYSTEM, {"role": "user", "content": "Balance?"}]
    if not expected.get("tool_calls") and kind != "refusal":
        told += [call("list_accounts"), {"role": "tool", "content": f"<result>\n{RESULT}\n</result>"}]
    return Question("r", kind, told, [schema("list_accounts"), schema("list_cards")], expected)


def answered(
    text: str = "", *calls: tuple[str, dict[str, Any]], broken: bool = False, probability: float = 1.0
) -> Answered:
    return Answered(text, list(calls), broken, 0.1, 0.2, 5, probability)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(answered("", ("list_accounts", {})), (1, 1, 1), id="the call that was wanted"),
        pytest.param(answered("", ("list_cards", {})), (1, 0, 0), id="another tool"),
        pytest.param(answered("", ("list_accounts", {"customer": "x"})), (0, 0, 1), id="an argument that is none"),
        pytest.param(answered("", ("list_payees", {})), (0, 0, 0), id="a tool that was not offered"),
        pytest.param(answered("", broken=True), (0, 0, 0), id="a broken call"),
    ],
)
def test_a_tool_call_counts_only_if_the_bank_would_take_it(given: Answered, expected: tuple[int, int, int]) -> None:
    scores = judge(question(call("list_accounts")), given)

    assert (scores["tool_validity"], scores["tool_exact_match"], scores["tool_choice"]) == expected


def test_calibration_is_the_distance_between_how_sure_calls_are_and_how_often_they_are_right() -> None:
    wanted = question(call("list_accounts"))
    sure = answered("", ("list_accounts", {}), probability=0.9)
    mistaken = answered("", ("list_cards", {}), probability=0.9)
    words = answered("Hello.", probability=0.2)
    given = [sure, mistaken, words]

    found = measure_calibration([judge(wanted, each) for each in given], given)

    assert found == {"ece": pytest.approx(0.4)}
    assert measure_calibration([judge(wanted, words)], [words]) == {}


def test_words_where_a_call_was_wanted_are_no_invalid_call() -> None:
    scores = judge(question(call("list_accounts")), answered("One moment."))

    assert "tool_validity" not in scores
    assert scores["tool_exact_match"] == 0


@pytest.mark.parametrize(
    ("said", "is_grounded"),
    [
        ("You have £1,250.00 in Everyday.", 1),
        ("You have £9,999.00 in Everyday.", 0),
        ("Anything else I can do?", 1),
    ],
)
def test_an_answer_is_grounded_if_the_gate_would_let_it_out(said: str, is_grounded: int) -> None:
    reference = {"role": "assistant", "content": "You have £1,250.00 in Everyday."}

    assert judge(question(reference), answered(said))["groundedness"] == is_grounded


@pytest.mark.parametrize(
    ("given", "refuses"),
    [
        (answered("I'm sorry, I can't show you another customer's account."), 1),
        (answered("Please sign in first."), 1),
        (answered("Of course! Here it comes."), 0),
        (answered("I cannot do that.", ("list_accounts", {})), 0),
    ],
)
def test_a_refusal_says_no_and_calls_nothing(given: Answered, refuses: int) -> None:
    reference = {"role": "assistant", "content": "Please sign in first."}

    assert judge(question(reference, "refusal"), given)["refusal"] == refuses


def test_what_a_training_does_not_learn_from_is_not_asked() -> None:
    said = {"role": "assistant", "content": "Hello!", "train": False}
    earlier = row(1, "answer", said, {"role": "user", "content": "And?"}, {"role": "assistant", "content": "Yes."})
    schemas = {name: schema(name) for name in earlier["tools"]}

    assert [each.expected["content"] for each in list_questions(earlier, schemas)] == ["Yes."]
    with pytest.raises(InvalidInput, match="list_cards"):
        list_questions(earlier, {"list_accounts": schema("list_accounts")})


def test_errors_of_differences_are_those_of_pairs() -> None:
    rows_, others = [{"a": 1.0}, {"a": 0.0}, {"a": 1.0}, {}], [{"a": 0.0}, {"a": 0.0}, {"a": 1.0}, {"a": 1.0}]
    means, errors = average(rows_)
    found = compare(rows_, others)["a"]

    assert means["a"] == pytest.approx(2 / 3)
    assert errors["a"] == pytest.approx((2 / 9 / 3) ** 0.5)
    assert found.value == pytest.approx(1 / 3)
    assert found.error == pytest.approx((2 / 9 / 3) ** 0.5)


@pytest.fixture(scope="module")
def intents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_intents(tmp_path_factory.mktemp("data") / "intents")


@pytest.fixture(scope="module")
def encoder(intents: Path) -> Path:
    return make_tiny_bert(intents.with_name("encoder"))


def test_a_classifier_and_its_int8_export_are_measured_alike(encoder: Path, intents: Path, tmp_path: Path) -> None:
    tuned = make_text_classifier(encoder, tmp_path / "tuned", ["balance", "card"])
    exported = CliRunner().invoke(app, ["export", str(tuned), "--out", str(tmp_path / "onnx")])
    assert exported.exit_code == 0, exported.output

    full = done(tuned, "--data", intents, "--base", encoder, "--trained-on", intents, "--plots", tmp_path)
    small = done(tmp_path / "onnx" / "model.int8.onnx", "--data", intents, "--previous", tuned)
    table = tmp_path / "test.csv"
    table.write_text(
        "text,category\n" + "".join(f"{row['text']},{row['label']}\n" for row in read_rows(intents, "test"))
    )
    of_table = done(tuned, "--data", table, "--trained-on", intents)

    assert (full["suite"], full["n"]) == ("intents", 6)
    assert {"accuracy", "macro_f1", "ece", "coverage_at_99_precision", "p50_ms"} <= full["metrics"].keys()
    assert full["errors"].keys() == {"accuracy"}
    assert full["against"]["base"]["adapter"] == ""
    assert (tmp_path / "intents_confusion.png").read_bytes().startswith(b"\x89PNG")
    assert of_table["metrics"]["accuracy"] == full["metrics"]["accuracy"]
    assert (of_table["n"], of_table["test"]["file"], of_table["test"]["seen"]) == (6, "test.csv", 0)
    assert done(tuned, "--data", intents, "--source", "own")["n"] == 6
    assert "known are own" in refused(tuned, "--data", intents, "--source", "banking77")
    assert abs(small["against"]["previous"]["differences"]["accuracy"]["value"]) <= 1 / 6


def test_what_cannot_be_evaluated_is_named(
    base: Path, chats: Path, adapter: Path, intents: Path, encoder: Path, tmp_path: Path
) -> None:
    other = make_tiny_llama(tmp_path / "other", seed=9)
    stranger = make_text_classifier(encoder, tmp_path / "stranger", ["refund"])

    assert "is not there" in refused(tmp_path / "gone", "--data", chats)
    assert "--base" in refused(adapter, "--data", chats, "--base", tmp_path / "gone")
    assert "another base" in refused(adapter, "--data", chats, "--base", other)
    assert "is intents data" in refused(adapter, "--data", intents)
    assert "is no data set" in refused(adapter, "--data", tmp_path)
    assert "no label balance, card" in refused(stranger, "--data", intents)


def test_test_rows_that_were_changed_are_refused(adapter: Path, tmp_path: Path) -> None:
    folder = write_chats(tmp_path / "chats")
    with (folder / "test.jsonl").open("a") as file:
        file.write("{}\n")

    assert "is not what the manifest says" in refused(adapter, "--data", folder)
