"""Whether customers ask for other things than before, and whether we are less sure of what they want.

The mix of intents is compared by the population stability index, whose terms say which intent moved; confidences by the
largest distance between their distributions (Kolmogorov and Smirnov). A few rows always look moved: an index below what
chance alone gives is no finding.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from pathlib import Path

import numpy as np
import psycopg
from psycopg.rows import class_row
from pydantic import BaseModel, Field, ValidationError

from core.db.queries import Queries
from core.errors import InvalidInput
from tools.fraud.model.drift import ACT, WATCH, stability_index

QUERIES = Queries(Path(__file__).with_name("drift.sql"))
STEPS = 200
"""Parts of the range of confidences in which they are counted."""
_KOLMOGOROV_1_PERCENT = 1.628
"""Times sqrt(1/n + 1/m): a distance that equal distributions exceed once in a hundred comparisons."""
_LEAST_DISTANCE = 0.1
"""With many messages every distance is significant; below this none matters."""


@dataclass(frozen=True)
class Window:
    """The messages of some time, counted."""

    intents: Mapping[str, int]
    confidences: tuple[int, ...]
    """By step, ``STEPS`` of them."""

    @property
    def messages(self) -> int:
        return sum(self.intents.values())


@dataclass(frozen=True)
class IntentDrift:
    index: float
    chance: float
    """What the index of two windows of these sizes would be on average if nothing had changed."""
    by_intent: dict[str, float]
    """Terms of the index, the largest first."""


@dataclass(frozen=True)
class ConfidenceDrift:
    distance: float
    chance: float
    """Exceeded once in a hundred comparisons if nothing had changed."""
    mean_before: float
    mean_now: float


@dataclass(frozen=True)
class DriftReport:
    reference: int
    recent: int
    intents: IntentDrift
    confidence: ConfidenceDrift
    warnings: list[str]

    @property
    def verdict(self) -> str:
        """``steady``, ``watch`` or ``moved``."""
        index, distance = self.intents.index, self.confidence.distance
        if index <= max(WATCH, self.intents.chance) and distance <= max(_LEAST_DISTANCE, self.confidence.chance):
            return "steady"
        return "moved" if index > max(ACT, 2 * self.intents.chance) or distance > 2 * _LEAST_DISTANCE else "watch"


def measure_drift(reference: Window, recent: Window) -> DriftReport:
    """Raises InvalidInput when one of them has no message."""
    for window, which in ((reference, "reference"), (recent, "recent")):
        if not window.messages:
            raise InvalidInput(f"The {which} window has no message that was understood: choose a longer one.")
    intents, confidence = _compare_intents(reference, recent), _compare_confidences(reference, recent)
    warnings = (
        [f"Too few messages: chance alone would give an index of {intents.chance:.2f}, as large as a finding."]
        if intents.chance > WATCH
        else []
    )
    return DriftReport(reference.messages, recent.messages, intents, confidence, warnings)


def _compare_intents(reference: Window, recent: Window) -> IntentDrift:
    names = sorted({*reference.intents, *recent.intents})
    before, now = ([window.intents.get(name, 0) / window.messages for name in names] for window in (reference, recent))
    terms = {name: stability_index([was], [is_now]) for name, was, is_now in zip(names, before, now, strict=True)}
    chance = (len(names) - 1) * (1 / reference.messages + 1 / recent.messages)
    return IntentDrift(sum(terms.values()), chance, dict(sorted(terms.items(), key=lambda term: -term[1])))


def _compare_confidences(reference: Window, recent: Window) -> ConfidenceDrift:
    before, now = (np.array(window.confidences) / window.messages for window in (reference, recent))
    middles = (np.arange(STEPS) + 0.5) / STEPS
    chance = _KOLMOGOROV_1_PERCENT * sqrt(1 / reference.messages + 1 / recent.messages)
    distance = float(np.abs(np.cumsum(before) - np.cumsum(now)).max())
    return ConfidenceDrift(distance, chance, float(before @ middles), float(now @ middles))


def read_windows(owner_url: str, until: datetime, recent: timedelta, reference: timedelta) -> tuple[Window, Window]:
    """The bank's conversations of the ``recent`` time that ends at ``until``, after those of the ``reference`` time."""
    recent_since = until - recent
    period = {"until": until, "recent_since": recent_since, "since": recent_since - reference}
    with psycopg.connect(owner_url) as owner:
        owner.read_only = True
        cursor = owner.cursor(row_factory=class_row(_Counted))
        counted = cursor.execute(QUERIES["count_understood"], period).fetchall()
    return _sum(row for row in counted if not row.is_recent), _sum(row for row in counted if row.is_recent)


@dataclass(frozen=True)
class _Counted:
    is_recent: bool
    intent: str
    step: int
    messages: int


def _sum(rows: Iterable[_Counted]) -> Window:
    intents: Counter[str] = Counter()
    confidences = [0] * STEPS
    for row in rows:
        intents[row.intent] += row.messages
        confidences[row.step] += row.messages
    return Window(intents, tuple(confidences))


class _Line(BaseModel):
    intent: str = Field(min_length=1)
    confidence: float = Field(ge=0, le=1)


def read_window(path: Path) -> Window:
    """Of JSON lines with ``intent`` and ``confidence``; other keys are not looked at.

    Raises:
        InvalidInput: the file cannot be read, or a line is none.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return _sum([_count(line, path, number) for number, line in enumerate(file, 1) if line.strip()])
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.") from error


def _count(line: str, path: Path, number: int) -> _Counted:
    try:
        read = _Line.model_validate_json(line)
    except ValidationError as error:
        raise InvalidInput(f"{path}, line {number}: {error.errors()[0]['msg']}.") from error
    return _Counted(True, read.intent, min(int(read.confidence * STEPS), STEPS - 1), 1)
