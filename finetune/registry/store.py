"""The registry's folder: every change is one replacement of ``registry.json`` under a lock.

Who reads takes no lock and sees the file as it was or as it is. A lock ends with the process that holds it, so that a
killed command leaves none behind.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.models.registry_file import REGISTRY_FILE, Adapter, RegistryFile, read_registry
from core.errors import InvalidInput, NotFound
from finetune.registry.keys import sign_choice

_LOCK_FILE = ".lock"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def read_or_empty(folder: Path) -> RegistryFile:
    """Raises ConfigurationError for a file that is no registry; a folder without one is an empty registry."""
    return read_registry(folder) if (folder / REGISTRY_FILE).exists() else RegistryFile()


def change_registry(
    folder: Path, change: Callable[[RegistryFile], RegistryFile], key: Ed25519PrivateKey | None = None
) -> RegistryFile:
    """The registry after ``change``, which sees it as the last one left it. Nothing changes when it raises.

    Args:
        key: signs what is served; needed where that is signed already.

    Raises:
        InvalidInput: ``key`` is needed and missing.
    """
    with locked(folder):
        before = read_or_empty(folder)
        changed = change(before)
        if changed.served != before.served or (key and not before.served_signature):
            changed = _number(changed, key)
        # Built from parts that were checked one by one: checked again as a whole, as whoever reads it will.
        changed = RegistryFile.model_validate(changed.model_dump())
        replace_file(folder / REGISTRY_FILE, changed.model_dump_json(indent=2).encode() + b"\n")
    return changed


def _number(registry: RegistryFile, key: Ed25519PrivateKey | None) -> RegistryFile:
    """With the next number, signed."""
    if registry.served_signature and key is None:
        raise InvalidInput("What this registry serves is signed: give the private key with --key.")
    numbered = registry.model_copy(update={"serial": registry.serial + 1})
    return sign_choice(numbered, key) if key else numbered


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """One at a time; others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def replace_file(path: Path, content: bytes) -> None:
    """All of it, on the disk, or what was there before."""
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def check_name(name: str) -> str:
    """Raises InvalidInput for what is no name of an adapter."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} is no name: use small letters, digits, dots, dashes and underscores, 64 at most.")
    return name


def get_adapter(registry: RegistryFile, name: str) -> Adapter:
    """Raises NotFound, with the names that there are."""
    if name not in registry.adapters:
        known = ", ".join(registry.adapters) or "none"
        raise NotFound(f"The registry has no adapter {name!r}; it has {known}.")
    return registry.adapters[name]
