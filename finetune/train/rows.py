"""Rows of a data set that `finetune data` wrote, one JSON object a line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from core.errors import InvalidInput

Row = dict[str, Any]


def read_rows(path: Path, keys: Sequence[str]) -> list[Row]:
    """All rows of the file `path`.

    Raises:
        InvalidInput: it is missing or empty, or a row is no object with all the `keys`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}. Make it with `tellergraph finetune data`."
        ) from error
    rows = [_parse(line, number, path, keys) for number, line in enumerate(lines, 1)]
    if not rows:
        raise InvalidInput(f"{path} has no row. Make it again with `tellergraph finetune data`.")
    return rows


def _parse(line: str, number: int, path: Path, keys: Sequence[str]) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{path}, line {number}: no JSON.") from error
    if not isinstance(row, dict) or not all(key in row for key in keys):
        raise InvalidInput(f"{path}, line {number}: needs an object with {', '.join(keys)}.")
    return cast("Row", row)
