"""A training run: what it leaves, what it says, and that it goes on where it was killed."""

import json
import os
import shutil
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer
from typer.testing import CliRunner

from core.digests import digest_of_model
from core.errors import Conflict, InvalidInput
from finetune.cli import app
from finetune.config import TrainingConfig
from finetune.data.folder import DataSet
from finetune.data.parts import PARTS
from finetune.run_record import read_record
from finetune.train.checkpoints import (
    JOURNAL_FILE,
    Order,
    find_last_whole,
    is_whole,
    open_unfinished,
    seal,
    unfinished_folder,
)
from finetune.train.classifier import load_classifier
from finetune.train.failures import RunFailed, explained
from finetune.train.inputs import check_space
from finetune.train.journal import read_journal
from finetune.train.run import train
from finetune.train.texts import PadTexts, make_texts, read_intents
from tests.finetune.training_data import BALANCE_TOOL, make_chat, make_config, write, write_chats, write_intents

pytestmark = pytest.mark.finetune

Steps = list[tuple[float, float]]


@pytest.fixture(scope="session")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chats(tmp_path_factory.mktemp("data") / "chats")


@pytest.fixture(scope="session")
def intents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_intents(tmp_path_factory.mktemp("data") / "intents")


@pytest.fixture(scope="session")
def finished(
    tiny_llama: Path, chats: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingConfig, list[str]]:
    """A QLoRA run that nothing disturbed, and what it told."""
    output = tmp_path_factory.mktemp("finished") / "adapter"
    config = make_config(tiny_llama, chats, output, batch={"rows": 2, "accumulate": 2, "max_tokens": 512})
    told: list[str] = []
    train(config, told.append)
    return config, told


def losses(folder: Path, name: str = "loss") -> Steps:
    return [(entry["step"], entry[name]) for entry in read_journal(folder / "journal.jsonl") if name in entry]


def tell_nobody(_: str) -> None:
    pass


