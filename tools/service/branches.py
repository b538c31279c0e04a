"""Where the bank is and when it is open: branches, cash machines, the phone line. The same for everybody."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from tools.customer_text import Line
from tools.queries import QUERIES
from tools.registry import Arguments, Result, ToolContext, Unclear, tool
from tools.service.contact_forms import postcode_area
from tools.service.opening_hours import DAY_KINDS, DayKind, Hours, read_hours

_MOST_ATMS = 20
_NO_HOURS = Hours({})


@dataclass(frozen=True, slots=True)
class BranchRow:
    id: int
    name: str
    address_line: str
    city: str
    postcode: str
    has_quiet_room: bool

    @property
    def address(self) -> str:
        return f"{self.address_line}, {self.city} {self.postcode}"


@dataclass(frozen=True, slots=True)
class _AtmRow:
    label: str
    operator: str
    city: str


@dataclass(frozen=True, slots=True)
class _City:
    city: str


class Branch(Result):
    name: str
    address: str
    city: str
    has_quiet_room: bool
    open_today: str | None = Field(description="Such as 09:30 to 16:30, local time; null: closed today.")


class Branches(Result):
    status: Literal["found"] = "found"
    branches: list[Branch] = Field(description="All have a step-free entrance and a hearing loop.")


class Atm(Result):
    label: str
    operator: str
    city: str


class Atms(Result):
    status: Literal["found"] = "found"
    atms: list[Atm] = Field(description=f"At most {_MOST_ATMS}.")


class DayHours(Result):
    day: DayKind
    open: str | None = Field(description="Such as 09:30 to 16:30, local time; null: closed.")


class PlaceHours(Result):
    places: list[str] = Field(description="Branches with the same hours, or the phone line and chat with people.")
    week: list[DayHours]
    is_open: bool = Field(description="Just now.")
    next_change: str | None = Field(description="When it closes if it is open, else when it opens: ISO date and time.")


class OpeningHours(Result):
    status: Literal["found"] = "found"
    hours: list[PlaceHours]
    always_open: str = "Lost or stolen cards and fraud can be reported by phone day and night."


class BranchUnclear(Unclear):
    status: Literal["branch_unclear"] = "branch_unclear"
    message: str = "We have no branch there. Which of these do you mean?"


class PlaceUnclear(Unclear):
    status: Literal["place_unclear"] = "place_unclear"
    message: str = "I know no cash machines there. Which of these towns do you mean?"


class BranchesArguments(Arguments):
    place: Line | None = Field(
        default=None, max_length=60, description="Town, branch, or postcode or its beginning; all if left out."
    )


class AtmsArguments(Arguments):
    place: Line | None = Field(default=None, max_length=60, description="Town, or postcode or its beginning.")


class HoursArguments(Arguments):
    branch: Line | None = Field(
        default=None, max_length=60, description="Town, name or postcode of a branch; everything if left out."
    )


@tool(
    title="Find a branch",
    scope="bank:read",
    rest="GET /branches",
    examples={"Where are your branches?": {}, "Is there a branch in Leeds?": {"place": "Leeds"}},
)
async def find_branches(context: ToolContext, arguments: BranchesArguments) -> Branches | BranchUnclear:
    """The bank's branches with address and today's hours, by town, name or postcode. Use for "is there a branch near
    LS6", "where is your branch in York"."""
    async with context.database.reading(context.scope) as db:
        branches = await list_branches(db, arguments.place)
        if isinstance(branches, BranchUnclear):
            return branches
        hours = await read_hours(db)
    return Branches(branches=[_branch(row, hours.get(row.id, _NO_HOURS), context.today) for row in branches])


@tool(
    title="Find a cash machine",
    scope="bank:read",
    rest="GET /atms",
    examples={"Where can I get cash in Leeds?": {"place": "Leeds"}, "ATM near YO10": {"place": "YO10"}},
)
async def find_atms(context: ToolContext, arguments: AtmsArguments) -> Atms | PlaceUnclear:
    """Cash machines of a town or postcode area. Use for "where is the nearest ATM", "cash machine in York"."""
    values = {"place": arguments.place, "area": postcode_area(arguments.place or ""), "limit": _MOST_ATMS}
    async with context.database.reading(context.scope) as db:
        rows = await db.all(_AtmRow, QUERIES["list_atms"], values)
        if not rows:
            cities = await db.all(_City, QUERIES["list_atm_cities"])
            message = "In which town?" if arguments.place is None else PlaceUnclear.model_fields["message"].default
            return PlaceUnclear(message=message, asked_for=arguments.place, choices=[each.city for each in cities])
    return Atms(atms=[Atm(label=row.label, operator=row.operator, city=row.city) for row in rows])


@tool(
    title="See opening hours",
    scope="bank:read",
    rest="GET /branches/opening-hours",
    examples={"When are you open?": {}, "When does the Leeds branch close?": {"branch": "Leeds"}},
)
async def get_opening_hours(context: ToolContext, arguments: HoursArguments) -> OpeningHours | BranchUnclear:
    """Opening hours of branches and of the phone line, bank holidays included, and whether they are open just now. Use
    for "when do you open", "can I call you on Sunday"."""
    async with context.database.reading(context.scope) as db:
        branches = await list_branches(db, arguments.branch)
        if isinstance(branches, BranchUnclear):
            return branches
        hours = await read_hours(db)
    places = [(row.name, hours.get(row.id, _NO_HOURS)) for row in branches]
    if arguments.branch is None:
        places.insert(0, ("Phone line and chat with people", hours[None]))
    return OpeningHours(hours=_grouped(places, context.now))


async def list_branches(db: ReadHandle, place: str | None) -> list[BranchRow] | BranchUnclear:
    """Those that ``place`` may mean, all of them for None; BranchUnclear when there is none."""
    values = {"place": place, "area": postcode_area(place or "")}
    branches = await db.all(BranchRow, QUERIES["list_branches"], values)
    if branches:
        return branches
    cities = await db.all(_City, QUERIES["list_branch_cities"])
    return BranchUnclear(asked_for=place, choices=[each.city for each in cities])


def _branch(row: BranchRow, hours: Hours, today: date) -> Branch:
    opening = hours.on(today)
    return Branch(
        name=row.name,
        address=row.address,
        city=row.city,
        has_quiet_room=row.has_quiet_room,
        open_today=f"{opening.opens:%H:%M} to {opening.closes:%H:%M}" if opening else None,
    )


def _grouped(places: list[tuple[str, Hours]], now: datetime) -> list[PlaceHours]:
    """Places with the same hours are said together, in the order of the first of them."""
    weeks: list[Hours] = []
    for _, hours in places:
        if hours not in weeks:
            weeks.append(hours)
    return [_place_hours([name for name, own in places if own == hours], hours, now) for hours in weeks]


def _place_hours(names: list[str], hours: Hours, now: datetime) -> PlaceHours:
    opening = next(hours.from_now(now), None)
    is_open = opening is not None and opening.opens <= now
    change = opening and (opening.closes if is_open else opening.opens)
    return PlaceHours(
        places=names,
        week=[DayHours(day=day, open=_said(hours, day)) for day in DAY_KINDS],
        is_open=is_open,
        next_change=change.astimezone(BANK_TIME_ZONE).isoformat(timespec="minutes") if change else None,
    )


def _said(hours: Hours, day: DayKind) -> str | None:
    open_at = hours.week.get(day)
    return f"{open_at[0]:%H:%M} to {open_at[1]:%H:%M}" if open_at else None
