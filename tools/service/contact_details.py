"""How the bank reaches its customer: telephone, e-mail address, postal address. Each change asks for a code.

The e-mail address is also what the customer logs in with. Whether somebody else does so already is looked at only when
the change is executed, behind the code: a signed-in customer cannot ask around whose addresses the bank knows.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import EmailStr, Field, field_validator, model_validator

from core.db.database import WriteHandle
from tools.customer_text import Line
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Risk, ToolContext, Unclear, tool
from tools.service.contact_forms import phone_number, postcode, uk_address
from tools.service.profile import AlreadySo, read_profile


class ContactArguments(Arguments):
    phone: Line | None = Field(
        default=None, min_length=7, max_length=30, description="New number; without a country code a British one."
    )
    email: EmailStr | None = Field(default=None, max_length=254, description="New e-mail address.")

    @field_validator("email")
    @classmethod
    def _as_logins_are_kept(cls, email: str | None) -> str | None:
        return email and email.lower()

    @field_validator("phone")
    @classmethod
    def _as_numbers_are_kept(cls, phone: str | None) -> str | None:
        return phone and phone_number(phone)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.phone is None and self.email is None:
            raise ValueError("say the new phone number or the new e-mail address")
        return self


class AddressArguments(Arguments):
    address: Line = Field(
        min_length=3,
        description="House and street. Town and postcode may follow, between commas: 14 Linden Way, Leeds, LS6 2QT.",
    )
    city: Line | None = Field(default=None, min_length=2, max_length=60, description="Town.")
    postcode: Line | None = Field(default=None, max_length=10, description="UK postcode.")

    @field_validator("postcode")
    @classmethod
    def _as_postcodes_are_kept(cls, said: str | None) -> str | None:
        return said and postcode(said)


class AddressUnclear(Unclear):
    status: Literal["address_unclear"] = "address_unclear"
    choices: list[str] = Field(default=[], description="Always empty: ask for the address.")


class ContactChange(Proposed):
    """As every proposal; a model sees placeholders for what is new."""

    PRIVATE: ClassVar[Mapping[str, str]] = {"new_phone": "PHONE", "new_email": "EMAIL"}

    new_phone: str | None = Field(default=None, exclude=True)
    new_email: str | None = Field(default=None, exclude=True)


class AddressChange(Proposed):
    """As every proposal; a model sees a placeholder for what is new."""

    PRIVATE: ClassVar[Mapping[str, str]] = {"new_address": "ADDRESS"}

    new_address: str = Field(default="", exclude=True)


@tool(
    title="Prepare to change your phone number or e-mail address",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="PATCH /profile/contact-details",
    examples={
        "My new number is 07700 900555": {"phone": "07700 900555"},
        "Change my e-mail to sam@new.example": {"email": "sam@new.example"},
    },
)
async def change_contact_details(context: ToolContext, arguments: ContactArguments) -> ContactChange | AlreadySo:
    """Prepares another phone number or e-mail address, or both. The customer logs in with the new e-mail address then.
    They confirm in the app, with a security code that goes to where codes go now; this call changes nothing."""
    async with context.database.writing(context.scope) as db:
        profile = await read_profile(db, context)
        has_number = profile.phone and arguments.phone == phone_number(profile.phone)
        phone = None if has_number else arguments.phone
        email = None if arguments.email == profile.email else arguments.email
        if phone is None and email is None:
            return AlreadySo()
        changes = [f"phone number to {phone}"] * bool(phone) + [f"e-mail address and login to {email}"] * bool(email)
        proposed = await propose(
            db,
            context,
            "change_contact_details",
            payload={"phone": phone, "email": email},
            proposed=Proposed(summary=f"Change your {' and your '.join(changes)}"),
        )
    return ContactChange(**proposed.model_dump(), new_phone=phone, new_email=email)


@effect("change_contact_details")
async def _change_contact_details(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id}
    if payload["email"] and not await db.execute(QUERIES["set_email"], values):
        return "email_unavailable"
    if payload["phone"]:
        await db.execute(QUERIES["set_phone"], values)
    return None


@tool(
    title="Prepare to change your address",
    scope="profile:write",
    risk=Risk.PREPARE,
    rest="PUT /profile/address",
    examples={
        "I moved to 5 Mill Lane, York, YO10 4DR": {"address": "5 Mill Lane, York, YO10 4DR"},
        "My address is 5 Mill Lane in York, YO10 4DR": {
            "address": "5 Mill Lane",
            "city": "York",
            "postcode": "YO10 4DR",
        },
    },
)
async def change_address(
    context: ToolContext, arguments: AddressArguments
) -> AddressChange | AddressUnclear | AlreadySo:
    """Prepares another postal address in the United Kingdom. The customer confirms in the app, with a security code;
    this call changes nothing."""
    try:
        address = uk_address(arguments.address, arguments.city, arguments.postcode)
    except ValueError as error:
        return AddressUnclear(message=f"I could not read the address: {error}.", asked_for=None)
    async with context.database.writing(context.scope) as db:
        profile = await read_profile(db, context)
        if (profile.address_line, profile.city, profile.postcode) == (
            address.address_line,
            address.city,
            address.postcode,
        ):
            return AlreadySo()
        proposed = await propose(
            db,
            context,
            "change_address",
            payload={"address_line": address.address_line, "city": address.city, "postcode": address.postcode},
            proposed=Proposed(summary=f"Change your address to {address}"),
        )
    return AddressChange(**proposed.model_dump(), new_address=str(address))


@effect("change_address")
async def _change_address(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    await db.execute(QUERIES["set_address"], payload | {"customer_id": context.customer_id})
    return None
