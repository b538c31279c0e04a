"""The dialogue scenarios of `evals/dialogues` as plots. The files there say what must come of each turn, and a dialogue is
kept only as far as that comes of it; those that are held out are not read."""

import hashlib
from pathlib import Path

import orjson

from agent.dialogue.tables import BEGINS_AS
from agent.understanding.intents import INTENT_ROUTES, OwnIntent
from evals.dialogue_dates import fill_dates
from evals.dialogue_script import Expect, Scenario, Turn, read_scenarios
from finetune.data.chat.plots import Scene, is_proposed
from finetune.data.chat.recorder import Turned
from finetune.data.parts import TEST, TRAIN, VALIDATION

FOLDER = Path(__file__).parents[3] / "evals" / "dialogues"


def list_scenarios(part: str) -> list[Scenario]:
    """Those of a part: 18 of 20 train."""
    return [scenario for scenario in read_scenarios(FOLDER) if _part_of(scenario) == part]


async def play(scene: Scene, scenario: Scenario) -> str | None:
    """Speaks the scenario as long as everything comes as its file says."""
    kept: Turned | None = None
    for turn in scenario.turns:
        said, meaning = _spoken(turn, scene)
        turned = await scene.conversation.say(said, meaning) if said else None
        if turned is None or not _came(turn.expect, turned):
            break
        kept = turned
    if kept is not scene.conversation.turns[-1] if scene.conversation.turns else True:
        return None
    scene.families.append(f"s/{scenario.name}")
    return "scenario"


def _spoken(turn: Turn, scene: Scene) -> tuple[str, str]:
    if turn.user is not None:
        return fill_dates(turn.user, scene.conversation.now.date()), _meaning(turn.expect)
    if turn.confirm is not None and turn.confirm.code == "ok":
        return "yes", OwnIntent.AGREE
    return ("no", OwnIntent.DECLINE) if turn.deny else ("", "")


def _meaning(expect: Expect) -> str:
    """What the message must mean if that comes of it."""
    named = [str(value) for value in expect.intent or [] if str(value) in INTENT_ROUTES]
    tools = [names[0] for names in expect.tools or [] if names]
    proposed = [str(value) for value in (expect.confirm or {}).get("type", [])]
    for name in (*named, *tools, *proposed):
        if (intent := BEGINS_AS.get(name, name)) in INTENT_ROUTES:
            return intent
    if expect.citations:
        return OwnIntent.BANKING_QUESTION
    return OwnIntent.MAKE_TRANSFER if expect.confirm else OwnIntent.ACKNOWLEDGEMENT


def _came(expect: Expect, turned: Turned) -> bool:
    called = [str(result["name"]) for result in turned.results]
    if expect.tools is not None and not _are(called, expect.tools):
        return False
    if "confirm" in expect.model_fields_set and is_proposed(turned) != bool(expect.confirm):
        return False
    if expect.confirm and not _has(turned, {name: values for name, values in expect.confirm.items() if name == "type"}):
        return False
    return expect.asks is None or turned.record.asks in expect.asks


def _are(called: list[str], wanted: list[list[str]]) -> bool:
    return len(called) == len(wanted) and all(name in names for name, names in zip(called, wanted, strict=True))


def _has(turned: Turned, wanted: dict[str, list[str | bool | None]]) -> bool:
    proposed = orjson.loads(turned.results[-1]["content"])
    return all(proposed.get(name) in values for name, values in wanted.items())


def _part_of(scenario: Scenario) -> str:
    drawn = hashlib.sha256(scenario.name.encode()).digest()[0] % 20
    return {0: TEST, 1: VALIDATION}.get(drawn, TRAIN)
