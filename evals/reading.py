"""Reads the files that users bring, and says in one line what is wrong with one."""

import csv
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar, cast

from core.errors import InvalidInput

_Row = TypeVar("_Row")


def read_csv(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file with a header; other columns are left out.

    Raises:
        InvalidInput: unreadable, a column or a value is missing, or there are no rows.
    """
    with _text(path) as file:
        reader = csv.DictReader(file)
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise InvalidInput(f"{path} needs the column {' and '.join(missing)} (expected {','.join(columns)}).")
        rows = [{column: row[column] for column in columns} for row in reader]
    for number, row in enumerate(rows, 1):
        _check_values(row, f"{path}, row {number}")
    return _not_empty(rows, path)


def read_json_lines(path: Path, fields: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The objects of a JSON lines file with these text fields, and the optional ones where they are; other fields and
    blank lines are left out.

    Raises:
        InvalidInput: unreadable, a line is no such object, or there are none.
    """
    return [_parse_line(line, fields, optional, f"{path}, line {number}") for number, line in read_lines(path)]


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text file that are not blank, with their numbers.

    Raises:
        InvalidInput: unreadable, or there are none.
    """
    with _text(path) as file:
        lines = [(number, line) for number, line in enumerate(file, 1) if line.strip()]
    return _not_empty(lines, path)


def _parse_line(line: str, fields: tuple[str, ...], optional: tuple[str, ...], place: str) -> dict[str, str]:
    try:
        parsed = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{place} is not JSON.") from error
    if not isinstance(parsed, dict):
        raise InvalidInput(f"{place} is not a JSON object.")
    found = cast("dict[str, object]", parsed)
    row = {name: found.get(name) for name in (*fields, *(name for name in optional if name in found))}
    _check_values(row, place)
    return cast("dict[str, str]", row)


def _check_values(row: dict[str, str] | dict[str, object], place: str) -> None:
    for name, value in row.items():
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(f"{place} needs text in {name}.")


def _not_empty(rows: list[_Row], path: Path) -> list[_Row]:
    if not rows:
        raise InvalidInput(f"{path} has no cases.")
    return rows


@contextmanager
def _text(path: Path) -> Generator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8.") from error
    except csv.Error as error:
        raise InvalidInput(f"{path} is not CSV: {error}.") from error
