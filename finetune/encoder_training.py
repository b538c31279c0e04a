"""QLoRA fine-tuning of the encoder's upper layers on the classes that the heads tell apart.

A class head and a projection for the contrastive loss train along and are thrown away: the heads are fitted afterwards,
on what the quantised encoder really gives (`finetune/heads.py`). What is kept is the moving average of the adapters.
"""

# torch and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from finetune.corpus import Example, add_variants
from finetune.encoder_adapter import attach_adapter, load_adapter, load_published
from finetune.encoder_batches import States, compute_states
from finetune.encoder_graph import WIDTH
from finetune.encoder_losses import SupervisedContrast, soft_cross_entropy
from finetune.moving_average import MovingAverage
from knowledge.embed import MAX_TOKENS

Soft = npt.NDArray[np.float32]

_SCALE = 10.0
_PROJECTION = 128
_CLIP = 1.0
_WARM_UP = 0.1


@dataclass(frozen=True, slots=True)
class TuningRecipe:
    """Everything that decides the outcome beside the data."""

    seeds: tuple[int, ...] = (7, 8)
    """One adapter is trained with each, and their mean is kept (a soup, Wortsman et al. 2022)."""
    rank: int = 32
    epochs: int = 8
    more_epochs: int = 2
    """With all rows, from where the run without the held-out part ended, at `more_learning_rate`."""
    more_learning_rate: float = 5e-4
    batch: int = 64
    learning_rate: float = 1e-3
    head_learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    feature_dropout: float = 0.2
    label_smoothing: float = 0.1
    soft_share: float = 0.3
    """Share of the out-of-fold prediction in a BANKING77 row's target."""
    contrast: float = 0.5
    """Weight of the contrastive loss beside the cross-entropy."""
    queue: int = 1536
    average: float = 0.995
    """Share of the old value in each step of the moving average."""
    variants: float = 0.25
    """Share of the published rows that are seen with other punctuation."""
    others: int = 2000
    """Rows of CLINC150 in an epoch, drawn anew each time; of BANKING77 all are seen."""
    threads: int = 1


