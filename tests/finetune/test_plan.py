"""The plan of a training's memory is what the training then needs."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft.helpers import disable_input_dtype_casting
from transformers import AutoConfig, LlamaConfig
from typer.testing import CliRunner

from core.errors import InvalidInput
from finetune.activations import count_activations
from finetune.cli import app
from finetune.config import load_config
from finetune.plan import count_needs, make_plan, read_base
from finetune.shapes import describe
from finetune.train.bases import Place, count_trainable, load_model
from finetune.train.chat_model import ChatModel
from tests.finetune.training_data import make_config

pytestmark = pytest.mark.finetune

CONFIGS = Path(__file__).parents[2] / "finetune" / "configs"
LLAMA_7B = LlamaConfig(
    hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32, vocab_size=32000
)


@pytest.fixture(scope="session")
def llama_7b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llama-7b")
    LLAMA_7B.save_pretrained(folder)
    return folder


def test_a_7b_llama_trains_one_and_a_half_percent_at_the_default_rank(llama_7b: Path) -> None:
    config = load_config(CONFIGS / "teller-llama.yaml", {"base": str(llama_7b)})
    plan = make_plan(config, memory=16 << 30)

    assert describe(LLAMA_7B, "chat").parameters == 6_738_415_616
    # Of each layer: four of 4096 x 4096, three between 4096 and 11008; 40 rows in and 40 out.
    assert plan.trainable == 32 * 40 * (4 * (4096 + 4096) + 3 * (4096 + 11008)) == 99_942_400
    assert plan.parameters == 6_738_415_616 + 99_942_400
    assert round(plan.trainable_percent, 4) == 1.4615


@pytest.mark.parametrize(
    "lora", [{"rank": 4}, {"rank": 4, "dora": True}, {"rank": 4, "targets": ["q_proj", "up_proj"]}]
)
def test_what_is_said_to_train_is_what_trains(tiny_llama: Path, lora: dict[str, Any]) -> None:
    config = make_config(tiny_llama, Path("data"), Path("out"), method="lora", lora=lora)
    trainable = count_trainable(load_model(config, Place("cpu", torch.float32)))
    plan = make_plan(config, memory=1 << 30)

    assert (plan.trainable, plan.parameters) == (trainable.parameters, trainable.of)


@pytest.mark.parametrize("method", ["qlora", "lora", "full"])
@pytest.mark.parametrize("double", [True, False])
def test_weights_are_as_large_as_planned(tiny_llama: Path, method: str, double: bool) -> None:
    config = make_config(tiny_llama, Path("data"), Path("out"), method=method, memory={"double_quantisation": double})
    place = Place("cpu", torch.bfloat16)
    model = load_model(config, place)
    tensors = {id(tensor): tensor for tensor in model.state_dict(keep_vars=True).values()}
    held = sum(tensor.numel() * tensor.itemsize for tensor in tensors.values())
    needs = count_needs(read_base(config), config, place)

    # Each quantised layer has a table of 16 values too, and a few bytes about itself: much beside tiny layers.
    small = 14 * 2400 if method == "qlora" else 0
    assert needs.weights + needs.adapters == pytest.approx(held - small / 2, abs=small / 2 + 0.01 * held)


@pytest.mark.parametrize("method", ["qlora", "lora", "full"])
@pytest.mark.parametrize("computing", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("checkpointing", [False, True])
def test_what_is_kept_for_the_backward_pass_is_as_planned(
    tiny_llama: Path, method: str, computing: torch.dtype, checkpointing: bool
) -> None:
    """Within 5 % of what autograd really saves for packed chats, which keep a mask beside."""
    memory = {"gradient_checkpointing": checkpointing}
    batch = {"rows": 2, "max_tokens": 256}
    config = make_config(tiny_llama, Path("data"), Path("out"), method=method, memory=memory, batch=batch)
    place, model_config = Place("cpu", computing), AutoConfig.from_pretrained(tiny_llama)
    planned = count_activations(model_config, config, place)

    saved = measure_saved(ChatModel(load_model(config, place)).train(), place)

    layers = model_config.num_hidden_layers
    expected = max(0, planned.around) + layers * planned.between if checkpointing else planned.peak(layers, False)
    # With checkpoints the last states and the masks of the loss count too: small, but not beside two tiny layers.
    small = 4 * planned.between if checkpointing else 0
    assert 0.95 * expected <= saved <= 1.05 * expected + small


def test_two_passes_of_each_text_keep_twice_as_much(tiny_bert: Path) -> None:
    once, twice = (
        make_config(tiny_bert, Path("data"), Path("out"), task="classification", classification={"consistency": weight})
        for weight in (0.0, 1.0)
    )
    model_config, place = AutoConfig.from_pretrained(tiny_bert), Place("cpu", torch.float32)
    one, two = (count_activations(model_config, config, place) for config in (once, twice))

    assert two.between == 2 * one.between
    assert two.layer == pytest.approx(2 * one.layer, rel=0.05)


def measure_saved(model: Any, place: Place) -> int:
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    saved: dict[int, Any] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage
        return tensor

    ids = torch.arange(512).reshape(2, 256) % 300
    labels = torch.full_like(ids, -100)
    labels[:, -1] = 5
    positions = torch.arange(128).repeat(2).expand(2, -1)
    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=place.computing == torch.bfloat16),
        disable_input_dtype_casting(model, active=place.computing == torch.bfloat16),
    ):
        loss = model(input_ids=ids, position_ids=positions, labels=labels)["loss"]
    del loss
    return sum(storage.nbytes() for address, storage in saved.items() if address not in weights)


def test_less_memory_gets_advice_that_fits(llama_7b: Path, tmp_path: Path) -> None:
    roomy = {"method": "full", "batch": {"rows": 8}, "memory": {"gradient_checkpointing": False, "precision": "bf16"}}
    config = make_config(llama_7b, tmp_path, tmp_path / "out", **roomy)
    plan = make_plan(config, memory=12 << 30)

    assert not plan.fits
    assert plan.advice[0] == "memory.gradient_checkpointing: true"
    assert plan.advice[-1] == "method: qlora"
    advised = make_config(
        llama_7b,
        tmp_path,
        tmp_path / "out",
        method="qlora",
        batch={"rows": 1},
        memory={"precision": "bf16"},
    )
    assert make_plan(advised, memory=12 << 30).fits
    assert make_plan(config, memory=2 << 30).advice == ()


def test_more_memory_holds_more_rows(llama_7b: Path, tmp_path: Path) -> None:
    config = make_config(llama_7b, tmp_path, tmp_path / "out", memory={"precision": "bf16"})
    small, large = (make_plan(config, memory=size << 30).rows for size in (8, 24))

    assert list(small) == [512, 1024, 2048]
    assert all(small[length] < large[length] for length in small)
    assert sorted(large.values(), reverse=True) == list(large.values())


def test_an_encoder_without_gradient_checkpointing_is_not_advised_to_use_it(tiny_mpnet: Path, tmp_path: Path) -> None:
    plain = make_config(
        tiny_mpnet,
        tmp_path,
        tmp_path / "out",
        task="classification",
        batch={"rows": 64},
        memory={"gradient_checkpointing": False},
    )
    needed = make_plan(plain).needs.total
    tight = make_plan(plain, memory=needed - 1)

    assert tight.advice[0].startswith("batch.rows: 32")
    with pytest.raises(InvalidInput, match="no gradient checkpointing"):
        make_plan(plain.model_copy(update={"memory": plain.memory.model_copy(update={"gradient_checkpointing": True})}))


def test_the_command_says_whether_it_fits(llama_7b: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps({"base": str(llama_7b), "data": "rows", "output": "adapter"}))
    roomy = CliRunner().invoke(app, ["plan", str(path), "--memory", "24"])
    tight = CliRunner().invoke(app, ["plan", str(path), "--memory", "2", "--json"])

    assert (roomy.exit_code, tight.exit_code) == (0, 3)
    assert roomy.stdout.splitlines()[-1] == "It fits."
    found = json.loads(tight.stdout)
    assert not found["fits"]
    assert found["needs"]["total"] == sum(size for name, size in found["needs"].items() if name != "total")
    assert found["trainable"] == 99_942_400


def test_the_configs_that_come_along_are_configs() -> None:
    configs = sorted(CONFIGS.glob("*.yaml"))

    assert {path.name for path in configs} >= {"banking77.yaml", "fsdp.yaml", "teller-llama.yaml", "tinyllama.yaml"}
    for path in configs:
        if path.name != "fsdp.yaml":
            assert load_config(path).output.parts[0] == "build"
