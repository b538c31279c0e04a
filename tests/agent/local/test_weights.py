"""A base in memory: in four bits where asked, read token by token as Transformers itself would."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from agent.models.local.decoding import Memory, decode
from agent.models.local.weights import load_base
from tests.tiny_models import make_tiny_llama

PROMPT = list(range(3, 303))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_llama(tmp_path_factory.mktemp("base"))


def test_four_bits_take_less_memory_and_give_the_same_answer_again_once_the_weights_were_repacked(base: Path):
    plain, quantised = load_base(base, "off"), load_base(base, "auto")

    assert not plain.is_four_bit
    assert quantised.is_four_bit
    assert quantised.model.get_memory_footprint() < 0.75 * plain.model.get_memory_footprint()
    tokens = torch.tensor([PROMPT])
    with torch.inference_mode():
        packed = quantised.model(tokens).logits
        again = quantised.model(tokens).logits
        apart = torch.nn.functional.cosine_similarity(packed, plain.model(tokens).logits, dim=-1)
    assert torch.equal(packed, again)
    assert apart.mean() > 0.9


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU nothing stays in the file")
def test_in_four_bits_the_file_of_weights_does_not_stay_in_memory(base: Path, tmp_path: Path):
    shutil.copytree(base, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "model.safetensors"
    in_bf16 = {name: weight.bfloat16() for name, weight in load_file(file).items()}
    save_file(in_bf16, file, {"format": "pt"})

    quantised = load_base(tmp_path, "on")
    assert quantised.is_four_bit
    assert str(file) not in Path("/proc/self/maps").read_text()

    plain = load_base(tmp_path, "off")
    assert not plain.is_four_bit
    assert str(file) in Path("/proc/self/maps").read_text()


def test_a_base_that_lacks_weights_is_refused_rather_than_given_random_ones(base: Path, tmp_path: Path):
    shutil.copytree(base, tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})

    with pytest.raises(ValueError, match=r"lack 1 parts, such as model.layers.1.mlp.up_proj.weight"):
        load_base(tmp_path, "off")


def test_the_likeliest_tokens_come_whether_or_not_a_part_of_the_prompt_was_read_before(base: Path):
    model = AutoModelForCausalLM.from_pretrained(base)
    memory = Memory()

    def answer(prompt: list[int], known: Memory) -> list[int]:
        return [said.token for said in decode(model, prompt, known, most=12, is_wanted=lambda: True)]

    wanted = model.generate(
        torch.tensor([PROMPT]), do_sample=False, max_new_tokens=12, eos_token_id=None, attention_mask=torch.ones(1, 300)
    )[0, 300:].tolist()
    other = [*PROMPT[:200], *PROMPT[:50]]

    assert answer(PROMPT, memory) == wanted
    assert answer(other, memory) == answer(other, Memory())
    assert memory.tokens[: len(other)] == other
    assert answer(PROMPT, memory) == wanted
    assert answer(PROMPT, memory) == wanted


def test_each_token_comes_with_the_probability_that_the_model_gave_it(base: Path):
    model = AutoModelForCausalLM.from_pretrained(base)

    said = list(decode(model, PROMPT, Memory(), most=3, is_wanted=lambda: True))

    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*PROMPT, *(each.token for each in said)]])).logits[0]
    places = zip(logits[len(PROMPT) - 1 :].log_softmax(-1), said, strict=False)
    assert [each.log_probability for each in said] == pytest.approx(
        [float(row[each.token]) for row, each in places], abs=1e-4
    )


def test_a_prompt_that_nobody_waits_for_is_not_read_to_its_end(base: Path):
    model = AutoModelForCausalLM.from_pretrained(base)
    memory, looks = Memory(), iter([True, False])

    assert list(decode(model, PROMPT, memory, most=12, is_wanted=lambda: next(looks))) == []
    assert memory.tokens == PROMPT[:256]
