"""The customer's own ledger: every call of a tool for them through any door, what became of their operations, and which
colleagues looked at their data. In plain words from the tools' definitions, with no names and no amounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from tools.pages import Place
from tools.queries import QUERIES
from tools.registry import Registry, Result, ToolContext

Door = Literal["chat", "rest", "mcp", "openai", "staff", "schedule", "bank"]
DoneOutcome = Literal["done", "prepared", "refused"]

_ENTRIES = {
    "operation.completed": "Done: {what}.",
    "operation.failed": "Not done, the bank could not do it: {what}.",
    "operation.cancelled": "Cancelled before it was done: {what}.",
    "operation.expired": "Not done, nobody confirmed it in time: {what}.",
    "operation.held": "Held for a check: {what}.",
    "staff.file_opened": "A member of staff looked at your data.",
    "staff_action.completed": "A member of staff did this, and another approved it: {what}.",
    "authenticator.removed": "Your authenticator app was removed.",
}
"""By the action of the audit log's entry (list_activity() in 0032_replay.up.sql)."""


class Activity(Result):
    at: datetime
    what: str = Field(description="In plain words.")
    door: Door = Field(description="Through which it came: `openai` and `mcp` are other programs that you let in.")
    outcome: DoneOutcome
    turn_id: UUID | None = Field(description="The turn of the chat that it belongs to.")


class ActivityPage(Result):
    activity: list[Activity]
    next_cursor: str | None = Field(description="Of the next page; null on the last.")


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    at: datetime
    kind: str
    subject: str
    door: Door
    outcome: DoneOutcome
    turn_id: UUID | None


async def list_activity(context: ToolContext, registry: Registry, *, below: Place | None, limit: int) -> ActivityPage:
    """Newest first; ``below`` is the cursor of the page before."""
    query = {"before": below and below.at, "before_key": below and below.key, "limit": limit + 1}
    rows = await context.database.fetch(_Row, QUERIES["list_activity"], query, scope=context.scope)
    page = rows[:limit]
    return ActivityPage(
        activity=[_told(row, registry) for row in page],
        next_cursor=str(Place(page[-1].at, page[-1].key)) if len(rows) > limit else None,
    )


def _told(row: _Row, registry: Registry) -> Activity:
    what = _of_tool(row, registry) if row.kind == "tool" else _ENTRIES[row.kind].format(what=_named(row, registry))
    return Activity(at=row.at, what=what, door=row.door, outcome=row.outcome, turn_id=row.turn_id)


def _of_tool(row: _Row, registry: Registry) -> str:
    tool = registry.find(row.subject)
    plain = tool.plain if tool else f"Used {row.subject.replace('_', ' ')}"
    match row.outcome:
        case "refused":
            return f"Asked for, with no result: {_named(row, registry)}."
        case "prepared":
            return f"{plain}, for you to confirm."
        case "done":
            return f"{plain}."


def _named(row: _Row, registry: Registry) -> str:
    """ "freeze a card", of a tool's title or an operation's type."""
    tool = registry.find(row.subject)
    title = tool.title if tool else row.subject.replace("_", " ")
    title = title.removeprefix("Prepare to ").removeprefix("Prepare ")
    return title[:1].lower() + title[1:]
