"""Fine-tuning the encoder from data to files, and the rule that decides whether the result is used.

A tuned encoder is promoted if and only if, on rows that it has not seen, its heads name more BANKING77 labels right
than a linear head on the published encoder does on the same split. So there are two runs: one on four fifths, which
writes `comparison.json`, and one that goes on from there with everything and refuses if the comparison was lost.
"""

# torch and scikit-learn come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from agent.understanding.heads import Network, average_logits
from agent.understanding.intents import BANKING77_INTENTS
from core.errors import InvalidInput
from finetune.corpus import Example
from finetune.encoder_adapter import ADAPTER_DIR, ADAPTER_FILE, average_adapters, load_tuned, save_adapter
from finetune.encoder_onnx import export_encoder
from finetune.encoder_training import TuningRecipe, tune_encoder
from finetune.heads import (
    HELD_OUT_SHARE,
    Batch,
    Recipe,
    fit_networks,
    fit_temperatures,
    list_classes,
    make_record,
    read_batch,
    read_examples,
    save_heads,
    split_groups,
    vary,
    write_held_out,
)
from knowledge.embed import EMBEDDING_DIM, ENCODER_DIR, Encoder

COMPARISON_FILE = "comparison.json"
_PARTS, _FINAL_PARTS = "adapters", "final_adapters"
"""Folders beside the comparison: the adapter of each seed on four fifths, and on everything."""

_LINEAR_C = 10.0
"""Inverse strength of regularisation of the linear head; the best of 1, 3, 10 and 30 on the published encoder."""
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class EncoderRecipe:
    """Everything that decides the outcome beside the data."""

    tuning: TuningRecipe = field(default_factory=TuningRecipe)
    heads: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both encoders on the same held-out BANKING77 rows."""

    rows: int
    linear_on_published: float
    """Accuracy of the linear head on the published encoder's vector."""
    heads_on_tuned: float
    """Accuracy of the heads on the tuned encoder's views."""
    gained: int
    """Rows that only the tuned encoder gets right."""
    lost: int
    """Rows that only the published one gets right."""

    @property
    def promotes(self) -> bool:
        return self.heads_on_tuned > self.linear_on_published


class NotPromoted(InvalidInput):
    """The tuned encoder is no better than the published one."""


