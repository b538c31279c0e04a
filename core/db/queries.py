"""Named SQL. A package keeps its statements in ``.sql`` files beside its code:

    -- list_cards --
    -- The customer's cards, newest first.
    select ... where kind = %(kind)s

Python refers to them by name, so that each statement can be found, explained and tested on its own.
"""

import re
from pathlib import Path
from typing import LiteralString, cast

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


NAMES: dict[str, str] = {}
"""Of all statements of the process, by their text: what a trace calls them."""


class Queries:
    """The statements of one package's ``.sql`` files."""

    def __init__(self, *paths: Path) -> None:
        self._statements: dict[str, LiteralString] = {}
        for path in paths:
            _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
            for name, body in zip(parts[::2], parts[1::2], strict=True):
                if name in self._statements:
                    raise ValueError(f"query {name} stands twice, the second time in {path.name}")
                # The files are ours and read at import: as literal as a string in the code.
                self._statements[name] = cast(LiteralString, body.strip())
                NAMES[body.strip()] = name

    def __getitem__(self, name: str) -> LiteralString:
        return self._statements[name]

    def names(self) -> list[str]:
        return list(self._statements)
