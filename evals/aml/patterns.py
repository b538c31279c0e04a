"""Customers made from a seed, each with a label: a pattern of money laundering, or a hard negative that resembles one.

The patterns vary in amounts, counts and times, also to where the rules' thresholds are no help; they know nothing of
the thresholds. Everybody also lives: card payments, a salary or what they live on, a rent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

DAYS = 420
"""From the first to the last day."""
_POUND = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A booked transaction; ``amount`` in minor units, negative is money out."""

    day: int
    kind: str
    amount: int
    description: str
    category: str = "transfers"
    terminal: int | None = None
    entry: int | None = None
    """The same for both sides of a transfer between own accounts."""
    savings: bool = False


@dataclass(slots=True)
class Person:
    id: UUID
    behaviour: str
    rule: str | None
    """Which rule should find them; None for an honest one."""
    lines: list[Line] = field(default_factory=list[Line])


Behaviour = Callable[[Random, list[Line]], None]


def make_people(seed: int, each: int) -> Iterator[Person]:
    """``each`` customers of every behaviour, in the same order for the same seed."""
    chance = Random(seed)
    for name, (rule, lives, behave) in BEHAVIOURS.items():
        for _ in range(each):
            lines: list[Line] = []
            if lives:
                _live(chance, lines)
            behave(chance, lines)
            yield Person(UUID(int=chance.getrandbits(128), version=4), name, rule, lines)


def day_of(first: date, line: Line) -> date:
    return first + timedelta(days=line.day)


