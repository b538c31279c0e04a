"""Which of a training's files are the adapter: what the registry keeps, and what an adapter's digest is of."""

from pathlib import Path

from core.digests import digest_of_files

_KEPT = {".json", ".safetensors", ".jinja", ".txt", ".model", ".md", ".png"}
"""By suffix. Checkpoints, journals and whatever is a pickle are not the adapter."""


def list_files(folder: Path) -> list[Path]:
    """Sorted by name."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return sorted(path for path in files if path.suffix in _KEPT and not path.name.startswith("."))


def digest_of_adapter(folder: Path) -> str:
    """The same for the folder that a training wrote and for its copy in a registry."""
    return digest_of_files(folder, list_files(folder))
