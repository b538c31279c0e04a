"""4-bit layers learn from the right gradients on every CPU, also after an evaluation, and their file is left."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
from bitsandbytes.functional import has_avx512bf16
from bitsandbytes.nn import Linear4bit

from finetune.cpu_guard import keep_gradients
from finetune.train.bases import Place, load_model
from tests.finetune.training_data import make_config

pytestmark = pytest.mark.finetune

IDS = torch.arange(48).reshape(2, 24)


def load(tiny_llama: Path) -> torch.nn.Module:
    config = make_config(tiny_llama, Path("data"), Path("out"), memory={"gradient_checkpointing": False})
    torch.manual_seed(1)
    model = load_model(config, Place("cpu", torch.bfloat16))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    return model


def gradients(model: torch.nn.Module) -> torch.Tensor:
    model.zero_grad()
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(input_ids=IDS, labels=IDS).loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def evaluate(model: torch.nn.Module) -> None:
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        model(input_ids=IDS)


def cosine(one: torch.Tensor, other: torch.Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(one, other, dim=0))


def test_gradients_are_the_same_after_an_evaluation(tiny_llama: Path) -> None:
    model = load(tiny_llama)
    before = gradients(model)
    evaluate(model)

    assert torch.equal(gradients(model), before)


def test_every_4bit_layer_is_forbidden_the_packed_form(tiny_llama: Path) -> None:
    layers = [module for module in load(tiny_llama).modules() if isinstance(module, Linear4bit)]

    assert len(layers) == 2 * 7
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)
    assert keep_gradients(torch.nn.Linear(2, 2)) == 0


def test_a_base_in_four_bits_leaves_nothing_of_its_file_in_memory(tiny_llama: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_llama, tmp_path, dirs_exist_ok=True)
    place = Place("cpu", torch.float32)
    loaded: list[torch.nn.Module] = []
    for method, unpacked, stays in (("qlora", False, False), ("qlora", True, False), ("lora", False, True)):
        config = make_config(tmp_path, Path("data"), Path("out"), method=method, memory={"unpacked": unpacked})
        loaded.append(load_model(config, place))
        assert (str(tmp_path / "model.safetensors") in Path("/proc/self/maps").read_text()) == stays


@pytest.mark.skipif(not has_avx512bf16(), reason="without AVX512-BF16 there is nothing to guard against")
@pytest.mark.filterwarnings("ignore:bitsandbytes..gemv_4bit")
def test_without_the_guard_gradients_would_be_wrong(tiny_llama: Path) -> None:
    model = load(tiny_llama)
    before = gradients(model)
    bare = copy.deepcopy(model)
    for module in bare.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = True
    evaluate(bare)

    assert cosine(gradients(bare), before) < 0.99
