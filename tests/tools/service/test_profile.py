"""The profile: what customers see of themselves, and what they change with a code. Issue 3: "profile: contact details,
address, preferences, consent"; step-up for changed contact details."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from core.errors import Refused
from tests.tools.asking import approved, at, done, pending, prepared, refused_arguments
from tests.tools.conftest import Desk
from tools.demo_bank import reset_demo
from tools.operations import decide
from tools.service.contact_details import AddressChange, ContactChange
from tools.service.contact_forms import phone_number, postcode, postcode_area, uk_address
from tools.service.profile import Profile


def stored(desk: Desk) -> dict[str, Any]:
    [row] = desk.owner(
        """select phone, address_line, city, postcode, email from customers c join credentials l on l.customer_id = c.id
            where c.id = %(id)s""",
        id=desk.alex,
    )
    return row


async def test_the_profile_is_the_customers_own(reading_desk: Desk):
    profile = await reading_desk.ask(reading_desk.blair, "get_profile")

    known = (profile["email"], profile["phone"], profile["postcode"])
    assert known == ("blair@demo.example", "+44 7700 900456", "YO10 4DR")
    assert profile["verification"]["state"] == "verified"
    assert profile["preferences"] == {
        "statement_delivery": "online",
        "language": "en",
        "marketing_channel": "none",
    }
    assert {each["consent"]: each["is_given"] for each in profile["consents"]} == {
        "marketing": False,
        "personalisation": False,
        "research": False,
        "model_improvement": False,
        "outside_models": False,
    }
    assert profile["consent_history"] == []


def test_what_tells_who_a_customer_is_has_a_placeholder():
    """agent/nodes/tools.py hides PRIVATE fields from models."""
    assert set(Profile.PRIVATE) == {"name", "email", "phone", "address_line", "postcode", "date_of_birth"}
    assert set(Profile.PRIVATE) <= set(Profile.model_fields)
    assert set(ContactChange.PRIVATE) <= set(ContactChange.model_fields)
    assert set(AddressChange.PRIVATE) <= set(AddressChange.model_fields)


# Contact details ----------------------------------------------------------------------------------------------------


async def test_a_new_number_needs_a_code_and_is_kept_in_one_form(desk: Desk):
    before = stored(desk)
    proposed = await prepared(desk, "change_contact_details", phone="07700 900 555")

    assert proposed["step_up"] is True
    assert proposed["summary"] == "Change your phone number to +447700900555"
    assert stored(desk) == before
    with pytest.raises(Refused):
        await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert stored(desk) == before

    assert (await approved(desk, proposed)).status == "completed"
    assert stored(desk) == before | {"phone": "+447700900555"}


async def test_a_model_sees_no_new_number_and_the_customer_does(desk: Desk):
    outcome = await desk.call(desk.alex, "change_contact_details", phone="07700900555", email="New@Demo.Example")

    assert isinstance(outcome.result, ContactChange)
    assert (outcome.result.new_phone, outcome.result.new_email) == ("+447700900555", "new@demo.example")
    assert "new_phone" not in outcome.result.model_dump_json()


async def test_the_customer_logs_in_with_the_new_address(desk: Desk):
    await done(desk, "change_contact_details", email="Alex.New@Demo.Example")

    assert stored(desk)["email"] == "alex.new@demo.example"


@pytest.mark.parametrize("taken", ["blair@demo.example", "agent@demo.example"])
async def test_somebody_elses_login_is_refused_behind_the_code_and_not_before(desk: Desk, taken: str):
    """Also a colleague's: customers and staff log in at one door."""
    before = stored(desk)
    proposed = await prepared(desk, "change_contact_details", email=taken, phone="07700900555")

    ended = await approved(desk, proposed)

    assert (ended.status, ended.error_code) == ("failed", "email_unavailable")
    assert stored(desk) == before


async def test_nobody_can_ask_around_whose_addresses_the_bank_knows(desk: Desk):
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        [known] = connection.execute("select is_login_taken('blair@demo.example')").fetchall()

    assert known == (False,)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "say the new phone number"),
        ({"phone": "12345"}, "at least 7"),
        ({"phone": "07700"}, "at least 7"),
        ({"phone": "0770 0900"}, "area or country code"),
        ({"phone": "no number at all"}, "area or country code"),
        ({"phone": "07700900555; drop"}, "area or country code"),
        ({"email": "nobody"}, "valid email"),
        ({"email": "a@b@c.example"}, "valid email"),
        ({"email": "a\n@c.example"}, "valid email"),
    ],
)
async def test_what_is_no_number_or_address_prepares_nothing(desk: Desk, arguments: dict[str, str], reason: str):
    assert reason in await refused_arguments(desk, "change_contact_details", **arguments)
    assert pending(desk) == []


