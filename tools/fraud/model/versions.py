"""Versions of the model: a folder each, one of them promoted, every promotion on record.

promotions.json           the versions promoted so far, the one in use last
<version>/trees.npz       the trees (``Trees``)
<version>/metadata.json   what it was trained on, its figures, the distribution of its features (``Metadata``)
<version>/MODEL_CARD.md
"""

import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from core.errors import ConfigurationError, InvalidInput, NotFound
from tools.fraud.features.shapes import NAMES
from tools.fraud.model.trees import FORMAT, Trees

MODELS_DIR = Path(__file__).with_name("models")
_PROMOTIONS = "promotions.json"
_VERSION = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Metadata:
    """What a version was made of, and what the drift report compares with."""

    version: str
    data: str
    """The file's name and SHA-256, not its path."""
    trained_from: str
    trained_to: str
    """Of the events whose labels it learnt, both included."""
    rows: int
    frauds: int
    delay_days: int
    parameters: dict[str, Any]
    edges: dict[str, list[float]]
    """By feature: the deciles of what it was trained on, without doubles."""
    shares: dict[str, list[float]]
    """By feature: the share of rows between the edges, one more than edges, and last of those where it is not known."""
    score_edges: list[float]
    score_shares: list[float]


def list_versions(folder: Path = MODELS_DIR) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/metadata.json"))


def read_promoted(folder: Path = MODELS_DIR) -> str:
    """Raises ConfigurationError when none is."""
    promotions = _read_promotions(folder)
    if not promotions:
        raise ConfigurationError(f"No fraud model is promoted in {folder}: run 'tellergraph fraud promote VERSION'.")
    return promotions[-1]


def promote(version: str, folder: Path = MODELS_DIR) -> str:
    """From now on this version is used by what starts. Returns the version before, or an empty string.

    Raises:
        NotFound: there is no such version.
    """
    # It is read whole before it is promoted.
    load_trees(folder, version)
    promotions = _read_promotions(folder)
    before = promotions[-1] if promotions else ""
    if before != version:
        _write_promotions(folder, [*promotions, version])
    return before


def roll_back(folder: Path = MODELS_DIR) -> tuple[str, str]:
    """Back to the version promoted before; returns what was promoted and what is.

    Raises:
        InvalidInput: there was none before.
    """
    promotions = _read_promotions(folder)
    if len(promotions) < 2:
        raise InvalidInput("There is no version to go back to.")
    load_trees(folder, promotions[-2])
    _write_promotions(folder, promotions[:-1])
    return promotions[-1], promotions[-2]


def save_version(trees: Trees, metadata: Metadata, card: str, folder: Path = MODELS_DIR) -> Path:
    """Raises InvalidInput when the version exists or its name is none."""
    if not _VERSION.fullmatch(metadata.version):
        raise InvalidInput("A version's name is of small letters, digits, dots, dashes and underscores.")
    target = folder / metadata.version
    if target.exists():
        raise InvalidInput(f"Version {metadata.version} exists already: choose another name.")
    target.mkdir(parents=True)
    arrays: dict[str, Any] = {field.name: np.asarray(getattr(trees, field.name)) for field in fields(Trees)}
    np.savez_compressed(target / "trees.npz", format=FORMAT, **arrays)
    (target / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    # Last: a version without it is not listed.
    (target / "metadata.json").write_text(_lines(asdict(metadata)), encoding="utf-8")
    return target


def load_metadata(folder: Path, version: str) -> Metadata:
    """Raises NotFound when there is no such version."""
    path = folder / version / "metadata.json"
    if not path.is_file():
        known = ", ".join(list_versions(folder)) or "none"
        raise NotFound(f"There is no fraud model {version} in {folder}; there is: {known}.")
    return Metadata(**json.loads(path.read_text(encoding="utf-8")))


def load_trees(folder: Path, version: str) -> Trees:
    """Raises NotFound when there is no such version, ConfigurationError when its files are damaged or too old."""
    load_metadata(folder, version)
    try:
        with np.load(folder / version / "trees.npz", allow_pickle=False) as file:
            stored = dict(file)
        if stored.pop("format") != FORMAT:
            raise ValueError("another format")
        names = tuple(str(name) for name in stored.pop("names"))
        depth = int(stored.pop("depth"))
        trees = Trees(names=names, depth=depth, **stored)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"The fraud model {version} cannot be read: {error}.") from error
    if unknown := set(names) - set(NAMES):
        raise ConfigurationError(f"The fraud model {version} asks for features that are not known: {sorted(unknown)}.")
    return trees


def _lines(values: dict[str, Any]) -> str:
    """JSON with a line for each key."""
    lines = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _read_promotions(folder: Path) -> list[str]:
    path = folder / _PROMOTIONS
    return cast(list[str], json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def _write_promotions(folder: Path, promotions: list[str]) -> None:
    path = folder / _PROMOTIONS
    # Replaced at once: a reader finds the one or the other.
    new = path.with_suffix(".new")
    new.write_text(json.dumps(promotions) + "\n", encoding="utf-8")
    new.replace(path)
