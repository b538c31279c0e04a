"""Who can be asked for passages by way of a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import Unavailable
from knowledge.graph.shapes import Keywords, Mode

Condition = Literal["off", "idle", "starting", "running", "remote", "late", "failing"]
"""``idle``: the process starts when somebody asks; ``late``: the last answer came after the deadline; ``failing``: it
is left alone for a while."""


class NotReady(Unavailable):
    """Nothing has failed, and the next question may be answered."""


@dataclass(frozen=True, slots=True)
class GraphQuestion:
    kb: str
    text: str
    vector: npt.NDArray[np.float32]
    """The text's unit vector, float32 [384]."""
    keywords: Keywords
    mode: Mode = "mix"
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Named:
    """What the graph found: the name of a passage, or where it knows no passages, of a document."""

    passage: str | None = None
    document: str | None = None


class GraphSource(Protocol):
    @property
    def condition(self) -> Condition: ...

    async def find(self, question: GraphQuestion) -> Sequence[Named]:
        """Best first.

        Raises:
            NotReady: it is not there yet, or has enough to do.
            Unavailable: it failed.
        """
        ...