@pytest.mark.parametrize("same", [{"phone": "07700 900123"}, {"email": "ALEX@demo.example"}])
async def test_what_is_so_already_is_said_so(desk: Desk, same: dict[str, str]):
    assert (await desk.ask(desk.alex, "change_contact_details", **same))["status"] == "already_so"
    assert pending(desk) == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044 7700-900123", "+447700900123"),
        ("020 7946 0000", "+442079460000"),
        ("+49 30 1234567", "+49301234567"),
        ("01750 62000", "+44175062000"),
    ],
)
def test_numbers_as_people_write_them(said: str, kept: str):
    assert phone_number(said) == kept


@pytest.mark.parametrize("said", ["", "+", "123", "+0 123456789", "+44 77", "07700 900123 ext 5", "+1234567890123456"])
def test_what_is_no_number(said: str):
    with pytest.raises(ValueError, match="country code"):
        phone_number(said)


# Address ------------------------------------------------------------------------------------------------------------


async def test_a_new_address_needs_a_code(desk: Desk):
    before = stored(desk)
    proposed = await prepared(desk, "change_address", address="Flat 2, 5 Elm Grove, York, yo104dr")

    assert proposed["step_up"] is True
    assert proposed["summary"] == "Change your address to Flat 2, 5 Elm Grove, York YO10 4DR"
    assert (await approved(desk, proposed)).status == "completed"
    assert stored(desk) == before | {"address_line": "Flat 2, 5 Elm Grove", "city": "York", "postcode": "YO10 4DR"}


async def test_an_address_in_parts_is_the_same(desk: Desk):
    whole = await prepared(desk, "change_address", address="5 Elm Grove, York, YO10 4DR")
    parts = await prepared(desk, "change_address", address="5 Elm Grove", city="York", postcode="YO10 4DR")

    assert whole["summary"] == parts["summary"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"address": "5 Elm Grove"}, "what is the postcode?"),
        ({"address": "5 Elm Grove, York"}, "what is the postcode?"),
        ({"address": "5 Elm Grove York YO10 4DR"}, "commas"),
        ({"address": "YO10 4DR"}, "commas"),
        ({"address": "5 Elm Grove, York, QQ1 1AA"}, "no UK postcode"),
        ({"address": "1 Rue de Lille, 75007 Paris"}, "what is the postcode?"),
        ({"address": ", York, YO10 4DR"}, "commas"),
        ({"address": "YO10 4DR", "city": "York"}, "house and the street"),
    ],
)
async def test_an_address_that_cannot_be_read_is_asked_for(desk: Desk, arguments: dict[str, str], reason: str):
    answer = await desk.ask(desk.alex, "change_address", **arguments)

    assert answer["status"] == "address_unclear"
    assert reason in answer["message"]
    assert pending(desk) == []


async def test_a_wrong_postcode_and_a_hidden_line_are_refused(desk: Desk):
    assert "no UK postcode" in await refused_arguments(desk, "change_address", address="5 Elm Grove", postcode="12345")
    assert "one line" in await refused_arguments(desk, "change_address", address="5 Elm\x1bGrove, York, YO10 4DR")
    assert "one line" in await refused_arguments(desk, "change_address", address="5 Elm\u202eGrove, York, YO10 4DR")


async def test_the_address_that_is_kept_already_is_no_change(desk: Desk):
    answer = await desk.ask(desk.alex, "change_address", address="14 Linden Way, Leeds, LS6 2QT")

    assert answer["status"] == "already_so"


@pytest.mark.parametrize("code", ["M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB"])
def test_every_form_of_postcode_is_known(code: str):
    """The examples of the Office for National Statistics."""
    assert postcode(code.lower().replace(" ", "")) == code


@pytest.mark.parametrize("code", ["", "LS6", "LS62QTX", "QS6 2QT", "LS6 2CI", "A1 1A", "12345"])
def test_what_is_no_postcode(code: str):
    with pytest.raises(ValueError, match="no UK postcode"):
        postcode(code)


def test_the_area_of_a_postcode():
    assert [postcode_area(said) for said in ("LS6 2QT", "ls6", "LS", "M14 5LN", "E")] == ["LS", "LS", "LS", "M", "E"]
    assert [postcode_area(said) for said in ("", "Leeds", "York", "12345")] == [None] * 4
    assert str(uk_address("1 High Street", "Leeds", "LS6 2QT")) == "1 High Street, Leeds LS6 2QT"