def compare_encoder(
    banking77: Path,
    clinc150: Path,
    source: Path,
    held_out: Path,
    recipe: EncoderRecipe | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Tunes on four fifths and compares on the other.

    `held_out` gets the rows, the encoder, its heads with the temperatures that fit the rows best, and the comparison.

    Args:
        source: folder of the published weights.
        report: told how far it is.

    Raises:
        InvalidInput: the data cannot be read.
    """
    recipe = recipe or EncoderRecipe()
    examples = read_examples(banking77, clinc150, recipe.heads.seed)
    names, intents = list_classes(examples)
    rest, unseen = split_groups(examples, HELD_OUT_SHARE, recipe.heads.seed)
    write_held_out(unseen, held_out)
    report("predicting the BANKING77 rows out of fold")
    soft = predict_out_of_fold(_published(rest), recipe.heads)
    parts = _tune(rest, soft, source, held_out / _PARTS, recipe.tuning, report)
    average_adapters(parts, held_out / "adapter")
    export_encoder(source, held_out / "encoder", load_tuned(source, held_out / "adapter"))
    report("reading the rows with the quantised encoder")
    reader = Encoder.load(held_out / "encoder")
    seen, judged = read_batch(reader, vary(rest, recipe.heads), names), read_batch(reader, unseen, names)
    report("fitting and comparing heads")
    networks = fit_networks(seen, len(names), recipe.heads)
    temperatures = fit_temperatures(networks, judged, names)
    save_heads(networks, make_record(held_out / "encoder", recipe.heads, temperatures, names, intents), held_out)
    rows = np.array([example.source == "banking77" for example in unseen])
    comparison = _compare(seen, judged.pick(rows), names, networks)
    text = json.dumps(asdict(comparison) | {"recipe": asdict(recipe)}, indent=1)
    (held_out / COMPARISON_FILE).write_text(text + "\n", encoding="utf-8")
    return comparison


def make_tuned_encoder(
    banking77: Path,
    clinc150: Path,
    source: Path,
    comparison: Path,
    out: Path = ENCODER_DIR,
    adapter: Path = ADAPTER_DIR,
    recipe: EncoderRecipe | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Goes on tuning with everything, from the compared adapters, and writes adapter and encoder.

    Returns file name -> SHA-256.

    Raises:
        NotPromoted: the comparison was lost, or is one of another recipe.
        InvalidInput: the data or the comparison cannot be read.
    """
    recipe = recipe or EncoderRecipe()
    check_comparison(comparison, recipe)
    examples, folder = read_examples(banking77, clinc150, recipe.heads.seed), comparison.parent
    parts = _tune(examples, {}, source, folder / _FINAL_PARTS, recipe.tuning, report, folder / _PARTS)
    average_adapters(parts, adapter)
    # From the file and not from memory: the export can then be repeated from what is committed.
    return export_encoder(source, out, load_tuned(source, adapter))


def load_committed(source: Path) -> dict[str, npt.NDArray[np.float32]] | None:
    """The tuned layers of the committed adapter; None if there is none."""
    return load_tuned(source, ADAPTER_DIR) if (ADAPTER_DIR / ADAPTER_FILE).is_file() else None


def check_comparison(path: Path, recipe: EncoderRecipe) -> None:
    """Raises unless the comparison at `path` was won with `recipe`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        tuned, published = float(found["heads_on_tuned"]), float(found["linear_on_published"])
        of_recipe = found["recipe"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"The comparison {path} cannot be read: {error}") from error
    if of_recipe != json.loads(json.dumps(asdict(recipe))):
        raise NotPromoted(f"{path} compared another recipe; compare this one first.")
    if tuned <= published:
        raise NotPromoted(f"Not promoted: {tuned:.4f} tuned, {published:.4f} published with a linear head.")


def _tune(
    examples: Sequence[Example],
    soft: Mapping[str, npt.NDArray[np.float32]],
    source: Path,
    parts: Path,
    recipe: TuningRecipe,
    report: Callable[[str], None],
    start: Path | None = None,
) -> list[Path]:
    """The folders in `parts` with the adapter of each seed; each goes on from its namesake in `start`, if given."""
    folders: list[Path] = []
    for seed in recipe.seeds:
        name = f"seed-{seed}"
        report(f"tuning with seed {seed}")
        upper = tune_encoder(_published(examples), soft, source, recipe, seed, report, start and start / name)
        save_adapter(upper, parts / name)
        folders.append(parts / name)
    return folders


def _published(examples: Sequence[Example]) -> list[Example]:
    # Our own utterances change often; an encoder that has seen none of them leaves each held-out part of them unseen.
    return [example for example in examples if example.source != "own"]


def predict_out_of_fold(examples: Sequence[Example], recipe: Recipe) -> dict[str, npt.NDArray[np.float32]]:
    """Of each BANKING77 row's group, what heads on the published views that have not seen it give each class."""
    rows = [example for example in examples if example.source == "banking77"]
    names = sorted({example.label for example in examples})
    columns = np.array([names.index(label) for label in BANKING77_INTENTS])
    batch = read_batch(Encoder.load(), rows, BANKING77_INTENTS)
    published = Batch(rows, batch.views[:, : 2 * EMBEDDING_DIM], batch.classes)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=recipe.seed)
    found = np.zeros((len(rows), len(names)), dtype=np.float32)
    for train, test in folds.split(published.views, published.classes):
        networks = fit_networks(published.pick(np.isin(np.arange(len(rows)), train)), len(BANKING77_INTENTS), recipe)
        for row in test:
            found[row, columns] = _softmax(average_logits(networks, published.views[row]))
    return {example.group: distribution for example, distribution in zip(rows, found, strict=True)}


def _compare(seen: Batch, judged: Batch, names: Sequence[str], networks: Sequence[Network]) -> Comparison:
    columns = np.array([names.index(label) for label in BANKING77_INTENTS])
    tuned = np.array([columns[average_logits(networks, views)[columns].argmax()] for views in judged.views])
    plain = seen.pick(np.array([e.source == "banking77" and not e.variant for e in seen.examples]))
    linear = LogisticRegression(C=_LINEAR_C, max_iter=1000).fit(plain.views[:, :EMBEDDING_DIM], plain.classes)
    published = cast("npt.NDArray[np.int64]", linear.predict(judged.views[:, :EMBEDDING_DIM]))
    by_tuned, by_published = tuned == judged.classes, published == judged.classes
    return Comparison(
        rows=len(judged.classes),
        linear_on_published=float(by_published.mean()),
        heads_on_tuned=float(by_tuned.mean()),
        gained=int((by_tuned & ~by_published).sum()),
        lost=int((by_published & ~by_tuned).sum()),
    )


def _softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()
