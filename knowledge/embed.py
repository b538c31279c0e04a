"""The sentence encoder: one text in; the unit vector that retrieval compares and what the heads read of it out.

all-MiniLM-L6-v2 in int8 with a second, tuned branch, run by ONNX Runtime without torch, from the files committed in
`knowledge/encoder/` (their model card says where they come from). One pass serves routing, intent and retrieval.

Texts are encoded one at a time, always. Dynamic int8 scales its activations over the whole input, so a text inside a
batch would get another vector than alone; one at a time, the same text gets the same vector whatever surrounds it.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from tokenizers import Tokenizer

from core.errors import ConfigurationError
from core.onnx_sessions import start_session

EMBEDDING_DIM = 384
MAX_TOKENS = 256
"""Word pieces that the model was trained to read, about 190 words; the rest of a longer text is cut off."""
ENCODER_DIR = Path(__file__).parent / "encoder"

_LONGEST_KNOWN = 80
"""Characters of what is said in the same words by many."""
_MOST_KNOWN = 512
"""Readings, of about 6 KiB each."""

Vectors = npt.NDArray[np.float32]

_MODEL_FILE = "model.int8.onnx"
_TOKENIZER_FILE = "tokenizer.json"
CHECKSUM_FILE = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass over a text gives."""

    vector: Vectors
    """The unit vector for retrieval, float32 [384]."""
    views: Vectors
    """What the heads read, float32 [384 * n]: unit vectors side by side, the first of them `vector`."""


class Encoder:
    """Turns texts into L2-normalised vectors. Threads may share one."""

    def __init__(self, session: ort.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._known: OrderedDict[bytes, Reading] = OrderedDict()
        """Of what was said lately, by a digest of it: "Hello!" and "what's my balance?" are said all day."""
        self._lock = Lock()

    @classmethod
    def load(cls, directory: Path = ENCODER_DIR) -> "Encoder":
        """The encoder in `directory`; about 0.2 s and 60 MB.

        Raises:
            ConfigurationError: a file is missing, or is not the one that `SHA256SUMS` names.
        """
        for name, expected in _read_checksums(directory):
            _check_file(directory / name, expected)
        tokenizer = Tokenizer.from_file(str(directory / _TOKENIZER_FILE))
        # The published tokenizer pads everything to 128 tokens and cuts there: half the model's length.
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return cls(start_session(directory / _MODEL_FILE), tokenizer)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, float32 [len(texts), 384]; about 2 ms for a short one.

        The same text always gets the same vector. An empty text has one too, that of the two marker tokens.
        """
        vectors = np.empty((len(texts), EMBEDDING_DIM), dtype=np.float32)
        for row, text in enumerate(texts):
            (vectors[row],) = self._run(text, ["embedding"])
        return vectors

    def read(self, text: str) -> Reading:
        """Vector and views of one text, in one pass; about 3 ms for a short one that was not read lately."""
        if len(text) > _LONGEST_KNOWN:
            return self._read(text)
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            if reading := self._known.get(key):
                self._known.move_to_end(key)
                return reading
        reading = self._read(text)
        with self._lock:
            self._known[key] = reading
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return reading

    def _read(self, text: str) -> Reading:
        vector, views = self._run(text, ["embedding", "views"])
        # They are handed out again.
        vector.flags.writeable = views.flags.writeable = False
        return Reading(vector, views)

    def _run(self, text: str, outputs: list[str]) -> list[Vectors]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        return [output[0] for output in cast("list[Any]", self._session.run(outputs, {"input_ids": ids}))]


def _read_checksums(directory: Path) -> Iterator[tuple[str, str]]:
    path = directory / CHECKSUM_FILE
    if not path.is_file():
        raise ConfigurationError(f"The encoder's {CHECKSUM_FILE} is missing in {directory}: check it out again.")
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        yield name, digest


def _check_file(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ConfigurationError(f"The encoder file {path} is missing: check it out again.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ConfigurationError(
            f"The encoder file {path} is damaged or not the committed one (SHA-256 {found[:12]}..., expected "
            f"{expected[:12]}...): check it out again."
        )
