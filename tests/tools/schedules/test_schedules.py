"""Scheduled payments and standing orders as customers make, see, change and cancel them."""

import re
from datetime import date, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from core.db.urls import with_options
from tests.tools.cards.approving import approved
from tests.tools.conftest import Desk
from tests.tools.schedules.scheduling import add_payee, at, balances, later, london, orders, scheduled, today
from tools.calendar import add_months
from tools.operations import decide
from tools.schedules.rules import said_day


async def refused(desk: Desk, tool: str, /, **arguments: Any) -> str:
    """The message of an outright refusal; its code first."""
    outcome = await desk.call(desk.alex, tool, **arguments)
    assert outcome.result is None, outcome.result
    assert outcome.error is not None
    return f"{outcome.error_code}: {outcome.error}"


def unchanged(desk: Desk) -> None:
    """Nothing was prepared and nothing is pending."""
    assert desk.owner("select * from banking_operations") == []
    assert scheduled(desk) == []
    assert len(orders(desk)) == 1


async def test_a_payment_is_scheduled_when_it_is_confirmed_and_made_on_no_other_day(desk: Desk):
    day, before = later(desk, 10), balances(desk)
    proposed = await desk.ask(
        desk.alex, "schedule_payment", amount="20", payee="John", date=str(day), reference="Tickets"
    )

    assert scheduled(desk) == []
    said = f"{day.day} {day:%B %Y}"
    assert {
        key: proposed[key] for key in ("type", "summary", "amount", "currency", "payee", "account", "date", "step_up")
    } == {
        "type": "schedule_payment",
        "summary": f"Pay £20.00 to John Carter from Everyday on {said}",
        "amount": "20.00",
        "currency": "GBP",
        "payee": "John Carter",
        "account": "Everyday",
        "date": str(day),
        "step_up": False,
    }
    ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert ended.status == "completed"
    [row] = scheduled(desk)
    assert (row["status"], row["amount_minor"], row["currency"], row["due_on"]) == ("scheduled", 2000, "GBP", day)
    assert (row["scheduled_by"], row["paid_by"], row["due_at"]) == (ended.id, None, london(day, 6))
    assert balances(desk) == before
    assert (await desk.ask(desk.alex, "list_scheduled_payments"))["scheduled_payments"] == [
        {
            "reference": str(row["id"]),
            "payee": "John Carter",
            "amount": "20.00",
            "currency": "GBP",
            "date": str(day),
            "account": "Everyday",
            "text": "Tickets",
        }
    ]
    assert (await desk.ask(desk.blair, "list_scheduled_payments"))["scheduled_payments"] == []


async def test_a_payment_of_a_later_day_to_an_own_account_needs_no_code(desk: Desk):
    ended = await approved(
        desk, desk.alex, "schedule_payment", amount="500", to_account="Rainy Day", date=str(later(desk, 1))
    )

    assert (ended.status, ended.step_up) == ("completed", False)
    [row] = scheduled(desk)
    assert row["payee_id"] is None
    assert row["to_account_id"] is not None


async def test_over_the_threshold_the_code_is_asked_for_when_it_is_scheduled(desk: Desk):
    proposed = await desk.ask(desk.alex, "schedule_payment", amount="250.01", payee="John", date=str(later(desk, 1)))
    order = await desk.ask(
        desk.alex, "create_standing_order", amount="251", payee="John", frequency="weekly", date=str(later(desk, 1))
    )

    assert proposed["step_up"] is True
    assert order["step_up"] is True
    ended = await approved(desk, desk.alex, "schedule_payment", amount="250.01", payee="John", date=str(later(desk, 2)))
    assert ended.status == "completed"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"days": 0}, "date_past"),
        ({"days": -1}, "date_past"),
        ({"months": 12, "days": 1}, "date_too_far"),
        ({"payee": "Nobody"}, "payee_unclear"),
        ({"payee": None}, "payee_unclear"),
        ({"account": "Nowhere"}, "account_unclear"),
        ({"payee": None, "to_account": "Nowhere"}, "to_account_unclear"),
        ({"payee": None, "to_account": "Everyday", "account": "Everyday"}, "same_account"),
    ],
)
async def test_what_is_not_possible_says_what_would_be(desk: Desk, wrong: dict[str, Any], status: str):
    day = add_months(today(desk), wrong.get("months", 0)) + timedelta(days=wrong.get("days", 5))
    asked = {"amount": "5", "payee": "John", "date": str(day)} | wrong
    asked = {name: value for name, value in asked.items() if name not in ("months", "days")}

    result = await desk.ask(desk.alex, "schedule_payment", **asked)

    assert result["status"] == status
    assert result["message"]
    assert result.get("choices") or result.get("earliest") or result.get("latest") or result.get("account")
    unchanged(desk)


