"""What a colleague gets with a conversation, so that nobody has to be asked again: who this is and how well the bank
knows that, what was found out and where it stands, what waited for a yes, and what was said.

Everything written is masked once more before it is stored: conversations are masked already, but what was prepared over
another door is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from core.db.database import ReadHandle
from core.security.pii import Placeholders, mask
from tools.queries import QUERIES
from tools.registry import ToolContext
from tools.service.profile import read_profile

_MOST_MESSAGES = 60
_MOST_OPERATIONS = 20

Masked = Callable[[str], str]


class Verified(BaseModel):
    """How well the bank knows that this is its customer."""

    signed_in: Literal[True] = True
    code_in_conversation: bool = Field(description="Whether a security code was right during it.")
    identity: str = Field(description="pending, verified, rejected, expired.")
    level: int = Field(description="0 (nothing checked) to 3 (most).")
    document: str | None
    checked_at: datetime | None


class Fact(BaseModel):
    fact: str
    source: str = Field(description="A page of the help centre, the tools that an answer used, or an operation.")


class PacketProposal(BaseModel):
    """What waited for the customer's yes when they asked for a person; the assistant may have withdrawn it since."""

    operation_id: UUID
    type: str
    summary: str
    state: str


class Line(BaseModel):
    role: Literal["user", "assistant"]
    text: str
    at: datetime


class HandoffPacket(BaseModel):
    reason: str
    door: str = Field(description="chat, rest or mcp.")
    verified: Verified
    facts: list[Fact]
    proposal: PacketProposal | None
    transcript: list[Line] = Field(description=f"The last {_MOST_MESSAGES} messages at most, in order.")


@dataclass(frozen=True, slots=True)
class _MessageRow:
    role: Literal["user", "assistant"]
    content: str
    citations: list[dict[str, Any]]
    created_at: datetime
    turn_id: UUID
    tool_calls: list[str]


@dataclass(frozen=True, slots=True)
class _OperationRow:
    id: UUID
    type: str
    status: str
    summary: str
    created_at: datetime
    completed_at: datetime | None
    has_code: bool


async def make_packet(db: ReadHandle, context: ToolContext, *, reason: str, proposal_id: str | None) -> HandoffPacket:
    """Of the conversation that asked for the hand-off that this transaction executes; without a transcript where it was
    asked for over another door.

    Args:
        proposal_id: the operation that waited when the customer asked for a person.
    """
    values = {"customer_id": context.customer_id, "proposal_id": proposal_id}
    messages = await db.all(_MessageRow, QUERIES["list_handoff_messages"], values | {"limit": _MOST_MESSAGES})
    operations = await db.all(_OperationRow, QUERIES["list_handoff_operations"], values | {"limit": _MOST_OPERATIONS})
    profile = await read_profile(db, context)
    placeholders = Placeholders()

    def masked(text: str) -> str:
        return mask(text, placeholders)

    messages.reverse()
    waited = next((each for each in operations if str(each.id) == proposal_id), None)
    return HandoffPacket(
        reason=masked(reason),
        door=context.initiated_by,
        verified=Verified(
            code_in_conversation=any(each.has_code for each in operations),
            identity=profile.kyc_status,
            level=profile.kyc_level,
            document=profile.kyc_document,
            checked_at=profile.kyc_verified_at,
        ),
        facts=[*_said_facts(messages, masked), *(_done_fact(each, masked) for each in operations if each != waited)],
        proposal=waited and _proposal(waited, masked),
        transcript=[Line(role=each.role, text=masked(each.content), at=each.created_at) for each in messages],
    )


def _said_facts(messages: list[_MessageRow], masked: Masked) -> list[Fact]:
    facts: dict[tuple[str, str], Fact] = {}
    for message in messages:
        for citation in message.citations:
            found = masked(str(citation["quote"])), f"{citation['title']} ({citation['url']})"
            facts.setdefault(found, Fact(fact=found[0], source=found[1]))
        if message.role == "assistant" and message.tool_calls:
            found = masked(message.content), f"tools: {', '.join(message.tool_calls)}"
            facts.setdefault(found, Fact(fact=found[0], source=found[1]))
    return list(facts.values())


def _done_fact(row: _OperationRow, masked: Masked) -> Fact:
    return Fact(fact=f"{masked(row.summary)}: {row.status}", source=f"operation {row.id}")


def _proposal(row: _OperationRow, masked: Masked) -> PacketProposal:
    return PacketProposal(operation_id=row.id, type=row.type, summary=masked(row.summary), state=row.status)
