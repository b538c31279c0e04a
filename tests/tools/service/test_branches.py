"""Branches, cash machines, opening hours, fees and limits. Issue 3: "bank: branches and ATMs, fees and limits from
product tables, opening hours"."""

from datetime import UTC, date, datetime, time
from uuid import uuid4

import psycopg
import pytest

from tests.tools.asking import at, refused_arguments
from tests.tools.conftest import Desk
from tools.demo_bank.branches import load_branches
from tools.demo_bank.catalogue import load_catalogue
from tools.demo_bank.load import publish_missing
from tools.demo_bank.terms import load_terms
from tools.service.opening_hours import Hours, day_kind

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SATURDAY_EVENING = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)
BOXING_DAY = datetime(2026, 12, 26, 12, 0, tzinfo=UTC)
"""A Saturday and a bank holiday, between Christmas and the Monday that stands in for it."""


@pytest.mark.parametrize("place", ["Leeds", "leeds", "LS6 2QT", "LS", "Leeds Headingley"])
async def test_a_branch_is_found_by_town_name_or_postcode(reading_desk: Desk, place: str):
    found = await at(reading_desk, MONDAY).ask(reading_desk.alex, "find_branches", place=place)

    [branch] = found["branches"]
    assert branch == {
        "name": "Leeds Headingley",
        "address": "41 Otley Road, Leeds LS6 3PX",
        "city": "Leeds",
        "has_quiet_room": True,
        "open_today": "09:30 to 16:30",
    }


async def test_without_a_place_all_branches_are_found_by_everybody(reading_desk: Desk):
    """Also by a customer who holds nothing: the list is public."""
    found = await reading_desk.ask(uuid4(), "find_branches")

    assert {branch["city"] for branch in found["branches"]} == set(load_catalogue().cities)


async def test_a_town_without_a_branch_is_answered_with_those_that_have_one(reading_desk: Desk):
    answer = await reading_desk.ask(reading_desk.alex, "find_branches", place="Reykjavik")

    assert answer["status"] == "branch_unclear"
    assert answer["choices"] == sorted(load_catalogue().cities)


@pytest.mark.parametrize("place", ["'; drop table branches; --", "%", "_", "\\"])
async def test_a_place_is_compared_and_not_interpreted(reading_desk: Desk, place: str):
    for tool, status in (("find_branches", "branch_unclear"), ("find_atms", "place_unclear")):
        assert (await reading_desk.ask(reading_desk.alex, tool, place=place))["status"] == status


@pytest.mark.parametrize("place", ["York", "YO10 4DR", "yo"])
async def test_cash_machines_of_a_town(reading_desk: Desk, place: str):
    found = await reading_desk.ask(reading_desk.alex, "find_atms", place=place)

    cash = load_catalogue().local["York", "cash"]
    assert [atm["label"] for atm in found["atms"]] == sorted(
        terminal.label for merchant in cash for terminal in merchant.terminals
    )
    assert {atm["operator"] for atm in found["atms"]} == {merchant.name for merchant in cash}


async def test_cash_machines_need_a_town(reading_desk: Desk):
    answer = await reading_desk.ask(reading_desk.alex, "find_atms")

    assert (answer["status"], answer["message"]) == ("place_unclear", "In which town?")
    assert "York" in answer["choices"]
    assert "one line" in await refused_arguments(reading_desk, "find_atms", place="York\nLeeds")


# Opening hours ------------------------------------------------------------------------------------------------------


async def test_hours_are_as_the_help_centre_has_them(reading_desk: Desk):
    """knowledge/help_centre/opening-hours.md"""
    found = await at(reading_desk, MONDAY).ask(reading_desk.alex, "get_opening_hours")

    phone, branches = found["hours"]
    assert phone["places"] == ["Phone line and chat with people"]
    assert len(branches["places"]) == len(load_catalogue().cities)
    week = {day["day"]: (day["open"], own["open"]) for day, own in zip(phone["week"], branches["week"], strict=True)}
    assert week == {
        **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("08:00 to 20:00", "09:30 to 16:30")),
        "saturday": ("08:00 to 20:00", "09:30 to 13:00"),
        "sunday": ("09:00 to 17:00", None),
        "bank_holiday": ("09:00 to 17:00", None),
        "christmas_day": (None, None),
    }


