"""Trains the route and intent heads on what the encoder gives: networks with one hidden layer over fine classes.

One network reads the published views and one the tuned view. Apart, each is a judge of its own; in one network the
tuned view, which has seen the training rows, would drown the other.

Deterministic: the same files, seed and torch version give the same weights. The temperatures are fitted on rows that
neither the networks nor the tuned layers have seen, so a tuned encoder needs a run with a held-out part first: its
heads are calibrated there, and the final ones take its temperatures over.
"""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import csv
import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from agent.understanding.heads import CLASSES_FILE, NETWORK_PARTS, WEIGHTS_FILE, Network, average_logits
from agent.understanding.intents import BANKING77_INTENTS, INTENT_ROUTES, Route
from core.errors import InvalidInput
from finetune.corpus import Example, add_variants, make_own_examples, read_banking77, read_clinc150
from knowledge.embed import EMBEDDING_DIM, ENCODER_DIR, Encoder

_SCALE = 10.0
"""Unit vectors of 384 numbers are small for a network that starts at random; folded into the weights afterwards."""
PUBLISHED_VIEWS = 2 * EMBEDDING_DIM
"""Width of the views of the published layers; the tuned view follows them."""
HELD_OUT_SHARE = 0.2
_COARSE = frozenset({Route.SMALL_TALK, Route.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the outcome beside the data."""

    seed: int = 7
    hidden: int = 768
    epochs: int = 14
    batch: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    input_dropout: float = 0.2
    hidden_dropout: float = 0.5
    label_smoothing: float = 0.1
    variants: float = 0.5
    """Share of the published rows that are also read with other punctuation."""
    own_weight: float = 3.0
    """Weight of our own utterances, which are few, against 1 for a published one."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as the encoder reads them."""

    examples: Sequence[Example]
    views: npt.NDArray[np.float32]
    """[examples, 384 * n]"""
    classes: npt.NDArray[np.int64]
    """Places in the sorted names of the classes."""

    def pick(self, mask: npt.NDArray[np.bool_]) -> "Batch":
        chosen = [example for example, keep in zip(self.examples, mask, strict=True) if keep]
        return Batch(chosen, self.views[mask], self.classes[mask])


@dataclass(frozen=True, slots=True)
class Temperatures:
    every: float
    """Of all classes."""
    banking77: float
    """Of the 77 classes among themselves, on BANKING77 rows."""


def train_heads(
    banking77: Path,
    clinc150: Path,
    out: Path,
    held_out: Path | None = None,
    *,
    encoder: Path = ENCODER_DIR,
    calibrated_by: Path | None = None,
    recipe: Recipe | None = None,
) -> dict[str, str]:
    """Trains on the data in the folders and writes the weights to `out`. Returns what the model card needs.

    Args:
        held_out: a fifth of each class stays out of the training, calibrates the heads and is written there as input
            for `tellergraph evals run`: intents.csv and routing_*.jsonl.
        encoder: folder of the encoder that the heads read.
        calibrated_by: heads of an earlier run with a held-out part, whose temperatures are taken over.

    Raises:
        InvalidInput: the data cannot be read, or nothing is there to calibrate with.
    """
    recipe = recipe or Recipe()
    if held_out is None and calibrated_by is None:
        raise InvalidInput("The encoder has seen every row: calibrate with a held-out part, or name earlier heads.")
    earlier = _read_temperatures(calibrated_by) if calibrated_by else None
    examples = read_examples(banking77, clinc150, recipe.seed)
    names, intents = list_classes(examples)
    unseen: list[Example] = []
    if held_out is not None:
        examples, unseen = split_groups(examples, HELD_OUT_SHARE, recipe.seed)
        write_held_out(unseen, held_out)
    reader = Encoder.load(encoder)
    batch = read_batch(reader, vary(examples, recipe), names)
    networks = fit_networks(batch, len(names), recipe)
    temperatures = earlier or fit_temperatures(networks, read_batch(reader, unseen, names), names)
    record = make_record(encoder, recipe, temperatures, names, intents)
    return save_heads(networks, record, out) | {
        "temperatures": f"{temperatures.every}, {temperatures.banking77}",
        "examples": str(len(batch.examples)),
    }


def list_classes(examples: Sequence[Example]) -> tuple[list[str], list[str]]:
    """(the sorted names of the classes, the intent of each)."""
    intents = {example.label: example.intent for example in examples}
    return sorted(intents), [intents[name] for name in sorted(intents)]


def make_record(
    encoder: Path, recipe: Recipe, temperatures: Temperatures, names: Sequence[str], intents: Sequence[str]
) -> dict[str, object]:
    """What is kept about heads on the encoder in the folder `encoder`, beside their weights."""
    sums = (encoder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    record: dict[str, object] = {"encoder": sums, "recipe": asdict(recipe), "torch": torch.__version__}
    record |= {"temperature": temperatures.every, "banking77_temperature": temperatures.banking77}
    return record | {"classes": list(names), "intents": list(intents)}


def read_examples(banking77: Path, clinc150: Path, seed: int) -> list[Example]:
    """All that there is to learn from: the rows of both published sets and our own utterances."""
    return read_banking77(banking77) + read_clinc150(clinc150) + make_own_examples(seed)


def vary(examples: Sequence[Example], recipe: Recipe) -> list[Example]:
    """`examples` and other punctuation of some of them."""
    rng = random.Random(recipe.seed)  # noqa: S311
    return [e for e in add_variants(list(examples), recipe.seed) if not e.variant or rng.random() < recipe.variants]


def split_groups(examples: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """(the rest, `share` of the groups of each class of each source); a group is never divided.

    Each is drawn by a seed of its own, so that changes to one leave the others' parts as they were: what is held out
    of a published set does not move when we write new utterances.
    """
    kinds = {example.group: (example.source, example.label) for example in examples}
    by_kind: dict[tuple[str, str], list[str]] = {}
    for group, kind in kinds.items():
        by_kind.setdefault(kind, []).append(group)
    taken = {
        group
        for (_, label), groups in by_kind.items()
        for group in random.Random(f"{seed}/{label}").sample(groups, round(share * len(groups)))  # noqa: S311
    }
    return [e for e in examples if e.group not in taken], [e for e in examples if e.group in taken]


def write_held_out(examples: Sequence[Example], folder: Path) -> None:
    """The examples as the eval suites read them: BANKING77 rows in intents.csv, each source in a routing_*.jsonl.

    Published rows have the coarse label that their data set supports, ours the route and one text per template.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "intents.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        writer.writerows([e.text, e.intent] for e in examples if e.source == "banking77")
    for source in ("banking77", "clinc150", "own"):
        rows = {e.group: e for e in reversed(examples) if e.source == source}
        lines = (json.dumps({"text": e.text, "route": _eval_route(e)}) + "\n" for e in rows.values())
        (folder / f"routing_{source}.jsonl").write_text("".join(lines), encoding="utf-8")


def _eval_route(example: Example) -> str:
    route = INTENT_ROUTES[example.intent]
    return route.value if example.source == "own" or route in _COARSE else "banking"


def read_batch(encoder: Encoder, examples: Sequence[Example], names: Sequence[str]) -> Batch:
    """`examples` through the encoder, one at a time as in service."""
    index = {name: number for number, name in enumerate(names)}
    classes = np.array([index[example.label] for example in examples], dtype=np.int64)
    return Batch(examples, np.stack([encoder.read(example.text).views for example in examples]), classes)


def fit_networks(batch: Batch, classes: int, recipe: Recipe) -> "list[Network]":
    """One network for each span of views."""
    width = batch.views.shape[1]
    spans = [(0, min(width, PUBLISHED_VIEWS))] + ([(PUBLISHED_VIEWS, width)] if width > PUBLISHED_VIEWS else [])
    return [_fit(batch, span, classes, recipe) for span in spans]


def _fit(batch: Batch, span: tuple[int, int], classes: int, recipe: Recipe) -> Network:
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)  # sums over several threads would depend on their number
    network = torch.nn.Sequential(
        torch.nn.Dropout(recipe.input_dropout),
        torch.nn.Linear(span[1] - span[0], recipe.hidden),
        torch.nn.ReLU(),
        torch.nn.Dropout(recipe.hidden_dropout),
        torch.nn.Linear(recipe.hidden, classes),
    )
    views, targets = torch.from_numpy(batch.views[:, slice(*span)]) * _SCALE, torch.from_numpy(batch.classes)
    weights = torch.tensor([recipe.own_weight if e.source == "own" else 1.0 for e in batch.examples])
    steps = recipe.epochs * -(-len(targets) // recipe.batch)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps)
    loss = torch.nn.CrossEntropyLoss(reduction="none", label_smoothing=recipe.label_smoothing)
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(targets)).split(recipe.batch):
            optimiser.zero_grad()
            (loss(network(views[rows]), targets[rows]) * weights[rows]).mean().backward()
            optimiser.step()
            schedule.step()
    hidden, output = cast("torch.nn.Linear", network[1]), cast("torch.nn.Linear", network[4])
    parts = (hidden.weight * _SCALE, hidden.bias, output.weight, output.bias)
    # Rounded as they are stored, so that what is measured here is what is loaded later.
    return Network(*span, *(part.detach().half().float().numpy() for part in parts))


def fit_temperatures(networks: Sequence[Network], unseen: Batch, names: Sequence[str]) -> Temperatures:
    """The temperatures that fit `unseen` best."""
    logits = np.stack([average_logits(networks, views) for views in unseen.views])
    columns = np.array([names.index(label) for label in BANKING77_INTENTS])
    rows = np.array([example.source == "banking77" for example in unseen.examples])
    # Both orders are alphabetical, so the columns rise and a class is found among them.
    places = np.searchsorted(columns, unseen.classes[rows])
    return Temperatures(_best_temperature(logits, unseen.classes), _best_temperature(logits[rows][:, columns], places))


def _best_temperature(logits: npt.NDArray[np.float32], targets: npt.NDArray[Any]) -> float:
    """The temperature with the least cross-entropy, to two digits (Guo et al. 2017)."""

    def cross_entropy(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(targets)), targets]
        return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())

    return min((round(0.2 + step * 0.01, 2) for step in range(181)), key=cross_entropy)


def _read_temperatures(folder: Path) -> Temperatures:
    try:
        classes = json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8"))
        return Temperatures(float(classes["temperature"]), float(classes["banking77_temperature"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"The heads in {folder} cannot be read: {error}") from error


def save_heads(networks: Sequence[Network], record: Mapping[str, object], out: Path) -> dict[str, str]:
    """Writes what `Heads.load` reads; `record` is everything about the heads but their weights."""
    out.mkdir(parents=True, exist_ok=True)
    halves: dict[str, Any] = {
        f"{number}.{name}": part.astype(np.float16)
        for number, network in enumerate(networks)
        for name, part in zip(NETWORK_PARTS, network.parts, strict=True)
    }
    np.savez_compressed(out / WEIGHTS_FILE, **halves)
    classes = {**record, "views": [[network.start, network.end] for network in networks]}
    (out / CLASSES_FILE).write_text(json.dumps(classes, indent=1) + "\n", encoding="utf-8")
    return {WEIGHTS_FILE: hashlib.sha256((out / WEIGHTS_FILE).read_bytes()).hexdigest()}
