"""Customers from a seed: who they are, what they hold and how they live."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tools.accounts.numbers import iban
from tools.demo_bank.calendar import History
from tools.demo_bank.catalogue import load_catalogue, load_people
from tools.demo_bank.habits import Abroad, Bill, Credit, Friend, Habits
from tools.demo_bank.model import (
    Account,
    AccountKind,
    Card,
    CardKind,
    CardStatus,
    Customer,
    KycStatus,
    Payee,
    Profile,
    StandingOrder,
)
from tools.demo_bank.numbers import SORT_CODE, account_number, own_account_number, random_id, sort_code
from tools.demo_bank.terms import amount_of

_KYC: list[KycStatus] = ["verified", "pending", "expired", "rejected"]
_CARD_STATUSES: list[CardStatus] = ["active", "frozen", "blocked", "pending_activation", "expired", "closed"]
_CARD_WEIGHTS = [86, 4, 2, 3, 3, 2]


class PersonMaker:
    """Makes one customer. ``busy`` is a full life of some 25 movements a month; otherwise 5 or 6. ``places`` counts the
    bank's accounts."""

    def __init__(self, history: History, random: Random, places: Iterator[int], *, busy: bool) -> None:
        self._history = history
        self._random = random
        self._places = places
        self._busy = busy
        self._city = random.choice(load_catalogue().cities)
        self._premium = random.random() < 0.12
        self._since = history.stamp(0)

    def make(self) -> tuple[Customer, Habits]:
        random = self._random
        customer = Customer(self._profile(), [self.account("current", "Current", "GBP")])
        savings = self._maybe(0.6, customer, "savings", "Savings")
        platinum = self._maybe(0.35, customer, "credit_card", "Platinum", limit=random.randrange(10, 60) * 10_000)
        euro = self._maybe(0.2, customer, "current", "Euro", currency="EUR")
        customer.cards.append(self.card(0, "debit", random.choices(_CARD_STATUSES, _CARD_WEIGHTS)[0]))
        online = self._online_card(customer)
        credit = self._credit(customer, platinum)
        income = random.randrange(1_450, 4_600) * 100
        self._landlord(customer, rent=int(income * random.uniform(0.22, 0.33)) // 1000 * 1000)
        return customer, Habits(
            city=self._city,
            income=income,
            employer=random.choice(load_people().employers),
            final=random.randrange(12_000, 350_000),
            purchases_per_month=random.randrange(8, 19) if self._busy else random.randrange(1, 3),
            spend=int(income * random.uniform(0.3, 0.5)),
            debit_card=0,
            online_card=online,
            bills=self._bills(online),
            floor=8_000,
            before_payday=random.randrange(9_000, 40_000),
            savings=savings,
            savings_final=random.randrange(60_000, 2_500_000),
            friends=self._friends(customer),
            credit=credit,
            abroad=Abroad(euro, 2.5 if self._busy else 0.8) if euro >= 0 else None,
            account_fee=amount_of("account.plus.monthly_fee") if self._premium else 0,
            top_ups_per_month=0.15 if random.random() < 0.3 else 0,
            pending=random.random() < 0.3,
        )

    def _profile(self) -> Profile:
        random, history, people = self._random, self._history, load_people()
        kyc = random.choices(_KYC, [90, 5, 3, 2])[0]
        known = kyc in ("verified", "expired")
        city = self._city
        return Profile(
            id=random_id(random),
            full_name=f"{random.choice(people.first_names)} {random.choice(people.last_names)}",
            date_of_birth=history.first - timedelta(days=random.randrange(19 * 366, 80 * 365)),
            phone=f"+44 7700 900{random.randrange(1000):03d}",
            address_line=f"{random.randrange(1, 140)} {random.choice(people.streets)}",
            city=city,
            postcode=self._postcode(),
            tier="premium" if self._premium else "standard",
            kyc_status=kyc,
            kyc_level=random.choice((2, 2, 3)) if known else random.choice((0, 1)),
            kyc_document=random.choice(("passport", "driving_licence", "national_id")) if known else None,
            kyc_verified=self._since if known else None,
            created=self._since,
        )

    def _postcode(self) -> str:
        choice = self._random.choice
        return f"{load_people().postcodes[self._city]} {choice('123456789')}{choice('ABDEFGHJ')}{choice('LNPQRSTU')}"

    def account(self, kind: AccountKind, name: str, currency: str, limit: int = 0) -> Account:
        number = own_account_number(next(self._places))
        return Account(
            random_id(self._random),
            kind,
            name,
            currency,
            SORT_CODE,
            number,
            iban(SORT_CODE, number),
            self._since,
            limit,
        )

    def _maybe(
        self, chance: float, customer: Customer, kind: AccountKind, name: str, currency: str = "GBP", limit: int = 0
    ) -> int:
        """Index of the account if the customer has one, or -1."""
        if self._random.random() >= chance:
            return -1
        customer.accounts.append(self.account(kind, name, currency, limit))
        return len(customer.accounts) - 1

    def card(self, account: int, kind: CardKind, status: CardStatus, nickname: str | None = None) -> Card:
        random, today = self._random, self._history.today
        age = timedelta(days=random.randrange(30, 700))
        return Card(
            id=random_id(random),
            account=account,
            kind=kind,
            network=random.choice(("visa", "mastercard")),
            last4=f"{random.randrange(10_000):04d}",
            status=status,
            expires_on=today - age if status == "expired" else today + age,
            created=self._since,
            nickname=nickname,
        )

    def _online_card(self, customer: Customer) -> int:
        if self._random.random() >= 0.3:
            return 0
        customer.cards.append(self.card(0, "virtual", "active"))
        return len(customer.cards) - 1

    def _credit(self, customer: Customer, account: int) -> Credit | None:
        if account < 0:
            return None
        customer.cards.append(self.card(account, "credit", "active", "Platinum"))
        random = self._random
        return Credit(account, len(customer.cards) - 1, random.uniform(0.1, 0.4), pays_late=random.random() < 0.1)

    def payee(self, name: str) -> Payee:
        random = self._random
        return Payee(random_id(random), name, sort_code(random), account_number(random), self._since)

    def _landlord(self, customer: Customer, rent: int) -> None:
        if self._random.random() >= 0.7:
            return
        customer.payees.append(self.payee(self._random.choice(load_people().landlords)))
        order_id = random_id(self._random)
        customer.standing_orders.append(
            StandingOrder(order_id, 0, len(customer.payees) - 1, rent, 1, "Rent", self._since)
        )

    def _friends(self, customer: Customer) -> tuple[Friend, ...]:
        random, people = self._random, load_people()
        friends: list[Friend] = []
        taken = {payee.name for payee in customer.payees}
        for _ in range(random.randrange(4) if self._busy else random.randrange(2)):
            name = f"{random.choice(people.first_names)} {random.choice(people.last_names)}"
            if name not in taken:
                taken.add(name)
                customer.payees.append(self.payee(name))
                friends.append(Friend(len(customer.payees) - 1, 0.5 if self._busy else 0.1, 800, 9_000, "Thanks"))
        return tuple(friends)

    def _bills(self, online_card: int) -> list[Bill]:
        random, online = self._random, load_catalogue().online
        count = random.randrange(2, 6) if self._busy else 1
        bills = [
            Bill(merchant, random.randrange(2, 26), random.randrange(1_500, 9_500), random.randrange(0, 900))
            for merchant in random.sample(online["bills"], count)
        ]
        wanted = random.randrange(4) if self._busy else random.randrange(2)
        return bills + [
            Bill(merchant, random.randrange(2, 27), random.randrange(399, 2_999), card=online_card)
            for merchant in random.sample(online["subscriptions"], wanted)
        ]
