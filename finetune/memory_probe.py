"""What one method needs for a few steps of training, measured in a process of its own, as JSON on stdout.

    python -m finetune.memory_probe make FOLDER --layers 8     a model in the shape of TinyLlama-1.1B, weights at random
    python -m finetune.memory_probe train FOLDER qlora         loads it as a run does, trains, measures

On a GPU the peak is what torch allocated; on a CPU what was resident while it trained, the process itself included.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import ctypes
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from finetune.config import TrainingConfig
from finetune.cpu_guard import restart_prepared

app = typer.Typer(add_completion=False)

_VOCABULARY = 32000
_RANK = 16


@app.command()
def make(folder: Path, layers: Annotated[int, typer.Option(min=1)] = 22) -> None:
    """Write a model in TinyLlama-1.1B's shape with random weights in bf16."""
    restart_prepared()
    import torch  # noqa: PLC0415
    from transformers import LlamaConfig, LlamaForCausalLM  # noqa: PLC0415

    shape = LlamaConfig(
        vocab_size=_VOCABULARY,
        hidden_size=2048,
        intermediate_size=5632,
        num_hidden_layers=layers,
        num_attention_heads=32,
        num_key_value_heads=4,
        max_position_embeddings=2048,
        tie_word_embeddings=False,
        dtype=torch.bfloat16,
    )
    torch.set_default_dtype(torch.bfloat16)
    LlamaForCausalLM(shape).save_pretrained(folder)


@app.command()
def train(
    folder: Path,
    method: str,
    rows: Annotated[int, typer.Option(min=1)] = 2,
    tokens: Annotated[int, typer.Option(min=8)] = 512,
    steps: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Train a few steps on random tokens and print peak memory and tokens/s."""
    restart_prepared()
    config = TrainingConfig.model_validate(
        {
            "base": folder,
            "data": folder / "none",
            "output": folder / "nowhere",
            "method": method,
            "lora": {"rank": _RANK},
            "batch": {"rows": rows, "max_tokens": tokens, "accumulate": 1},
            "memory": {"precision": "bf16"},
        }
    )
    typer.echo(json.dumps(_measure(config, steps)))


def _measure(config: TrainingConfig, steps: int) -> dict[str, Any]:
    # Inside the function, because the base installation has none of the packages.
    import torch  # noqa: PLC0415
    from peft.helpers import disable_input_dtype_casting  # noqa: PLC0415

    from finetune.plan import count_needs, read_base  # noqa: PLC0415
    from finetune.train.bases import choose_place, count_trainable, load_model  # noqa: PLC0415
    from finetune.train.chat_model import ChatModel  # noqa: PLC0415
    from finetune.train.optimisers import make_optimiser  # noqa: PLC0415

    place = choose_place(config)
    needs = count_needs(read_base(config), config, place)
    resident_before = _read_status("VmRSS")
    model = ChatModel(load_model(config, place)).train()
    optimiser = make_optimiser(model, config, place)
    loaded_peak = _start_measuring(place.device)
    took: list[float] = []
    for step in range(steps):
        torch.manual_seed(step)
        ids = torch.randint(_VOCABULARY, (config.batch.rows, config.batch.max_tokens), device=place.device)
        positions = torch.arange(config.batch.max_tokens, device=place.device).expand_as(ids)
        began = time.perf_counter()
        with torch.autocast(place.kind, dtype=torch.bfloat16), disable_input_dtype_casting(model):
            model(input_ids=ids, position_ids=positions, labels=ids)["loss"].backward()
        optimiser.step()
        optimiser.zero_grad()
        if place.kind != "cpu":
            torch.cuda.synchronize()
        took.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated() if place.kind != "cpu" else _read_status("VmHWM")
    trainable = count_trainable(model)
    return {
        "method": config.method,
        "device": place.device,
        "peak_mib": round(peak / 2**20),
        "peak_while_loading_mib": round(loaded_peak / 2**20),
        "before_loading_mib": round(resident_before / 2**20),
        "planned_mib": round((needs.total if place.kind == "cpu" else needs.allocated) / 2**20),
        "tokens_per_s": round(config.batch.rows * config.batch.max_tokens / min(took), 1),
        "parameters": trainable.of,
        "trainable_percent": round(trainable.percent, 4),
    }


def _start_measuring(device: str) -> int:
    """Forgets the peak so far, that of loading, and returns it."""
    import torch  # noqa: PLC0415

    if device != "cpu":
        peak = torch.cuda.max_memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        return peak
    peak = _read_status("VmHWM")
    # What loading has freed goes back to the system, or it would count as needed.
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak


def _read_status(name: str) -> int:
    """Bytes, from Linux's account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    app()
