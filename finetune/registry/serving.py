"""Which adapter answers whom. Only one that passed its evaluation answers customers; any may answer in the shadow."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.models.registry_file import Adapter, Canary, RegistryFile, Served
from core.errors import Conflict, InvalidInput, Refused
from finetune.evaluate.results import Evaluation
from finetune.registry.adapters import require_whole
from finetune.registry.judgement import Thresholds, find_failures
from finetune.registry.keys import sign_adapter
from finetune.registry.store import change_registry, get_adapter


class NotPromoted(Refused):
    """``failures`` are the reasons, one line each."""

    code = "not_promoted"

    def __init__(self, name: str, failures: list[str]) -> None:
        super().__init__(f"{name!r} is not promoted: {'; '.join(failures)}.")
        self.failures = failures


Key = Ed25519PrivateKey | None
"""Signs what is served; None: it is not signed."""


@dataclass(frozen=True)
class Proof:
    """What allows an adapter to answer customers."""

    evaluation: Evaluation
    thresholds: Thresholds
    key: Key
    """Signs the adapter with its figures, and that it is served."""


def promote(folder: Path, name: str, proof: Proof) -> RegistryFile:
    """``name`` answers from now on; what answered before is what ``roll_back`` goes back to.

    Raises:
        NotFound: there is no such adapter.
        InvalidInput: its files were changed, or it is signed and no key was given.
        Conflict: it answers already.
        NotPromoted: the evaluation does not allow it.
    """

    def change(registry: RegistryFile) -> RegistryFile:
        if registry.served.adapter == name:
            raise Conflict(f"{name!r} answers already.")
        adapters = {**registry.adapters, name: _proven(folder, registry, name, proof)}
        served = _without(registry.served, name)
        served = served.model_copy(update={"adapter": name, "previous": served.adapter})
        return registry.model_copy(update={"adapters": adapters, "served": served})

    return change_registry(folder, change, proof.key)


def start_canary(folder: Path, name: str, share: float, proof: Proof | Key) -> RegistryFile:
    """``name`` answers in a share of the conversations.

    Args:
        share: above 0, at most 0.5.
        proof: of an evaluation; where one was accepted before, the key alone.

    Raises:
        What ``promote`` raises.
    """

    def change(registry: RegistryFile) -> RegistryFile:
        adapter = get_adapter(registry, name)
        if registry.served.adapter == name:
            raise Conflict(f"{name!r} answers every conversation already.")
        if isinstance(proof, Proof):
            adapter = _proven(folder, registry, name, proof)
        elif not adapter.metrics:
            raise NotPromoted(name, ["a canary answers customers: give its --evaluation"])
        require_whole(folder, name, adapter)
        served = _without(registry.served, name).model_copy(update={"canary": Canary(adapter=name, share=share)})
        return registry.model_copy(update={"adapters": {**registry.adapters, name: adapter}, "served": served})

    return change_registry(folder, change, proof.key if isinstance(proof, Proof) else proof)


def start_shadow(folder: Path, name: str, key: Key) -> RegistryFile:
    """``name`` answers too and nobody sees it. Raises NotFound, InvalidInput and Conflict as ``promote`` does."""

    def change(registry: RegistryFile) -> RegistryFile:
        require_whole(folder, name, get_adapter(registry, name))
        if registry.served.adapter == name:
            raise Conflict(f"{name!r} answers already: in its own shadow there is nothing to compare.")
        return _serving(registry, _without(registry.served, name).model_copy(update={"shadow": name}))

    return change_registry(folder, change, key)


def stop_canary(folder: Path, key: Key) -> RegistryFile:
    return change_registry(folder, lambda registry: _serving(registry, _updated(registry.served, canary=None)), key)


def stop_shadow(folder: Path, key: Key) -> RegistryFile:
    return change_registry(folder, lambda registry: _serving(registry, _updated(registry.served, shadow=None)), key)


def roll_back(folder: Path, key: Key) -> RegistryFile:
    """What answered before answers again, and no canary beside it.

    Raises:
        InvalidInput: nothing answered before, its files were changed, or the key is needed.
    """

    def change(registry: RegistryFile) -> RegistryFile:
        previous = registry.served.previous
        if previous is None:
            raise InvalidInput("There is no adapter to go back to.")
        require_whole(folder, previous, registry.adapters[previous])
        served = _without(registry.served, previous)
        return _serving(registry, _updated(served, adapter=previous, previous=None, canary=None))

    return change_registry(folder, change, key)


def _proven(folder: Path, registry: RegistryFile, name: str, proof: Proof) -> Adapter:
    """The adapter with the figures that allow it to answer."""
    adapter = get_adapter(registry, name)
    require_whole(folder, name, adapter)
    answering = registry.served.adapter
    served = None if answering is None else registry.adapters[answering]
    if failures := find_failures(proof.evaluation, adapter, served, proof.thresholds):
        raise NotPromoted(name, failures)
    if adapter.signature and proof.key is None:
        raise InvalidInput(f"{name!r} is signed, and its figures will be too: give the private key with --key.")
    proven = adapter.model_copy(update={"metrics": dict(proof.evaluation.metrics), "signature": ""})
    return sign_adapter(name, proven, proof.key) if proof.key else proven


def _without(served: Served, name: str) -> Served:
    """``name`` is neither canary nor shadow beside what it is about to be."""
    canary = None if served.canary and served.canary.adapter == name else served.canary
    return _updated(served, canary=canary, shadow=None if served.shadow == name else served.shadow)


def _updated(served: Served, **changes: object) -> Served:
    return served.model_copy(update=changes)


def _serving(registry: RegistryFile, served: Served) -> RegistryFile:
    return registry.model_copy(update={"served": served})
