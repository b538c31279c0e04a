"""consolidated.xml of the United Nations Security Council: ``CONSOLIDATED_LIST/INDIVIDUALS|ENTITIES``."""

from datetime import date
from pathlib import Path

from tools.compliance.screening.entries import BirthDates, EntryKind, ListedName, ListEntry, NameQuality, Publication
from tools.compliance.screening.lists.birth_dates import around, find_births, years
from tools.compliance.screening.lists.broken import BrokenList
from tools.compliance.screening.lists.countries import find_countries
from tools.compliance.screening.lists.safe_xml import Element, children, local_name, stream, text, texts

ROOT = "CONSOLIDATED_LIST"
_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")


def read_un_xml(path: Path) -> Publication:
    """Raises BrokenList."""
    published: list[date] = []

    def note_day(root: Element) -> None:
        day = find_births((root.get("dateGenerated") or "")[:10])
        published.extend([day.earliest] if day else [])

    wanted = frozenset({"INDIVIDUAL", "ENTITY"})
    entries = tuple(_entry(element) for element in stream(path, wanted, also=note_day))
    return Publication("UN consolidated list", published[0] if published else None, entries)


def _entry(element: Element) -> ListEntry:
    number = text(element, "DATAID")
    if not number:
        raise BrokenList(f"An {local_name(element)} without DATAID is none of the United Nations' list.")
    primary = " ".join(part for name in _NAME_PARTS if (part := text(element, name)))
    if not primary:
        raise BrokenList(f"The entry {number} has no name.")
    kind = EntryKind.PERSON if local_name(element) == "INDIVIDUAL" else EntryKind.ORGANISATION
    programme, reference = text(element, "UN_LIST_TYPE"), text(element, "REFERENCE_NUMBER")
    return ListEntry(
        source_id=number,
        kind=kind,
        names=(ListedName(text=primary), *_original(element), *_aliases(element)),
        births=_births(element),
        countries=find_countries(texts(element, "NATIONALITY", "VALUE")),
        programmes=tuple(each for each in (programme, reference) if each),
        remarks=text(element, "COMMENTS1")[:4000],
    )


def _original(element: Element) -> tuple[ListedName, ...]:
    name = text(element, "NAME_ORIGINAL_SCRIPT")
    return (ListedName(text=name[:700], quality=NameQuality.STRONG),) if name else ()


def _aliases(element: Element) -> list[ListedName]:
    found = children(element, "INDIVIDUAL_ALIAS") + children(element, "ENTITY_ALIAS")
    return [
        ListedName(text=name[:700], quality=_quality(text(alias, "QUALITY")))
        for alias in found
        if (name := text(alias, "ALIAS_NAME"))
    ]


def _quality(said: str) -> NameQuality:
    return NameQuality.WEAK if said.lower() == "low" else NameQuality.STRONG


def _births(element: Element) -> tuple[BirthDates, ...]:
    items = children(element, "INDIVIDUAL_DATE_OF_BIRTH")
    found = [_birth(item) for item in items]
    found += [find_births(said) for said in texts(element, "INDIVIDUAL_ALIAS", "DATE_OF_BIRTH")]
    return tuple(dict.fromkeys(each for each in found if each))


def _birth(item: Element) -> BirthDates | None:
    first, last = text(item, "FROM_YEAR"), text(item, "TO_YEAR")
    if first.isdecimal() and last.isdecimal():
        return years(int(first), int(last))
    exact = find_births(text(item, "DATE")) or find_births(text(item, "YEAR"))
    if exact and text(item, "TYPE_OF_DATE").upper().startswith("APPROX") and exact.earliest != exact.latest:
        return around(exact.earliest.year)
    return exact
