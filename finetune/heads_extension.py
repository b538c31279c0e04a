"""Adds classes to trained heads: a row of weights for each class that they do not know, on the hidden layers they have.

Nothing that was learnt is lost: the logits of the old classes stay as they were, to the bit, and so does every choice
among them. Only whether a text is one of the new classes instead is learnt, on their utterances and on a share of all
others. It takes a minute where training afresh takes ten; the next training afresh takes the place of it.
"""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from agent.understanding.heads import CLASSES_FILE, NETWORK_PARTS, WEIGHTS_FILE, Network
from core.errors import InvalidInput
from finetune.corpus import Example
from finetune.heads import Batch, Recipe, read_batch, read_examples, save_heads
from knowledge.embed import ENCODER_DIR, Encoder

OLD_SHARE = 0.15
"""Of the examples of classes that the heads know."""


def extend_heads(
    banking77: Path,
    clinc150: Path,
    heads: Path,
    out: Path,
    *,
    encoder: Path = ENCODER_DIR,
    recipe: Recipe | None = None,
) -> dict[str, str]:
    """Writes the heads in the folder `heads` to `out` with a row for each class that they lack.

    Raises:
        InvalidInput: the data or the heads cannot be read, the heads read another encoder, or they lack no class.
    """
    recipe = recipe or Recipe()
    networks, record = read_heads(heads)
    if record["encoder"] != (encoder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        raise InvalidInput(f"The heads in {heads} read another encoder than that in {encoder}.")
    examples = read_examples(banking77, clinc150, recipe.seed)
    extended, record, count = extend(networks, record, examples, Encoder.load(encoder), recipe)
    return save_heads(extended, record, out) | {"classes": str(len(record["classes"])), "examples": str(count)}


def read_heads(folder: Path) -> tuple[list[Network], dict[str, Any]]:
    """The networks, and what is kept about them."""
    try:
        record = json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8"))
        with np.load(folder / WEIGHTS_FILE) as archive:
            parts = [
                [archive[f"{number}.{name}"].astype(np.float32) for name in NETWORK_PARTS]
                for number in range(len(record["views"]))
            ]
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"The heads in {folder} cannot be read: {error}") from error
    return [Network(*span, *each) for span, each in zip(record["views"], parts, strict=True)], record


def extend(
    networks: Sequence[Network],
    record: dict[str, Any],
    examples: Sequence[Example],
    encoder: Encoder,
    recipe: Recipe,
) -> tuple[list[Network], dict[str, Any], int]:
    """(the networks with the new rows, their record, how many examples were read)."""
    intents = {example.label: example.intent for example in examples}
    new = sorted(intents.keys() - set(record["classes"]))
    if not new:
        raise InvalidInput("The heads know every class.")
    names = [*record["classes"], *new]
    chosen = _choose(examples, frozenset(new), recipe.seed)
    batch = read_batch(encoder, chosen, names)
    extended = [_extend(network, batch, len(new), recipe) for network in networks]
    known = {**record, "classes": names, "intents": [*record["intents"], *(intents[name] for name in new)]}
    return extended, known | {"added": {"classes": new, "old_share": OLD_SHARE}}, len(chosen)


def _choose(examples: Sequence[Example], new: frozenset[str], seed: int) -> list[Example]:
    """All of the new classes, and of the groups of the others a share."""
    rng = random.Random(seed)  # noqa: S311
    groups = sorted({example.group for example in examples if example.label not in new})
    kept = set(rng.sample(groups, round(OLD_SHARE * len(groups))))
    return [example for example in examples if example.label in new or example.group in kept]


def _extend(network: Network, batch: Batch, new: int, recipe: Recipe) -> Network:
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)
    hidden = torch.from_numpy(
        np.maximum(batch.views[:, network.start : network.end] @ network.hidden_weight.T + network.hidden_bias, 0.0)
    )
    old_weight, old_bias = torch.from_numpy(network.output_weight), torch.from_numpy(network.output_bias)
    known = len(old_bias)
    row = torch.zeros(new, hidden.shape[1], requires_grad=True)
    bias = torch.full((new,), float(old_bias.mean()), requires_grad=True)
    targets = torch.from_numpy(batch.classes)
    weights = torch.tensor([recipe.own_weight if e.source == "own" else 1.0 for e in batch.examples])
    # What is read of the old classes stands for all of them.
    weights = torch.where(targets < known, weights / OLD_SHARE, weights)
    steps = recipe.epochs * -(-len(targets) // recipe.batch)
    optimiser = torch.optim.AdamW([row, bias], lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps)
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(targets)).split(recipe.batch):
            optimiser.zero_grad()
            seen = functional.dropout(hidden[rows], recipe.hidden_dropout)
            logits = torch.cat(
                [functional.linear(seen, old_weight, old_bias), functional.linear(seen, row, bias)], dim=1
            )
            loss = functional.cross_entropy(
                logits, targets[rows], reduction="none", label_smoothing=recipe.label_smoothing
            )
            ((loss * weights[rows]).sum() / weights[rows].sum()).backward()
            optimiser.step()
            schedule.step()
    added = [part.detach().half().float().numpy() for part in (row, bias)]
    return Network(
        network.start,
        network.end,
        network.hidden_weight,
        network.hidden_bias,
        np.concatenate([network.output_weight, added[0]]),
        np.concatenate([network.output_bias, added[1]]),
    )
