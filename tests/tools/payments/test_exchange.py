"""Exchange between own currencies."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.tools.bookkeeping import approve, ask, balances, bank_balance, done, entry_of, fail, faults
from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.payments.fx import is_weekend

EUROS = {"amount": "100", "currency": "GBP", "to_currency": "EUR"}


@pytest.fixture
def weekday(desk: Desk) -> datetime:
    """Noon of the Wednesday after the bank was seeded."""
    day = desk.now + timedelta(days=1)
    while day.weekday() != 2:
        day += timedelta(days=1)
    return day.replace(hour=12)


def set_rate(desk: Desk, rate: str, at: datetime, base: str = "GBP", quote: str = "EUR") -> None:
    desk.owner(
        "insert into fx_rates values (%(base)s, %(quote)s, %(rate)s, %(at)s)", base=base, quote=quote, rate=rate, at=at
    )


async def test_rates_are_those_that_hold_now(desk: Desk):
    set_rate(desk, "1.2345", desk.now)
    set_rate(desk, "9.9999", desk.now + timedelta(seconds=1))

    rates = (await ask(desk, desk.alex, "list_exchange_rates"))["rates"]

    assert len(rates) == 6
    [pounds] = [one for one in rates if (one["currency"], one["to_currency"]) == ("GBP", "EUR")]
    assert pounds["rate"] == "1.2345"
    one = await ask(desk, desk.alex, "list_exchange_rates", currency="GBP", to_currency="EUR")
    assert one["rates"] == [pounds]
    assert (one["weekday_fee"], one["weekend_fee"], one["plus_weekday_fee"]) == ("0.5", "1", "0.25")


async def test_what_is_not_traded_has_no_rate(reading_desk: Desk):
    assert (await ask(reading_desk, reading_desk.alex, "list_exchange_rates", to_currency="NOK"))["rates"] == []


@pytest.mark.parametrize(
    ("fixed", "sell", "buy", "fee", "total"),
    [("sell", "100.00", "123.45", "0.50", "100.50"), ("buy", "81.00", "100.00", "0.41", "81.41")],
)
async def test_a_quote_fixes_one_side(
    desk: Desk, weekday: datetime, fixed: str, sell: str, buy: str, fee: str, total: str
):
    set_rate(desk, "1.2345", weekday)

    quote = await ask(desk, desk.alex, "quote_exchange", at=weekday, **EUROS, fixed=fixed)

    assert (quote["sell"], quote["buy"], quote["fee"], quote["total"]) == (sell, buy, fee, total)
    assert (quote["sell_currency"], quote["buy_currency"], quote["rate"]) == ("GBP", "EUR", "1.2345")


@pytest.mark.parametrize(
    ("moment", "weekend"),
    [
        ("2026-11-20 21:59", False),
        ("2026-11-20 22:00", True),
        ("2026-11-21 12:00", True),
        ("2026-11-22 21:59", True),
        ("2026-11-22 22:00", False),
        ("2026-11-23 00:00", False),
        # In summer London is an hour ahead.
        ("2026-07-03 20:59", False),
        ("2026-07-03 21:00", True),
        ("2026-07-05 21:00", False),
    ],
)
def test_the_weekend_is_from_ten_to_ten(moment: str, weekend: bool):
    assert is_weekend(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is weekend


@pytest.mark.parametrize(
    ("tier", "days", "fee"), [("standard", 3, "1.00"), ("premium", 3, "1.00"), ("premium", 0, "0.25")]
)
async def test_the_fee_is_the_published_one(desk: Desk, weekday: datetime, tier: str, days: int, fee: str):
    desk.owner("update customers set tier = %(tier)s where id = %(id)s", tier=tier, id=desk.alex)

    quote = await ask(desk, desk.alex, "quote_exchange", at=weekday + timedelta(days=days), **EUROS)

    assert quote["fee"] == fee


async def test_an_exchange_moves_both_sides_and_the_fee_by_itself(desk: Desk, weekday: datetime):
    set_rate(desk, "1.2345", weekday)
    before = balances(desk, desk.alex)
    pounds, euros = bank_balance(desk, "Exchange", "GBP"), bank_balance(desk, "Exchange", "EUR")
    proposed = await ask(desk, desk.alex, "convert_currency", at=weekday, **EUROS)
    assert proposed["summary"] == "Exchange £100.00 from Everyday into €123.45 on Travel at 1.2345"
    assert (proposed["fee"], proposed["step_up"], proposed["account"], proposed["to_account"]) == (
        "0.50", False, "Everyday", "Travel",
    )  # fmt: skip
    assert balances(desk, desk.alex) == before

    operation = await approve(desk, desk.alex, proposed, at=weekday)

    assert operation.status == "completed"
    after = before | {"Everyday": before["Everyday"] - 10_050, "Travel": before["Travel"] + 12_345}
    assert balances(desk, desk.alex) == after
    assert entry_of(desk, operation)["Fees"] == 50
    assert bank_balance(desk, "Exchange", "GBP") == pounds + 10_000
    assert bank_balance(desk, "Exchange", "EUR") == euros - 12_345
    [deal] = desk.owner("select rate, from_minor, to_minor from fx_deals")
    assert (deal["rate"], deal["from_minor"], deal["to_minor"]) == (Decimal("1.2345"), 10_000, 12_345)
    lines = desk.owner("select t.amount_minor, t.kind from transactions t join fx_deals using (entry_id) order by t.id")
    assert sorted((line["amount_minor"], line["kind"]) for line in lines) == [
        (-10_000, "exchange"), (-50, "fee"), (12_345, "exchange"),
    ]  # fmt: skip
    assert faults(desk) == []


async def test_the_rate_that_was_shown_is_the_rate_that_is_taken(desk: Desk, weekday: datetime):
    """A new rate between question and yes does not change what was agreed."""
    set_rate(desk, "1.2345", weekday)
    proposed = await ask(desk, desk.alex, "convert_currency", at=weekday, **EUROS)
    set_rate(desk, "2.0", weekday + timedelta(seconds=5))

    operation = await approve(desk, desk.alex, proposed, at=weekday + timedelta(seconds=10))

    assert operation.status == "completed"
    assert entry_of(desk, operation)["Travel"] == 12_345


async def test_back_to_pounds(desk: Desk, weekday: datetime):
    set_rate(desk, "0.8", weekday, "EUR", "GBP")
    arguments = {"amount": "50", "currency": "EUR", "to_currency": "GBP", "fixed": "buy"}

    operation = await done(desk, desk.alex, "convert_currency", at=weekday, **arguments)

    assert entry_of(desk, operation) | {"Exchange": 0} == {
        "Travel": -6_250 - 31, "Everyday": 5_000, "Fees": 31, "Exchange": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("currency", "to_currency"), [("GBP", "EUR"), ("EUR", "GBP"), ("GBP", "USD")])
async def test_both_accounts_are_needed(desk: Desk, currency: str, to_currency: str):
    """Blair has pounds only."""
    refused = await ask(desk, desk.blair, "convert_currency", amount="5", currency=currency, to_currency=to_currency)

    assert refused["status"] == "no_account_in_currency"
    assert refused["currency"] == ({currency, to_currency} - {"GBP"}).pop()
    assert "Open one first" in refused["message"]
    assert desk.owner("select 1 from banking_operations") == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": "0"}, "more than zero"),
        ({"amount": "-1"}, "more than zero"),
        ({"amount": "1.234"}, "GBP has at most 2 decimals"),
        ({"amount": "many"}, "Write the amount as a number"),
        ({"to_currency": "GBP"}, "Choose two different currencies"),
        ({"to_currency": "NOK"}, "We do not exchange GBP into NOK just now"),
        ({"currency": "QQQ"}, "QQQ is no currency that we know"),
        ({"currency": "pounds"}, "currency: String should match pattern"),
        ({"amount": "2500"}, "There is not enough money in the account"),
    ],
)
async def test_what_cannot_be_exchanged_is_an_error(desk: Desk, changes: dict[str, str], error: str):
    assert error in await fail(desk, desk.alex, "convert_currency", **(EUROS | changes))


@pytest.mark.parametrize(
    ("amount", "status"), [("0.99", "below_exchange_minimum"), ("10000.01", "over_exchange_limit")]
)
async def test_an_exchange_has_a_least_and_a_most(desk: Desk, amount: str, status: str):
    for tool in ("quote_exchange", "convert_currency"):
        refused = await ask(desk, desk.alex, tool, **(EUROS | {"amount": amount}))
        assert (refused["status"], refused["minimum"], refused["left_today"]) == (status, "1.00", "10000.00")


async def test_the_day_has_a_limit_that_both_ways_count_towards(desk: Desk, weekday: datetime):
    desk.owner("update product_terms set amount_minor = 20000 where code = 'exchange.daily_limit'")
    set_rate(desk, "0.8", weekday, "EUR", "GBP")
    await done(desk, desk.alex, "convert_currency", at=weekday, **EUROS)
    back = {"amount": "100", "currency": "EUR", "to_currency": "GBP"}
    await done(desk, desk.alex, "convert_currency", at=weekday, **back)

    refused = await ask(desk, desk.alex, "convert_currency", at=weekday, **EUROS)

    assert (refused["status"], refused["left_today"]) == ("over_exchange_limit", "20.00")
    tomorrow = await ask(desk, desk.alex, "convert_currency", at=weekday + timedelta(days=1), **EUROS)
    assert tomorrow["status"] == "confirmation_needed"


async def test_two_exchanges_that_each_would_do_stay_within_the_day(desk: Desk, weekday: datetime):
    """The database adds up what is posted, whatever was found before the question."""
    desk.owner("update product_terms set amount_minor = 15000 where code = 'exchange.daily_limit'")
    first, second = [await ask(desk, desk.alex, "convert_currency", at=weekday, **EUROS) for _ in range(2)]
    before = balances(desk, desk.alex)
    await approve(desk, desk.alex, first, at=weekday)

    over = await approve(desk, desk.alex, second, at=weekday)

    assert over.status == "failed"
    [deal] = desk.owner("select to_minor from fx_deals")
    assert balances(desk, desk.alex)["Travel"] == before["Travel"] + deal["to_minor"]


async def test_an_account_may_be_named(desk: Desk):
    proposed = await ask(desk, desk.alex, "convert_currency", **EUROS, account="Rainy Day")
    unclear = await ask(desk, desk.alex, "convert_currency", **EUROS, account="Travel")
    wrong = await ask(desk, desk.alex, "convert_currency", **EUROS, to_account="Everyday")

    assert proposed["account"] == "Rainy Day"
    assert (unclear["status"], unclear["choices"]) == ("account_unclear", ["Everyday", "Rainy Day"])
    assert (wrong["status"], wrong["choices"]) == ("to_account_unclear", ["Travel"])


async def test_an_exchange_is_in_the_list_of_transfers(desk: Desk):
    await done(desk, desk.alex, "convert_currency", **EUROS)

    [made] = (await ask(desk, desk.alex, "get_transfer_status"))["transfers"]

    assert (made["type"], made["transfer_status"], made["amount"]) == ("exchange_currency", "completed", "100.00")


async def test_a_bank_without_rates_says_so(desk: Desk):
    desk.owner("delete from fx_rates")

    assert await fail(desk, desk.alex, "quote_exchange", **EUROS) == "We do not exchange GBP into EUR just now."


async def test_a_forged_rate_is_not_taken(desk: Desk):
    outcome = await CATALOGUE.call(
        "convert_currency", EUROS | {"rate": "99"}, context=desk.context(desk.alex), scopes=CUSTOMER_SCOPES
    )

    assert outcome.error == "The arguments are wrong. rate: Extra inputs are not permitted"