@pytest.mark.parametrize(
    ("now", "phone", "branch"),
    [
        (MONDAY, (True, "2026-11-23T20:00+00:00"), (True, "2026-11-23T16:30+00:00")),
        (SATURDAY_EVENING, (True, "2026-11-28T20:00+00:00"), (False, "2026-11-30T09:30+00:00")),
        (BOXING_DAY, (True, "2026-12-26T17:00+00:00"), (False, "2026-12-29T09:30+00:00")),
        (BOXING_DAY.replace(day=25), (False, "2026-12-26T09:00+00:00"), (False, "2026-12-29T09:30+00:00")),
        # In summer, local time is an hour ahead.
        (datetime(2026, 7, 6, 7, 30, tzinfo=UTC), (True, "2026-07-06T20:00+01:00"), (False, "2026-07-06T09:30+01:00")),
    ],
)
async def test_whether_it_is_open_just_now(
    reading_desk: Desk, now: datetime, phone: tuple[bool, str], branch: tuple[bool, str]
):
    found = await at(reading_desk, now).ask(reading_desk.alex, "get_opening_hours")

    assert [(each["is_open"], each["next_change"]) for each in found["hours"]] == [phone, branch]


async def test_hours_of_one_branch(reading_desk: Desk):
    found = await at(reading_desk, MONDAY).ask(reading_desk.alex, "get_opening_hours", branch="York")

    [hours] = found["hours"]
    assert (hours["places"], hours["is_open"]) == (["York Hull Road"], True)
    unclear = await reading_desk.ask(reading_desk.alex, "get_opening_hours", branch="Paris")
    assert unclear["status"] == "branch_unclear"


def test_a_place_that_never_opens_has_no_next_opening():
    assert list(Hours({}).from_now(MONDAY)) == []
    assert Hours({"monday": (time(9), time(17))}).on(date(2026, 11, 24)) is None


def test_days_are_of_a_kind():
    days = (date(2026, 11, 21), date(2026, 12, 25), date(2026, 12, 28), date(2027, 3, 29), date(2026, 12, 29))
    assert [day_kind(day) for day in days] == ["saturday", "christmas_day", "bank_holiday", "bank_holiday", "tuesday"]


# Fees and limits ----------------------------------------------------------------------------------------------------


async def test_fees_are_those_of_the_product_terms(reading_desk: Desk):
    found = await reading_desk.ask(reading_desk.alex, "list_fees_and_limits", product="cards", kind="fee")

    published = {code for code, term in load_terms().items() if (term["product"], term["kind"]) == ("cards", "fee")}
    assert {term["code"] for term in found["terms"]} == published
    assert found["left_out"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "value"),
    [
        ({"text": "chaps"}, "payment.chaps.fee", "£20.00"),
        ({"kind": "limit", "text": "cash daily"}, "cash.atm.daily_limit", "£500.00"),
        ({"product": "Exchange", "text": "weekday"}, "exchange.fee.weekday", "0.5%"),
        ({"product": "payment", "text": "SWIFT", "kind": "fee"}, "payment.swift.fee", None),
        ({"product": "support", "text": "complaint payments"}, "complaint.payment.reply", "15 working days"),
    ],
)
async def test_a_figure_is_found_by_words(reading_desk: Desk, arguments: dict[str, str], code: str, value: str | None):
    found = await reading_desk.ask(reading_desk.alex, "list_fees_and_limits", **arguments)

    values = {term["code"]: term["value"] for term in found["terms"]}
    assert code in values
    if value is not None:
        assert values[code] == value


async def test_of_many_figures_some_are_left_out_and_counted(reading_desk: Desk):
    found = await reading_desk.ask(reading_desk.alex, "list_fees_and_limits")

    assert len(found["terms"]) + found["left_out"] == len(load_terms())
    assert found["left_out"] > 0


async def test_what_is_not_published_is_answered_with_the_products_that_are(reading_desk: Desk):
    unknown = await reading_desk.ask(reading_desk.alex, "list_fees_and_limits", product="yachts")
    nothing = await reading_desk.ask(reading_desk.alex, "list_fees_and_limits", text="100% _ ' nothing")

    assert (unknown["status"], nothing["status"]) == ("product_unclear", "term_unclear")
    assert unknown["choices"] == nothing["choices"] == sorted({term["product"] for term in load_terms().values()})


# The demo bank's branches -------------------------------------------------------------------------------------------


async def test_an_older_demo_bank_gets_branches_and_one_with_branches_keeps_its_own(desk: Desk):
    branches, hours = load_branches()
    desk.owner("delete from opening_hours")
    desk.owner("delete from branches")

    for _ in range(2):
        with psycopg.connect(desk.services.owner_url) as connection:
            publish_missing(connection, desk.now)
        assert desk.owner("select count(*) as n from branches") == [{"n": len(branches)}]
        assert desk.owner("select count(*) as n from opening_hours") == [{"n": len(hours)}]

    desk.owner("delete from opening_hours where branch_id <> 1")
    desk.owner("delete from branches where id <> 1")
    with psycopg.connect(desk.services.owner_url) as connection:
        publish_missing(connection, desk.now)
    assert desk.owner("select count(*) as n from branches") == [{"n": 1}]
