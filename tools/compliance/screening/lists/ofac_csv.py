"""sdn.csv with alt.csv beside it (OFAC, "SDN data specification"; add.csv has addresses, of which we take the countries
of nobody: an address is no nationality). No header, "-0-" for nothing, and what has no column stands in the remarks:
dates of birth, nationalities, weak aliases."""

import csv
import re
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

from tools.compliance.screening.entries import BirthDates, EntryKind, ListedName, ListEntry, NameQuality, Publication
from tools.compliance.screening.lists.birth_dates import find_births
from tools.compliance.screening.lists.broken import BrokenList, shorten
from tools.compliance.screening.lists.countries import find_countries

COLUMNS = 12
_ALT_COLUMNS = 5
_NOTHING = "-0-"
_END_OF_FILE = "\x1a"
_KINDS = {
    "individual": EntryKind.PERSON,
    "vessel": EntryKind.VESSEL,
    "aircraft": EntryKind.AIRCRAFT,
    "": EntryKind.ORGANISATION,
}
_BIRTH = re.compile(r"^(?:alt\. )?DOB (.+)$")
_COUNTRY = re.compile(r"^(?:alt\. )?(?:nationality|citizen) (.+)$")
_WEAK = re.compile(r"^a\.k\.a\. '(.+)'$")


def read_ofac_csv(path: Path) -> Publication:
    """Raises BrokenList."""
    aliases = _aliases(_beside(path, "alt"))
    entries = tuple(_entry(row, aliases, line) for line, row in _rows(path, COLUMNS))
    return Publication("OFAC sdn.csv", None, entries)


def _beside(path: Path, name: str) -> Path | None:
    """The companion file, in whatever case the names are."""
    wanted = {f"{name}.csv", f"{path.stem.lower()}_{name}.csv"}
    return next((each for each in sorted(path.parent.iterdir()) if each.name.lower() in wanted), None)


def _rows(path: Path, columns: int) -> Generator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8", errors="strict", newline="") as file:
            for line, row in enumerate(csv.reader(file, strict=True), 1):
                if not row or row == [_END_OF_FILE]:
                    continue
                if len(row) != columns:
                    raise BrokenList(f"Line {line} of {path.name} has {len(row)} columns, OFAC's have {columns}.")
                yield line, [_cell(cell) for cell in row]
    except UnicodeDecodeError as error:
        raise BrokenList(f"{path.name} is not in UTF-8.") from error
    except csv.Error as error:
        raise BrokenList(f"{path.name} is no CSV file as OFAC writes it: {shorten(str(error))}.") from error


def _cell(cell: str) -> str:
    said = " ".join(cell.split())
    return "" if said == _NOTHING else said


def _aliases(path: Path | None) -> dict[str, list[ListedName]]:
    found: dict[str, list[ListedName]] = defaultdict(list)
    if path is None:
        return found
    for line, (number, _, _, name, _) in _rows(path, _ALT_COLUMNS):
        if not number.isdecimal() or not name:
            raise BrokenList(f"Line {line} of {path.name} names nobody.")
        found[number].append(ListedName(text=_given_first(name), quality=NameQuality.STRONG))
    return found


def _entry(row: list[str], aliases: dict[str, list[ListedName]], line: int) -> ListEntry:
    number, name, kind, programme, *_, remarks = row
    if not number.isdecimal() or not name or kind.lower() not in _KINDS:
        raise BrokenList(f"Line {line} is no entry of OFAC's: {shorten(f'{number}, {name}, {kind}')}.")
    parts = [part.strip().rstrip(".") for part in remarks.split(";")]
    weak = [ListedName(text=each[1], quality=NameQuality.WEAK) for part in parts if (each := _WEAK.match(part))]
    own = _KINDS[kind.lower()]
    first = ListedName(text=_given_first(name) if own is EntryKind.PERSON else name)
    return ListEntry(
        source_id=number,
        kind=own,
        names=(first, *aliases[number], *weak) if number in aliases else (first, *weak),
        births=_births(parts),
        countries=find_countries([each[1] for part in parts if (each := _COUNTRY.match(part))]),
        programmes=tuple(each.strip() for each in re.split(r"\]\s*\[", programme.strip("[]")) if each.strip()),
        remarks=remarks[:4000],
    )


def _given_first(name: str) -> str:
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and given.strip() else name


def _births(parts: list[str]) -> tuple[BirthDates, ...]:
    said = [each[1] for part in parts if (each := _BIRTH.match(part))]
    return tuple(found for each in said if (found := find_births(each)))
