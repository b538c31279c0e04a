"""What is told of a run while it goes on: a line to whoever watches, a row in journal.jsonl, a picture of the loss."""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
import resource
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

PICTURE_FILE = "loss.png"
Report = Callable[[str], None]
Entry = dict[str, float]
"""A row of the journal: `step` and `seconds` since the (last) start; then `loss`, `learning_rate`, `tokens` seen,
`tokens_per_s`, `memory_mib` (peak) of a step, or `eval_loss` (and `eval_accuracy`) of an evaluation."""

_KEPT = ("loss", "learning_rate", "grad_norm", "eval_loss", "eval_accuracy")


class Journal:
    """Appends to `path`. A resumed run forgets what came after its checkpoint: it happens again."""

    def __init__(self, path: Path, from_step: int, steps: Callable[[], int], report: Report, device: str) -> None:
        self._path, self._report, self._device, self._steps = path, report, device, steps
        self._entries = [entry for entry in read_journal(path) if entry["step"] <= from_step]
        self._tokens_before = max((entry.get("tokens", 0.0) for entry in self._entries), default=0.0)
        self._from_step, self._started, self.tokens = from_step, time.monotonic(), 0
        _write(path, self._entries)

    def add(self, step: int, logs: Mapping[str, float]) -> None:
        found = {name: float(value) for name, value in logs.items() if name in _KEPT}
        if not found:
            return
        seconds = time.monotonic() - self._started
        entry: Entry = {"step": step, "seconds": round(seconds, 3)} | found
        if "loss" in found:
            entry["tokens"] = self._tokens_before + self.tokens
            entry["tokens_per_s"] = round(self.tokens / seconds, 1)
            entry["memory_mib"] = round(peak_memory(self._device) / 2**20, 1)
        self._entries.append(entry)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        self._report(self._describe(entry))

    def _describe(self, entry: Entry) -> str:
        step, steps = int(entry["step"]), self._steps()
        if "eval_loss" in entry:
            accuracy = f", accuracy {entry['eval_accuracy']:.4f}" if "eval_accuracy" in entry else ""
            return f"step {step}/{steps}: validation loss {entry['eval_loss']:.4f}{accuracy}"
        left = entry["seconds"] / max(1, step - self._from_step) * (steps - step)
        speed = f"{entry['tokens_per_s']:.0f} tokens/s, {entry['memory_mib']:.0f} MiB"
        return f"step {step}/{steps}: loss {entry['loss']:.4f}, {speed}, {timedelta(seconds=round(left))} left"


def read_journal(path: Path) -> list[Entry]:
    """The rows of the journal in `path`; none where there is no file. A last row that was cut short is left out."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _write(path: Path, entries: list[Entry]) -> None:
    beside = path.with_name(f".{path.name}")
    beside.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    beside.replace(path)


def peak_memory(device: str) -> int:
    """Bytes: allocated on a GPU; on a CPU, resident in this process."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def draw_losses(entries: list[Entry], path: Path) -> None:
    """A picture of the loss by step, that of training and that of validation."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes: Any = figure.subplots()
    for name, label in (("loss", "training"), ("eval_loss", "validation")):
        points = [(entry["step"], entry[name]) for entry in entries if name in entry]
        if points:
            axes.plot(*zip(*points, strict=True), label=label, marker="o" if len(points) < 20 else None)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend()
    figure.savefig(path, dpi=120)
