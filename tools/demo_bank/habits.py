"""How a customer lives: the parameters from which the movements of their money are planned."""

from dataclasses import dataclass

from tools.demo_bank.catalogue import Merchant


@dataclass(frozen=True, slots=True)
class Bill:
    """Something a merchant collects every month."""

    merchant: Merchant
    day: int
    amount: int
    """Minor units, positive."""
    spread: int = 0
    """How far a month's amount may be above or below, minor units."""
    card: int = -1
    """Card it is charged to (a subscription), or -1 for a direct debit."""


@dataclass(frozen=True, slots=True)
class Friend:
    """A payee who gets money now and then."""

    payee: int
    per_month: float
    low: int
    high: int
    reference: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Use of a credit card, paid off in full from the main account on the 15th."""

    account: int
    card: int
    share: float
    """Of the purchases."""
    pays_late: bool = False
    """Missed the date once and was charged for it."""


@dataclass(frozen=True, slots=True)
class Abroad:
    """A euro account, filled by exchange."""

    account: int
    top_ups_per_year: float


@dataclass(frozen=True, slots=True)
class Habits:
    city: str
    income: int
    """Minor units a month, paid on the last working day up to the 28th."""
    employer: str
    final: int
    """Ledger balance of the main account at the end."""
    purchases_per_month: int
    spend: int
    """Minor units of purchases in an average month."""
    debit_card: int
    online_card: int
    bills: list[Bill]
    floor: int = 2_000
    """The main account never holds less, minor units."""
    before_payday: int = 25_000
    """What is aimed to be left before each payday: the rest is saved."""
    savings: int = -1
    """Index of the savings account."""
    savings_final: int = 0
    grocery_weekdays: tuple[int, ...] = ()
    """Days on which food is bought every week, Monday 0."""
    commutes: bool = False
    friends: tuple[Friend, ...] = ()
    credit: Credit | None = None
    abroad: Abroad | None = None
    account_fee: int = 0
    """Monthly, minor units."""
    top_ups_per_month: float = 0
    quiet_days: int = 0
    """Days before the end without purchases."""
    pending: bool = False
    """The latest purchases are not settled yet."""
