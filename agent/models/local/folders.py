"""What has to be true of the folders of a local model and its adapter, looked up without torch and before anything is
loaded: each error says in one line what to do."""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from core.errors import ConfigurationError

_NEEDED = ("torch", "transformers", "peft", "safetensors")
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
_RUN_RECORD = "run.json"


@dataclass(frozen=True, slots=True)
class LocalName:
    """`local:PATH[@ADAPTER]`. The adapter is a folder as a training writes it, or a registry's."""

    path: Path
    adapter: Path | None = None

    @classmethod
    def parse(cls, text: str) -> "LocalName":
        """From `PATH[@ADAPTER]`. Raises ConfigurationError."""
        path, at, adapter = text.partition("@")
        if not path or (at and not adapter):
            raise ConfigurationError(f"local:{text} is no model: write local:FOLDER, or local:FOLDER@ADAPTER_FOLDER.")
        return cls(Path(path).expanduser(), Path(adapter).expanduser() if adapter else None)

    def __str__(self) -> str:
        return f"local:{self.path.name}" + (f"@{self.adapter.name}" if self.adapter else "")


def check_installed() -> None:
    """Raises ConfigurationError without the packages that run a model."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise ConfigurationError(
            f"A local model needs {', '.join(missing)}: pip install -r requirements/finetune.txt, or take it out of "
            "TELLERGRAPH_LLM."
        )


def check_base(folder: Path) -> None:
    """Raises ConfigurationError for a folder that holds no whole chat model."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder} is no folder: name one with config.json, model.safetensors and tokenizer.json."
        )
    config = _read_json(folder / "config.json")
    kinds = cast(list[str], config.get("architectures") or [])
    if not any(kind.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")) for kind in kinds):
        raise ConfigurationError(f"{folder} holds no language model (config.json: {', '.join(kinds) or 'none'}).")
    for weights in _list_weights(folder):
        check_weights(weights)
    if not (folder / "tokenizer.json").is_file():
        raise ConfigurationError(f"{folder} has no tokenizer.json: save the model's fast tokenizer there.")
    if not _has_template(folder):
        raise ConfigurationError(
            f"{folder} has no chat template: name a model that was trained to chat, or add its chat_template.jinja."
        )


def check_adapter(folder: Path) -> None:
    """Raises ConfigurationError for a folder that holds no whole LoRA adapter."""
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder: name an adapter's, or a registry's.")
    kind = _read_json(folder / ADAPTER_CONFIG).get("peft_type")
    if kind != "LORA":
        raise ConfigurationError(f"{folder} holds an adapter of kind {kind}; only LORA can be served.")
    check_weights(folder / ADAPTER_WEIGHTS)


def find_trained_base(folder: Path) -> str | None:
    """The digest of the base that an adapter was trained on, as its training recorded it; None where nothing did.

    Raises:
        ConfigurationError: the record is damaged.
    """
    path = folder / _RUN_RECORD
    return str(_read_json(path).get("base_digest") or "") or None if path.exists() else None


def check_weights(path: Path) -> None:
    """Whether a safetensors file is as long as its header says. Raises ConfigurationError."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            size = path.stat().st_size
            header = cast(dict[str, Any], json.loads(file.read(length))) if 0 < length <= size else {}
        ends = [int(tensor["data_offsets"][1]) for name, tensor in header.items() if name != "__metadata__"]
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ConfigurationError(f"{path} is damaged: copy it again.") from error
    if not ends or 8 + length + max(ends) != size:
        raise ConfigurationError(f"{path} is damaged or cut off: copy it again.")


def _list_weights(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if index.exists():
        return [folder / name for name in sorted(set(_read_json(index).get("weight_map", {}).values()))]
    if not (folder / "model.safetensors").exists():
        raise ConfigurationError(f"{folder} has no weights: it needs model.safetensors, or its parts and their index.")
    return [folder / "model.safetensors"]


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_templates").is_dir():
        return True
    config = folder / "tokenizer_config.json"
    return config.exists() and bool(_read_json(config).get("chat_template"))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is damaged: it is no JSON. Copy it again.") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path} is damaged: it holds no JSON object. Copy it again.")
    return cast(dict[str, Any], found)
