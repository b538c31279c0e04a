"""Adapters come into the registry, are looked at, and go."""

# safetensors comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open

from agent.models.registry_file import Adapter, RegistryFile, is_choice_signed_by, is_signed_by
from core.digests import digest_of_folder, digest_of_model
from core.errors import Conflict, InvalidInput
from finetune.adapter_files import list_files
from finetune.registry.keys import sign_adapter
from finetune.registry.store import change_registry, check_name, get_adapter, read_or_empty
from finetune.run_record import RUN_FILE, read_record

CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"
_INCOMING = ".incoming-"


@dataclass(frozen=True)
class Finding:
    """What is wrong with one adapter; no faults: nothing is."""

    name: str
    faults: list[str]
    signed: bool


def add_adapter(
    folder: Path, source: Path, name: str, *, base: Path | None, key: Ed25519PrivateKey | None, now: datetime
) -> Adapter:
    """Copies the adapter that a training wrote to ``source`` into the registry; nobody is served by it yet.

    Args:
        base: folder of the model that it was trained on; None: where its training found it.
        key: signs it; None: it is not signed.

    Raises:
        InvalidInput: ``source`` is no whole adapter for chat, or of another base, or the name is none.
        Conflict: the name is taken.
    """
    check_name(name)
    config = _read_config(source)
    record = read_record(source)
    base = base or Path(config.base_model_name_or_path)
    if not base.is_dir():
        raise InvalidInput(f"The base model {base} is not there: name its folder with --base.")
    if digest_of_model(base) != record.base_digest:
        raise InvalidInput(f"The adapter in {source} was trained on another base than {base}: its weights differ.")

    def add(registry: RegistryFile) -> RegistryFile:
        if name in registry.adapters:
            raise Conflict(f"The registry has an adapter {name!r} already: choose another name, or remove it first.")
        with _copied(source, folder) as copy:
            adapter = Adapter(
                path=name,
                base=str(base.resolve()),
                base_digest=record.base_digest,
                digest=digest_of_folder(copy),
                data_digest=record.data_digest,
                metrics={},
                added_at=now,
            )
            # A folder that nobody lists is what a killed command left.
            shutil.rmtree(folder / name, ignore_errors=True)
            copy.rename(folder / name)
        return registry.model_copy(
            update={"adapters": {**registry.adapters, name: sign_adapter(name, adapter, key) if key else adapter}}
        )

    return change_registry(folder, add).adapters[name]


def remove_adapter(folder: Path, name: str) -> None:
    """Raises Conflict for one that is served, or that a rollback would need."""

    def remove(registry: RegistryFile) -> RegistryFile:
        get_adapter(registry, name)
        if roles := roles_of(registry, name):
            raise Conflict(f"{name!r} is {' and '.join(roles)}: it stays until it is not.")
        left = {other: adapter for other, adapter in registry.adapters.items() if other != name}
        return registry.model_copy(update={"adapters": left})

    path = folder / get_adapter(read_or_empty(folder), name).path
    change_registry(folder, remove)
    shutil.rmtree(path, ignore_errors=True)


def roles_of(registry: RegistryFile, name: str) -> list[str]:
    """What the adapter is used for: served, previous, canary, shadow."""
    served = registry.served
    roles = {
        "served": served.adapter,
        "previous": served.previous,
        "canary": served.canary and served.canary.adapter,
        "shadow": served.shadow,
    }
    return [role for role, holder in roles.items() if holder == name]


def check_adapters(folder: Path, public: Ed25519PublicKey | None) -> list[Finding]:
    """Each adapter's files against its digest and, with ``public``, its signature."""
    return [
        Finding(name, find_faults(folder, name, adapter, public), bool(adapter.signature))
        for name, adapter in read_or_empty(folder).adapters.items()
    ]


def check_choice(folder: Path, public: Ed25519PublicKey) -> list[str]:
    """What is wrong with the signature of what is served."""
    registry = read_or_empty(folder)
    if is_choice_signed_by(registry, public):
        return []
    return ["its signature is not of this key" if registry.served_signature else "it is not signed"]


def find_faults(folder: Path, name: str, adapter: Adapter, public: Ed25519PublicKey | None = None) -> list[str]:
    faults: list[str] = []
    path = folder / adapter.path
    if path.resolve().parent != folder.resolve():
        return ["its folder is not in the registry"]
    if not path.is_dir():
        return ["its folder is gone"]
    if digest_of_folder(path) != adapter.digest:
        faults.append("its files were changed since it was added")
    if public is not None and not is_signed_by(name, adapter, public):
        faults.append("its signature is not of this key" if adapter.signature else "it is not signed")
    return faults


def require_whole(folder: Path, name: str, adapter: Adapter) -> None:
    """Raises InvalidInput for an adapter whose files are not those that were added."""
    if faults := find_faults(folder, name, adapter):
        raise InvalidInput(
            f"Adapter {name!r} is not used: {'; '.join(faults)}. Add it again from where it was trained."
        )


class _AdapterConfig(BaseModel):
    """Of PEFT's adapter_config.json, what matters here."""

    base_model_name_or_path: str
    task_type: str


def _read_config(source: Path) -> _AdapterConfig:
    if not source.is_dir():
        raise InvalidInput(f"There is no folder {source}.")
    for name in (CONFIG_FILE, WEIGHTS_FILE, RUN_FILE):
        if not (source / name).is_file():
            raise InvalidInput(f"{source} is no trained adapter: it has no {name}.")
    try:
        config = _AdapterConfig.model_validate_json((source / CONFIG_FILE).read_bytes())
        with safe_open(source / WEIGHTS_FILE, framework="np") as weights:
            is_empty = not list(weights.keys())
    except (ValidationError, SafetensorError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise InvalidInput(f"The adapter in {source} is damaged: {reason}.") from error
    if is_empty:
        raise InvalidInput(f"The adapter in {source} is empty.")
    if config.task_type != "CAUSAL_LM":
        raise InvalidInput(
            f"The registry is for adapters that chat; this one is {config.task_type}: export it instead."
        )
    return config


@contextmanager
def _copied(source: Path, folder: Path) -> Generator[Path]:
    """A copy beside the adapters, gone at the end unless it was renamed. Under the registry's lock."""
    for left in folder.glob(f"{_INCOMING}*"):
        shutil.rmtree(left, ignore_errors=True)
    copy = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=folder))
    try:
        for file in list_files(source):
            shutil.copyfile(file, copy / file.name)
        copy.chmod(0o755)
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)
