"""Sections of an application. What was prepared lies sealed in the operation, too."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from core.db.database import WriteHandle
from tools.kyc.application import (
    Application,
    Exposure,
    HomeAddress,
    Identity,
    IdentityDocument,
    RiskAnswers,
    Section,
    TaxDetails,
)
from tools.kyc.checks import find_problems
from tools.kyc.store import lock_open, open_application, seal_application
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, tool

USUAL_LEVEL = 2
"""What an application is for, where the customer does not say."""

_NAMES: dict[Section, str] = {
    Section.IDENTITY: "who you are",
    Section.ADDRESS: "your address",
    Section.DOCUMENT: "your identity document",
    Section.TAX: "where you pay tax",
    Section.EXPOSURE: "public functions",
    Section.RISK: "your occupation and money",
}


class FillArguments(Arguments):
    """At least one section. A section replaces what was there."""

    level: Literal[1, 2, 3] | None = Field(default=None, description="1 basic, 2 full (the usual one), 3 enhanced.")
    identity: Identity | None = Field(default=None, description="Who the customer is.")
    address: HomeAddress | None = Field(default=None, description="Where the customer lives.")
    document: IdentityDocument | None = Field(default=None, description="What the customer is identified by.")
    tax: TaxDetails | None = Field(default=None, description="Where the customer pays tax, as they certify.")
    exposure: Exposure | None = Field(default=None, description="Whether the customer is politically exposed.")
    risk: RiskAnswers | None = Field(default=None, description="For level 3: what the account is used for.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.application.sections:
            raise ValueError("fill at least one section: identity, address, document, tax, exposure or risk")
        return self

    @property
    def application(self) -> Application:
        return Application(**{section.value: getattr(self, section.value) for section in Section})


@dataclass(frozen=True, slots=True)
class _Prepared:
    sealed: str


class DetailsRefused(Refusal):
    status: Literal["details_refused"] = "details_refused"
    problems: list[str] = Field(description="Each with what would fit.")


class NotOpen(Refusal):
    status: Literal["not_open"] = "not_open"


WHERE = "in the app, under Identification"
"""Where details are filled in and pictures sent, by the bank's own form over REST: a chat keeps what is said in it."""

SUBMITTED = NotOpen(message="Your application is with us already. It cannot be changed while we look at it.")


@tool(
    title="Prepare to fill in your identity details",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="PATCH /kyc/application",
    examples={
        "I am Sam Example, born on 2 May 1990, British": {
            "identity": {"full_name": "Sam Example", "date_of_birth": "1990-05-02", "nationality": "GB"}
        },
        "I live at 5 Mill Lane, York, YO10 4DR and hold no public office": {
            "address": {"line": "5 Mill Lane", "city": "York", "postcode": "YO10 4DR"},
            "exposure": {"is_exposed": False},
        },
    },
)
async def fill_identity_details(context: ToolContext, arguments: FillArguments) -> Proposed | DetailsRefused | NotOpen:
    """Prepares sections of the customer's application to be identified, and begins one if there is none. The customer
    confirms; nothing is sent to anybody before they submit it."""
    async with context.database.writing(context.scope) as db:
        stored = await lock_open(db, context)
        if stored and stored.status != "draft":
            return SUBMITTED
        before = open_application(context.seal, stored.sealed) if stored else Application()
        newer = arguments.application
        filled = set(newer.sections)
        problems = [each for each in find_problems(before.merged(newer), context.today) if each.section in filled]
        if problems:
            texts = [each.text for each in problems]
            return DetailsRefused(message=" ".join(texts), problems=texts)
        named = ", ".join(_NAMES[section] for section in newer.sections)
        return await propose(
            db,
            context,
            "fill_identity_details",
            payload={"level": arguments.level, "sealed": await _sealed_once(db, context, newer)},
            proposed=Proposed(summary=f"Fill in your application to be identified: {named}"),
        )


async def _sealed_once(db: WriteHandle, context: ToolContext, newer: Application) -> str:
    """As the same turn has sealed the same before: a repeated call prepares nothing twice."""
    values = {"customer_id": context.customer_id, "turn_id": context.turn_id}
    known = await db.all(_Prepared, QUERIES["list_details_of_turn"], values)
    again = (each.sealed for each in known if open_application(context.seal, each.sealed) == newer)
    return next(again, None) or seal_application(context.seal, newer)


@effect("fill_identity_details")
async def _fill(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    newer = open_application(context.seal, payload["sealed"])
    stored = await lock_open(db, context)
    if stored and stored.status != "draft":
        return "application_submitted"
    before = open_application(context.seal, stored.sealed) if stored else Application()
    application = before.merged(newer)
    values = {
        "customer_id": context.customer_id,
        "application_id": stored and stored.id,
        "level": payload["level"] or (stored.level if stored else USUAL_LEVEL),
        "sections": [section.value for section in application.sections],
        "sealed": seal_application(context.seal, application),
        "now": context.now,
    }
    await db.execute(QUERIES["set_identity_draft" if stored else "insert_identity_draft"], values)
    return None
