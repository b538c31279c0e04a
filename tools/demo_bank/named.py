"""The two customers that every demo bank has, whatever its seed: alex and blair."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from tools.accounts.numbers import iban
from tools.demo_bank.calendar import History, at
from tools.demo_bank.catalogue import load_catalogue
from tools.demo_bank.currencies import exchange, spend_euros
from tools.demo_bank.habits import Bill, Credit, Friend, Habits
from tools.demo_bank.logins import CUSTOMERS
from tools.demo_bank.model import (
    Account,
    AccountKind,
    Card,
    CardKind,
    CardStatus,
    Customer,
    InternalAccount,
    Movement,
    Payee,
    Profile,
    StandingOrder,
)
from tools.demo_bank.numbers import SORT_CODE, account_number, named_account_number, named_id, sort_code

Who = Literal["alex", "blair"]

EVERYDAY, RAINY_DAY, TRAVEL, PLATINUM = range(4)
"""Indexes of alex's accounts."""
_DEBIT, _CREDIT, _VIRTUAL = range(3)
"""Indexes of alex's cards."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A fraud alert about one of the movements."""

    movement: Movement
    card: int
    reason: str


@dataclass(frozen=True, slots=True)
class Named:
    """A customer with a login, how they live, and what else happened to them."""

    who: Who
    customer: Customer
    habits: Habits
    events: list[Movement]
    alert: Alert | None = None

    @property
    def random(self) -> Random:
        """Depends on no seed, so that a reset needs none."""
        return Random(f"demo bank {self.who}")  # noqa: S311


def customer_id(who: Who) -> str:
    return named_id(f"{who} customer")


def alex(history: History) -> Named:
    maker = _Maker("alex", history)
    named = load_catalogue().named
    customer = Customer(
        maker.profile(date(1990, 4, 17), "+44 7700 900123", "14 Linden Way", "Leeds", "LS6 2QT", "passport"),
        [
            maker.account("current", "Everyday", "GBP"),
            maker.account("savings", "Rainy Day", "GBP"),
            maker.account("current", "Travel", "EUR"),
            maker.account("credit_card", "Platinum", "GBP", limit=500_000),
        ],
        [
            maker.card(EVERYDAY, "debit", "4821", "active"),
            maker.card(PLATINUM, "credit", "7733", "active", "Platinum"),
            maker.card(EVERYDAY, "virtual", "9034", "active"),
        ],
        [maker.payee(name) for name in ("Maria Lopez", "John Carter", "Jimmy Chan", "Gas Board", "Sunrise Lettings")],
    )
    customer.standing_orders.append(maker.rent(payee=4, amount=85_000))
    habits = Habits(
        city="Leeds",
        income=312_000,
        employer="Caxton Software",
        final=248_015,
        purchases_per_month=22,
        spend=62_000,
        debit_card=_DEBIT,
        online_card=_VIRTUAL,
        bills=[
            Bill(named["Council Tax"], 5, 14_200),
            Bill(named["Brightwater Energy"], 9, 6_800, 1_400),
            Bill(named["Clearbrook Water"], 12, 3_150),
            Bill(named["Skyline Mobile"], 16, 1_800),
            Bill(named["Fibrenest Broadband"], 20, 3_200),
            Bill(named["Streamberry"], 8, 1_099, card=_VIRTUAL),
            Bill(named["Tunewave"], 14, 1_199, card=_VIRTUAL),
            Bill(named["Ironworks Gym"], 3, 2_999, card=_DEBIT),
        ],
        before_payday=42_000,
        savings=RAINY_DAY,
        savings_final=1_025_000,
        grocery_weekdays=(0, 3, 5),
        commutes=True,
        friends=(
            Friend(0, 0.7, 1_000, 6_000, "Dinner"),
            Friend(1, 0.5, 1_000, 4_000, "Tickets"),
            Friend(2, 0.5, 500, 3_500, "Football"),
            Friend(3, 0.4, 4_000, 9_000, "Boiler"),
        ),
        credit=Credit(PLATINUM, _CREDIT, 0.25),
    )
    alert = _voltline(history)
    return Named(
        "alex", customer, habits, [*_travel(history), *_top_ups(history), _tickets(history), alert.movement], alert
    )


