"""A bank that loads a list, and its staff."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import listfiles
import pytest

from tests.tools.conftest import Desk
from tools.compliance.screening.load import load_list
from tools.staff.context import StaffContext


@pytest.fixture
def become(desk: Desk) -> Callable[[str], StaffContext]:
    ids = {row["role"]: row["id"] for row in desk.owner("select role, id from staff")}
    return lambda role: StaffContext(desk.database, ids[role], desk.now)


@pytest.fixture
def load(desk: Desk, tmp_path: Path) -> Callable[..., Any]:
    """``load("x,Jo Example,1970-01-01,GB")``: the list named own is of these people from now on."""

    def loaded(*people: str, name: str = "own") -> Any:
        path = listfiles.write(tmp_path, "own.csv", listfiles.own_list(*people))
        return load_list(desk.services.owner_url, path, name, desk.now)

    return loaded
