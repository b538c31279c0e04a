"""What a customer says of themselves. Kept as JSON under the server's seal; in lists it is masked."""

from datetime import date
from enum import StrEnum
from typing import Literal

import pycountry
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tools.customer_text import Line


class Section(StrEnum):
    IDENTITY = "identity"
    ADDRESS = "address"
    DOCUMENT = "document"
    TAX = "tax"
    EXPOSURE = "exposure"
    RISK = "risk"


DocumentKind = Literal["passport", "driving_licence", "national_id"]
Funds = Literal["salary", "pension", "benefits", "business", "savings", "inheritance", "property_sale", "gift", "other"]
Band = Literal["up to 1,000", "1,000 to 5,000", "5,000 to 20,000", "more than 20,000"]
NoTin = Literal["not_issued", "not_required", "applied_for"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_max_length=200)

    @field_validator("nationality", "country", mode="before", check_fields=False)
    @classmethod
    def _known_country(cls, said: object) -> object:
        code = said.strip().upper() if isinstance(said, str) else ""
        if pycountry.countries.get(alpha_2=code) is None:
            raise ValueError("use the two letters of ISO 3166, such as GB")
        return code


class Identity(_Part):
    full_name: Line = Field(min_length=2, max_length=140, description="As the document has it.")
    date_of_birth: date
    nationality: str = Field(description="ISO 3166-1 alpha-2.")


class HomeAddress(_Part):
    line: Line = Field(min_length=3, max_length=120, description="House and street.")
    city: Line = Field(min_length=2, max_length=60)
    postcode: Line | None = Field(default=None, max_length=12, description="Where the country has them.")
    country: str = Field(default="GB", description="ISO 3166-1 alpha-2.")


class IdentityDocument(_Part):
    kind: DocumentKind
    country: str = Field(description="Who issued it: ISO 3166-1 alpha-2.")
    number: Line = Field(min_length=4, max_length=30, description="As printed; spaces and dashes do not matter.")
    expires_on: date
    mrz: str | None = Field(
        default=None,
        max_length=140,
        description="The two or three lines at the bottom (ICAO 9303), one below the other.",
    )


class TaxResidence(_Part):
    country: str = Field(description="ISO 3166-1 alpha-2.")
    tin: Line | None = Field(default=None, max_length=30, description="Taxpayer number there.")
    no_tin: NoTin | None = Field(default=None, description="Why there is none.")


class TaxDetails(_Part):
    """The self-certification of CRS (OECD, section IV) and FATCA (26 CFR 1.1471-4(c))."""

    residences: tuple[TaxResidence, ...] = Field(min_length=1, max_length=5, description="Every country, once each.")
    is_us_person: bool = Field(description="Citizen or tax resident of the United States.")
    certified: Literal[True] = Field(description="The customer says that this is true and complete.")


class Exposure(_Part):
    """Of politically exposed persons: Directive (EU) 2015/849, article 3(9) to (11); UK MLR 2017, regulation 35."""

    is_exposed: bool = Field(description="Holds or held a prominent public function, or is close to somebody who does.")
    position: Line | None = Field(default=None, max_length=200, description="Which, and whose.")


class RiskAnswers(_Part):
    occupation: Line = Field(min_length=2, max_length=100)
    funds: Funds = Field(description="Where the money comes from.")
    purpose: Line = Field(min_length=3, max_length=200, description="What the account is for.")
    monthly: Band = Field(description="Expected to come in each month, in pounds.")
    funding_iban: Line | None = Field(
        default=None, max_length=42, description="The account that money comes from first."
    )


class Application(_Part):
    """Sections that were not filled yet are null."""

    identity: Identity | None = None
    address: HomeAddress | None = None
    document: IdentityDocument | None = None
    tax: TaxDetails | None = None
    exposure: Exposure | None = None
    risk: RiskAnswers | None = None

    @property
    def sections(self) -> list[Section]:
        return [section for section in Section if getattr(self, section.value) is not None]

    def merged(self, newer: "Application") -> "Application":
        """Sections of the newer one, where it has them."""
        filled = {section.value: getattr(newer, section.value) for section in newer.sections}
        return self.model_copy(update=filled)


def masked(number: str) -> str:
    """The last three letters of a number, as lists show it."""
    kept = "".join(letter for letter in number if letter.isalnum())
    return f"…{kept[-3:]}"
