"""The tagger as it trains; what it computes is what core/security/pii/learned computes without torch."""

# torch and safetensors come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from core.security.pii import Folded
from core.security.pii.learned.tagger import CLASSES, Floats, cut
from core.security.pii.learned.words import FEATURES, TOKEN, see
from core.security.pii.placeholders import list_placeholders
from finetune.personal.graph import build_graph
from finetune.personal.texts import Marked

REACHES = (1, 2, 4, 8, 1)
"""Words from the middle of a convolution to its sides: together 16 words before and behind count."""
WIDTH = 64
COMPONENTS = 256
"""Of the word pieces' 384 dimensions: the largest principal ones."""
_PADDING = FEATURES
_OF_NO_KIND = -100
"""The class of what fills a batch, by torch's convention."""
_OF_A_TEXT = 1
"""Figures for each word beside its kinds: whether its text has anything personal."""
_UNSEEN = 0.1
"""Share of the features, and of the words' pieces, that a step does not see."""
_KINDS = {kind: number for number, kind in enumerate(CLASSES)}


@dataclass(frozen=True, slots=True)
class Pieces:
    """Word pieces of letters a to z, with what the published encoder knows of each."""

    names: tuple[str, ...]
    vectors: Floats
    """[names, COMPONENTS], of unit spread."""

    @classmethod
    def read(cls, published: Path) -> "Pieces":
        words = (published / "vocab.txt").read_text(encoding="utf-8").splitlines()
        kept = [number for number, word in enumerate(words) if word.removeprefix("##").isascii() and _is_letters(word)]
        with safe_open(published / "model.safetensors", "np") as weights:
            name = next(key for key in weights.keys() if key.endswith("word_embeddings.weight"))  # noqa: SIM118
            table = weights.get_tensor(name)[kept].astype(np.float64)
        table -= table.mean(axis=0)
        _, directions = np.linalg.eigh(table.T @ table)
        main = table @ directions[:, ::-1][:, :COMPONENTS]
        return cls(tuple(words[number] for number in kept), (main / main.std()).astype(np.float32))


def _is_letters(word: str) -> bool:
    return word.removeprefix("##").isalpha()


