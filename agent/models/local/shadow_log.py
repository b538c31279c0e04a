"""How a shadow adapter's answers compare with those that customers got: `shadow.jsonl` in the registry's folder, which
`tellergraph finetune registry compare` reads. Figures alone: nothing that a customer or a model said is in it.

A line is a `Comparison`. At 4 MiB the file becomes `shadow.1.jsonl`, in place of the one before, so that the newest 4
to 8 MiB are there: some 10,000 to 20,000 answers.
"""

import fcntl
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

LOG_FILE, OLDER_FILE = "shadow.jsonl", "shadow.1.jsonl"
_LONGEST = 4 * 2**20
"""Bytes."""

Kind = Literal["text", "call", "failed"]


@dataclass(frozen=True, slots=True)
class Said:
    """One model's whole answer."""

    adapter: str
    """Digest; empty: the base alone."""
    text: str
    calls: Sequence[tuple[str, dict[str, Any]]]
    failed: bool
    """It was cut off, empty, or no answer that anything could act on."""
    seconds: float
    tokens: int

    @property
    def kind(self) -> Kind:
        return "failed" if self.failed else "call" if self.calls else "text"


class Comparison(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    served: str
    """Digest of the adapter that answered the customer; empty: the base alone."""
    shadow: str
    served_kind: Kind
    shadow_kind: Kind
    same_tools: bool
    """The same tools in the same order, which may be none."""
    same_arguments: bool
    """Of all calls; only where the tools are the same."""
    overlap: float
    """F1 of the words that both said, 0 to 1; 1 where both said none."""
    served_seconds: float
    shadow_seconds: float
    """Without the wait for its turn."""
    served_tokens: int
    shadow_tokens: int


def compare(served: Said, shadow: Said, at: datetime) -> Comparison:
    same_tools = [name for name, _ in served.calls] == [name for name, _ in shadow.calls]
    return Comparison(
        at=at,
        served=served.adapter,
        shadow=shadow.adapter,
        served_kind=served.kind,
        shadow_kind=shadow.kind,
        same_tools=same_tools,
        same_arguments=same_tools and list(served.calls) == list(shadow.calls),
        overlap=round(_overlap(served.text, shadow.text), 4),
        served_seconds=round(served.seconds, 3),
        shadow_seconds=round(shadow.seconds, 3),
        served_tokens=served.tokens,
        shadow_tokens=shadow.tokens,
    )


def append_comparison(folder: Path, comparison: Comparison) -> None:
    """Several processes may do so at once. Raises OSError."""
    line = comparison.model_dump_json().encode() + b"\n"
    # The folder is what is locked: the file's name changes hands.
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / LOG_FILE
        if path.exists() and path.stat().st_size + len(line) > _LONGEST:
            path.replace(folder / OLDER_FILE)
        with path.open("ab") as file:
            file.write(line)
    finally:
        os.close(lock)


def read_comparisons(folder: Path) -> Iterator[Comparison]:
    """Oldest first. A line that a crash cut off is left out."""
    for name in (OLDER_FILE, LOG_FILE):
        path = folder / name
        if path.exists():
            with path.open("rb") as file:
                for line in file:
                    try:
                        yield Comparison.model_validate_json(line)
                    except ValidationError:
                        continue


def _overlap(one: str, other: str) -> float:
    words, others = (Counter(re.findall(r"\w+", text.casefold())) for text in (one, other))
    said = words.total() + others.total()
    return 2 * (words & others).total() / said if said else 1.0
