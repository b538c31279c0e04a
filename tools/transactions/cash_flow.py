"""How a balance goes on from what is expected. Pure, in integer minor units."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Literal

from tools.calendar import Frequency, occurrence

Source = Literal["recurring", "standing_order", "scheduled_payment"]


@dataclass(frozen=True, slots=True)
class Expected:
    day: date
    name: str
    amount_minor: int
    """Signed: negative is money out."""
    source: Source


@dataclass(frozen=True, slots=True)
class Step:
    expected: Expected
    balance_minor: int
    """After it."""


@dataclass(frozen=True, slots=True)
class CashFlow:
    starts_minor: int
    steps: tuple[Step, ...]
    lowest_minor: int
    lowest_on: date
    """The first day on which it is as low."""

    @property
    def ends_minor(self) -> int:
        return self.steps[-1].balance_minor if self.steps else self.starts_minor

    @property
    def in_minor(self) -> int:
        return sum(step.expected.amount_minor for step in self.steps if step.expected.amount_minor > 0)

    @property
    def out_minor(self) -> int:
        return sum(step.expected.amount_minor for step in self.steps if step.expected.amount_minor < 0)


def occurrences(first: date, frequency: Frequency, last: date) -> Iterator[date]:
    """The days of a rhythm from ``first`` up to ``last``, both included."""
    for number in count():
        day = occurrence(first, frequency, number)
        if day > last:
            return
        yield day


def forecast(starts_minor: int, expected: Iterable[Expected], today: date) -> CashFlow:
    """From the balance of ``today``. Within a day money goes out before it comes in: the lowest that may be."""
    balance, lowest, lowest_on = starts_minor, starts_minor, today
    steps: list[Step] = []
    for each in sorted(expected, key=lambda each: (each.day, each.amount_minor, each.name)):
        balance += each.amount_minor
        steps.append(Step(each, balance))
        if balance < lowest:
            lowest, lowest_on = balance, each.day
    return CashFlow(starts_minor, tuple(steps), lowest, lowest_on)
