"""The customer's profile, to read: contact details, how well the bank knows them, preferences and consents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from tools.accounts.accounts import NoArguments
from tools.queries import QUERIES
from tools.registry import Refusal, Result, ToolContext, tool

StatementDelivery = Literal["online", "paper"]
Language = Literal["en", "cy"]
"""ISO 639-1: English, Welsh."""
MarketingChannel = Literal["none", "email", "text", "post"]
ConsentName = Literal["marketing", "personalisation", "research", "model_improvement", "outside_models"]

_MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class ProfileRow:
    name: str
    email: str | None
    phone: str | None
    address_line: str | None
    city: str | None
    postcode: str | None
    country: str
    date_of_birth: date | None
    tier: str
    kyc_status: Literal["pending", "verified", "rejected", "expired"]
    kyc_level: int
    kyc_document: Literal["passport", "driving_licence", "national_id"] | None
    kyc_verified_at: datetime | None
    created_at: datetime
    statement_delivery: StatementDelivery
    language: Language
    marketing_channel: MarketingChannel


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """What is asked about, and what the customer said last: null where they never said anything."""

    name: ConsentName
    asked_version: str
    text: str
    is_given: bool | None
    version: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    name: ConsentName
    version: str
    is_given: bool
    at: datetime


class Verification(Result):
    state: Literal["pending", "verified", "rejected", "expired"]
    level: int = Field(description="0 (nothing checked) to 3 (most).")
    document: Literal["passport", "driving_licence", "national_id"] | None
    checked_on: str | None = Field(description="ISO date.")


class Preferences(Result):
    statement_delivery: StatementDelivery
    language: Language = Field(description="en: English, cy: Welsh.")
    marketing_channel: MarketingChannel = Field(description="How offers may be sent; none: not at all.")


class Consent(Result):
    consent: ConsentName
    text: str = Field(description="What the customer is asked to agree to.")
    is_given: bool
    version: str | None = Field(description="Of the text that the customer last agreed to or took back.")
    asked_version: str = Field(description="Of the text that is asked about today.")
    since: str | None = Field(description="ISO date and time of the last change.")


class ConsentChange(Result):
    consent: ConsentName
    version: str
    is_given: bool
    at: str = Field(description="ISO date and time.")


class Profile(Result):
    PRIVATE: ClassVar[Mapping[str, str]] = {
        "name": "PERSON",
        "email": "EMAIL",
        "phone": "PHONE",
        "address_line": "ADDRESS",
        "postcode": "POSTCODE",
        "date_of_birth": "DOB",
    }

    status: Literal["found"] = "found"
    name: str
    email: str | None = Field(description="Also what the customer logs in with.")
    phone: str | None
    address_line: str | None
    city: str | None
    postcode: str | None
    country: str = Field(description="ISO 3166-1.")
    date_of_birth: str | None = Field(description="ISO date.")
    tier: str
    customer_since: str = Field(description="ISO date.")
    verification: Verification
    preferences: Preferences
    consents: list[Consent]
    consent_history: list[ConsentChange] = Field(description="The latest first.")


class AlreadySo(Refusal):
    status: Literal["already_so"] = "already_so"
    message: str = "That is what we have already, so there is nothing to change."


@tool(
    title="See your profile",
    scope="profile:read",
    rest="GET /profile",
    examples={"Which phone number do you have for me?": {}, "What have I agreed to?": {}},
)
async def get_profile(context: ToolContext, arguments: NoArguments) -> Profile:  # noqa: ARG001
    """The customer's own contact details, address, identity check, preferences and consents. Use for "which e-mail
    address do you have for me", "am I verified", "do I get paper statements", "what have I agreed to"."""
    async with context.database.reading(context.scope) as db:
        row = await read_profile(db, context)
        consents = await read_consents(db, context)
        values = {"customer_id": context.customer_id, "limit": _MOST_CHANGES}
        changes = await db.all(_ChangeRow, QUERIES["list_consent_history"], values)
    return Profile(
        name=row.name,
        email=row.email,
        phone=row.phone,
        address_line=row.address_line,
        city=row.city,
        postcode=row.postcode,
        country=row.country,
        date_of_birth=row.date_of_birth.isoformat() if row.date_of_birth else None,
        tier=row.tier,
        customer_since=_day(row.created_at),
        verification=Verification(
            state=row.kyc_status,
            level=row.kyc_level,
            document=row.kyc_document,
            checked_on=_day(row.kyc_verified_at) if row.kyc_verified_at else None,
        ),
        preferences=Preferences(
            statement_delivery=row.statement_delivery, language=row.language, marketing_channel=row.marketing_channel
        ),
        consents=[_consent(each) for each in consents],
        consent_history=[_change(each) for each in changes],
    )


async def read_profile(db: ReadHandle, context: ToolContext) -> ProfileRow:
    return await db.get(ProfileRow, QUERIES["get_profile"], {"customer_id": context.customer_id})


async def read_consents(db: ReadHandle, context: ToolContext) -> list[ConsentRow]:
    values = {"customer_id": context.customer_id, "now": context.now}
    return await db.all(ConsentRow, QUERIES["list_consents"], values)


def _consent(row: ConsentRow) -> Consent:
    return Consent(
        consent=row.name,
        text=row.text,
        is_given=bool(row.is_given),
        version=row.version,
        asked_version=row.asked_version,
        since=_moment(row.at) if row.at else None,
    )


def _change(row: _ChangeRow) -> ConsentChange:
    return ConsentChange(consent=row.name, version=row.version, is_given=row.is_given, at=_moment(row.at))


def _day(at: datetime) -> str:
    return at.astimezone(BANK_TIME_ZONE).date().isoformat()


def _moment(at: datetime) -> str:
    return at.astimezone(BANK_TIME_ZONE).isoformat(timespec="seconds")