# Preferences and consents -------------------------------------------------------------------------------------------


async def test_preferences_change_one_by_one(desk: Desk):
    await done(desk, "set_preferences", statement_delivery="paper")
    proposed = await prepared(desk, "set_preferences", language="cy", statement_delivery="paper")

    assert proposed["summary"] == "From now on: letters and messages in Welsh"
    assert proposed["step_up"] is False
    await approved(desk, proposed)
    profile = await desk.ask(desk.alex, "get_profile")
    assert profile["preferences"] == {"statement_delivery": "paper", "language": "cy", "marketing_channel": "none"}
    assert (await desk.ask(desk.alex, "set_preferences", language="cy"))["status"] == "already_so"
    assert "say what to change" in await refused_arguments(desk, "set_preferences")


async def test_offers_come_only_to_who_agreed_and_end_with_the_agreement(desk: Desk):
    refused = await desk.ask(desk.alex, "set_preferences", marketing_channel="email")
    assert refused["status"] == "consent_missing"

    await done(desk, "set_consent", consent="marketing", give=True)
    await done(desk, "set_preferences", marketing_channel="email")
    waiting = await prepared(desk, "set_preferences", marketing_channel="post")
    await done(desk, "set_consent", consent="marketing", give=False)

    profile = await desk.ask(desk.alex, "get_profile")
    assert profile["preferences"]["marketing_channel"] == "none"
    late = await approved(desk, waiting)
    assert (late.status, late.error_code) == ("failed", "consent_missing")


async def test_every_yes_and_every_withdrawal_is_kept_with_its_version_and_time(desk: Desk):
    later = at(desk, desk.now + timedelta(days=30))
    await done(desk, "set_consent", consent="research", give=True)
    assert (await desk.ask(desk.alex, "set_consent", consent="research", give=True))["status"] == "already_so"
    desk.owner(
        "insert into consent_texts values ('research', '2026-12', 'You may ask me every week.', %(at)s)",
        at=desk.now + timedelta(days=10),
    )

    [research] = [c for c in (await later.ask(desk.alex, "get_profile"))["consents"] if c["consent"] == "research"]
    assert (research["is_given"], research["version"], research["asked_version"]) == (True, "2026-01", "2026-12")
    await done(later, "set_consent", consent="research", give=True)
    await done(later, "set_consent", consent="research", give=False)

    history = (await later.ask(desk.alex, "get_profile"))["consent_history"]
    assert [(each["version"], each["is_given"]) for each in history] == [
        ("2026-12", False),
        ("2026-12", True),
        ("2026-01", True),
    ]
    rows = desk.owner("select operation_id from consents")
    assert len({row["operation_id"] for row in rows}) == 3


async def test_a_text_that_is_not_asked_about_cannot_be_agreed_to(desk: Desk):
    assert "Input should be" in await refused_arguments(desk, "set_consent", consent="everything", give=True)


@pytest.mark.parametrize(
    "statement",
    [
        "update customers set phone = '+447700900999'",
        "update credentials set email = 'x@y.example'",
        "insert into customer_preferences values (app_customer_id(), 'paper', 'en', 'none', now())",
        "insert into consents (customer_id, name, version, is_given, at)"
        " values (app_customer_id(), 'marketing', '2026-01', true, now())",
    ],
)
async def test_without_a_confirmed_operation_the_database_changes_nothing(reading_desk: Desk, statement: str):
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(psycopg.DatabaseError, match="changes only when a confirmed operation"):
            connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "update customers set full_name = 'x'",
        "update customers set tier = 'premium'",
        "update customers set kyc_status = 'verified'",
        "update credentials set password_hash = 'x'",
        "update consents set is_given = true",
        "delete from consents",
        "delete from customer_preferences",
        "insert into consent_texts values ('marketing', 'x', 'x', now())",
    ],
)
async def test_there_are_things_that_no_operation_may_change(reading_desk: Desk, statement: str):
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_a_reset_puts_the_profile_back(desk: Desk):
    before = stored(desk)
    await done(desk, "change_contact_details", phone="07700900555", email="else@demo.example")
    await done(desk, "change_address", address="5 Elm Grove, York, YO10 4DR")
    await done(desk, "set_consent", consent="marketing", give=True)
    await done(desk, "set_preferences", statement_delivery="paper")

    reset_demo(desk.services.owner_url, "alex", desk.now)

    assert stored(desk) == before
    assert desk.owner("select 1 from consents union all select 1 from customer_preferences") == []
