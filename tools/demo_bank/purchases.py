"""Card payments, cash and refunds: what a customer buys where, and what comes of it at the till."""

from itertools import accumulate
from random import Random
from typing import NamedTuple

from tools.demo_bank.calendar import DAY
from tools.demo_bank.catalogue import Catalogue, Merchant, load_catalogue
from tools.demo_bank.habits import Habits
from tools.demo_bank.model import Customer, InternalAccount, Movement


class Want(NamedTuple):
    category: str
    weight: float
    low: int
    high: int
    """Minor units; small amounts are the likelier ones."""
    online: float
    """Share bought online."""


WANTS = [
    Want("groceries", 30, 450, 7_500, 0.08),
    Want("eating_out", 22, 320, 5_200, 0.12),
    Want("transport", 16, 180, 4_200, 0.25),
    Want("shopping", 12, 700, 12_500, 0.5),
    Want("entertainment", 6, 600, 4_500, 0.4),
    Want("health", 4, 350, 4_800, 0.1),
    Want("travel", 2, 3_500, 26_000, 1.0),
    Want("cash", 8, 1_000, 12_000, 0.0),
]
_BY_CATEGORY = {want.category: want for want in WANTS}
_CUMULATIVE = list(accumulate(want.weight for want in WANTS))
_MEAN = sum(want.weight * (want.low + (want.high - want.low) / 3) for want in WANTS) / _CUMULATIVE[-1]
"""Minor units of an average purchase, before it is scaled to the customer's means."""

DECLINED_IN = 0.012
REFUNDED_IN = 0.02
"""Shares of card payments."""

PENDING_HOURS = 20
"""Card payments of a customer with pending items settle after this time."""


class Shopper:
    """One customer at the till."""

    def __init__(self, customer: Customer, habits: Habits, random: Random) -> None:
        self._habits = habits
        self._random = random
        self._catalogue: Catalogue = load_catalogue()
        self._scale = min(2.5, max(0.3, habits.spend / (_MEAN * max(1, habits.purchases_per_month))))
        self._can_decline = customer.cards[habits.debit_card].status == "active"

    def wishes(self, count: int) -> list[str]:
        """Categories of that many purchases."""
        return [want.category for want in self._random.choices(WANTS, cum_weights=_CUMULATIVE, k=count)]

    def buy(self, category: str, moment: int) -> list[Movement]:
        """The purchase, and its refund if the goods go back."""
        random = self._random
        want = _BY_CATEGORY[category]
        online = random.random() < want.online
        merchant = self._choose(category, online)
        spread = random.random()
        amount = max(100, int((want.low + (want.high - want.low) * spread * spread) * self._scale))
        if category == "cash":
            return [self._withdraw(merchant, max(1_000, round(amount, -3)), moment)]
        bought = self._pay(merchant, category, amount, moment, online)
        if bought.status == "booked" and category == "shopping" and random.random() < REFUNDED_IN * 5:
            return [bought, self._refund(bought)]
        return [bought]

    def _choose(self, category: str, online: bool) -> Merchant:
        catalogue = self._catalogue
        places = catalogue.online[category] if online else catalogue.local[self._habits.city, category]
        return places[int(self._random.random() * len(places))]

    def _pay(self, merchant: Merchant, category: str, amount: int, moment: int, online: bool) -> Movement:
        habits, random = self._habits, self._random
        credit = habits.credit
        account, card = 0, habits.online_card if online else habits.debit_card
        if credit is not None and category != "groceries" and random.random() < credit.share:
            account, card = credit.account, credit.card
        declined = self._can_decline and random.random() < DECLINED_IN
        terminals = merchant.terminals
        return Movement(
            moment,
            account,
            -amount,
            "card_payment",
            category,
            merchant.name if online else f"{merchant.name}, {merchant.city}",
            InternalAccount.CARD_SETTLEMENT,
            card=card,
            merchant=merchant.id,
            terminal=terminals[int(random.random() * len(terminals))].id,
            status="declined" if declined else "booked",
            decline_reason=_DECLINE_REASONS[int(random.random() * len(_DECLINE_REASONS))] if declined else "",
        )

    def _withdraw(self, merchant: Merchant, amount: int, moment: int) -> Movement:
        terminal = merchant.terminals[int(self._random.random() * len(merchant.terminals))]
        return Movement(
            moment,
            0,
            -amount,
            "cash_withdrawal",
            "cash",
            terminal.label,
            InternalAccount.CASH,
            card=self._habits.debit_card,
            merchant=merchant.id,
            terminal=terminal.id,
        )

    def _refund(self, bought: Movement) -> Movement:
        days = 2 + int(self._random.random() * 9)
        return bought._replace(
            at=bought.at + days * DAY,
            amount=-bought.amount,
            kind="refund",
            description=f"Refund {bought.description}",
        )


_DECLINE_REASONS = ["wrong_pin", "online_payments_off", "limit_exceeded", "expired_card_details"]
"""Insufficient funds is left out: the balance of that moment would have to bear it out."""


def leave_pending(movements: list[Movement], habits: Habits, now_at: int) -> list[Movement]:
    """The latest card payments as pending: held, and not booked yet. Together they are less than the account holds."""
    since, left, result = now_at - PENDING_HOURS * 3600, habits.floor, list[Movement]()
    for movement in movements:
        recent = movement.kind == "card_payment" and movement.status == "booked" and movement.at >= since
        if recent and -movement.amount <= left:
            left += movement.amount
            movement = movement._replace(status="pending")
        result.append(movement)
    return result