class Words:
    """What each word looks like, as rows of tensors; a word is looked at once."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._numbers = {name: number for number, name in enumerate(pieces.names)}
        self._rows: dict[str, int] = {}
        self._features: list[list[int]] = []
        self._means: list[Floats] = []

    def row(self, token: str) -> int:
        if token not in self._rows:
            seen = see(token)
            cuts = cut(seen.letters, self._numbers)
            nothing = np.zeros(self._pieces.vectors.shape[1], np.float32)
            self._rows[token] = len(self._rows)
            self._features.append(seen.features)
            self._means.append(self._pieces.vectors[cuts].mean(axis=0) if cuts else nothing)
        return self._rows[token]

    def look(self, rows: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
        """(features [rows, most of a word], pieces' means [rows, COMPONENTS])"""
        chosen = [self._features[row] for row in rows.tolist()]
        most = max(map(len, chosen))
        padded = [[*features, *[_PADDING] * (most - len(features))] for features in chosen]
        return torch.tensor(padded), torch.from_numpy(np.stack([self._means[row] for row in rows.tolist()]))


@dataclass(frozen=True, slots=True)
class Row:
    """A text to learn from."""

    words: list[int]
    glued: list[bool]
    kinds: list[int]
    is_judged: bool
    """Whether the text says if texts like it have anything personal: with placeholders it does not."""


def make_row(marked: Marked, words: Words) -> Row:
    folded = Folded.of(marked.text)
    kinds = marked.kinds()
    found = list(TOKEN.finditer(folded.cased))
    return Row(
        [words.row(match[0]) for match in found],
        [match.start() > 0 and not folded.cased[match.start() - 1].isspace() for match in found],
        [_kind(kinds, *folded.span(match.start(), match.end())) for match in found],
        not list_placeholders(marked.text),
    )


def _kind(kinds: Sequence["str | None"], start: int, end: int) -> int:
    inside = [kind for kind in kinds[start:end] if kind is not None]
    return _KINDS[inside[0]] if inside else 0  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class Batch:
    distinct: "torch.Tensor"
    """Rows of Words."""
    words: "torch.Tensor"
    """[texts, longest]: which of the distinct ones."""
    glued: "torch.Tensor"
    mask: "torch.Tensor"
    kinds: "torch.Tensor"
    judged: "torch.Tensor"
    """[texts]: 1 or 0."""


def make_batch(rows: Sequence[Row]) -> Batch:
    longest = max(len(row.words) for row in rows)
    shape = (len(rows), longest)
    words, kinds = np.zeros(shape, np.int64), np.full(shape, _OF_NO_KIND)
    glued, mask = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for at, row in enumerate(rows):
        length = len(row.words)
        words[at, :length], kinds[at, :length] = row.words, row.kinds
        glued[at, :length], mask[at, :length] = row.glued, 1
    distinct, inverse = np.unique(words, return_inverse=True)
    judged = np.array([row.is_judged for row in rows], np.float32)
    return Batch(*map(torch.from_numpy, (distinct, inverse.reshape(shape), glued, mask, kinds, judged)))


def iterate_batches(rows: Sequence[Row], size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """All, in a drawn order; texts of like lengths stand together."""
    rows = [row for row in rows if row.words]
    order = rng.permutation(len(rows))
    pools = [
        sorted(order[at : at + 16 * size], key=lambda row: len(rows[row].words))
        for at in range(0, len(order), 16 * size)
    ]
    batches = [pool[at : at + size] for pool in pools for at in range(0, len(pool), size)]
    for number in rng.permutation(len(batches)):
        yield make_batch([rows[row] for row in batches[number]])


class Network(torch.nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.features = torch.nn.Embedding(FEATURES + 1, WIDTH, padding_idx=_PADDING)
        torch.nn.init.normal_(self.features.weight, std=0.1)
        self.pieces = torch.nn.Linear(COMPONENTS, WIDTH, bias=False)
        torch.nn.init.normal_(self.pieces.weight, std=0.4 / COMPONENTS**0.5)
        self.glued = torch.nn.Parameter(torch.zeros(WIDTH))
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(WIDTH, WIDTH, 3, dilation=reach, padding=reach) for reach in REACHES
        )
        self.out = torch.nn.Linear(WIDTH, len(CLASSES) + _OF_A_TEXT)
        self.drop = torch.nn.Dropout(dropout)
        with torch.no_grad():
            self.features.weight[_PADDING] = 0

    def forward(self, batch: Batch, words: Words) -> tuple["torch.Tensor", "torch.Tensor"]:
        """(scores of the classes [texts, longest, classes], what each word says of its text [texts, longest])"""
        features, means = words.look(batch.distinct)
        if self.training:
            features = torch.where(torch.rand(features.shape) < _UNSEEN, _PADDING, features)
            means = means * (torch.rand(len(means), 1) >= _UNSEEN)
        seen = self.features(features).sum(dim=1) + self.pieces(means)
        mask = batch.mask[..., None]
        states = self.drop((seen[batch.words] + batch.glued[..., None] * self.glued) * mask)
        for layer in self.layers:
            states = (states + self.drop(layer(states.transpose(1, 2)).relu()).transpose(1, 2)) * mask
        scores = self.out(states)
        return scores[..., : len(CLASSES)], scores[..., len(CLASSES)]


def loss_of(network: Network, batch: Batch, words: Words, label_smoothing: float, of_texts: float) -> "torch.Tensor":
    """Of the words' kinds, and with the weight ``of_texts`` of whether the texts have anything personal: that is the
    mean of what their words say."""
    scores, said = network(batch, words)
    of_words = torch.nn.functional.cross_entropy(
        scores.flatten(0, 1), batch.kinds.flatten(), label_smoothing=label_smoothing
    )
    of_text = (said * batch.mask).sum(dim=1) / batch.mask.sum(dim=1)
    has_any = (batch.kinds > 0).any(dim=1).to(of_text.dtype)
    return of_words + of_texts * torch.nn.functional.binary_cross_entropy_with_logits(
        of_text, has_any, weight=batch.judged
    )


def export_arrays(network: Network, pieces: Pieces) -> dict[str, "np.ndarray"]:
    """As core/security/pii/learned/tagger.py reads them."""
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    piece_vectors, piece_scale = _in_bytes(pieces.vectors @ weights["pieces.weight"].T)
    features = np.concatenate([weights["features.weight"][:FEATURES], weights["glued"][None]])
    feature_vectors, feature_scale = _in_bytes(features)
    layers = [
        (reach, weights[f"layers.{number}.weight"], weights[f"layers.{number}.bias"])
        for number, reach in enumerate(REACHES)
    ]
    return {
        "pieces": np.frombuffer("\n".join(pieces.names).encode(), np.uint8),
        "piece_vectors": piece_vectors,
        "piece_scale": piece_scale,
        "feature_vectors": feature_vectors,
        "feature_scale": feature_scale,
        "margin": np.array(sum(REACHES)),
        "graph": np.frombuffer(build_graph(layers, (weights["out.weight"], weights["out.bias"])), np.uint8),
    }


def _in_bytes(values: Floats) -> tuple["np.ndarray", Floats]:
    """(whole numbers to 127, what one is worth in each column)"""
    scale = np.abs(values).max(axis=0) / 127
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)
