"""What customers prefer, and what they agreed to. A consent is a named text in a version; every yes and withdrawal is
kept with its time. Offers are sent only to who agreed to them, and stop when the agreement is taken back."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from core.db.database import WriteHandle
from core.errors import Refused
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Risk, ToolContext, tool
from tools.service.profile import (
    AlreadySo,
    ConsentName,
    Language,
    MarketingChannel,
    StatementDelivery,
    read_consents,
    read_profile,
)

_SAID = {
    "online": "statements online",
    "paper": "statements on paper",
    "en": "letters and messages in English",
    "cy": "letters and messages in Welsh",
    "none": "no offers",
    "email": "offers by e-mail",
    "text": "offers by text message",
    "post": "offers by post",
}


class PreferencesArguments(Arguments):
    statement_delivery: StatementDelivery | None = Field(default=None, description="How statements come.")
    language: Language | None = Field(default=None, description="Of letters and messages: en (English), cy (Welsh).")
    marketing_channel: MarketingChannel | None = Field(
        default=None, description="How offers may be sent; none: not at all."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any((self.statement_delivery, self.language, self.marketing_channel)):
            raise ValueError("say what to change: statement_delivery, language or marketing_channel")
        return self


class ConsentArguments(Arguments):
    consent: ConsentName = Field(
        description="marketing: offers; personalisation: suggestions from payments; research: surveys."
    )
    give: bool = Field(description="true to agree, false to take it back.")


class ConsentMissing(Refusal):
    status: Literal["consent_missing"] = "consent_missing"
    message: str = reason_of("consent_missing")


@tool(
    title="Prepare to change your preferences",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="PATCH /profile/preferences",
    examples={
        "Send me paper statements": {"statement_delivery": "paper"},
        "Stop sending me offers": {"marketing_channel": "none"},
    },
)
async def set_preferences(
    context: ToolContext, arguments: PreferencesArguments
) -> Proposed | AlreadySo | ConsentMissing:
    """Prepares other preferences: statements online or on paper, the language of letters, how offers may be sent. What
    is left out stays. The customer confirms in the app; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        row = await read_profile(db, context)
        now = {name: getattr(row, name) for name in PreferencesArguments.model_fields}
        changed = {name: value for name, value in arguments.model_dump(exclude_none=True).items() if value != now[name]}
        if not changed:
            return AlreadySo()
        if changed.get("marketing_channel", "none") != "none":
            consents = await read_consents(db, context)
            if not any(each.name == "marketing" and each.is_given for each in consents):
                return ConsentMissing()
        return await propose(
            db,
            context,
            "set_preferences",
            payload=now | changed,
            proposed=Proposed(summary=f"From now on: {', '.join(_SAID[value] for value in changed.values())}"),
        )


@effect("set_preferences")
async def _set_preferences(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    return None if await db.execute(QUERIES["set_preferences"], values) else "consent_missing"


@tool(
    title="Prepare to agree to something, or to take it back",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="PUT /profile/consents/{consent}",
    examples={
        "You may use my payments for suggestions": {"consent": "personalisation", "give": True},
        "I don't want marketing any more": {"consent": "marketing", "give": False},
    },
)
async def set_consent(context: ToolContext, arguments: ConsentArguments) -> Proposed | AlreadySo:
    """Prepares the customer's yes to one of the bank's consent texts in its present version, or their withdrawal. The
    customer confirms in the app; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        consents = {each.name: each for each in await read_consents(db, context)}
        asked = consents.get(arguments.consent)
        if asked is None:
            raise Refused("The bank does not ask about that.", code="not_offered")
        is_outdated = arguments.give and asked.version != asked.asked_version
        if bool(asked.is_given) == arguments.give and not is_outdated:
            return AlreadySo()
        action = "Agree" if arguments.give else "Do not agree any more"
        return await propose(
            db,
            context,
            "set_consent",
            # Taken back is what was agreed to, whatever is asked about today.
            payload={
                "name": asked.name,
                "version": asked.asked_version if arguments.give else asked.version,
                "is_given": arguments.give,
            },
            proposed=Proposed(summary=f"{action}: {asked.text.rstrip('.')}"),
        )


@effect("set_consent")
async def _set_consent(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    await db.execute(QUERIES["insert_consent"], values)
    if payload["name"] == "marketing" and not payload["is_given"]:
        await db.execute(QUERIES["stop_marketing"], values)
    return None