class _Network(torch.nn.Module):
    def __init__(self, upper: "torch.nn.ModuleList", classes: int, recipe: TuningRecipe) -> None:
        super().__init__()
        self.upper = upper
        self.drop = torch.nn.Dropout(recipe.feature_dropout)
        self.head = torch.nn.Linear(WIDTH, classes)
        self.projection = torch.nn.Linear(WIDTH, _PROJECTION)

    def forward(self, states: "torch.Tensor", mask: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
        """(logits [rows, classes], unit vectors for the contrast [rows, 128])."""
        for layer in self.upper:
            states = layer(states, mask[:, None, None, :])
        weights = mask[..., None].float()
        mean = (states * weights).sum(dim=1) / weights.sum(dim=1)
        logits = self.head(self.drop(_SCALE * torch.nn.functional.normalize(mean, dim=1)))
        return logits, torch.nn.functional.normalize(self.projection(mean), dim=1)


class _Rows:
    """The texts with their variants, and which of them an epoch sees."""

    def __init__(self, examples: Sequence[Example], recipe: TuningRecipe, seed: int) -> None:
        self.examples = add_variants(list(examples), seed)
        variants = {e.group: row for row, e in enumerate(self.examples) if e.variant}
        pairs = [(row, variants.get(e.group, row)) for row, e in enumerate(self.examples) if not e.variant]
        self._main = np.array([p for p in pairs if self.examples[p[0]].source == "banking77"]).reshape(-1, 2)
        self._others = np.array([p for p in pairs if self.examples[p[0]].source != "banking77"]).reshape(-1, 2)
        self._recipe = recipe
        self.per_epoch = len(self._main) + min(recipe.others, len(self._others))
        rng = np.random.default_rng(seed)
        self.epochs = [self._draw(rng) for _ in range(recipe.epochs)]
        self.drawn = sorted(set().union(*self.epochs))

    def _draw(self, rng: np.random.Generator) -> list[int]:
        others = rng.permutation(len(self._others))[: self._recipe.others]
        chosen = np.concatenate([self._main, self._others[others]])
        varied = (rng.random(len(chosen)) < self._recipe.variants).astype(int)
        return chosen[np.arange(len(chosen)), varied].tolist()


def tune_encoder(
    examples: Sequence[Example],
    soft: Mapping[str, Soft],
    source: Path,
    recipe: TuningRecipe,
    seed: int,
    report: Callable[[str], None],
    start: Path | None = None,
) -> "torch.nn.ModuleList":
    """The upper layers of the published encoder in `source` with adapters trained on `examples`.

    Deterministic: the same arguments, number of threads and versions give the same adapters.

    Args:
        soft: of a row's group, the out-of-fold distribution over the sorted labels of `examples`.
        seed: decides the first weights, the order of the rows, and what is dropped.
        report: told after each epoch.
        start: folder of an adapter to go on from, for `recipe.more_epochs`; else it is `recipe.epochs` from nothing.
    """
    torch.set_num_threads(recipe.threads)
    if start:
        recipe = replace(recipe, epochs=recipe.more_epochs, learning_rate=recipe.more_learning_rate)
    rows = _Rows(examples, recipe, seed)
    model = load_published(source)
    states = compute_states(model, _load_tokenizer(source), [e.text for e in rows.examples], rows.drawn)
    names = sorted({e.label for e in examples})
    classes = torch.tensor([names.index(e.label) for e in rows.examples])
    targets = _make_targets(rows.examples, classes, len(names), soft, recipe)
    upper = load_adapter(model, start, seed) if start else attach_adapter(model, recipe.rank, seed)
    network = _Network(upper, len(names), recipe).train()
    _train(network, rows, states, classes, targets, recipe, seed, report)
    return upper.eval()


def _train(
    network: _Network,
    rows: _Rows,
    states: States,
    classes: "torch.Tensor",
    targets: "torch.Tensor",
    recipe: TuningRecipe,
    seed: int,
    report: Callable[[str], None],
) -> None:
    rng = np.random.default_rng(seed)
    steps = recipe.epochs * -(-rows.per_epoch // recipe.batch)
    optimiser, schedule = _make_optimiser(network, steps, recipe)
    contrast, average = SupervisedContrast(_PROJECTION, recipe.queue), MovingAverage(network, recipe.average)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for epoch, drawn in enumerate(rows.epochs):
        losses: list[float] = []
        for batch in states.batches(drawn, recipe.batch, rng):
            logits, points = network(*states.gather(batch))
            loss = soft_cross_entropy(logits, targets[batch]) + recipe.contrast * contrast(points, classes[batch])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, _CLIP)
            optimiser.step()
            schedule.step()
            average.update()
            losses.append(float(loss.detach()))
        report(f"epoch {epoch + 1}/{recipe.epochs}: loss {np.mean(losses):.3f}")
    average.install()


def _make_optimiser(network: _Network, steps: int, recipe: TuningRecipe) -> tuple[Any, Any]:
    adapters = [parameter for parameter in network.upper.parameters() if parameter.requires_grad]
    heads = [*network.head.parameters(), *network.projection.parameters()]
    rates = [recipe.learning_rate, recipe.head_learning_rate]
    groups = [{"params": group, "lr": rate} for group, rate in zip((adapters, heads), rates, strict=True)]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rates, total_steps=steps, pct_start=_WARM_UP, cycle_momentum=False
    )
    return optimiser, schedule


def _make_targets(
    examples: Sequence[Example], classes: "torch.Tensor", count: int, soft: Mapping[str, Soft], recipe: TuningRecipe
) -> "torch.Tensor":
    """float32 [examples, count]: each row a distribution."""
    sharp = torch.nn.functional.one_hot(classes, count).float()
    targets = (1 - recipe.label_smoothing) * sharp + recipe.label_smoothing / count
    for row, example in enumerate(examples):
        if example.group in soft:
            targets[row].lerp_(torch.from_numpy(soft[example.group]), recipe.soft_share)
    return targets


def _load_tokenizer(source: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