def _live(chance: Random, lines: list[Line]) -> None:
    salary, rent = chance.randrange(1_400, 4_800) * _POUND, chance.randrange(500, 1_500) * _POUND
    payday = chance.randrange(28)
    for month in range(DAYS // 30):
        lines.append(Line(month * 30 + payday, "salary", salary, "Employer", "income"))
        lines.append(Line(month * 30 + (payday + 2) % 30, "standing_order", -rent, "Landlord"))
    for day in range(DAYS):
        if chance.random() < 0.4:
            lines.append(Line(day, "card_payment", -chance.randrange(300, 9_000), "Shop", "groceries"))
        if chance.random() < 0.04:
            lines.append(Line(day, "cash_withdrawal", -chance.randrange(2, 25) * 1_000, "Cash machine", "cash"))


def _structure(chance: Random, lines: list[Line]) -> None:
    start, spread = chance.randrange(120, DAYS - 20), chance.randrange(3, 7)
    for number in range(chance.randrange(3, 8)):
        amount = chance.randrange(6_200, 9_950) * _POUND
        lines.append(_cash_in(start + number * spread // 3, amount, chance.randrange(1, 4)))


def _structure_smaller(chance: Random, lines: list[Line]) -> None:
    """Well under the amount: some cannot be told from a busy week."""
    start = chance.randrange(120, DAYS - 20)
    for number in range(chance.randrange(4, 9)):
        lines.append(_cash_in(start + number, chance.randrange(4_500, 8_500) * _POUND, chance.randrange(1, 3)))


def _structure_out(chance: Random, lines: list[Line]) -> None:
    start = chance.randrange(120, DAYS - 20)
    lines.append(Line(start - 3, "transfer_in", chance.randrange(30_000, 60_000) * _POUND, "Sale of a car park"))
    for number in range(chance.randrange(3, 6)):
        lines.append(
            Line(start + number, "cash_withdrawal", -chance.randrange(7_000, 9_900) * _POUND, "Counter", "cash")
        )


def _mule(chance: Random, lines: list[Line]) -> None:
    day = chance.randrange(120, DAYS - 70)
    for number in range(chance.randrange(2, 7)):
        amount = chance.randrange(1_300, 7_000) * _POUND
        kept = 1 - chance.choice((0.0, 0.03, 0.05, 0.1, 0.15))
        lines.append(Line(day, "transfer_in", amount, f"Sender {chance.randrange(10**6)}"))
        out = int(amount * kept)
        parts = chance.randrange(1, 4)
        for part in range(parts):
            lines.append(
                Line(day + chance.randrange(0, 2), "transfer_out", -out // parts, f"Receiver {number % 2}{part}")
            )
        day += chance.randrange(4, 16)


def _funnel(chance: Random, lines: list[Line]) -> None:
    start, payers = chance.randrange(150, DAYS - 45), chance.randrange(7, 30)
    taken = 0
    for _ in range(payers):
        amount = chance.randrange(200, 2_000) * _POUND
        taken += amount
        day = start + chance.randrange(24)
        lines.append(Line(day, "transfer_in", amount, f"Payer {chance.randrange(10**9)}"))
    for number in range(chance.randrange(2, 5)):
        out = int(taken * chance.uniform(0.75, 0.98)) // 4
        lines.append(Line(start + 25 + number, "transfer_out", -out * (4 if number == 0 else 1) // 2, "Abroad Ltd"))
    lines.append(Line(start + 28, "transfer_out", -int(taken * 0.35), "Abroad Ltd"))


def _funnel_cash(chance: Random, lines: list[Line]) -> None:
    start, taken = chance.randrange(150, DAYS - 45), 0
    for place in range(chance.randrange(4, 9)):
        amount = chance.randrange(700, 4_500) * _POUND
        taken += amount
        lines.append(_cash_in(start + chance.randrange(20), amount, 1 + place))
    lines.append(Line(start + 22, "transfer_out", -int(taken * chance.uniform(0.75, 1.0)), "One Only"))


def _over(chance: Random, lines: list[Line]) -> None:
    day = chance.randrange(100, DAYS)
    for _ in range(chance.randrange(1, 4)):
        lines.append(_cash_in(day, chance.randrange(10_050, 18_000) * _POUND // 1, 1))


def _dormant(chance: Random, lines: list[Line]) -> None:
    lines.append(Line(0, "card_payment", -1_500, "Shop", "groceries"))
    wakes = chance.randrange(200, DAYS - 20)
    amount = chance.randrange(900, 12_000) * _POUND
    lines.append(Line(wakes, "transfer_in", amount, "Somebody"))
    for part in range(2):
        lines.append(Line(wakes + chance.randrange(1, 8), "transfer_out", -int(amount * 0.45), f"Somebody else {part}"))


def _plain(chance: Random, lines: list[Line]) -> None:
    """A salary, a rent and nothing else."""


def _shop(chance: Random, lines: list[Line]) -> None:
    """Takings, paid in on most days for the whole time; in a good week close to the amount again and again."""
    usual, terminal = chance.randrange(1_500, 8_500), chance.randrange(1, 4)
    for day in range(DAYS):
        if day % 7 < 5 and chance.random() < 0.8:
            lines.append(_cash_in(day, int(usual * chance.uniform(0.6, 1.15)) * _POUND, terminal))
        if day % 5 == 0:
            lines.append(Line(day, "transfer_out", -int(usual * 2.4) * _POUND, f"Wholesaler {chance.randrange(1, 9)}"))


def _landlord(chance: Random, lines: list[Line]) -> None:
    """Ten tenants every month, and one mortgage."""
    tenants, rent = chance.randrange(8, 14), chance.randrange(500, 1_100) * _POUND
    for month in range(DAYS // 30):
        for tenant in range(tenants):
            lines.append(Line(month * 30 + chance.randrange(4), "transfer_in", rent, f"Tenant {tenant}"))
        lines.append(Line(month * 30 + 6, "standing_order", -int(rent * tenants * 0.8), "Mortgage"))


def _house(chance: Random, lines: list[Line]) -> None:
    """The price of a house comes in and goes to the solicitor."""
    day, price = chance.randrange(100, DAYS - 10), chance.randrange(40_000, 300_000) * _POUND
    lines.append(Line(day, "transfer_in", price, "Mother"))
    lines.append(Line(day + 1, "transfer_out", -price, "Solicitor"))


def _treasurer(chance: Random, lines: list[Line]) -> None:
    """Forty members pay for an evening; one hall is paid."""
    day, fee, members = chance.randrange(100, DAYS - 40), chance.randrange(15, 60) * _POUND, chance.randrange(20, 60)
    for member in range(members):
        lines.append(Line(day + chance.randrange(20), "transfer_in", fee, f"Member {member}"))
    lines.append(Line(day + 22, "transfer_out", -fee * members, "Hall"))


def _freelancer(chance: Random, lines: list[Line]) -> None:
    for month in range(DAYS // 30):
        for client in range(chance.randrange(1, 4)):
            amount = chance.randrange(900, 5_000) * _POUND
            lines.append(Line(month * 30 + chance.randrange(28), "transfer_in", amount, f"Client {client}"))
        if month % 3 == 2:
            lines.append(Line(month * 30 + 29, "transfer_out", -chance.randrange(1_000, 4_000) * _POUND, "Tax"))


def _flat_share(chance: Random, lines: list[Line]) -> None:
    """Three pay their part, the whole rent goes out on the same day, month after month."""
    part = chance.randrange(500, 900) * _POUND
    for month in range(DAYS // 30):
        for friend in range(3):
            lines.append(Line(month * 30 + friend % 2, "transfer_in", part, f"Friend {friend}"))
        lines.append(Line(month * 30 + 2, "transfer_out", -4 * part, "Letting agent"))


def _saver(chance: Random, lines: list[Line]) -> None:
    """Large sums, to and fro between two accounts of one's own."""
    for number in range(chance.randrange(6, 20)):
        day, amount = chance.randrange(60, DAYS - 3), chance.randrange(2_000, 20_000) * _POUND
        for back in (1, -1):
            entry = chance.getrandbits(48)
            at = day + (back < 0) * chance.randrange(0, 3)
            lines.append(Line(at, "transfer_out", -amount, f"Own {number}", "savings", entry=entry, savings=back > 0))
            lines.append(Line(at, "transfer_in", amount, f"Own {number}", "savings", entry=entry, savings=back < 0))


def _builder(chance: Random, lines: list[Line]) -> None:
    """Paid in cash for small jobs."""
    for day in range(DAYS):
        if chance.random() < 0.12:
            lines.append(_cash_in(day, chance.randrange(150, 2_500) * _POUND, chance.randrange(1, 3)))


def _large_withdrawal(chance: Random, lines: list[Line]) -> None:
    """Once, for a car; just under the amount."""
    day = chance.randrange(100, DAYS)
    lines.append(Line(day, "cash_withdrawal", -chance.randrange(8_000, 9_900) * _POUND, "Counter", "cash"))


def _wedding(chance: Random, lines: list[Line]) -> None:
    """Many guests give money that stays."""
    day = chance.randrange(100, DAYS - 30)
    for guest in range(chance.randrange(20, 60)):
        amount = chance.randrange(30, 400) * _POUND
        lines.append(Line(day + chance.randrange(10), "transfer_in", amount, f"Guest {guest}"))
    for shop in range(4):
        lines.append(Line(day + 12, "transfer_out", -chance.randrange(200, 1_500) * _POUND, f"Supplier {shop}"))


def _returning(chance: Random, lines: list[Line]) -> None:
    """Away for most of a year, then an allowance and its spending."""
    lines.append(Line(0, "card_payment", -1_500, "Shop", "groceries"))
    back = chance.randrange(200, DAYS - 20)
    lines.append(Line(back, "transfer_in", chance.randrange(200, 900) * _POUND, "Parents"))
    for day in range(back, min(back + 20, DAYS)):
        lines.append(Line(day, "card_payment", -chance.randrange(300, 3_000), "Shop", "groceries"))


def _inheritance(chance: Random, lines: list[Line]) -> None:
    """Comes to an account that slept, and stays there."""
    lines.append(Line(0, "card_payment", -1_500, "Shop", "groceries"))
    lines.append(Line(chance.randrange(200, DAYS), "transfer_in", chance.randrange(5_000, 90_000) * _POUND, "Estate"))


def _cash_in(day: int, amount: int, terminal: int) -> Line:
    return Line(day, "transfer_in", amount, "Cash paid in", "cash", terminal)


BEHAVIOURS: dict[str, tuple[str | None, bool, Behaviour]] = {
    "structuring": ("structuring", True, _structure),
    "structuring_smaller": ("structuring", True, _structure_smaller),
    "structuring_out": ("structuring", True, _structure_out),
    "mule": ("rapid_movement", True, _mule),
    "funnel": ("funnel", True, _funnel),
    "funnel_cash": ("funnel", True, _funnel_cash),
    "over": ("threshold_report", True, _over),
    "dormant": ("dormant", False, _dormant),
    "plain": (None, True, _plain),
    "shop": (None, True, _shop),
    "landlord": (None, True, _landlord),
    "house": (None, True, _house),
    "treasurer": (None, True, _treasurer),
    "freelancer": (None, True, _freelancer),
    "flat_share": (None, True, _flat_share),
    "saver": (None, True, _saver),
    "builder": (None, True, _builder),
    "large_withdrawal": (None, True, _large_withdrawal),
    "wedding": (None, True, _wedding),
    "returning": (None, False, _returning),
    "inheritance": (None, False, _inheritance),
}
"""Name, the rule that should find it, whether they live besides, and what they do."""
