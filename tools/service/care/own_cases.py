"""The customer's own cases, to read: what each is about, where it stands and by when a colleague does what. What staff
write about a case, and cases that must not be shown, are never among them: the database grants neither."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from tools.accounts.accounts import NoArguments
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool

Shown = Literal["dispute", "fraud", "lost_phone", "complaint", "hardship", "bereavement"]
State = Literal["open", "with_a_colleague", "closed"]

_MOST_CASES = 50
_ABOUT: dict[Shown, str] = {
    "dispute": "a payment that you dispute",
    "fraud": "fraud that you told us of",
    "lost_phone": "your lost or stolen phone",
    "complaint": "your complaint",
    "hardship": "payments that are hard to make",
    "bereavement": "a death that you told us of",
}
_SAID: dict[State, str] = {
    "open": "It waits for a colleague.",
    "with_a_colleague": "A colleague has taken it up.",
    "closed": "A colleague has closed it.",
}
_CLOCKS = {
    "contact": "a colleague is in touch or has taken it up",
    "summary_resolution": "we try to have put it right",
    "final_response": "you have our final answer",
}


class CaseClock(Result):
    date: str = Field(description="ISO date, the last day.")
    what: str
    rule: str = Field(description="The law, the regulator's rule or the bank's own promise that it comes from.")


class SupportCase(Result):
    reference: str = Field(description="The number to quote.")
    kind: Shown
    about: str
    state: State
    state_in_words: str
    opened: str = Field(description="ISO date.")
    clocks: list[CaseClock] = Field(description="Of a case that is not closed, the next first.")


class SupportCases(Result):
    status: Literal["found"] = "found"
    cases: list[SupportCase] = Field(description="Those that are not closed first, the latest first.")


@dataclass(frozen=True, slots=True)
class _Row:
    reference: str
    kind: Shown
    opened_at: datetime
    taken_at: datetime | None
    closed_at: datetime | None
    clocks: list[dict[str, Any]]

    @property
    def state(self) -> State:
        if self.closed_at is not None:
            return "closed"
        return "open" if self.taken_at is None else "with_a_colleague"


@tool(
    title="List your cases",
    scope="support:read",
    rest="GET /support/cases",
    examples={"What is happening with my case?": {}},
)
async def list_support_cases(context: ToolContext, arguments: NoArguments) -> SupportCases:  # noqa: ARG001
    """Cases that the bank opened about what the customer told in passing (fraud, a lost phone, a disputed payment, a
    complaint, money trouble, a death), with where they stand and their clocks. Their numbers begin with R-."""
    values = {"customer_id": context.customer_id, "limit": _MOST_CASES}
    rows = await context.database.fetch(_Row, QUERIES["list_own_care_cases"], values, scope=context.scope)
    return SupportCases(cases=[_shown(row) for row in rows])


def _shown(row: _Row) -> SupportCase:
    clocks = [] if row.state == "closed" else row.clocks
    return SupportCase(
        reference=row.reference,
        kind=row.kind,
        about=_ABOUT[row.kind],
        state=row.state,
        state_in_words=_SAID[row.state],
        opened=_day(row.opened_at),
        clocks=[_clock(clock) for clock in clocks],
    )


def _clock(clock: dict[str, Any]) -> CaseClock:
    day = date.fromisoformat(clock["due_on"])
    return CaseClock(date=day.isoformat(), what=_CLOCKS[clock["kind"]], rule=clock["rule"])


def _day(moment: datetime) -> str:
    return moment.astimezone(BANK_TIME_ZONE).date().isoformat()
