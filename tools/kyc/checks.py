"""What cannot be right in an application, and what is missing from it. Pure: the day is passed in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from tools.compliance.screening.matching.spelling import spell
from tools.kyc.application import Application, IdentityDocument, Section, TaxDetails
from tools.kyc.mrz import UnreadableZone, Zone, read_zone, to_alpha2
from tools.kyc.numbers import account_number, document_number, plain, tax_number
from tools.service.contact_forms import postcode

ADULT = 18
"""Years."""
OLDEST = 120


@dataclass(frozen=True, slots=True)
class Problem:
    section: Section
    text: str
    """What does not fit, and what would."""


def find_problems(application: Application, today: date) -> list[Problem]:
    """Of all sections that are filled; none of them quotes a number."""
    return [problem for check in _CHECKS for problem in check(application, today)]


def age_on(born: date, today: date) -> int:
    """Years. Whoever is born on 29 February is a year older on 1 March of other years (Family Law Reform Act 1969 s
    9)."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _identity(application: Application, today: date) -> Iterator[Problem]:
    identity = application.identity
    if identity is None:
        return
    if not 0 <= age_on(identity.date_of_birth, today) <= OLDEST:
        yield Problem(Section.IDENTITY, "That is no date of birth of somebody alive.")
    elif age_on(identity.date_of_birth, today) < ADULT:
        yield Problem(Section.IDENTITY, f"An account of one's own is for people of {ADULT} years and older.")
    if len([token for token in spell(identity.full_name).tokens if len(token) > 1]) < 2:
        yield Problem(Section.IDENTITY, "Give the full name, first and last, as the document has it.")


def _address(application: Application, today: date) -> Iterator[Problem]:  # noqa: ARG001
    address = application.address
    if address is None or address.country != "GB":
        return
    try:
        postcode(address.postcode or "")
    except ValueError as error:
        yield Problem(Section.ADDRESS, f"The postcode: {error}.")


def _document(application: Application, today: date) -> Iterator[Problem]:
    document = application.document
    if document is None:
        return
    if document.expires_on < today:
        yield Problem(Section.DOCUMENT, "The document has expired. Use one that is valid.")
    elif document.expires_on > today + relativedelta(years=50):
        yield Problem(Section.DOCUMENT, "No document is valid for that long. Look at the day again.")
    try:
        document_number(document.kind, document.country, document.number)
    except ValueError as error:
        yield Problem(Section.DOCUMENT, f"The number: {error}.")
    if document.mrz:
        yield from _zone(application, document, document.mrz, today)


def _zone(application: Application, document: IdentityDocument, text: str, today: date) -> Iterator[Problem]:
    try:
        zone = read_zone(text, today)
    except UnreadableZone as error:
        yield Problem(Section.DOCUMENT, f"The lines at the bottom: {error}")
        return
    for what, fits in _comparisons(application, document, zone):
        if not fits:
            yield Problem(Section.DOCUMENT, f"The lines at the bottom have another {what} than you gave.")


def _comparisons(application: Application, document: IdentityDocument, zone: Zone) -> Iterator[tuple[str, bool]]:
    if document.kind != "driving_licence":
        yield "kind of document", (zone.kind == "P") == (document.kind == "passport")
    if document.kind == "passport":
        yield "number", zone.number == plain(document.number)
    yield "day of expiry", zone.expires_on == document.expires_on
    yield "country", to_alpha2(zone.issuer) in (document.country, None)
    identity = application.identity
    if identity is None:
        return
    yield "date of birth", zone.birth == identity.date_of_birth
    yield "nationality", to_alpha2(zone.nationality) in (identity.nationality, None)
    said, read = (set(spell(name).tokens) for name in (identity.full_name, f"{zone.given_names} {zone.surname}"))
    yield "name", bool(said & read) and set(spell(zone.surname).tokens) <= said


def _tax(application: Application, today: date) -> Iterator[Problem]:  # noqa: ARG001
    tax = application.tax
    if tax is None:
        return
    countries = [residence.country for residence in tax.residences]
    if len(set(countries)) != len(countries):
        yield Problem(Section.TAX, "Name each country once.")
    if tax.is_us_person and "US" not in countries:
        yield Problem(Section.TAX, "Who is a US person has a tax residence in the United States too: add it.")
    yield from _tax_numbers(tax)


def _tax_numbers(tax: TaxDetails) -> Iterator[Problem]:
    for residence in tax.residences:
        if (residence.tin is None) == (residence.no_tin is None):
            yield Problem(Section.TAX, f"{residence.country}: give the taxpayer number, or why there is none.")
        elif residence.country == "US" and residence.no_tin == "not_required":
            yield Problem(Section.TAX, "The United States require a taxpayer number.")
        elif residence.tin is not None:
            try:
                tax_number(residence.country, residence.tin)
            except ValueError as error:
                yield Problem(Section.TAX, f"{residence.country}: {error}.")


def _exposure(application: Application, today: date) -> Iterator[Problem]:  # noqa: ARG001
    exposure = application.exposure
    if exposure and exposure.is_exposed and not exposure.position:
        yield Problem(Section.EXPOSURE, "Say which public function it is, and whose.")


def _risk(application: Application, today: date) -> Iterator[Problem]:  # noqa: ARG001
    if application.risk is None or application.risk.funding_iban is None:
        return
    try:
        account_number(application.risk.funding_iban)
    except ValueError as error:
        yield Problem(Section.RISK, f"The account: {error}.")


_CHECKS: tuple[Callable[[Application, date], Iterator[Problem]], ...] = (
    _identity,
    _address,
    _document,
    _tax,
    _exposure,
    _risk,
)