def blair(history: History) -> Named:
    maker = _Maker("blair", history)
    customer = Customer(
        maker.profile(date(1998, 11, 2), "+44 7700 900456", "3 Mill Lane", "York", "YO10 4DR", "driving_licence"),
        [maker.account("current", "Current", "GBP")],
        [maker.card(0, "debit", "1107", "frozen")],
    )
    named = load_catalogue().named
    habits = Habits(
        city="York",
        income=148_000,
        employer="Granary Bakeries",
        final=3_560,
        purchases_per_month=14,
        spend=42_000,
        debit_card=0,
        online_card=0,
        bills=[
            Bill(named["Union Mobile"], 11, 1_200),
            Bill(named["Parkside Nursery"], 2, 42_000),
            Bill(named["Tunewave"], 6, 1_199, card=0),
        ],
        floor=500,
        before_payday=1_500,
        grocery_weekdays=(2, 5),
        quiet_days=2,
    )
    return Named("blair", customer, habits, [])


NAMED: dict[Who, Callable[[History], Named]] = {"alex": alex, "blair": blair}


def _voltline(history: History) -> Alert:
    """Yesterday evening, noticed when it had been paid: if it was not the customer, there is something to give back."""
    shop = load_catalogue().named["Voltline Electronics"]
    movement = Movement(
        at(history.today_index - 1, 21, 14),
        EVERYDAY,
        -24_999,
        "card_payment",
        shop.category,
        shop.name,
        InternalAccount.CARD_SETTLEMENT,
        card=_DEBIT,
        merchant=shop.id,
        terminal=shop.terminals[0].id,
    )
    return Alert(movement, _DEBIT, "Much more than you usually spend online, late in the evening")


def _tickets(history: History) -> Movement:
    """On the credit card and not settled yet."""
    seller = load_catalogue().named["Front Row Tickets"]
    return Movement(
        at(history.today_index - 1, 12, 40),
        PLATINUM,
        -3_850,
        "card_payment",
        seller.category,
        seller.name,
        InternalAccount.CARD_SETTLEMENT,
        card=_CREDIT,
        merchant=seller.id,
        terminal=seller.terminals[0].id,
        status="pending",
    )


def _travel(history: History) -> list[Movement]:
    """Sums to EUR 640.20."""
    today = history.today_index
    return [
        exchange(at(today - 410, 12, 20), TRAVEL, 60_000, history),
        spend_euros(at(today - 396, 15, 5), TRAVEL, 41_250, "Casa Miramar, Lisbon"),
        exchange(at(today - 201, 12, 45), TRAVEL, 50_000, history),
        spend_euros(at(today - 188, 16, 10), TRAVEL, 28_730, "Pension Adler, Vienna"),
        exchange(at(today - 47, 13, 15), TRAVEL, 35_000, history),
        spend_euros(at(today - 33, 14, 40), TRAVEL, 11_000, "Hotel du Canal, Lyon"),
    ]


def _top_ups(history: History) -> list[Movement]:
    """From a card of another bank."""
    return [
        Movement(at(history.today_index - days, 11, 30), EVERYDAY, amount, "top_up", "income", "Top-up by card")
        for days, amount in ((160, 10_000), (64, 5_000))
    ]


class _Maker:
    """Parts of a named customer: the same ids and numbers on every day."""

    def __init__(self, who: Who, history: History) -> None:
        self._who: Who = who
        self._random = Random(f"numbers of {who}")  # noqa: S311
        self._history = history
        self._since = history.stamp(0)

    def _id(self, what: str) -> str:
        return named_id(f"{self._who} {what}")

    def profile(
        self, born: date, phone: str, street: str, city: str, postcode: str,
        document: Literal["passport", "driving_licence"],
    ) -> Profile:  # fmt: skip
        return Profile(
            customer_id(self._who), CUSTOMERS[self._who].name, born, phone, street, city, postcode,
            "standard", "verified", 2, document, self._since, self._since,
        )  # fmt: skip

    def account(self, kind: AccountKind, name: str, currency: str, limit: int = 0) -> Account:
        number = named_account_number(self._random)
        return Account(
            self._id(f"account {name}"),
            kind,
            name,
            currency,
            SORT_CODE,
            number,
            iban(SORT_CODE, number),
            self._since,
            limit,
        )

    def card(self, account: int, kind: CardKind, last4: str, status: CardStatus, nickname: str | None = None) -> Card:
        expires = (self._history.today + timedelta(days=800)).replace(day=28)
        return Card(self._id(f"card {last4}"), account, kind, "visa", last4, status, expires, self._since, nickname)

    def payee(self, name: str) -> Payee:
        return Payee(
            self._id(f"payee {name}"), name, sort_code(self._random), account_number(self._random), self._since
        )

    def rent(self, payee: int, amount: int) -> StandingOrder:
        return StandingOrder(self._id("rent"), EVERYDAY, payee, amount, 1, "Rent", self._since)
