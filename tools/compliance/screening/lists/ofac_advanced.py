"""sdn_advanced.xml: OFAC's export in the "advanced sanctions data model" that it shares with the United Nations. What
numbers mean stands in ``ReferenceValueSets`` at its beginning; programmes come after the parties, in
``SanctionsEntries``."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tools.compliance.screening.entries import BirthDates, EntryKind, ListedName, ListEntry, NameQuality, Publication
from tools.compliance.screening.lists.birth_dates import span
from tools.compliance.screening.lists.broken import BrokenList, shorten
from tools.compliance.screening.lists.countries import find_countries
from tools.compliance.screening.lists.safe_xml import Element, child, children, local_name, stream, text

ROOT = "Sanctions"
_PARTY_KINDS = {"individual": EntryKind.PERSON, "entity": EntryKind.ORGANISATION}
_SUB_KINDS = {"vessel": EntryKind.VESSEL, "aircraft": EntryKind.AIRCRAFT}
_PROGRAMME = "Program"
_NATIONALITY = ("Nationality Country", "Citizenship Country")
_BIRTH = "Birthdate"
_WANTED = frozenset({"DateOfIssue", "ReferenceValueSets", "Location", "DistinctParty", "SanctionsEntry"})


@dataclass
class _Reference:
    """What the numbers of the file mean."""

    values: dict[tuple[str, str], str] = field(default_factory=dict)
    """By element and ID."""
    parties: dict[str, str] = field(default_factory=dict)
    """PartyTypeID by PartySubType ID."""
    locations: dict[str, str] = field(default_factory=dict)
    """Country by Location ID."""

    def learn(self, sets: Element) -> None:
        for one in sets:
            for value in one:
                name = local_name(value)
                self.values[name, value.get("ID", "")] = " ".join((value.text or "").split())
                if name == "PartySubType":
                    self.parties[value.get("ID", "")] = value.get("PartyTypeID", "")

    def place(self, location: Element) -> None:
        for country in children(location, "LocationCountry"):
            self.locations[location.get("ID", "")] = self.values.get(("Country", country.get("CountryID", "")), "")

    def kind(self, sub_type: str) -> EntryKind:
        """Raises BrokenList."""
        own = self.values.get(("PartySubType", sub_type), "").lower()
        party = self.values.get(("PartyType", self.parties.get(sub_type, "")), "").lower()
        found = _SUB_KINDS.get(own) or _PARTY_KINDS.get(party)
        if found is None:
            raise BrokenList(f"The file has a party of a kind that it does not explain: {shorten(sub_type)!r}.")
        return found


def read_ofac_advanced(path: Path) -> Publication:
    """Raises BrokenList."""
    reference, published = _Reference(), None
    parties: dict[str, ListEntry] = {}
    programmes: dict[str, list[str]] = defaultdict(list)
    for element in stream(path, _WANTED):
        match local_name(element):
            case "DateOfIssue":
                published = _day(element)
            case "ReferenceValueSets":
                reference.learn(element)
            case "Location":
                reference.place(element)
            case "DistinctParty":
                for profile in children(element, "Profile"):
                    parties[profile.get("ID", "")] = _entry(profile, reference)
            case _:
                programmes[element.get("ProfileID", "")] += _programmes(element, reference)
    entries = tuple(
        entry.model_copy(update={"programmes": tuple(dict.fromkeys(programmes.get(number, [])))})
        for number, entry in parties.items()
    )
    return Publication("OFAC advanced XML", published, entries)


def _entry(profile: Element, reference: _Reference) -> ListEntry:
    number = profile.get("ID", "")
    names = [_listed(alias) for alias in children(profile, "Identity", "Alias")]
    found = tuple(dict.fromkeys(name for several in names for name in several))
    if not number or not found:
        raise BrokenList(f"The party {shorten(number)!r} has no number or no name.")
    ordered = sorted(found, key=lambda name: name.quality is not NameQuality.PRIMARY)
    features = [(_feature_name(feature, reference), feature) for feature in children(profile, "Feature")]
    return ListEntry(
        source_id=number,
        kind=reference.kind(profile.get("PartySubTypeID", "")),
        names=tuple(ordered),
        births=tuple(
            birth
            for name, feature in features
            if name == _BIRTH
            for period in children(feature, "FeatureVersion", "DatePeriod")
            if (birth := _births(period))
        ),
        countries=find_countries(
            [
                reference.locations.get(place.get("LocationID", ""), "")
                for name, feature in features
                if name in _NATIONALITY
                for place in children(feature, "FeatureVersion", "VersionLocation")
            ]
        ),
    )


def _feature_name(feature: Element, reference: _Reference) -> str:
    return reference.values.get(("FeatureType", feature.get("FeatureTypeID", "")), "")


def _listed(alias: Element) -> list[ListedName]:
    quality = (
        NameQuality.WEAK
        if alias.get("LowQuality") == "true"
        else NameQuality.PRIMARY
        if alias.get("Primary") == "true"
        else NameQuality.STRONG
    )
    parts = [children(name, "DocumentedNamePart", "NamePartValue") for name in children(alias, "DocumentedName")]
    names = [" ".join(said for part in each if (said := " ".join((part.text or "").split()))) for each in parts]
    return [ListedName(text=name[:700], quality=quality) for name in names if name]


def _births(period: Element) -> BirthDates | None:
    start, end = child(period, "Start"), child(period, "End")
    if start is None or end is None:
        return None
    first, last = _day(child(start, "From")), _day(child(end, "To"))
    if first is None or last is None or first > last:
        return None
    return span(BirthDates(earliest=first, latest=first), BirthDates(earliest=last, latest=last))


def _day(element: Element | None) -> date | None:
    said = [text(element, part) for part in ("Year", "Month", "Day")]
    if element is None or not all(part.isdecimal() for part in said):
        return None
    try:
        return date(*map(int, said))
    except ValueError:
        return None


def _programmes(element: Element, reference: _Reference) -> list[str]:
    return [
        said
        for measure in children(element, "SanctionsMeasure")
        if reference.values.get(("SanctionsType", measure.get("SanctionsTypeID", ""))) == _PROGRAMME
        and (said := text(measure, "Comment"))
    ]
