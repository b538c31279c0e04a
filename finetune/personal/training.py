"""Trains the tagger's network on batches of marked texts."""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from finetune.moving_average import MovingAverage
from finetune.personal.network import Network, Pieces, Words, iterate_batches, loss_of, make_row
from finetune.personal.texts import Marked, Varied, list_values


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the outcome beside the data."""

    epochs: int = 20
    batch: int = 48
    learning_rate: float = 3e-3
    weight_decay: float = 2e-2
    warm_up: float = 0.05
    dropout: float = 0.2
    label_smoothing: float = 0.05
    of_texts: float = 0.5
    """Weight of what is said of whole texts."""
    as_written: float = 0.25
    """Share of the texts that an epoch sees as they were written."""
    joined: float = 0.15
    """Share of the varied ones that have another behind them."""
    said: float = 0.15
    """Share of the varied ones that are said aloud."""
    masked: float = 0.08
    """Share of the others that have placeholders."""
    silent: int = 1200
    """Texts of others in which there is nothing, in an epoch."""
    average: float = 0.995
    """Share of the old value in each step of the moving average."""
    threads: int = 1


def train_network(
    batches: Sequence[Sequence[Marked]],
    silent: Sequence[Marked],
    pieces: Pieces,
    recipe: Recipe,
    seed: int,
    report: Callable[[str], None],
) -> Network:
    """Deterministic: the same arguments, threads and versions give the same weights."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    texts = _Texts(batches, silent, recipe, random.Random(seed))  # noqa: S311
    words = Words(pieces)
    network = Network(recipe.dropout).train()
    steps = recipe.epochs * -(-texts.of_an_epoch // recipe.batch)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=steps, pct_start=recipe.warm_up, cycle_momentum=False
    )
    average = MovingAverage(network, recipe.average)
    for epoch in range(recipe.epochs):
        rows = [make_row(marked, words) for marked in texts.draw()]
        losses: list[float] = []
        for batch in iterate_batches(rows, recipe.batch, rng):
            loss = loss_of(network, batch, words, recipe.label_smoothing, recipe.of_texts)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            average.update()
            losses.append(loss.item())
        report(f"epoch {epoch + 1}/{recipe.epochs}: loss {np.mean(losses):.3f}")
    average.install()
    return network.eval()


class _Texts:
    """What an epoch sees."""

    def __init__(
        self, batches: Sequence[Sequence[Marked]], silent: Sequence[Marked], recipe: Recipe, rng: random.Random
    ) -> None:
        self._written = [each for batch in batches for each in batch]
        self._silent, self._recipe, self._rng = silent, recipe, rng
        self._varied = Varied(list_values(batches), rng)
        self._silent_each = min(recipe.silent, len(silent))
        self.of_an_epoch = len(self._written) + self._silent_each

    def draw(self) -> list[Marked]:
        rng = self._rng
        written = [each if rng.random() < self._recipe.as_written else self._vary(each) for each in self._written]
        return [*written, *rng.sample(self._silent, self._silent_each)]

    def _vary(self, marked: Marked) -> Marked:
        varied = self._varied.vary(marked)
        if self._rng.random() < self._recipe.said:
            varied = self._varied.say(varied)
        elif self._rng.random() < self._recipe.masked:
            varied = self._varied.mask(varied)
        if self._rng.random() >= self._recipe.joined:
            return varied
        return self._varied.join(varied, self._varied.vary(self._rng.choice(self._written)))
