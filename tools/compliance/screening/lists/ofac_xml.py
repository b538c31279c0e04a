"""sdn.xml: ``sdnList/sdnEntry`` (OFAC, sdn.xsd). Read by local names, as the namespace has changed over the years."""

from datetime import date
from pathlib import Path

from tools.compliance.screening.entries import BirthDates, EntryKind, ListedName, ListEntry, NameQuality, Publication
from tools.compliance.screening.lists.birth_dates import find_births
from tools.compliance.screening.lists.broken import BrokenList, shorten
from tools.compliance.screening.lists.countries import find_countries
from tools.compliance.screening.lists.safe_xml import Element, children, local_name, stream, text, texts

ROOT = "sdnList"
_KINDS = {
    "individual": EntryKind.PERSON,
    "entity": EntryKind.ORGANISATION,
    "vessel": EntryKind.VESSEL,
    "aircraft": EntryKind.AIRCRAFT,
}


def read_ofac_xml(path: Path) -> Publication:
    """Raises BrokenList."""
    entries: list[ListEntry] = []
    published: date | None = None
    announced: int | None = None
    for element in stream(path, frozenset({"sdnEntry", "publshInformation", "publishInformation"})):
        if local_name(element) == "sdnEntry":
            entries.append(_entry(element))
        else:
            day = find_births(text(element, "Publish_Date"))
            published = day.earliest if day else None
            count = text(element, "Record_Count")
            announced = int(count) if count.isdecimal() else None
    if announced is not None and announced != len(entries):
        raise BrokenList(f"The file announces {announced} entries and has {len(entries)}: it is not complete.")
    return Publication("OFAC sdn.xml", published, tuple(entries))


def _entry(element: Element) -> ListEntry:
    number, kind = text(element, "uid"), text(element, "sdnType")
    if not number.isdecimal() or kind.lower() not in _KINDS:
        raise BrokenList(f"An sdnEntry with uid {shorten(number)!r} and sdnType {shorten(kind)!r} is none of OFAC's.")
    names = [ListedName(text=name) for name in [_name(element)] if name]
    names += [
        ListedName(text=name, quality=_quality(text(aka, "category")))
        for aka in children(element, "akaList", "aka")
        if (name := _name(aka))
    ]
    if not names:
        raise BrokenList(f"The sdnEntry {number} has no name.")
    return ListEntry(
        source_id=number,
        kind=_KINDS[kind.lower()],
        names=tuple(names),
        births=_births(element),
        countries=find_countries(
            texts(element, "nationalityList", "nationality", "country")
            + texts(element, "citizenshipList", "citizenship", "country")
        ),
        programmes=tuple(texts(element, "programList", "program")),
        remarks=text(element, "remarks")[:4000],
    )


def _name(element: Element) -> str:
    return f"{text(element, 'firstName')} {text(element, 'lastName')}".strip()


def _quality(category: str) -> NameQuality:
    return NameQuality.WEAK if category.lower() == "weak" else NameQuality.STRONG


def _births(element: Element) -> tuple[BirthDates, ...]:
    said = texts(element, "dateOfBirthList", "dateOfBirthItem", "dateOfBirth")
    return tuple(found for each in said if (found := find_births(each)))
