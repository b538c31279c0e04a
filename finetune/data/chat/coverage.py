"""What the training part must have: a dialogue of every intent, a call of every tool, and results of it that are no
refusals. What did not come by itself is tried until it comes."""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.understanding.intents import INTENT_ROUTES, OwnIntent
from core.errors import TellergraphError
from finetune.data.chat.bank import Client
from finetune.data.chat.plots import CASTINGS, Plot, Scene, filling, kind_of, request
from finetune.data.chat.recorder import CATALOGUE_TOOLS
from finetune.data.chat.recording import Recording
from finetune.data.chat.successes import count_successes, is_success
from finetune.data.leakage import Row
from finetune.data.parts import TRAIN

_TRIES = 40
"""Dialogues begun for an intent or a tool that is not covered yet."""
_SUCCESSES = 500
"""Of how many dialogues that are wanted one is to have a tool's success."""
_OF_NO_INTENT = OwnIntent.SUBMIT_IDENTITY_APPLICATION.value
"""What the tools of an application to be identified are about, which no intent names."""
_IDS = frozenset({"reference", "file"})


class NotCovered(TellergraphError):
    """Something that the data must have is not in it."""

    code = "not_covered"


async def call_tools(recording: Recording, most: int) -> None:
    """What the registry gives as examples of each tool, called by the model itself."""
    examples = [(tool, example) for tool in CATALOGUE_TOOLS.values() for example in tool.examples]
    for place in range(most):
        tool, example = examples[place % len(examples)]
        await recording.record(_calling(tool.name, example.said, example.arguments), _intent_of(tool.name), TRAIN)


def _calling(tool: str, said: str, arguments: Mapping[str, Any]) -> Plot:
    async def plot(scene: Scene) -> str | None:
        words, given = _of_client(said, arguments, scene.client, scene.rng)
        turned = await scene.conversation.call(tool, given, words, _intent_of(tool))
        scene.families.append(f"r/{tool}/{hashlib.sha256(said.encode()).hexdigest()[:8]}")
        return kind_of(turned, scene)

    return plot


def _of_client(
    said: str, arguments: Mapping[str, Any], client: Client | None, rng: random.Random
) -> tuple[str, dict[str, Any]]:
    """An example with what is the customer's own in place of what it names, where they have it."""
    given = dict(arguments)
    for name, values in (client.own() if client else {}).items():
        before = str(given.get(name, ""))
        fitting = [each for each in values if before and _is_like(each, before)]
        # An id is not always said: a model has it from what was shown before.
        if fitting and (before in said or name in _IDS):
            given[name] = rng.choice(fitting)
            said = said.replace(before, given[name])
    return said, given


def _is_like(one: str, other: str) -> bool:
    """Whether both are numbers, or neither: a transaction's reference is one, a dispute's is not."""
    return one.isdigit() == other.isdigit()


def _intent_of(tool: str) -> str:
    begins = {"pay_payee": "make_transfer", "schedule_payment": "make_transfer", "request_handoff": "talk_to_human"}
    begins |= {"transfer_between_accounts": "make_transfer", "answer_fraud_alert": "report_fraud_alert"}
    return tool if tool in INTENT_ROUTES else begins.get(tool, _OF_NO_INTENT)


async def cover(recording: Recording) -> None:
    """Tries what the training part still lacks."""
    for intent in _missing_intents(recording.rows[TRAIN]):
        plots = [casting for casting in CASTINGS if intent in casting.intents]
        for attempt in range(_TRIES):
            casting = plots[attempt % len(plots)]
            if await recording.record(casting.plot, intent, TRAIN, visitors=casting.visitors):
                break
    for name in _missing_tools(recording.rows[TRAIN]):
        for example in CATALOGUE_TOOLS[name].examples:
            await recording.record(_calling(name, example.said, example.arguments), _intent_of(name), TRAIN)
    wanted = max(1, recording.wanted // _SUCCESSES)
    for name, known in count_successes(recording.rows[TRAIN]).items():
        await _succeed(recording, name, wanted - known)


async def _succeed(recording: Recording, tool: str, lacking: int) -> None:
    """Dialogues with a success of the tool; others are not kept."""
    rows = recording.rows[TRAIN]
    calls = [_calling(tool, example.said, example.arguments) for example in CATALOGUE_TOOLS[tool].examples]
    plots = [plot for call in calls for plot in (request, call, filling)]
    enough = len(rows) + lacking
    for attempt in range(max(_TRIES, 3 * lacking)):
        if len(rows) >= enough:
            return
        await recording.record(_only_if_it_works(plots[attempt % len(plots)], tool), _intent_of(tool), TRAIN)


def _only_if_it_works(plot: Plot, tool: str) -> Plot:
    async def working(scene: Scene) -> str | None:
        kind = await plot(scene)
        results = scene.conversation.turns[-1].results if scene.conversation.turns else []
        works = any(each["name"] == tool and is_success(tool, each["content"]) for each in results)
        return kind if works else None

    return working


def _missing_intents(rows: Sequence[Row]) -> list[str]:
    covered = {row["intent"] for row in rows}
    return [intent for intent in INTENT_ROUTES if intent not in covered]


def _missing_tools(rows: Sequence[Row]) -> list[str]:
    covered = set(_called(rows))
    return [name for name in CATALOGUE_TOOLS if name not in covered]


def check_coverage(rows: Sequence[Row]) -> None:
    """Raises NotCovered where a tool or an intent has no dialogue."""
    if missing := [*_missing_tools(rows), *_missing_intents(rows)]:
        raise NotCovered(
            f"No training dialogue has {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''}: add "
            "wordings to finetune/data/chat, or raise --dialogues."
        )


def _called(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        for message in row["messages"]:
            for call in message.get("tool_calls", ()):
                yield call["function"]["name"]
