"""The Modelfile beside a GGUF file, and `ollama create` where Ollama is installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from core.errors import Unavailable

MODELFILE = "Modelfile"
_PATIENCE_S = 600


def write_modelfile(folder: Path, gguf: str, stops: Sequence[str]) -> None:
    """A bank's answer is no lottery: temperature 0. Ollama takes the chat template from the GGUF itself.

    Args:
        gguf: the file's name in ``folder``.
        stops: texts that end an answer.
    """
    lines = [f"FROM ./{gguf}", "PARAMETER temperature 0", *(f'PARAMETER stop "{stop}"' for stop in stops)]
    (folder / MODELFILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def find_ollama() -> str | None:
    """The program, if it is installed."""
    return shutil.which("ollama")


def create_model(program: str, name: str, folder: Path) -> None:
    """Raises Unavailable when Ollama refuses or does not answer."""
    command = [program, "create", name, "-f", MODELFILE]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)  # noqa: S603
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()
        raise Unavailable(f"ollama create {name}: {said[-1] if said else f'exit code {error.returncode}'}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"ollama create {name}: {error}") from error