async def test_the_last_day_that_is_possible_is_twelve_months_ahead(desk: Desk):
    day = str(add_months(today(desk), 12))

    assert (await desk.ask(desk.alex, "schedule_payment", amount="5", payee="John", date=day))["date"] == day
    too_far = await desk.ask(desk.alex, "schedule_payment", amount="5", payee="John", date=str(later(desk, 800)))
    assert too_far["latest"] == day
    assert "12 months" in too_far["message"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "0"}, "wrong_amount: "),
        ({"amount": "-5"}, "wrong_amount: "),
        ({"amount": "five"}, "wrong_amount: "),
        ({"amount": "1.234"}, "too_many_decimals: "),
        ({"amount": "10000.01"}, "over_payment_limit: "),
        ({"currency": "XXX"}, "wrong_currency: "),
        ({"currency": "EUR"}, "wrong_currency: .*an account in GBP"),
        ({"account": "Travel"}, "wrong_currency: .*an account in GBP"),
        ({"payee": None, "to_account": "Travel", "account": "Everyday"}, "wrong_currency: .*an account in EUR"),
        ({"date": "2027-02-29"}, "date: .*its last day is 2027-02-28"),
        ({"date": "soon"}, "date: .*YYYY-MM-DD"),
        ({"to_account": "Rainy Day"}, "a payee or an own account that receives, not both"),
        ({"customer_id": str(uuid4())}, "customer_id: Extra inputs are not permitted"),
        ({"reference": "x" * 36}, "reference: "),
    ],
)
async def test_what_is_wrong_is_told_and_leaves_nothing(desk: Desk, wrong: dict[str, Any], said: str):
    asked = {"amount": "5", "payee": "John", "date": str(later(desk, 5))} | wrong
    for tool, more in (("schedule_payment", {}), ("create_standing_order", {"frequency": "monthly"})):
        message = await refused(desk, tool, **asked | more)
        assert re.search(said, message), message
    unchanged(desk)


async def test_an_account_that_is_frozen_schedules_nothing(desk: Desk):
    desk.owner("update accounts set status = 'frozen' where name in ('Rainy Day', 'Travel')")
    asked = {"amount": "5", "date": str(later(desk, 5))}

    for who in ({"payee": "John", "account": "Rainy Day"}, {"to_account": "Rainy Day", "account": "Everyday"}):
        assert (await refused(desk, "schedule_payment", **asked, **who)).startswith("account_frozen: ")
    unchanged(desk)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update accounts set status = 'frozen' where name = 'Everyday'", "account_unknown"),
        ("update payees set removed_at = now() where name = 'John Carter'", "payee_gone"),
    ],
)
async def test_what_changed_before_the_confirmation_is_not_scheduled(desk: Desk, change: LiteralString, code: str):
    proposed = [
        await desk.ask(desk.alex, "schedule_payment", amount="5", payee="John", date=str(later(desk, 5))),
        await desk.ask(
            desk.alex, "create_standing_order", amount="5", payee="John", date=str(later(desk, 5)), frequency="weekly"
        ),
    ]
    desk.owner(change)

    for each in proposed:
        ended = await decide(desk.context(desk.alex), UUID(each["operation_id"]), "approve")
        assert (ended.status, ended.error_code) == ("failed", code)
    assert scheduled(desk) == []
    assert len(orders(desk)) == 1


async def test_euros_leave_on_a_day_on_which_they_run(desk: Desk):
    add_payee(desk, "Casa Miramar", "EUR", "DE89370400440532013000")
    in_december = at(desk, london(date(2026, 12, 1), 9))

    proposed = await in_december.ask(desk.alex, "schedule_payment", amount="80", payee="Casa", date="2026-12-25")

    assert (proposed["account"], proposed["currency"], proposed["date"]) == ("Travel", "EUR", "2026-12-29")
    assert proposed["summary"].endswith("on 29 December 2026")


