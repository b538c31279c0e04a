"""How likely each word of a text is part of each kind of personal data: the sum of what a word looks like goes through
convolutions that widen, each added to what it read.

Linear in the text, and the same for a word wherever the text around it is the same. numpy alone: torch is for training
(finetune/personal)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import ConfigurationError
from core.security.pii.kinds import Kind
from core.security.pii.learned.words import FEATURES, TOKEN, see
from core.security.pii.reading.folded import Folded

WEIGHTS = Path(__file__).parent / "weights"
FILE = "tagger.npz"
CARD = "MODEL_CARD.md"
CLASSES: tuple[Kind | None, ...] = (None, *Kind)
_REMEMBERED = 8192
"""Words, of 256 bytes each."""
_AROUND = 32
"""Words before and behind that say it together."""
_WINDOW = 512
"""Words that go through the layers at once, so that a long text takes no more memory than a short one."""
_BLOCK, _STEP = 20, 4
"""Words that BLAS multiplies at once, at most; and as many at a time fill its registers."""

Floats = npt.NDArray[np.float32]


class Word(NamedTuple):
    """Characters ``start`` to ``end`` of a text."""

    start: int
    end: int


class _Layer(NamedTuple):
    reach: int
    """Words from the middle one to those at its sides."""
    weights: Floats
    """[3 * width, width]"""
    bias: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """Threads may share one."""

    pieces: dict[str, int]
    """Of words, as all-MiniLM-L6-v2 cuts them; those inside a word begin with ##."""
    piece_vectors: npt.NDArray[np.int8]
    piece_scale: Floats
    feature_vectors: npt.NDArray[np.int8]
    """[FEATURES + 1, width]: the last is for a word without a space before it."""
    feature_scale: Floats
    layers: tuple[_Layer, ...]
    out: Floats
    """[width, classes + 1]: the last is what the word says of its text."""
    out_bias: Floats

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls, directory: Path = WEIGHTS) -> "Tagger":
        """Raises ConfigurationError for a file that is missing or of another version."""
        try:
            with np.load(directory / FILE) as arrays:
                names = bytes(arrays["pieces"]).decode().split("\n")
                layers = zip(arrays["reach"], arrays["layers"], arrays["biases"], strict=True)
                found = cls(
                    {name: number for number, name in enumerate(names)},
                    arrays["piece_vectors"],
                    arrays["piece_scale"],
                    arrays["feature_vectors"],
                    arrays["feature_scale"],
                    tuple(_Layer(int(reach), _exact(each), _exact(bias)) for reach, each, bias in layers),
                    _exact(arrays["out"]),
                    _exact(arrays["out_bias"]),
                )
        except (OSError, KeyError, ValueError) as error:
            raise ConfigurationError(f"The tagger in {directory} cannot be read: check it out again.") from error
        if len(found.feature_vectors) != FEATURES + 1 or len(found.out_bias) != len(CLASSES) + 1:
            raise ConfigurationError(f"The tagger in {directory} is another version's: check it out again.")
        return found

    def tag(self, folded: Folded) -> tuple[list[Word], Floats, Floats]:
        """The words, for each a row of probabilities of CLASSES, and what the words around it say of whether there is
        anything personal at all: above 0 that there is."""
        found = [match.span() for match in TOKEN.finditer(folded.cased)]
        if not found:
            return [], np.zeros((0, len(CLASSES)), np.float32), np.zeros(0, np.float32)
        states = np.concatenate([_vector(self, token) for token in TOKEN.findall(folded.cased)])
        states = states.reshape(len(found), -1)
        # What is no space is a token's.
        glued = [
            False,
            *(left == right and folded.cased[left - 1] != "\n" for (_, left), (right, _) in pairwise(found)),
        ]
        states[glued] += _glue(self)
        is_as_written = isinstance(folded.source, range)
        words = [Word(*span) for span in (found if is_as_written else [folded.span(*span) for span in found])]
        scores = np.concatenate([*self._windows(states)])
        return words, _softmax(scores[:, :-1]), _means(scores[:, -1])

    def _windows(self, states: Floats) -> Iterator[Floats]:
        margin = sum(layer.reach for layer in self.layers)
        for start in range(0, len(states), _WINDOW):
            first = max(0, start - margin)
            scores = self._scores(states[first : start + _WINDOW + margin])
            yield scores[start - first : start - first + _WINDOW]

    def _scores(self, states: Floats) -> Floats:
        count, width = states.shape
        blocks = -(-count // _BLOCK)
        rows = -(-count // (blocks * _STEP)) * _STEP * blocks
        most = max(layer.reach for layer in self.layers)
        # Zeros around the words, and up to a whole block, which stay zeros.
        around = np.zeros((rows + 2 * most, width), np.float32)
        middle = around[most : most + count]
        middle[:] = states
        beside = np.empty((rows, 3 * width), np.float32)
        for reach, weights, bias in self.layers:
            for side, shift in enumerate((-reach, 0, reach)):
                beside[:, side * width : (side + 1) * width] = around[most + shift : most + shift + rows]
            seen = _times(beside, weights, blocks)[:count]
            seen += bias
            middle += np.maximum(seen, 0, out=seen)
        return _times(around[most : most + rows], self.out, blocks)[:count] + self.out_bias


def _means(values: Floats) -> Floats:
    """Of each and the ones around it."""
    count = len(values)
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    at = np.arange(count)
    first, last = np.maximum(at - _AROUND, 0), np.minimum(at + _AROUND + 1, count)
    return ((sums[last] - sums[first]) / (last - first)).astype(np.float32)


def _times(rows: Floats, weights: Floats, blocks: int) -> Floats:
    """The product, block by block: BLAS takes larger ones to several threads, which cost more than they save."""
    return (rows.reshape(blocks, -1, rows.shape[1]) @ weights).reshape(len(rows), -1)


def cut(letters: str, pieces: Mapping[str, int]) -> list[int]:
    """The longest pieces of a word one after the other; none where they do not make it up."""
    found: list[int] = []
    at = 0
    while at < len(letters):
        start = "##" if at else ""
        ends = range(len(letters), at, -1)
        end = next((end for end in ends if start + letters[at:end] in pieces), None)
        if end is None:
            return []
        found.append(pieces[start + letters[at:end]])
        at = end
    return found


@lru_cache(maxsize=4)
def _glue(tagger: Tagger) -> Floats:
    """For a word without a space before it."""
    return tagger.feature_vectors[-1] * tagger.feature_scale


@lru_cache(maxsize=_REMEMBERED)
def _vector(tagger: Tagger, token: str) -> Floats:
    seen = see(token)
    vector = tagger.feature_vectors[seen.features].sum(axis=0, dtype=np.float32) * tagger.feature_scale
    if pieces := cut(seen.letters, tagger.pieces):
        vector += tagger.piece_vectors[pieces].mean(axis=0, dtype=np.float32) * tagger.piece_scale
    return vector


def digest_of(directory: Path) -> str:
    """SHA-256 of the weights, as their card says it."""
    return hashlib.sha256((directory / FILE).read_bytes()).hexdigest()


def _exact(values: npt.NDArray[np.float16]) -> Floats:
    return values.astype(np.float32)


def _softmax(scores: Floats) -> Floats:
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
