"""What is known to be personal in a turn: the customer's own details, what the screen hid, and what its tools'
arguments and results say by the names of their fields."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from agent.langfuse.masking import Details
from agent.models.fencing.details import Detail, OwnDetails
from agent.models.fencing.fields import list_details
from agent.storing import known_in
from core.security.pii import Known
from core.telemetry.observing import Kind, Observation, told

_REMEMBERED = 64
"""As many customers as their details are kept for where turns are stored (agent/storing.py)."""
_NOTHING = '{"own": [], "hidden": [], "account_names": [], "are_masked": false}'


class _Said(NamedTuple):
    own: OwnDetails
    known: Known | None
    """Finds those; None: there are none."""
    hidden: list[Detail]
    are_masked: bool


def details_of(turn: Observation) -> Details:
    said = _read(str(told(turn.facts, texts=True).get("details_text", _NOTHING)))
    own = said.own.details
    later = dict.fromkeys(said.hidden)
    for tool in turn.all_of(Kind.TOOL):
        later.update(dict.fromkeys(_said_in(tool, said.own.account_names)))
    beside = tuple(each for each in later if each not in own)
    if not beside:
        return Details(said.known, None, said.are_masked)
    everything = OwnDetails((*own, *beside), said.own.account_names)
    return Details(known_in(everything), known_in(OwnDetails(beside)), said.are_masked)


@lru_cache(_REMEMBERED)
def _read(details_text: str) -> _Said:
    said: dict[str, Any] = orjson.loads(details_text)
    details = tuple(dict.fromkeys(Detail(kind, value) for kind, value in said["own"]))
    own = OwnDetails(details, frozenset[str](said["account_names"]))
    hidden = [Detail(kind, value) for kind, value in said["hidden"]]
    return _Said(own, known_in(own) if details else None, hidden, bool(said["are_masked"]))


def _said_in(tool: Observation, account_names: frozenset[str]) -> Iterator[Detail]:
    for name, fact in told(tool.facts, texts=True).items():
        if name in ("arguments_text", "result_text"):
            yield from list_details(orjson.loads(str(fact)), tool.name, account_names)
