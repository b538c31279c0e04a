"""What is known to be personal in a turn: the customer's own details, and what its tools' arguments and results say by
the names of their fields."""

from collections.abc import Iterator
from typing import cast

import orjson

from agent.models.fencing.details import Detail, OwnDetails
from agent.models.fencing.fields import list_details
from agent.storing import known_in
from core.security.pii import Known
from core.telemetry.observing import Kind, Observation, told

_NOTHING = '{"details": [], "account_names": []}'


def known_of(turn: Observation) -> Known | None:
    """None: nothing, as of most visitors."""
    own = orjson.loads(str(told(turn.facts, texts=True).get("details_text", _NOTHING)))
    account_names = frozenset(cast("list[str]", own["account_names"]))
    details = [Detail(kind, value) for kind, value in own["details"]]
    for tool in turn.all_of(Kind.TOOL):
        details.extend(_said_in(tool, account_names))
    if not details and not account_names:
        return None
    return known_in(OwnDetails(tuple(dict.fromkeys(details)), account_names))


def _said_in(tool: Observation, account_names: frozenset[str]) -> Iterator[Detail]:
    for name, fact in told(tool.facts, texts=True).items():
        if name in ("arguments_text", "result_text"):
            yield from list_details(orjson.loads(str(fact)), tool.name, account_names)
