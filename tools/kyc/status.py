"""How a customer's identification stands: where it is, what is missing, what to do next. Never why staff decided."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from tools.accounts.accounts import NoArguments
from tools.kyc.application import Application, Section, masked
from tools.kyc.checks import find_problems
from tools.kyc.filling import WHERE
from tools.kyc.store import (
    Level,
    Message,
    PictureKind,
    StoredApplication,
    find_application,
    get_level,
    list_pictures,
    open_application,
)
from tools.kyc.store import Status as ApplicationStatus
from tools.queries import QUERIES
from tools.registry import Result, ToolContext, tool

_ASKED: dict[str, str] = {
    Section.IDENTITY: "your full name, date of birth and nationality",
    Section.ADDRESS: "your address",
    Section.DOCUMENT: "the number and day of expiry of your passport, driving licence or national identity card",
    Section.TAX: "where you pay tax, with your taxpayer number",
    Section.EXPOSURE: "whether you hold, or held, a prominent public function",
    Section.RISK: "your occupation, where your money comes from and what the account is for",
    "identity_picture": "a picture of the identity document",
    "address_picture": "a picture of a letter that shows your address",
}
_MESSAGES: dict[Message, str] = {
    "document_unreadable": "We could not read the picture of your document. Please send another.",
    "document_expired": "The document was not valid any more. Please use another.",
    "details_differ": "What you wrote and what your document says differ. Please look at both again.",
    "more_needed": "We need more from you. Please fill in what is missing.",
    "cannot_offer": "We cannot offer you this. You can ask us to look at it again, or make a complaint.",
}
_BEGIN = f"Begin with your name, date of birth, nationality and address, {WHERE}."
_NEXT: dict[ApplicationStatus, str] = {
    "submitted": "Nothing to do: a colleague looks at your application.",
    "in_review": "Nothing to do: a colleague looks at your application.",
    "verified": "Nothing to do: you are identified.",
    "rejected": f"You can begin a new application {WHERE}, or talk to us.",
    "expired": f"Begin a new application {WHERE}: what we knew is too old.",
}


class GivenDocument(Result):
    kind: str
    country: str
    number: str = Field(description="Its last three letters.")
    expires_on: str = Field(description="ISO date.")


class IdentityStatus(Result):
    status: Literal["found"] = "found"
    identification: Literal["pending", "verified", "rejected", "expired"] = Field(description="Of the customer.")
    level: int = Field(description="0 not identified, 1 basic, 2 full, 3 enhanced. Limits follow it.")
    application: ApplicationStatus | None = Field(description="Of the latest application; null where there is none.")
    reference: str | None = Field(description="The number to quote.")
    wanted_level: int | None
    filled: list[str] = Field(description="Sections that are filled.")
    missing: list[str] = Field(description="What is still needed, in words.")
    problems: list[str] = Field(description="What does not fit yet.")
    pictures: list[str] = Field(description="Which pictures are there: identity, address.")
    document: GivenDocument | None
    message: str | None = Field(description="What our colleagues say to it.")
    valid_until: str | None = Field(description="ISO date.")
    submitted: str | None = Field(description="ISO date.")
    next_step: str


@dataclass(frozen=True, slots=True)
class _Standing:
    status: Literal["pending", "verified", "rejected", "expired"]
    level: int


@tool(
    title="See how your identification stands",
    scope="profile:read",
    rest="GET /kyc",
    examples={"Am I verified?": {}, "What is missing from my identity check?": {}},
)
async def get_identity_status(context: ToolContext, arguments: NoArguments) -> IdentityStatus:  # noqa: ARG001
    """Whether the customer is identified, how far their application is, what is missing from it and what to do next."""
    async with context.database.reading(context.scope) as db:
        standing = await db.get(_Standing, QUERIES["get_identity_standing"], {"customer_id": context.customer_id})
        stored = await find_application(db, context)
        if stored is None:
            return _without_application(standing)
        pictures = await list_pictures(db, context, stored.id)
        level = await get_level(db, stored.level)
    return _with_application(context, standing, stored, pictures, level)


def _list_missing(application: Application, pictures: list[PictureKind], level: Level) -> list[str]:
    """In words, in the order in which they are asked for."""
    needed = [section for section in Section if section.value in level.sections]
    lacking: list[str] = [section for section in needed if section not in application.sections]
    kinds: list[PictureKind] = ["identity", "address"]
    lacking += [f"{kind}_picture" for kind in kinds[: level.documents] if kind not in pictures]
    return [_ASKED[each] for each in lacking]


async def read_missing(db: ReadHandle, context: ToolContext, stored: StoredApplication) -> list[str]:
    """What is missing from an application, and what does not fit in it."""
    application = open_application(context.seal, stored.sealed)
    pictures = await list_pictures(db, context, stored.id)
    missing = _list_missing(application, pictures, await get_level(db, stored.level))
    return missing + [problem.text for problem in find_problems(application, context.today)]


def _without_application(standing: _Standing) -> IdentityStatus:
    is_known = standing.status == "verified"
    return IdentityStatus(
        identification=standing.status,
        level=standing.level,
        application=None,
        reference=None,
        wanted_level=None,
        filled=[],
        missing=[],
        problems=[],
        pictures=[],
        document=None,
        message=None,
        valid_until=None,
        submitted=None,
        next_step=_NEXT["verified"] if is_known else _BEGIN,
    )


def _with_application(
    context: ToolContext,
    standing: _Standing,
    stored: StoredApplication,
    pictures: list[PictureKind],
    level: Level,
) -> IdentityStatus:
    application = open_application(context.seal, stored.sealed)
    is_draft = stored.status == "draft"
    missing = _list_missing(application, pictures, level) if is_draft else []
    problems = [problem.text for problem in find_problems(application, context.today)] if is_draft else []
    given = application.document
    return IdentityStatus(
        identification=standing.status,
        level=standing.level,
        application=stored.status,
        reference=stored.reference,
        wanted_level=stored.level,
        filled=[section.value for section in application.sections],
        missing=missing,
        problems=problems,
        pictures=list[str](pictures),
        document=given
        and GivenDocument(
            kind=given.kind,
            country=given.country,
            number=masked(given.number),
            expires_on=given.expires_on.isoformat(),
        ),
        message=_MESSAGES[stored.message] if stored.message else None,
        valid_until=stored.valid_until.isoformat() if stored.valid_until else None,
        submitted=stored.submitted_at.astimezone(BANK_TIME_ZONE).date().isoformat() if stored.submitted_at else None,
        next_step=_next(stored.status, missing, problems),
    )


def _next(status: ApplicationStatus, missing: list[str], problems: list[str]) -> str:
    if status != "draft":
        return _NEXT[status]
    if problems:
        return problems[0]
    return f"Give us {missing[0]}, {WHERE}." if missing else "Submit the application."
