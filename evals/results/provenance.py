"""Which code, which data, which model: what a figure is worth nothing without."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.models.factory import list_models
from agent.models.providers import ModelName
from core.digests import digest_of_file, digest_of_folder, digest_of_model
from core.errors import InvalidInput
from core.settings import Settings

PACKAGES = ("tellergraph", "langchain-core", "langgraph", "numpy", "onnxruntime", "pydantic", "tokenizers")
_SHOWN = (bool, int, float, str, timedelta)
_ELSEWHERE = ("_url", "host", "_key")


def digest_of_data(paths: Sequence[Path]) -> str | None:
    """SHA-256 of the one file or folder, or of the digests of several; None where there is nothing to read."""
    digests = [digest_of_folder(path) if path.is_dir() else digest_of_file(path) for path in paths]
    if len(digests) <= 1:
        return digests[0] if digests else None
    return "+".join(digests)


def describe_models(settings: Settings) -> dict[str, str | None]:
    """Each model of the chain with the SHA-256 of its weights and, after a colon, of its adapter's folder.

    Raises:
        ConfigurationError: the chain names no model, or one that is not there.
    """
    return {str(name): _digest_of(name) for name in list_models(settings)}


def _digest_of(name: ModelName) -> str | None:
    if name.provider != "local":
        return None
    try:
        weights = digest_of_model(name.local.path)
        return f"{weights}:{digest_of_folder(name.local.adapter)}" if name.local.adapter else weights
    except InvalidInput:
        return None


def describe_settings(settings: Settings) -> dict[str, Any]:
    """Those that differ from the defaults and may be shown: switches, numbers, names; no secret, address or folder."""
    found = {
        name: (getattr(settings, name), field.get_default(call_default_factory=True))
        for name, field in type(settings).model_fields.items()
    }
    return {
        name: value.total_seconds() if isinstance(value, timedelta) else value
        for name, (value, default) in found.items()
        if value != default and isinstance(value, _SHOWN) and not name.endswith(_ELSEWHERE)
    }
