"""The file that says which adapter answers: `tellergraph finetune registry` writes it, a serving process follows it.

``registry.json`` lies in a folder with the adapters, each in a folder of its own. It is replaced as a whole (written
beside, then renamed), so that a reader sees the old or the new one and nothing between.

Two kinds of signature, both Ed25519 (RFC 8032): an adapter's is over its name and what is said of it, so that no other
can be put under a name; the choice's is over what is served, with the adapters' digests and a number that only rises,
so that neither another choice nor an older file passes for the one that was made.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import ConfigurationError
from core.model_files import read_model

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
    """Over ``signed_bytes``, hexadecimal; empty: not signed."""

    def signed_bytes(self, name: str) -> bytes:
        return _to_bytes({"name": name, "adapter": self.model_dump(mode="json", exclude={"signature"})})


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

    @property
    def named(self) -> list[str]:
        """The adapters that it takes."""
        names = (self.adapter, self.previous, self.canary and self.canary.adapter, self.shadow)
        return [name for name in names if name is not None]


class RegistryFile(_Plain):
    version: Literal[1] = 1
    adapters: dict[str, Adapter] = {}
    served: Served = Served()
    serial: int = Field(default=0, ge=0)
    """Of the choice: each is one higher than the one before."""
    served_signature: str = ""
    """Over ``served_bytes``, hexadecimal; empty: not signed."""

    @model_validator(mode="after")
    def _names_what_it_has(self) -> "RegistryFile":
        if unknown := [name for name in self.served.named if name not in self.adapters]:
            raise ValueError(f"serves {unknown[0]!r}, which it does not list")
        return self

    def served_bytes(self) -> bytes:
        digests = {name: self.adapters[name].digest for name in self.served.named}
        return _to_bytes({"serial": self.serial, "served": self.served.model_dump(mode="json"), "digests": digests})


def read_registry(folder: Path) -> RegistryFile:
    """Raises ConfigurationError for a file that is missing or is no registry."""
    hint = "Name a registry's folder."
    return read_model(folder / REGISTRY_FILE, RegistryFile, noun="registry", hint=hint, refusal=ConfigurationError)


def is_signed_by(name: str, adapter: Adapter, key: Ed25519PublicKey) -> bool:
    return _verifies(adapter.signature, adapter.signed_bytes(name), key)


def is_choice_signed_by(registry: RegistryFile, key: Ed25519PublicKey) -> bool:
    """Where nothing was ever chosen there is nothing to sign."""
    if not registry.serial and registry.served == Served():
        return True
    return _verifies(registry.served_signature, registry.served_bytes(), key)


def _verifies(signature: str, signed: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _to_bytes(content: object) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
