"""What the generator makes: a customer with what they hold, and the movements of their money."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

AccountKind = Literal["current", "savings", "credit_card"]
CardKind = Literal["debit", "credit", "virtual"]
CardStatus = Literal["active", "frozen", "blocked", "pending_activation", "expired", "closed"]
KycStatus = Literal["pending", "verified", "rejected", "expired"]


class InternalAccount(StrEnum):
    """The bank's own accounts, one of each per currency: the other side of every customer's movement."""

    CLEARING = "Clearing"
    """Payments to and from other banks."""
    CARD_SETTLEMENT = "Card settlement"
    CASH = "Cash"
    FEES = "Fees"
    EXCHANGE = "Exchange"
    INTEREST = "Interest"
    SALARIES = "Salaries"
    """Where employers' payment files come in."""
    OPENING = "Brought forward"
    """Balances from before the history begins."""


CURRENCIES = ("GBP", "EUR", "USD")


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    kind: AccountKind
    name: str
    currency: str
    sort_code: str
    account_number: str
    iban: str
    opened: str
    """As PostgreSQL reads a timestamptz."""
    overdraft_minor: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    id: str
    account: int
    """Index into the customer's accounts."""
    kind: CardKind
    network: Literal["visa", "mastercard"]
    last4: str
    status: CardStatus
    expires_on: date
    created: str
    nickname: str | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    id: str
    name: str
    sort_code: str
    account_number: str
    created: str


@dataclass(frozen=True, slots=True)
class StandingOrder:
    id: str
    account: int
    payee: int
    amount_minor: int
    day_of_month: int
    reference: str
    created: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Who somebody is, as the bank checked it."""

    id: str
    full_name: str
    date_of_birth: date
    phone: str
    address_line: str
    city: str
    postcode: str
    tier: Literal["standard", "premium"]
    kyc_status: KycStatus
    kyc_level: int
    kyc_document: Literal["passport", "driving_licence", "national_id"] | None
    kyc_verified: str | None
    created: str


@dataclass(frozen=True, slots=True)
class Customer:
    profile: Profile
    accounts: list[Account]
    cards: list[Card] = field(default_factory=list[Card])
    payees: list[Payee] = field(default_factory=list[Payee])
    standing_orders: list[StandingOrder] = field(default_factory=list[StandingOrder])


class Movement(NamedTuple):
    """One thing that happened to a customer's money, or was asked for and declined. Amounts are signed minor units."""

    at: int
    """Seconds since the history's first midnight, local time."""
    account: int
    amount: int
    kind: str
    category: str
    description: str
    counter: InternalAccount = InternalAccount.CLEARING
    """The bank's side, unless ``to_account`` names another account of the same customer."""
    to_account: int = -1
    to_amount: int = 0
    """What arrives there, in its own currency."""
    fee: int = 0
    """Part of ``amount`` that an exchange keeps, positive."""
    card: int = -1
    merchant: int = 0
    terminal: int = 0
    payee: int = -1
    status: Literal["booked", "pending", "declined"] = "booked"
    decline_reason: str = ""

    def effect_on(self, account: int) -> int:
        """Change of that account's ledger balance."""
        if self.status != "booked":
            return 0
        return (self.amount if self.account == account else 0) + (self.to_amount if self.to_account == account else 0)