async def test_a_scheduled_payment_is_cancelled_until_the_day_before(desk: Desk):
    day = later(desk, 3)
    await approved(desk, desk.alex, "schedule_payment", amount="20", payee="John", date=str(day))
    on_the_day = at(desk, london(day, 0, 1))

    late = await on_the_day.ask(desk.alex, "cancel_scheduled_payment")
    assert (late["status"], late["payee"], late["date"]) == ("too_late_to_cancel", "John Carter", str(day))
    just_in_time = at(desk, london(day - timedelta(days=1), 23, 59))
    proposed = await just_in_time.ask(desk.alex, "cancel_scheduled_payment", payee="John")
    assert (proposed["type"], proposed["payee"], proposed["amount"], proposed["date"]) == (
        *("cancel_scheduled_payment", "John Carter", "20.00"),
        str(day),
    )
    confirmed_late = await decide(on_the_day.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert (confirmed_late.status, confirmed_late.error_code) == ("failed", "schedule_changed")
    assert scheduled(desk)[0]["status"] == "scheduled"

    ended = await approved(just_in_time, desk.alex, "cancel_scheduled_payment", payee="John")
    assert ended.status == "completed"
    assert scheduled(desk)[0]["status"] == "cancelled"
    assert (await desk.ask(desk.alex, "cancel_scheduled_payment"))["status"] == "nothing_scheduled"


async def test_which_of_several_is_asked_by_what_sets_them_apart(desk: Desk):
    first, second = str(later(desk, 3)), str(later(desk, 4))
    for amount, payee, day in (
        ("20", "John", first),
        ("30", "John", first),
        ("20", "John", second),
        ("5", "Maria", first),
    ):
        await approved(desk, desk.alex, "schedule_payment", amount=amount, payee=payee, date=day)

    async def cancel(**said: Any) -> tuple[str, Any]:
        result = await desk.ask(desk.alex, "cancel_scheduled_payment", **said)
        return result["status"], result.get("choices")

    assert await cancel() == ("payee_unclear", ["John Carter", "Maria Lopez"])
    assert await cancel(payee="Gas Board") == ("payee_unclear", ["John Carter", "Maria Lopez"])
    assert await cancel(payee="John") == ("date_unclear", [first, second])
    assert await cancel(payee="John", date=str(later(desk, 9))) == ("date_unclear", [first, second])
    assert await cancel(payee="John", date=first) == ("amount_unclear", ["£20.00", "£30.00"])
    assert (await cancel(payee="John", date=first, amount="30"))[0] == "confirmation_needed"
    assert (await cancel(payee="Maria"))[0] == "confirmation_needed"
    listed = (await desk.ask(desk.alex, "list_scheduled_payments"))["scheduled_payments"]
    assert (await cancel(reference=listed[0]["reference"]))[0] == "confirmation_needed"
    assert (await refused(desk, "cancel_scheduled_payment", reference=str(uuid4()))).startswith("not_found: ")
    assert (await desk.ask(desk.blair, "cancel_scheduled_payment", payee="John"))["status"] == "nothing_scheduled"
    theirs = await desk.call(desk.blair, "cancel_scheduled_payment", reference=listed[0]["reference"])
    assert (theirs.result, theirs.error_code) == (None, "not_found")


async def test_a_standing_order_is_created_with_its_rhythm(desk: Desk):
    first = date(2027, 1, 31)
    january = at(desk, london(date(2027, 1, 5), 9))
    proposed = await january.ask(
        desk.alex,
        "create_standing_order",
        amount="25.50",
        to_account="Rainy Day",
        frequency="monthly",
        date=str(first),
        end_date="2027-12-31",
        reference="Saving",
    )

    assert proposed["summary"] == (
        "Transfer £25.50 to Rainy Day from Everyday every month from 31 January 2027 until 31 December 2027"
    )
    assert (proposed["to_account"], proposed["payee"], proposed["date"]) == ("Rainy Day", None, "2027-01-31")
    ended = await decide(january.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert ended.status == "completed"
    listed = (await desk.ask(desk.alex, "list_standing_orders"))["standing_orders"]
    assert [
        (order["payee"], order["amount"], order["next_run_on"], order["ends_on"], order["text"]) for order in listed
    ][1:] == [("Rainy Day", "25.50", "2027-01-31", "2027-12-31", "Saving")]


async def test_a_standing_order_may_begin_today_and_not_yesterday_and_not_end_before(desk: Desk):
    asked = {"amount": "5", "payee": "John", "frequency": "weekly"}

    begun = await desk.ask(desk.alex, "create_standing_order", **asked, date=str(today(desk)))
    assert begun["date"] == str(today(desk))
    past = await desk.ask(desk.alex, "create_standing_order", **asked, date=str(later(desk, -1)))
    assert (past["status"], past["earliest"]) == ("date_past", str(today(desk)))
    day = later(desk, 9)
    ends = await desk.ask(
        desk.alex, "create_standing_order", **asked, date=str(day), end_date=str(day - timedelta(days=1))
    )
    assert (ends["status"], ends["earliest"]) == ("end_date_too_early", str(day))
    unknown = await refused(desk, "create_standing_order", **asked | {"frequency": "daily"}, date=str(day))
    assert "frequency: " in unknown


async def test_a_standing_order_is_changed_until_the_day_before_its_next_payment(desk: Desk):
    [rent] = orders(desk)
    day = rent["next_run_on"]
    evening, morning = at(desk, london(day - timedelta(days=1), 23, 50)), at(desk, london(day, 0, 10))

    late = await morning.ask(desk.alex, "change_standing_order", payee="Sunrise Lettings", amount="900")
    assert late["status"] == "too_late_to_change"
    proposed = await evening.ask(desk.alex, "change_standing_order", payee="Sunrise Lettings", amount="900")
    said = f"{day.day} {day:%B %Y}"
    assert proposed["summary"] == f"Change the standing order to Sunrise Lettings: £900.00 every month, next on {said}"
    assert (proposed["amount"], proposed["payee"], proposed["step_up"]) == ("900.00", "Sunrise Lettings", True)
    ended = await approved(evening, desk.alex, "change_standing_order", payee="Sunrise Lettings", amount="900")
    assert ended.status == "completed"
    assert orders(desk)[0]["amount_minor"] == 90_000


async def test_another_day_and_another_rhythm_count_from_the_new_day(desk: Desk):
    [rent] = orders(desk)
    day = rent["next_run_on"] + timedelta(days=2)

    asked = await desk.ask(desk.alex, "change_standing_order", reference="rent", date=str(day))
    assert asked["date"] == str(day)
    assert asked["summary"].endswith(f"next on {said_day(day)} instead of {said_day(rent['next_run_on'])}")
    moved = await approved(desk, desk.alex, "change_standing_order", reference="rent", date=str(day))
    assert (moved.status, moved.step_up) == ("completed", True)
    [rent] = orders(desk)
    assert (rent["starts_on"], rent["next_run_on"], rent["frequency"]) == (day, day, "monthly")
    await approved(
        desk, desk.alex, "change_standing_order", frequency="four_weekly", end_date=str(day + timedelta(days=100))
    )
    [rent] = orders(desk)
    assert (rent["starts_on"], rent["frequency"], rent["ends_on"]) == (day, "four_weekly", day + timedelta(days=100))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "nothing_to_change"),
        ({"amount": "850"}, "nothing_to_change"),
        ({"days": -1}, "date_past"),
        ({"days": 400}, "date_too_far"),
        ({"days": 0}, "date_past"),
        ({"end": 0}, "end_date_too_early"),
        ({"payee": "Nobody", "amount": "1"}, "payee_unclear"),
    ],
)
async def test_a_change_that_is_not_possible_says_why(desk: Desk, change: dict[str, Any], status: str):
    said = dict(change)
    if "days" in said:
        said["date"] = str(later(desk, said.pop("days")))
    if "end" in said:
        said["end_date"] = str(later(desk, said.pop("end")))

    assert (await desk.ask(desk.alex, "change_standing_order", **said))["status"] == status
    unchanged(desk)


