"""Which adapters are to answer, and which one answers a conversation."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from agent.models.local.folders import check_adapter, find_trained_base
from agent.models.registry_file import REGISTRY_FILE, Adapter, is_choice_signed_by, is_signed_by, read_registry
from core.digests import digest_of_folder
from core.errors import ConfigurationError, InvalidInput


@dataclass(frozen=True, slots=True)
class Tuned:
    """An adapter that is to be loaded."""

    name: str
    folder: Path
    digest: str
    """SHA-256 of its files."""
    base_digest: str | None
    """Of the weights that it was trained on; None where no training recorded it."""
    entry: Adapter | None = field(default=None, hash=False)
    """What the registry says of it."""

    @property
    def label(self) -> str:
        return f"{self.name}#{self.digest[:8]}"


@dataclass(frozen=True, slots=True)
class Lineup:
    """None: the base alone, or nobody for the canary and the shadow."""

    served: Tuned | None = None
    canary: Tuned | None = None
    share: float = 0.0
    """Of the conversations that the canary answers."""
    shadow: Tuned | None = None
    serial: int = 0
    """Of the registry's choice."""

    @property
    def adapters(self) -> set[Tuned]:
        return {tuned for tuned in (self.served, self.canary, self.shadow) if tuned}

    def choose(self, conversation: str) -> Tuned | None:
        """The same one for a conversation as long as the canary and its share stay; without a conversation, never the
        canary."""
        if self.canary and conversation and _place(self.canary.digest, conversation) < self.share:
            return self.canary
        return self.served


def read_lineup(adapter: Path | None, key: Ed25519PublicKey | None = None) -> Lineup:
    """Args:
        adapter: a registry's folder or an adapter's.
        key: that has to have signed what a registry serves.

    Raises:
        ConfigurationError: it is neither, or not signed with ``key``.
    """
    if adapter is None:
        return Lineup()
    if not (adapter / REGISTRY_FILE).exists():
        check_adapter(adapter)
        return Lineup(Tuned(adapter.name, adapter, digest_of_folder(adapter), find_trained_base(adapter)))
    registry = read_registry(adapter)
    if key and not is_choice_signed_by(registry, key):
        raise ConfigurationError(
            f"What {adapter / REGISTRY_FILE} serves is not signed with the key of TELLERGRAPH_ADAPTER_KEY: "
            "give `finetune registry` the private one with --key."
        )
    served = registry.served
    known = {name: _from_entry(adapter, name, entry) for name, entry in registry.adapters.items()}
    return Lineup(
        served=known[served.adapter] if served.adapter else None,
        canary=known[served.canary.adapter] if served.canary else None,
        share=served.canary.share if served.canary else 0.0,
        shadow=known[served.shadow] if served.shadow else None,
        serial=registry.serial,
    )


def check_tuned(tuned: Tuned, base_digest: str, key: Ed25519PublicKey | None) -> None:
    """Whether an adapter may be loaded on that base. Reads all its files.

    Raises:
        ConfigurationError: it is damaged, changed, of another base, or not signed with ``key``.
    """
    if key and (tuned.entry is None or not is_signed_by(tuned.name, tuned.entry, key)):
        raise ConfigurationError(
            f"{tuned.name} is not signed with the key of TELLERGRAPH_ADAPTER_KEY: sign it with the private one."
        )
    check_adapter(tuned.folder)
    if tuned.base_digest not in {None, base_digest}:
        raise ConfigurationError(f"{tuned.name} was trained on another base: name the folder of that base.")
    try:
        digest = digest_of_folder(tuned.folder)
    except (InvalidInput, OSError) as error:
        raise ConfigurationError(f"{tuned.folder} cannot be read.") from error
    if digest != tuned.digest:
        raise ConfigurationError(f"{tuned.name} was changed after it was registered: register it again.")


def read_key(path: Path | None) -> Ed25519PublicKey | None:
    """Raises ConfigurationError for a file that holds no Ed25519 public key in PEM."""
    if path is None:
        return None
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"TELLERGRAPH_ADAPTER_KEY: {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"TELLERGRAPH_ADAPTER_KEY: {path} is no public key in PEM.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(f"TELLERGRAPH_ADAPTER_KEY: {path} is no Ed25519 key.")
    return key


def _from_entry(registry: Path, name: str, entry: Adapter) -> Tuned:
    folder = (registry / entry.path).resolve()
    if not folder.is_relative_to(registry.resolve()):
        raise ConfigurationError(f"{registry / REGISTRY_FILE}: the folder of {name} lies outside the registry.")
    return Tuned(name, folder, entry.digest, entry.base_digest, entry)


def _place(digest: str, conversation: str) -> float:
    """Of a conversation between 0 and 1, another one for each canary."""
    hashed = hashlib.sha256(f"{digest} {conversation}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") / 2**64
