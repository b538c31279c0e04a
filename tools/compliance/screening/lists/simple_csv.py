"""The bank's own format, for politically exposed persons, internal lists and what another vendor exports: UTF-8 CSV
with a header. ``id`` and ``name`` have to be there; several values of a column stand between semicolons.

    id,name,kind,aliases,weak_aliases,birth,countries,programme,remarks
    p-1,Jane Q. Example,person,Jane Ex;J. Q. Example,,1961-04-12,GB,Member of parliament,

``kind`` is person (the default), organisation, vessel or aircraft; ``birth`` as lists write it: 1961, Apr 1961,
1961-04-12, circa 1961, 1960 to 1962; ``countries`` names or codes.
"""

import csv
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tools.compliance.screening.entries import EntryKind, ListedName, ListEntry, NameQuality, Publication
from tools.compliance.screening.lists.birth_dates import find_births
from tools.compliance.screening.lists.broken import BrokenList, shorten
from tools.compliance.screening.lists.countries import find_country

NEEDED = {"id", "name"}
_COLUMNS = {*NEEDED, "kind", "aliases", "weak_aliases", "birth", "countries", "programme", "remarks"}


def read_simple_csv(path: Path) -> Publication:
    """Raises BrokenList."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows: csv.DictReader[Any] = csv.DictReader(file, strict=True)
            unknown = set(rows.fieldnames or ()) - _COLUMNS
            if unknown:
                raise BrokenList(f"Unknown column {shorten(sorted(unknown)[0])!r}; there are {', '.join(_COLUMNS)}.")
            entries = tuple(_entry(row, line) for line, row in enumerate(rows, 2))
    except UnicodeDecodeError as error:
        raise BrokenList(f"{path.name} is not in UTF-8.") from error
    except csv.Error as error:
        raise BrokenList(f"{path.name} is no CSV file: {shorten(str(error))}.") from error
    return Publication("CSV", None, entries)


def _entry(row: dict[str | None, str | None], line: int) -> ListEntry:
    if None in row:
        raise BrokenList(f"Line {line} has more columns than the header.")
    births = [(said, find_births(said)) for said in _parts(row, "birth")]
    countries = [(said, find_country(said)) for said in _parts(row, "countries")]
    for said, found in [*births, *countries]:
        if found is None:
            raise BrokenList(f"Line {line}: {shorten(said)!r} is no date of birth or country that we know.")
    try:
        return ListEntry(
            source_id=_cell(row, "id"),
            kind=EntryKind(_cell(row, "kind").lower() or "person"),
            names=(
                ListedName(text=_cell(row, "name")),
                *(ListedName(text=name, quality=NameQuality.STRONG) for name in _parts(row, "aliases")),
                *(ListedName(text=name, quality=NameQuality.WEAK) for name in _parts(row, "weak_aliases")),
            ),
            births=tuple(found for _, found in births if found),
            countries=tuple(sorted({found for _, found in countries if found})),
            programmes=tuple(_parts(row, "programme")),
            remarks=_cell(row, "remarks"),
        )
    except ValueError as error:
        problem = error.errors()[0]["loc"][0] if isinstance(error, ValidationError) else "kind"
        raise BrokenList(
            f"Line {line}: the column about {problem} is empty, too long or not one of its values."
        ) from error


def _cell(row: dict[str | None, str | None], name: str) -> str:
    return " ".join((row.get(name) or "").split())


def _parts(row: dict[str | None, str | None], name: str) -> list[str]:
    return [part.strip() for part in _cell(row, name).split(";") if part.strip()]
