"""How likely each word of a text is part of each kind of personal data: the sum of what a word looks like goes through
convolutions that widen, each added to what it read.

Linear in the text, and the same for a word wherever the text around it is the same. The convolutions are an ONNX graph,
made with the weights (finetune/personal)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from core.errors import ConfigurationError
from core.onnx_sessions import start_session
from core.security.pii.kinds import Kind
from core.security.pii.learned.words import FEATURES, TOKEN, see
from core.security.pii.reading.folded import Folded

WEIGHTS = Path(__file__).parent / "weights"
FILE = "tagger.npz"
CARD = "MODEL_CARD.md"
CLASSES: tuple[Kind | None, ...] = (None, *Kind)
_REMEMBERED = 8192
"""Words, of 256 bytes each."""
_WINDOW = 512
"""Words that go through the layers at once, so that a long text takes no more memory than a short one."""
STATES, LIKELY, SAID = "states", "likely", "said"
"""What goes into the graph and comes out of it."""

Floats = npt.NDArray[np.float32]
NOTHING: Floats = np.eye(1, len(CLASSES), dtype=np.float32)[0]
"""The likelihoods of a word that is surely nobody's."""


class Tags(NamedTuple):
    """Of a text's words."""

    spans: list[tuple[int, int]]
    """Where they stand in the text."""
    likely: Floats
    """[words, classes]: how likely each is of each of CLASSES."""
    said: Floats
    """[words]: what each says of whether its text has anything personal: above 0 that it has."""


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
    margin: int
    """Words before and behind that the layers see."""
    graph: ort.InferenceSession
    """From the sums STATES [words, width] to LIKELY and SAID of ``Tags``."""

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls, directory: Path = WEIGHTS) -> "Tagger":
        """Raises ConfigurationError for a file that is missing or of another version."""
        try:
            with np.load(directory / FILE) as arrays:
                names = bytes(arrays["pieces"]).decode().split("\n")
                found = cls(
                    {name: number for number, name in enumerate(names)},
                    arrays["piece_vectors"],
                    arrays["piece_scale"],
                    arrays["feature_vectors"],
                    arrays["feature_scale"],
                    int(arrays["margin"]),
                    start_session(bytes(arrays["graph"])),
                )
        except (OSError, KeyError, ValueError) as error:
            raise ConfigurationError(f"The tagger in {directory} cannot be read: check it out again.") from error
        if len(found.feature_vectors) != FEATURES + 1 or found.graph.get_outputs()[0].shape[1] != len(CLASSES):
            raise ConfigurationError(f"The tagger in {directory} is another version's: check it out again.")
        return found

    def tag(self, folded: Folded) -> Tags:
        cased = folded.cased
        found = [match.span() for match in TOKEN.finditer(cased)]
        if not found:
            return Tags([], np.zeros((0, len(CLASSES)), np.float32), np.zeros(0, np.float32))
        # What is no space is a token's.
        glued = (False, *(left == right and cased[left - 1] != "\n" for (_, left), (right, _) in pairwise(found)))
        vectors = [_vector(self, cased[start:end], each) for (start, end), each in zip(found, glued, strict=True)]
        states = np.concatenate(vectors).reshape(len(found), -1)
        is_as_written = isinstance(folded.source, range)
        spans = found if is_as_written else [folded.span(*span) for span in found]
        if len(states) <= _WINDOW:
            return Tags(spans, *self._run(states))
        likely, said = zip(*self._windows(states), strict=True)
        return Tags(spans, np.concatenate(likely), np.concatenate(said))

    def _windows(self, states: Floats) -> Iterator[tuple[Floats, Floats]]:
        for start in range(0, len(states), _WINDOW):
            first = max(0, start - self.margin)
            inner = slice(start - first, start - first + _WINDOW)
            likely, said = self._run(states[first : start + _WINDOW + self.margin])
            yield likely[inner], said[inner]

    def _run(self, states: Floats) -> tuple[Floats, Floats]:
        return cast("tuple[Floats, Floats]", self.graph.run([LIKELY, SAID], {STATES: states}))


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


@lru_cache(maxsize=_REMEMBERED)
def _vector(tagger: Tagger, token: str, is_glued: bool) -> Floats:
    """``is_glued``: to what stands before it."""
    seen = see(token)
    features = [*seen.features, -1] if is_glued else seen.features
    vector = tagger.feature_vectors[features].sum(axis=0, dtype=np.float32) * tagger.feature_scale
    if pieces := cut(seen.letters, tagger.pieces):
        vector += tagger.piece_vectors[pieces].mean(axis=0, dtype=np.float32) * tagger.piece_scale
    return vector


def digest_of(directory: Path) -> str:
    """SHA-256 of the weights, as their card says it."""
    return hashlib.sha256((directory / FILE).read_bytes()).hexdigest()
