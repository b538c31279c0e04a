"""The file that says which adapter answers: `tellergraph finetune registry` writes it, a serving process follows it.

``registry.json`` lies in a folder with the adapters, each in a folder of its own. It is replaced as a whole (written
beside, then renamed), so that a reader sees the old or the new one and nothing between.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ConfigurationError

REGISTRY_FILE = "registry.json"


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Adapter(_Plain):
    """An adapter with what is needed to trust it."""

    path: str
    """Its folder, within the registry's."""
    base: str
    """Folder or name of the model that it was trained on."""
    base_digest: str
    """SHA-256 of that model's weights; it fits no other."""
    digest: str
    """SHA-256 of the adapter's own files."""
    data_digest: str
    metrics: dict[str, float]
    """Of the evaluation that allowed its promotion, or empty."""
    added_at: datetime
    signature: str = ""
    """Ed25519 (RFC 8032) over ``signed_bytes``, hexadecimal; empty: not signed."""

    def signed_bytes(self) -> bytes:
        return self.model_dump_json(exclude={"signature"}).encode()


class Canary(_Plain):
    adapter: str
    share: float = Field(gt=0, le=0.5)
    """Of the conversations."""


class Served(_Plain):
    adapter: str | None = None
    previous: str | None = None
    """What ``rollback`` goes back to."""
    canary: Canary | None = None
    shadow: str | None = None
    """Answers too, after the customer has been answered, to be compared; nobody sees it."""


class RegistryFile(_Plain):
    version: Literal[1] = 1
    adapters: dict[str, Adapter] = {}
    served: Served = Served()

    @model_validator(mode="after")
    def _names_what_it_has(self) -> "RegistryFile":
        served = self.served
        named = (served.adapter, served.previous, served.canary and served.canary.adapter, served.shadow)
        if unknown := [name for name in named if name is not None and name not in self.adapters]:
            raise ValueError(f"serves {unknown[0]!r}, which it does not list")
        return self


def read_registry(folder: Path) -> RegistryFile:
    """Raises ConfigurationError for a file that is missing or is no registry."""
    path = folder / REGISTRY_FILE
    try:
        return RegistryFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}. Name a registry's folder.") from error
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{path} is no registry: {reason}.") from error


def is_signed_by(adapter: Adapter, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(bytes.fromhex(adapter.signature), adapter.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True
