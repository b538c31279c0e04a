"""Trains the route and intent heads on the frozen encoder: a network with one hidden layer over fine classes.

Deterministic: the same files, seed and torch version give the same weights. The temperatures are fitted on groups that
the network of a first fit has not seen; the committed network is then fitted on all of them.
"""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import csv
import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from agent.understanding.heads import CLASSES_FILE, WEIGHTS_FILE
from agent.understanding.intents import BANKING77_INTENTS, INTENT_ROUTES, Route
from finetune.corpus import Example, add_variants, make_own_examples, read_banking77, read_clinc150
from knowledge.embed import EMBEDDING_DIM, ENCODER_DIR, Encoder

_SCALE = 10.0
"""Unit vectors of 384 numbers are small for a network that starts at random; folded into the weights afterwards."""
_COARSE = frozenset({Route.SMALL_TALK, Route.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the outcome beside the data."""

    seed: int = 7
    hidden: int = 768
    epochs: int = 20
    batch: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    input_dropout: float = 0.2
    hidden_dropout: float = 0.5
    label_smoothing: float = 0.1
    own_weight: float = 3.0
    """Weight of our own utterances, which are few, against 1 for a published one."""
    calibration_share: float = 0.1


@dataclass(frozen=True, slots=True)
class _Batch:
    examples: Sequence[Example]
    vectors: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]


def train_heads(
    banking77: Path, clinc150: Path, out: Path, held_out: Path | None = None, recipe: Recipe | None = None
) -> dict[str, str]:
    """Trains on the data in the folders and writes the weights to `out`.

    With `held_out`, a fifth of each class stays out of the training and is written there as input for
    `tellergraph evals run`: intents.csv and routing_*.jsonl. Returns what the model card needs.

    Raises:
        InvalidInput: the data cannot be read.
    """
    recipe = recipe or Recipe()
    examples = read_banking77(banking77) + read_clinc150(clinc150) + make_own_examples(recipe.seed)
    names = sorted({example.label for example in examples})
    if held_out is not None:
        examples, rest = split_groups(examples, 0.2, recipe.seed)
        write_held_out(rest, held_out)
    batch = _encode(add_variants(examples, recipe.seed), names)
    seen, unseen = _split_batch(batch, recipe)
    temperatures = _fit_temperatures(_fit(seen, len(names), recipe), unseen, names)
    network = _fit(batch, len(names), recipe)
    return _save(network, names, {e.label: e.intent for e in examples}, temperatures, recipe, out) | {
        "examples": str(len(batch.examples))
    }


def split_groups(examples: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """(the rest, `share` of the groups of each class); a group is never divided."""
    labels = {example.group: example.label for example in examples}
    by_label: dict[str, list[str]] = {}
    for group, label in labels.items():
        by_label.setdefault(label, []).append(group)
    rng = random.Random(seed)  # noqa: S311
    taken = {
        group for _, groups in sorted(by_label.items()) for group in rng.sample(groups, round(share * len(groups)))
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


def _encode(examples: Sequence[Example], names: Sequence[str]) -> _Batch:
    index = {name: number for number, name in enumerate(names)}
    classes = np.array([index[example.label] for example in examples], dtype=np.int64)
    return _Batch(examples, Encoder.load().encode([example.text for example in examples]), classes)


def _split_batch(batch: _Batch, recipe: Recipe) -> tuple[_Batch, _Batch]:
    _, taken = split_groups(batch.examples, recipe.calibration_share, recipe.seed + 1)
    groups = {example.group for example in taken}
    unseen = np.array([example.group in groups for example in batch.examples])
    return _pick(batch, ~unseen), _pick(batch, unseen & ~np.array([e.variant for e in batch.examples]))


def _pick(batch: _Batch, mask: npt.NDArray[np.bool_]) -> _Batch:
    chosen = [example for example, keep in zip(batch.examples, mask, strict=True) if keep]
    return _Batch(chosen, batch.vectors[mask], batch.classes[mask])


def _fit(batch: _Batch, classes: int, recipe: Recipe) -> "torch.nn.Sequential":
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)  # sums over several threads would depend on their number
    network = torch.nn.Sequential(
        torch.nn.Dropout(recipe.input_dropout),
        torch.nn.Linear(EMBEDDING_DIM, recipe.hidden),
        torch.nn.ReLU(),
        torch.nn.Dropout(recipe.hidden_dropout),
        torch.nn.Linear(recipe.hidden, classes),
    )
    vectors, targets = torch.from_numpy(batch.vectors) * _SCALE, torch.from_numpy(batch.classes)
    weights = torch.tensor([recipe.own_weight if e.source == "own" else 1.0 for e in batch.examples])
    steps = recipe.epochs * -(-len(targets) // recipe.batch)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps)
    loss = torch.nn.CrossEntropyLoss(reduction="none", label_smoothing=recipe.label_smoothing)
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(targets)).split(recipe.batch):
            optimiser.zero_grad()
            (loss(network(vectors[rows]), targets[rows]) * weights[rows]).mean().backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def _fit_temperatures(network: "torch.nn.Sequential", unseen: _Batch, names: Sequence[str]) -> tuple[float, float]:
    """(of all classes, of the 77 classes among themselves on BANKING77 rows)."""
    with torch.no_grad():
        logits = network(torch.from_numpy(unseen.vectors) * _SCALE).numpy()
    columns = np.array([names.index(label) for label in BANKING77_INTENTS])
    rows = np.array([example.source == "banking77" for example in unseen.examples])
    # Both orders are alphabetical, so the columns rise and a class is found among them.
    places = np.searchsorted(columns, unseen.classes[rows])
    return _best_temperature(logits, unseen.classes), _best_temperature(logits[rows][:, columns], places)


def _best_temperature(logits: npt.NDArray[np.float32], targets: npt.NDArray[Any]) -> float:
    """The temperature with the least cross-entropy, to two digits (Guo et al. 2017)."""

    def cross_entropy(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(targets)), targets]
        return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())

    return min((round(0.2 + step * 0.01, 2) for step in range(181)), key=cross_entropy)


def _save(
    network: "torch.nn.Sequential",
    names: Sequence[str],
    intents: dict[str, str],
    temperatures: tuple[float, float],
    recipe: Recipe,
    out: Path,
) -> dict[str, str]:
    hidden, output = cast("torch.nn.Linear", network[1]), cast("torch.nn.Linear", network[4])
    layers = {
        "hidden.weight": hidden.weight.detach().numpy() * _SCALE,
        "hidden.bias": hidden.bias.detach().numpy(),
        "output.weight": output.weight.detach().numpy(),
        "output.bias": output.bias.detach().numpy(),
    }
    out.mkdir(parents=True, exist_ok=True)
    halves: dict[str, Any] = {name: value.astype(np.float16) for name, value in layers.items()}
    np.savez_compressed(out / WEIGHTS_FILE, **halves)
    classes = {
        "encoder": (ENCODER_DIR / "SHA256SUMS").read_text(encoding="utf-8").splitlines(),
        "recipe": asdict(recipe),
        "torch": torch.__version__,
        "temperature": temperatures[0],
        "banking77_temperature": temperatures[1],
        "classes": list(names),
        "intents": [intents[name] for name in names],
    }
    (out / CLASSES_FILE).write_text(json.dumps(classes, indent=1) + "\n", encoding="utf-8")
    digest = hashlib.sha256((out / WEIGHTS_FILE).read_bytes()).hexdigest()
    return {WEIGHTS_FILE: digest, "temperatures": f"{temperatures[0]}, {temperatures[1]}"}
