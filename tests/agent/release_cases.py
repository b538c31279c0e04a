"""The sentences of ``release_data`` with the evidence that a model had for them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import yaml

from agent.release import Material, Release

_DATA = Path(__file__).parent / "release_data"


class Case(NamedTuple):
    evidence: str
    wrong: str
    """What is wrong with it; empty for an honest one."""
    sentence: str


def read_cases(name: str) -> list[Case]:
    return list(_cases(yaml.safe_load((_DATA / f"{name}.yaml").read_text(encoding="utf-8"))))


def _cases(groups: dict[str, Any]) -> Iterator[Case]:
    for evidence, sentences in groups.items():
        by_wrong = sentences if isinstance(sentences, dict) else {"": sentences}
        for wrong, each in by_wrong.items():
            yield from (Case(evidence, wrong, sentence) for sentence in each)


_EVIDENCE = yaml.safe_load((_DATA / "evidence.yaml").read_text(encoding="utf-8"))


def material(name: str, **more: Any) -> Material:
    known = _EVIDENCE[name]
    return Material(
        today=date.fromisoformat(_EVIDENCE["today"]),
        results=[orjson.dumps(result).decode() for result in known.get("results", [])],
        passages=[{"document_id": "d", "score": 1.0, **passage} for passage in known.get("passages", [])],
        said_by_customer=[known["message"]] if "message" in known else [],
        **more,
    )


def released(gate: Release, pieces: list[str]) -> str:
    return "".join(gate.push(piece) for piece in pieces) + gate.finish()