@pytest.mark.parametrize("amount", ["0", "-1", "1.005", "many", "10000.01"])
async def test_a_change_to_a_wrong_amount_is_refused(desk: Desk, amount: str):
    assert await refused(desk, "change_standing_order", amount=amount)
    unchanged(desk)


async def test_a_change_to_what_changed_meanwhile_is_not_made(desk: Desk):
    day = orders(desk)[0]["next_run_on"] + timedelta(days=2)
    proposed = await desk.ask(desk.alex, "change_standing_order", date=str(day))
    desk.owner("update standing_orders set next_run_on = next_run_on + 1 where customer_id = %(id)s", id=desk.alex)
    before = orders(desk)

    [sent] = desk.owner("select code from demo_outbox order by id desc limit 1")
    ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve", code=sent["code"])

    assert (ended.status, ended.error_code) == ("failed", "schedule_changed")
    assert "changed meanwhile" in (ended.error or "")
    assert orders(desk) == before


async def test_a_standing_order_is_cancelled_and_another_persons_is_not_found(desk: Desk):
    [rent] = orders(desk)
    theirs = await desk.ask(desk.blair, "cancel_standing_order", payee="Sunrise Lettings")
    assert theirs["status"] == "no_standing_order"

    proposed = await desk.ask(desk.alex, "cancel_standing_order", payee="Rent")
    assert proposed["summary"] == "Cancel the standing order to Sunrise Lettings: £850.00 every month"
    late = at(desk, london(rent["next_run_on"], 1))
    assert (await late.ask(desk.alex, "cancel_standing_order"))["status"] == "too_late_to_change"
    ended = await approved(desk, desk.alex, "cancel_standing_order", reference=str(rent["id"]))
    assert ended.status == "completed"
    assert orders(desk)[0]["status"] == "cancelled"
    assert (await desk.ask(desk.alex, "cancel_standing_order"))["status"] == "no_standing_order"


