"""What is known to be personal in a turn: the customer's own details, what the screen hid, and what its tools'
arguments and results say by the names of their fields."""

from collections.abc import Iterator
from typing import Any

import orjson

from agent.langfuse.masking import Details
from agent.models.fencing.details import Detail, OwnDetails
from agent.models.fencing.fields import list_details
from agent.storing import known_in
from core.telemetry.observing import Kind, Observation, told

_NOTHING = '{"own": [], "hidden": [], "account_names": [], "are_masked": false}'


def details_of(turn: Observation) -> Details:
    said: dict[str, Any] = orjson.loads(str(told(turn.facts, texts=True).get("details_text", _NOTHING)))
    account_names = frozenset[str](said["account_names"])
    own = dict.fromkeys(Detail(kind, value) for kind, value in said["own"])
    later = dict.fromkeys(Detail(kind, value) for kind, value in said["hidden"])
    for tool in turn.all_of(Kind.TOOL):
        later.update(dict.fromkeys(_said_in(tool, account_names)))
    beside = tuple(each for each in later if each not in own)
    return Details(
        known_in(OwnDetails((*own, *beside), account_names)) if own or beside or account_names else None,
        known_in(OwnDetails(beside)) if beside else None,
        bool(said["are_masked"]),
    )


def _said_in(tool: Observation, account_names: frozenset[str]) -> Iterator[Detail]:
    for name, fact in told(tool.facts, texts=True).items():
        if name in ("arguments_text", "result_text"):
            yield from list_details(orjson.loads(str(fact)), tool.name, account_names)
