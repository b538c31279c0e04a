"""Exchange, at rates that move a little from month to month, and the list of those rates."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations
from random import Random

from tools.demo_bank.calendar import DAY, History, at
from tools.demo_bank.habits import Habits
from tools.demo_bank.model import CURRENCIES, InternalAccount, Movement
from tools.demo_bank.terms import percent_of

_STAYS = [
    "Casa Miramar, Lisbon",
    "Pension Adler, Vienna",
    "Hotel du Canal, Lyon",
    "Villa Serena, Bari",
    "Haus am See, Berlin",
]


_MONTH = 30
"""Days for which a rate holds."""
_RATE_STEP = Decimal("0.00000001")
"""As fine as fx_rates keeps them."""


def euros_per_pound(month: int) -> float:
    """The rate in the month with that number."""
    return 1.155 + (month * 7 % 11 - 5) * 0.004


def dollars_per_pound(month: int) -> float:
    return 1.305 + (month * 5 % 11 - 5) * 0.006


def rates(history: History) -> Iterator[tuple[str, str, Decimal, str]]:
    """Base, quote, rate and since when, both ways between all currencies: those at which customers exchanged."""
    for month in range(history.today_index // _MONTH + 1):
        since = history.stamp(at(month * _MONTH, 4))
        per_pound = {"GBP": 1.0, "EUR": euros_per_pound(month), "USD": dollars_per_pound(month)}
        worth = {currency: Decimal(f"{per_pound[currency]:.4f}") for currency in CURRENCIES}
        for base, quote in permutations(CURRENCIES, 2):
            yield base, quote, (worth[quote] / worth[base]).quantize(_RATE_STEP), since


def exchange(moment: int, to_account: int, euros: int, history: History) -> Movement:
    """Buys euros (minor units) from the main account; the published fee is part of what leaves it."""
    day = moment // DAY
    pounds = round(euros / euros_per_pound(day // _MONTH))
    code = "exchange.fee.weekday" if history.weekday(day) < 5 else "exchange.fee.weekend"
    fee = round(pounds * percent_of(code) / 100)
    return Movement(
        moment,
        0,
        -(pounds + fee),
        "exchange",
        "exchange",
        "Exchange GBP to EUR",
        InternalAccount.EXCHANGE,
        to_account=to_account,
        to_amount=euros,
        fee=fee,
    )


def spend_euros(moment: int, account: int, euros: int, text: str) -> Movement:
    return Movement(moment, account, -euros, "transfer_out", "travel", text)


def exchange_to_euro(habits: Habits, history: History, random: Random) -> list[Movement]:
    """Euros bought now and then, and part of them spent some days later: the euro account never runs out."""
    if habits.abroad is None:
        return []
    account = habits.abroad.account
    movements: list[Movement] = []
    for month in history.months:
        if random.random() >= habits.abroad.top_ups_per_year / 12:
            continue
        day = month.start + random.randrange(month.length)
        euros = random.randrange(80, 450) * 100
        movements.append(exchange(at(day, 12, random.randrange(300)), account, euros, history))
        spent = int(euros * random.uniform(0.3, 0.9))
        later = at(day + 3 + random.randrange(20), 15, random.randrange(120))
        movements.append(spend_euros(later, account, spent, random.choice(_STAYS)))
    return movements