def run_in_child(work: Callable[[], None]) -> int:
    """The wait status of a process that was forked from this one, which has everything loaded already."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def test_a_run_leaves_an_adapter_with_its_record(finished: tuple[TrainingConfig, list[str]]) -> None:
    config, told = finished
    record = read_record(config.output)

    assert {path.name for path in config.output.iterdir()} >= {
        "adapter_config.json",
        "adapter_model.safetensors",
        "chat_template.jinja",
        "journal.jsonl",
        "loss.png",
        "run.json",
        "tokenizer.json",
    }
    assert list(config.output.parent.iterdir()) == [config.output]
    assert TrainingConfig.model_validate(record.config) == config
    assert record.base_digest == digest_of_model(config.base)
    assert record.data_digest == json.loads((config.data / "manifest.json").read_text())["digest"]
    assert record.seeds == [7]
    assert {"python", "torch", "transformers", "peft", "bitsandbytes"} <= set(record.versions)
    assert record.figures["steps"] == 6
    assert record.figures["tokens_per_s"] > 0
    assert (config.output / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert "parameters train" in told[0]
    assert told[1].startswith("step 1/6: loss ")
    assert "step 2/6: validation loss" in told[3]


def test_a_run_learns(finished: tuple[TrainingConfig, list[str]]) -> None:
    steps = losses(finished[0].output)

    assert [step for step, _ in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[-1][1] < 0.99 * steps[0][1]
    assert [step for step, _ in losses(finished[0].output, "eval_loss")] == [2, 4, 6]


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_the_adapter_that_is_kept_is_the_best_one(finished: tuple[TrainingConfig, list[str]]) -> None:
    config, _ = finished
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(config.base), str(config.output))

    adapted = [tensor for name, tensor in model.state_dict().items() if "lora_B" in name]

    assert all(bool(tensor.abs().sum() > 0) for tensor in adapted)
    best = min(loss for _, loss in losses(config.output, "eval_loss"))
    assert read_record(config.output).figures["loss"] == pytest.approx(best)


def kill_at(step: int) -> Callable[[str], None]:
    def watch(line: str) -> None:
        if line.startswith(f"step {step}/"):
            os.kill(os.getpid(), signal.SIGKILL)

    return watch


def test_a_killed_run_goes_on_with_the_same_losses(finished: tuple[TrainingConfig, list[str]], tmp_path: Path) -> None:
    config = finished[0].model_copy(update={"output": tmp_path / "adapter"})
    told: list[str] = []

    status = run_in_child(lambda: train(config, kill_at(5)) and None)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert not config.output.exists()
    train(config, told.append)

    assert "going on from step 4" in told
    for name in ("loss", "eval_loss"):
        assert losses(config.output, name) == losses(finished[0].output, name)
    weights = [folder / "adapter_model.safetensors" for folder in (config.output, finished[0].output)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_killed_classifier_goes_on_with_the_same_losses(tiny_bert: Path, intents: Path, tmp_path: Path) -> None:
    """Its moving average and its queue of earlier texts are in the checkpoint too."""
    recipe = {"queue": 16, "consistency": 1.0}
    changes: dict[str, Any] = {"task": "classification", "classification": recipe}
    whole = make_config(tiny_bert, intents, tmp_path / "whole", **changes)
    cut = make_config(tiny_bert, intents, tmp_path / "cut", **changes)
    train(whole, tell_nobody)

    status = run_in_child(lambda: train(cut, kill_at(3)) and None)
    assert os.WIFSIGNALED(status)
    train(cut, tell_nobody)

    for name in ("loss", "eval_loss", "eval_accuracy"):
        assert losses(cut.output, name) == losses(whole.output, name)
    assert (cut.output / "head.safetensors").read_bytes() == (whole.output / "head.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("base", "method", "memory"),
    [
        ("tiny_bert", "lora", {}),
        ("tiny_bert", "qlora", {"double_quantisation": False}),
        ("tiny_bert", "qlora", {"unpacked": True}),
        ("tiny_mpnet", "qlora", {"unpacked": True, "gradient_checkpointing": False}),
    ],
    ids=["lora", "nf4", "nf4-double", "without fused attention"],
)
def test_a_classifier_is_loaded_as_it_was_trained(
    request: pytest.FixtureRequest, intents: Path, tmp_path: Path, base: str, method: str, memory: dict[str, Any]
) -> None:
    config = make_config(
        request.getfixturevalue(base),
        intents,
        tmp_path / "classifier",
        task="classification",
        method=method,
        memory={"precision": "fp32"} | memory,
        schedule={"max_steps": 60, "epochs": 20, "evaluate_every": 20, "patience": None},
        batch={"rows": 8, "accumulate": 1, "max_tokens": 64},
        lora={"rank": 4, "dropout": 0.0},
        optimiser={"learning_rate": 3e-3},
    )
    outcome = train(config, tell_nobody)
    classifier = load_classifier(config.output)

    tokenizer = AutoTokenizer.from_pretrained(config.output)
    unseen = make_texts(read_intents(intents, "validation", None), classifier.labels, tokenizer, 64)
    batch = PadTexts(tokenizer.pad_token_id)([unseen[row] for row in range(len(unseen))])
    with torch.no_grad():
        logits = classifier.score(classifier.embed(batch["input_ids"], batch["attention_mask"]))
    accuracy = float((logits.argmax(dim=1) == batch["labels"]).float().mean())
    loss = float(torch.nn.functional.cross_entropy(logits, batch["labels"]))

    assert classifier.labels == ["balance", "freeze"]
    assert loss == pytest.approx(outcome.figures["loss"], rel=1e-4)
    assert accuracy == outcome.figures["accuracy"] > 0.7


@pytest.mark.parametrize(
    ("method", "options", "file"),
    [
        ("lora", {"lora": {"rank": 4, "dora": True, "rslora": True}}, "adapter_model.safetensors"),
        ("lora", {"lora": {"rank": 4, "plus_ratio": 16.0, "targets": ["q_proj"]}}, "adapter_model.safetensors"),
        ("qlora", {"memory": {"unpacked": True}}, "adapter_model.safetensors"),
        ("full", {"optimiser": {"learning_rate": 1e-3, "decay": "constant"}}, "model.safetensors"),
    ],
    ids=["dora", "lora+", "unpacked", "full"],
)
def test_every_method_trains(
    tiny_llama: Path, chats: Path, tmp_path: Path, method: str, options: dict[str, Any], file: str
) -> None:
    schedule = {"max_steps": 2, "evaluate_every": 2}
    config = make_config(tiny_llama, chats, tmp_path / "out", method=method, schedule=schedule, **options)

    outcome = train(config, tell_nobody)

    assert (config.output / file).exists()
    assert 0 < outcome.figures["train_loss"] < 10


def test_a_run_ends_when_it_gets_no_better(tiny_llama: Path, chats: Path, tmp_path: Path) -> None:
    config = make_config(
        tiny_llama,
        chats,
        tmp_path / "out",
        optimiser={"learning_rate": 1e-12, "decay": "constant", "warm_up": 0.0},
        schedule={"max_steps": 9, "epochs": 9, "evaluate_every": 1, "patience": 2},
    )

    assert train(config, tell_nobody).figures["steps"] == 3


def test_a_run_says_at_its_start_how_many_chats_are_too_long_for_it(tiny_llama: Path, tmp_path: Path) -> None:
    long = make_chat(3)
    long["messages"][1]["content"] = "What about this one? " * 400
    parts = {part: [make_chat(number, part) for number in range(3)] for part in PARTS}
    parts["train"].append(long)
    data = write(tmp_path / "data", DataSet("chat", parts, {}, {"tools.json": {"get_balance": BALANCE_TOOL}}))
    told: list[str] = []

    train(make_config(tiny_llama, data, tmp_path / "out", schedule={"max_steps": 1}), told.append)

    assert told[0] == "1 of 4 chats are longer than batch.max_tokens and are left out"


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    told: list[str] = []
    for step in (2, 10, 4):
        checkpoint = tmp_path / f"checkpoint-{step}"
        checkpoint.mkdir()
        (checkpoint / "trained.safetensors").write_bytes(b"weights")
        seal(checkpoint)
    (tmp_path / "checkpoint-12").mkdir()
    (tmp_path / "checkpoint-10" / "trained.safetensors").write_bytes(b"weighty")

    assert find_last_whole(tmp_path, told.append) == tmp_path / "checkpoint-4"
    assert told == ["checkpoint-10 is damaged: the one before it is taken"]
    assert is_whole(tmp_path / "checkpoint-2")


def test_when_every_checkpoint_is_damaged_it_says_so(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint-2"
    checkpoint.mkdir()
    (checkpoint / "trained.safetensors").write_bytes(b"weights")
    seal(checkpoint)
    (checkpoint / "trained.safetensors").unlink()

    with pytest.raises(InvalidInput, match=r"Every checkpoint in .* was damaged"):
        find_last_whole(tmp_path, tell_nobody)


def test_another_config_does_not_go_on_with_the_run(tiny_llama: Path, chats: Path, tmp_path: Path) -> None:
    config = make_config(tiny_llama, chats, tmp_path / "out")
    run_in_child(lambda: train(config, kill_at(1)) and None)
    other = config.model_copy(update={"seed": 8, "schedule": config.schedule.model_copy(update={"max_steps": 1})})

    with pytest.raises(Conflict, match="has another config: restore it, or start with --fresh"):
        train(other, tell_nobody)
    assert train(other, tell_nobody, fresh=True).figures["steps"] == 1
    assert not unfinished_folder(other.output).exists()


def test_a_run_that_came_to_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    """Such as one whose base had no template for tools."""
    first, second = Order("a", "base", "data"), Order("b", "base", "data")
    morning, noon = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)
    open_unfinished(tmp_path / "out", first, morning, fresh=False)

    assert open_unfinished(tmp_path / "out", second, noon, fresh=False) == noon
    assert open_unfinished(tmp_path / "out", second, noon + timedelta(hours=1), fresh=False) == noon
    (unfinished_folder(tmp_path / "out") / JOURNAL_FILE).touch()
    with pytest.raises(Conflict, match="has another config"):
        open_unfinished(tmp_path / "out", first, noon, fresh=False)


def rewrite(folder: Path, **manifest: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | manifest))


def cut_weights(base: Path, copy: Path) -> Path:
    shutil.copytree(base, copy)
    os.truncate(copy / "model.safetensors", 10_000)
    return copy


def leaking() -> DataSet:
    rows = [make_chat(1), make_chat(2) | {"group": "another"}]
    return DataSet("chat", {part: [row | {"id": part, "group": part} for row in rows] for part in PARTS}, {})


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda c: c["data"].joinpath("train.jsonl").write_text("{}\n"), "is not what the manifest says"),
        (lambda c: c["data"].joinpath("manifest.json").unlink(), "is no data set"),
        (lambda c: rewrite(c["data"], kind="intents"), "the task chat needs 'chat'"),
        (lambda c: write(c["data"], DataSet("chat", {"train": [], "validation": [], "test": []}, {})), "is empty"),
        (lambda c: write(c["data"], leaking()), "have the same text"),
        (lambda c: c["output"].mkdir(), "is there already"),
        (lambda c: c.update(base=c["data"]), "has no config.json"),
        (lambda c: c.update(base=Path("no-model")), "The base no-model is no folder here"),
        (lambda c: c.update(device="gpu"), "asks for a GPU and there is none"),
        (lambda c: c.update(batch={"max_tokens": 100_000}), "has 4096 positions"),
        (lambda c: c.update(lora={"targets": ["nothing"]}), "lora.targets does not fit"),
        (lambda c: c.update(base=cut_weights(c["base"], c["data"].with_name("cut"))), "are damaged or cut off"),
    ],
    ids=[
        "changed",
        "no data",
        "kind",
        "empty",
        "leaking",
        "output",
        "no model",
        "no base",
        "no gpu",
        "too long",
        "targets",
        "cut weights",
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    tiny_llama: Path, tmp_path: Path, break_it: Callable[[dict[str, Any]], None], said: str
) -> None:
    values: dict[str, Any] = {"base": tiny_llama, "data": write_chats(tmp_path / "data"), "output": tmp_path / "out"}
    break_it(values)
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(values, default=str))

    result = CliRunner().invoke(app, ["train", str(path)])

    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]
    assert not (tmp_path / "out" / "run.json").exists()
    assert not unfinished_folder(tmp_path / "out").exists()


def test_an_encoder_that_cannot_compute_again_says_what_to_set(tiny_mpnet: Path, intents: Path, tmp_path: Path) -> None:
    config = make_config(tiny_mpnet, intents, tmp_path / "out", task="classification")

    with pytest.raises(InvalidInput, match=r"no gradient checkpointing: set memory\.gradient_checkpointing to false"):
        train(config, tell_nobody)
    assert not unfinished_folder(config.output).exists()


def test_out_of_memory_ends_with_what_to_change(tiny_llama: Path, tmp_path: Path) -> None:
    config = make_config(tiny_llama, tmp_path, tmp_path / "out", batch={"rows": 8, "accumulate": 1})

    with (
        pytest.raises(RunFailed, match=r"Out of memory. Set batch.rows: 4 and batch.accumulate: 2;"),
        explained(config),
    ):
        torch.empty(2**55)


def test_a_full_disk_ends_with_what_to_do(tiny_llama: Path, tmp_path: Path) -> None:
    config = make_config(tiny_llama, tmp_path, tmp_path / "out")

    with pytest.raises(RunFailed, match="is full: make room and give the same command"), explained(config):
        Path("/dev/full").write_text("a checkpoint")
    with pytest.raises(RunFailed, match="is full"), explained(config):
        torch.save({"weights": torch.zeros(10_000)}, "/dev/full")
    with pytest.raises(RunFailed, match="is full"), explained(config):
        # As it says it; it replaces what it writes to, so a device that is always full cannot show it.
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    with pytest.raises(InvalidInput, match="MiB free and the checkpoints need"):
        check_space(config.output, 2**60)


def test_other_errors_are_left_as_they_are(tiny_llama: Path, tmp_path: Path) -> None:
    config = make_config(tiny_llama, tmp_path, tmp_path / "out")

    with pytest.raises(RuntimeError, match="something else"), explained(config):
        raise RuntimeError("something else")


def test_two_processes_train_one_adapter(tiny_llama: Path, chats: Path, tmp_path: Path) -> None:
    """As `accelerate launch` starts them, over gloo."""
    config = make_config(
        tiny_llama, chats, tmp_path / "out", method="lora", schedule={"max_steps": 2, "evaluate_every": 2}
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    def work(rank: int) -> None:
        for state in (AcceleratorState, PartialState, GradientState):
            state._reset_state()
        names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        os.environ |= {name: str(value) for name, value in names.items()} | {"ACCELERATE_USE_CPU": "true"}
        train(config, tell_nobody)

    other = os.fork()
    if other == 0:
        try:
            work(1)
        finally:
            os._exit(0)
    status = run_in_child(lambda: work(0))
    os.waitpid(other, 0)

    assert status == 0
    assert read_record(config.output).figures["steps"] == 2
