"""A training's config says what is wrong with it in one line, before anything is loaded."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from core.digests import digest_of_folder, digest_of_model
from core.errors import InvalidInput
from core.provenance import find_revision, find_versions
from finetune.config import TrainingConfig, load_config
from finetune.run_record import PACKAGES, RunRecord, read_record, write_record

LEAST = {"base": "model", "data": "rows", "output": "adapter"}


def write(folder: Path, values: object) -> Path:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_three_keys_are_enough(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, LEAST))

    assert (config.base, config.method, config.task) == (Path("model"), "qlora", "chat")
    assert config.alpha == 2 * config.lora.rank


def test_what_the_command_line_says_wins(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, LEAST), {"method": "lora"}).method == "lora"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metod": "lora"}, "unknown key 'metod'. Did you mean 'method'?"),
        ({"lora": {"rnak": 8}}, "unknown key 'lora.rnak'. Did you mean 'rank'?"),
        ({"learning_rate": 1e-3}, "unknown key 'learning_rate'. Did you mean 'learning_rate' under 'optimiser'?"),
        ({"lora": {"seed": 3}}, "unknown key 'lora.seed'. Did you mean 'seed' at the top?"),
        ({"memory": {"zzz": 1}}, "Known here: precision, gradient_checkpointing, double_quantisation, unpacked."),
        ({"method": "adapter"}, "method is 'adapter': Input should be 'qlora', 'lora' or 'full'."),
        ({"batch": {"rows": 0}}, "batch.rows is 0: Input should be greater than or equal to 1."),
        ({"output": "rows"}, "output must be a folder of its own."),
        ({"schedule": {"evaluate_every": 5, "log_every": 2}}, "evaluate_every must be a multiple of log_every"),
        ({"task": "classification", "lora": {"plus_ratio": 4}}, "lora.plus_ratio is for the task chat"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        load_config(write(tmp_path, {**LEAST, **change}))

    assert said in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: [", "is no YAML"), ("- 1", "needs keys"), ("base: x", "'data' is missing"), (None, "No such")],
)
def test_a_file_that_is_no_config_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "config.yaml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(InvalidInput, match=said):
        load_config(path)


def test_the_digest_of_a_model_is_that_of_its_weights_alone(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = digest_of_model(tmp_path)
    (tmp_path / "config.json").write_text("{}")

    assert digest_of_model(tmp_path) == before
    (tmp_path / "model.safetensors").write_bytes(b"others")
    assert digest_of_model(tmp_path) != before


def test_the_digest_of_a_folder_counts_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("1")
    before = digest_of_folder(tmp_path)
    (tmp_path / "b").write_text("2")

    assert digest_of_folder(tmp_path) != before
    assert digest_of_folder(tmp_path, leave_out={"b"}) == before


@pytest.mark.parametrize("digest", [digest_of_folder, digest_of_model])
def test_an_empty_folder_has_no_digest(tmp_path: Path, digest: object) -> None:
    with pytest.raises(InvalidInput, match=str(tmp_path)):
        digest(tmp_path)  # pyright: ignore[reportCallIssue]


def test_a_run_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    config = TrainingConfig.model_validate(LEAST).model_dump(mode="json")
    record = RunRecord(
        started_at=now,
        ended_at=now,
        revision=find_revision(),
        config=config,
        base_digest="a",
        data_digest="b",
        seeds=[7],
        versions=find_versions(PACKAGES),
        figures={"loss": 1.5},
    )
    write_record(record, tmp_path)

    assert read_record(tmp_path) == record
    assert TrainingConfig.model_validate(record.config) == TrainingConfig.model_validate(LEAST)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_outside_a_repository_there_is_no_revision(tmp_path: Path) -> None:
    assert find_revision(tmp_path) == ""


def test_a_run_record_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_record(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InvalidInput, match="is no run record"):
        read_record(tmp_path)
