"""What the dialogue manager is told about the customer and the bank, and the proposals that it takes back."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from agent.dialogue.described import Belongings, describe
from agent.dialogue.desk import Desk
from agent.dialogue.specs import specs_of
from agent.models.fencing.of_turn import own_details
from agent.nodes.context import call_tool, tool_context
from agent.replay.tape import codec_of
from agent.state import State, Turn
from agent.understanding.slots import Known, KnownAccount, KnownCard
from tools.operations import Operation, decide
from tools.registry import Registry


@dataclass(frozen=True, slots=True)
class Own:
    """What the customer has."""

    known: Known = field(default_factory=Known)
    belongings: Belongings = field(default_factory=Belongings)


def desk_of(state: State, turn: Turn, own: Own | None = None) -> Desk:
    known = own.known if own else Known()
    scopes = turn.parts.scopes if turn.customer_id else frozenset[str]()
    return Desk(
        specs=specs_of(turn.parts.registry, scopes),
        signed_in=turn.customer_id is not None,
        today=turn.today,
        pending=state.get("pending"),
        only_account=known.accounts[0].name if len(known.accounts) == 1 else None,
        own=own.belongings if own else Belongings(),
        last_said=next((each["content"] for each in reversed(state.get("history", []))), ""),
        takes_yes=turn.takes_a_yes,
    )


async def find_own(turn: Turn) -> Own:
    """The customer's own names, from the tools that list them."""
    if turn.customer_id is None:
        return Own()
    with turn.parts.bank.database.in_company():
        # What identifies the customer is needed when the turn is stored: it travels here where its begin did not ask.
        accounts, cards, payees, _ = await asyncio.gather(
            _listed("list_accounts", "accounts", turn),
            _listed("list_cards", "cards", turn),
            _listed("list_payees", "payees", turn),
            own_details(turn) if turn.tape.is_live else asyncio.sleep(0),
        )
    known = Known(
        accounts=tuple(KnownAccount(each["name"], each["kind"], each["currency"], each["last4"]) for each in accounts),
        cards=tuple(KnownCard(each["last4"], each["kind"], _nickname(each)) for each in cards),
        payees=tuple(each["name"] for each in payees),
    )
    return Own(known, describe(accounts, cards))


def list_names(registry: Registry, scopes: frozenset[str]) -> list[str]:
    """What there are lists of: "cards", "standing orders"."""
    names = (tool.name.partition("list_") for tool in registry.offered(scopes))
    return [rest.replace("_", " ") for before, found, rest in names if found and not before]


def _nickname(card: dict[str, Any]) -> str | None:
    """What stands before the kind in "Platinum credit card ending 7733"."""
    return str(card["label"]).partition(f"{card['kind']} card")[0].strip() or None


async def _listed(tool: str, field: str, turn: Turn) -> list[dict[str, Any]]:
    outcome = await call_tool(tool, {}, turn, is_noted=False)
    return outcome.result.model_dump(mode="json")[field] if outcome.result else []


async def withdraw(operation_ids: Iterable[str], turn: Turn) -> None:
    """Ends proposals that the customer's words have overtaken."""
    for operation_id in operation_ids:
        await _deny(operation_id, turn)


async def _deny(operation_id: str, turn: Turn) -> None:
    await turn.tape.through(
        "decide",
        {"operation_id": operation_id, "decision": "deny"},
        lambda: decide(tool_context(turn), UUID(operation_id), "deny"),
        codec_of(Operation),
    )
