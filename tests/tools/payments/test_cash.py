"""Cash from machines."""

from datetime import datetime, timedelta

from tests.tools.bookkeeping import ask
from tests.tools.conftest import Desk


def withdraw(desk: Desk, minor: int, at: datetime, *, status: str = "pending", country: str = "GB") -> None:
    desk.owner(
        """with machine as (
               insert into merchants values (case %(country)s when 'GB' then 90001 else 90002 end, 'Machine', 'cash',
                                             '6011', 'Town', %(country)s)
               on conflict (id) do update set country = excluded.country returning id)
           insert into transactions (customer_id, account_id, card_id, merchant_id, kind, status, amount_minor,
                                     currency, category, description, decline_reason, occurred_at)
           select c.customer_id, c.account_id, c.id, m.id, 'cash_withdrawal', %(status)s::text, -%(minor)s, 'GBP',
                  'cash', 'Machine', case when %(status)s::text = 'declined' then 'limit_exceeded' end, %(at)s
             from cards c, machine m where c.customer_id = %(who)s and c.last4 = '4821'""",
        who=desk.alex,
        minor=minor,
        at=at,
        status=status,
        country=country,
    )


async def test_limits_are_those_of_the_terms(reading_desk: Desk):
    found = await ask(reading_desk, reading_desk.alex, "get_cash_limits")

    assert [(card["last4"], card["per_day"], card["usable"]) for card in found["cards"]] == [
        ("4821", "500.00", True),
        ("7733", "500.00", True),
    ]
    assert (found["abroad_free_per_month"], found["abroad_fee"]) == ("200.00", "2")
    assert (found["credit_card_fee"], found["credit_card_fee_min"], found["credit_card_share"]) == ("3", "3.00", "20")


async def test_a_frozen_card_is_told_as_such(reading_desk: Desk):
    [card] = (await ask(reading_desk, reading_desk.blair, "get_cash_limits"))["cards"]

    assert (card["last4"], card["usable"]) == ("1107", False)


async def test_what_was_taken_out_today_counts(desk: Desk):
    later = desk.now + timedelta(days=2)
    withdraw(desk, 12_000, later)
    withdraw(desk, 5_000, later, status="declined")
    withdraw(desk, 5_000, later - timedelta(days=1))

    card = (await ask(desk, desk.alex, "get_cash_limits", at=later))["cards"][0]

    assert (card["used_today"], card["left_today"]) == ("120.00", "380.00")


async def test_what_was_taken_out_abroad_uses_the_allowance(desk: Desk):
    month = desk.now.replace(day=10, hour=12)
    withdraw(desk, 15_000, month, country="FR")
    withdraw(desk, 2_000, month, country="GB")
    withdraw(desk, 9_000, month.replace(day=1) - timedelta(days=3), country="FR")

    assert (await ask(desk, desk.alex, "get_cash_limits", at=month))["abroad_free_left"] == "50.00"
    withdraw(desk, 15_000, month, country="FR")
    assert (await ask(desk, desk.alex, "get_cash_limits", at=month))["abroad_free_left"] == "0.00"


async def test_the_state_of_a_withdrawal_is_told(desk: Desk):
    withdraw(desk, 4_000, desk.now)
    withdraw(desk, 6_000, desk.now + timedelta(minutes=1), status="declined")

    declined, pending = (await ask(desk, desk.alex, "get_cash_withdrawal_status", limit=2))["withdrawals"]

    assert (declined["state"], declined["reason"], declined["amount"]) == ("declined", "limit_exceeded", "60.00")
    assert (pending["state"], pending["card_last4"]) == ("pending", "4821")
    assert pending["next_step"].startswith("It completes by itself, usually within 2 working days.")


async def test_withdrawals_of_one_card(reading_desk: Desk):
    debit = (await ask(reading_desk, reading_desk.alex, "get_cash_withdrawal_status", card="4821"))["withdrawals"]

    assert {one["card_last4"] for one in debit} == {"4821"}
    assert [one["on"] for one in debit] == sorted((one["on"] for one in debit), reverse=True)
    other = await ask(reading_desk, reading_desk.alex, "get_cash_withdrawal_status", card="1107")
    assert other["withdrawals"] == []
