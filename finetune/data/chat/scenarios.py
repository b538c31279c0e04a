"""The dialogue scenarios of `evals/dialogues` as plots. The files there say what must come of each turn, and a dialogue
is kept only as far as that comes of it; those that are held out are not read.

Of a scenario only what a dialogue needs is read here: `evals` has the whole format (docs/dialogues.md), and neither of
the two packages uses the other.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
import yaml

from agent.dialogue.tables import BEGINS_AS
from agent.understanding.intents import INTENT_ROUTES, OwnIntent
from finetune.data.chat.plots import Scene, is_proposed
from finetune.data.chat.recorder import Turned
from finetune.data.parts import TEST, TRAIN, VALIDATION

FOLDER = Path(__file__).parents[3] / "evals" / "dialogues"
_NOTHING = "null"
_DATE = "{"
"""What a date relative to today begins with. A scenario with one is left out."""

Expected = Mapping[str, Any]
"""All scalars are text."""


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    customer: str
    """alex, blair or visitor."""
    turns: tuple[Mapping[str, Any], ...]


def list_scenarios(part: str) -> list[Scenario]:
    """Those of a part, in the order of their files: 18 of 20 train."""
    return [each for each in _read_all() if _part_of(each.name) == part and not any(map(_is_dated, each.turns))]


@cache
def _read_all() -> list[Scenario]:
    return [
        Scenario(given["name"], given["customer"], tuple(given["turns"]))
        for path in sorted(FOLDER.glob("*.yaml"))
        # The base loader makes text of every scalar and nothing else.
        for given in cast(list[dict[str, Any]], yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506
    ]


async def play(scene: Scene, scenario: Scenario) -> str | None:
    """Speaks the scenario as long as everything comes as its file says."""
    kept: Turned | None = None
    for turn in scenario.turns:
        said, meaning = _spoken(turn)
        if not said:
            break
        scene.ways.append((said,))
        turned = await scene.conversation.say(said, meaning)
        if turned is None or not _came(_expected(turn), turned):
            break
        kept, scene.intent = turned, meaning
    if kept is None or kept is not scene.conversation.turns[-1]:
        return None
    scene.families.append(f"s/{hashlib.sha256(scenario.name.encode()).hexdigest()[:8]}")
    return "scenario"


def _spoken(turn: Mapping[str, Any]) -> tuple[str, str]:
    """What is said in a turn and what it means; a button is pressed with a word."""
    if "user" in turn:
        return str(turn["user"]), _meaning(_expected(turn))
    if "confirm" in turn:
        confirm = turn["confirm"]
        return ("", "") if isinstance(confirm, Mapping) and "code" in confirm else ("yes", OwnIntent.AGREE)
    return ("no", OwnIntent.DECLINE) if "deny" in turn else ("", "")


def _meaning(expected: Expected) -> str:
    """What the message must mean if that comes of it."""
    tools = [_any(names)[0] for names in expected.get("tools") or () if names]
    for name in (*_any(expected.get("intent")), *tools, *_any(_proposal(expected).get("type"))):
        if (intent := BEGINS_AS.get(name, name)) in INTENT_ROUTES:
            return intent
    if expected.get("citations"):
        return OwnIntent.BANKING_QUESTION
    return OwnIntent.MAKE_TRANSFER if _proposal(expected) else OwnIntent.ACKNOWLEDGEMENT


def _came(expected: Expected, turned: Turned) -> bool:
    called = [str(result["name"]) for result in turned.results]
    if "tools" in expected:
        wanted = [_any(names) for names in expected["tools"] or ()]
        if len(called) != len(wanted) or any(name not in names for name, names in zip(called, wanted, strict=True)):
            return False
    if "confirm" in expected and is_proposed(turned) != bool(_proposal(expected)):
        return False
    if type_ := _any(_proposal(expected).get("type")):
        return orjson.loads(turned.results[-1]["content"]).get("type") in type_
    return "asks" not in expected or (turned.record.asks or _NOTHING) in _any(expected["asks"])


def _expected(turn: Mapping[str, Any]) -> Expected:
    return turn.get("expect") or {}


def _proposal(expected: Expected) -> Mapping[str, Any]:
    wanted = expected.get("confirm")
    return cast(Mapping[str, Any], wanted) if isinstance(wanted, Mapping) else {}


def _any(values: object) -> list[str]:
    """One value, or a list of which any is right."""
    if values is None:
        return []
    return list(map(str, cast(list[object], values))) if isinstance(values, list) else [str(values)]


def _is_dated(turn: Mapping[str, Any]) -> bool:
    return _DATE in str(turn.get("user", ""))


def _part_of(name: str) -> str:
    drawn = hashlib.sha256(name.encode()).digest()[0] % 20
    return {0: TEST, 1: VALIDATION}.get(drawn, TRAIN)