async def test_which_standing_order_is_asked_by_payee_and_then_by_what_it_is(desk: Desk):
    for payee, amount in (("John", "10"), ("John", "20")):
        await approved(
            desk, desk.alex, "create_standing_order",
            amount=amount, payee=payee, frequency="weekly", date=str(later(desk, 40)),
        )  # fmt: skip

    unclear = await desk.ask(desk.alex, "cancel_standing_order")
    assert (unclear["status"], sorted(unclear["choices"])) == ("payee_unclear", ["John Carter", "Sunrise Lettings"])
    which = await desk.ask(desk.alex, "cancel_standing_order", payee="John")
    assert which["status"] == "reference_unclear"
    assert [choice.partition(" to ")[0] for choice in which["choices"]] == ["£10.00 every week", "£20.00 every week"]
    chosen = await desk.ask(desk.alex, "cancel_standing_order", payee="John", reference=which["choices"][1])
    assert chosen["amount"] == "20.00"
    assert (await refused(desk, "cancel_standing_order", reference="rates")).startswith("not_found: ")


@pytest.mark.parametrize(
    "statement",
    [
        """insert into scheduled_payments (customer_id, account_id, payee_id, amount_minor, currency, due_on,
                  scheduled_by, created_at)
           select a.customer_id, a.id, p.id, 1, 'GBP', current_date, '00000000-0000-7000-8000-000000000000', now()
             from accounts a join payees p on p.customer_id = a.customer_id""",
        "update scheduled_payments set status = 'cancelled'",
        "update standing_orders set amount_minor = 1",
        "update standing_orders set status = 'cancelled'",
    ],
)
async def test_the_runtime_login_changes_no_schedule_by_itself(desk: Desk, statement: LiteralString):
    """Only inside the transaction that executes an operation of that customer."""
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.DatabaseError, match="changes only when a confirmed operation"):
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update scheduled_payments set due_on = due_on + 1",
        "update scheduled_payments set amount_minor = 1",
        "delete from scheduled_payments",
        "delete from standing_orders",
        "select run_due_payment('standing_order', gen_random_uuid(), current_date, null, null, '{}', now())",
        "select postpone_due_payment('standing_order', gen_random_uuid(), current_date, now(), now())",
        "select expire_operation(gen_random_uuid(), now())",
    ],
)
def test_the_runtime_login_may_not_pay_what_is_due(reading_desk: Desk, statement: LiteralString):
    with (
        psycopg.connect(with_options(reading_desk.services.app_url, "-c statement_timeout=5s")) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
