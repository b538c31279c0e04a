"""The demo bank's branches and opening hours, read from the file beside this one. They depend on no seed."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Branch(NamedTuple):
    """As a row of ``branches``."""

    id: int
    name: str
    address_line: str
    city: str
    postcode: str
    has_quiet_room: bool


class Hours(NamedTuple):
    """As a row of ``opening_hours``: without a branch, those of the phone line."""

    branch_id: int | None
    day: str
    opens: str
    closes: str


@cache
def load_branches() -> tuple[list[Branch], list[Hours]]:
    source = tomllib.loads(Path(__file__).with_name("branches.toml").read_text(encoding="utf-8"))
    branches = [Branch(number, **branch) for number, branch in enumerate(source["branch"], start=1)]
    hours = [Hours(None, day, *open_at) for day, open_at in source["hours"]["phone"].items()]
    for branch in branches:
        hours += [Hours(branch.id, day, *open_at) for day, open_at in source["hours"]["branch"].items()]
    return branches, hours
