"""Rates as the operator enters them."""

import json
from datetime import timedelta
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from core.errors import InvalidInput
from tests.tools.bookkeeping import ask
from tests.tools.conftest import Desk
from tools.cli import db_app
from tools.payments.exchange_rates import set_rate


async def test_a_rate_holds_from_when_it_is_set(desk: Desk):
    set_rate(desk.services.owner_url, "gbp", "EUR", "1.25", desk.now)

    now = await ask(desk, desk.alex, "quote_exchange", amount="100", currency="GBP", to_currency="EUR")
    before = await ask(
        desk, desk.alex, "quote_exchange", at=desk.now - timedelta(seconds=1), amount="100", currency="GBP",
        to_currency="EUR",
    )  # fmt: skip

    assert (now["rate"], now["buy"]) == ("1.25", "125.00")
    assert before["rate"] != "1.25"


async def test_a_currency_can_be_added(desk: Desk):
    set_rate(desk.services.owner_url, "GBP", "JPY", "196.12345678", desk.now)

    quote = await ask(desk, desk.alex, "quote_exchange", amount="10", currency="GBP", to_currency="JPY")

    assert (quote["buy"], quote["buy_currency"]) == ("1961", "JPY")


@pytest.mark.parametrize(
    ("base", "quote", "rate", "error"),
    [
        ("GBP", "XXX", "1", "XXX is no currency"),
        ("pounds", "EUR", "1", "POUNDS is no currency"),
        ("GBP", "GBP", "1", "between two currencies"),
        ("GBP", "EUR", "0", "more than zero"),
        ("GBP", "EUR", "-1", "more than zero"),
        ("GBP", "EUR", "1.123456789", "at most 8 decimals"),
        ("GBP", "EUR", "NaN", "more than zero"),
        ("GBP", "EUR", "1e12", "less than"),
        ("GBP", "EUR", "1,17", "with a point"),
    ],
)
async def test_what_is_no_rate_is_refused(desk: Desk, base: str, quote: str, rate: str, error: str):
    before = desk.owner("select count(*) as n from fx_rates")

    with pytest.raises(InvalidInput, match=error):
        set_rate(desk.services.owner_url, base, quote, rate, desk.now)

    assert desk.owner("select count(*) as n from fx_rates") == before


def test_the_command_sets_one(monkeypatch: pytest.MonkeyPatch):
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as directory:
        monkeypatch.setenv("TELLERGRAPH_DATA_DIR", f"{directory}/data")

        done = CliRunner().invoke(db_app, ["set-rate", "gbp", "usd", "1.3", "--json"])

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"base": "GBP", "quote": "USD", "rate": "1.3"}
