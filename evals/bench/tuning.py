"""Memory and speed of QLoRA, LoRA and full fine-tuning side by side: python -m evals.bench.tuning --json

Each method trains the same TinyLlama-1.1B-shaped model (random weights) for a few steps in a process of its own, 2 rows
of 512 tokens: `finetune/memory_probe.py` does it and says what is measured. Needs the finetune extra.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

METHODS = ("qlora", "lora", "full")
_PROBE = (sys.executable, "-m", "finetune.memory_probe")

app = typer.Typer(add_completion=False)


@app.command()
def tuning(
    layers: Annotated[int, typer.Option(min=1, help="Of 22; fewer where a CPU is all there is.")] = 8,
    rows: Annotated[int, typer.Option(min=1)] = 2,
    tokens: Annotated[int, typer.Option(min=8)] = 512,
    steps: Annotated[int, typer.Option(min=1)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the three methods."""
    with TemporaryDirectory() as folder:
        _probe("make", str(Path(folder) / "model"), "--layers", str(layers))
        sizes = ("--rows", str(rows), "--tokens", str(tokens), "--steps", str(steps))
        measured = [json.loads(_probe("train", str(Path(folder) / "model"), method, *sizes)) for method in METHODS]
    found: dict[str, Any] = {"layers": layers, "rows": rows, "tokens": tokens, "methods": measured}
    typer.echo(json.dumps(found) if as_json else "\n".join(map(_describe, measured)))


def _describe(measured: dict[str, Any]) -> str:
    return (
        f"{measured['method']:6} {measured['peak_mib']:6} MiB (planned {measured['planned_mib']}), "
        f"{measured['tokens_per_s']} tokens/s, {measured['trainable_percent']} % of {measured['parameters']:,} train"
    )


def _probe(*arguments: str) -> str:
    done = subprocess.run([*_PROBE, *arguments], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        typer.echo(done.stderr[-2000:], err=True)
        raise typer.Exit(1)
    return done.stdout.splitlines()[-1] if done.stdout.strip() else ""


if __name__ == "__main__":
    app()
