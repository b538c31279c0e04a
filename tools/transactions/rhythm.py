"""Payments that come back, found in what happened. Pure: facts in, findings out.

A payment comes back when the last of its kind lie at the same distance from each other. A bill, a salary or a move
between own accounts may change its amount; anything else counts only if the amounts are about the same, since people
also buy food every Saturday. What stopped is no finding.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

from tools.calendar import Frequency, add_months

_MAY_VARY = frozenset({"direct_debit", "subscription", "salary", "fee", "interest"})
_ALIKE_PERCENT = 15
"""How far the amounts of one kind of purchase may lie apart, of the largest."""
_REMEMBERED = 6
"""Payments from which an amount that varies is estimated."""
_DAYS: dict[Frequency, int] = {"weekly": 7, "fortnightly": 14, "four_weekly": 28}
_MONTHS: dict[Frequency, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass(frozen=True, slots=True)
class Movement:
    """Something that happened to the customer's money."""

    day: date
    account: str
    name: str
    """Merchant, payee or what the statement says."""
    kind: str
    category: str
    currency: str
    amount_minor: int
    """Signed: negative is money out."""
    is_own: bool
    """Whether the other side is an account of the same customer."""


@dataclass(frozen=True, slots=True)
class Recurring:
    account: str
    name: str
    kind: str
    category: str
    currency: str
    amount_minor: int
    """Signed; what is expected next."""
    varies: bool
    frequency: Frequency
    next_on: date
    """The first day from today on which it is expected."""
    days: tuple[date, ...]
    """On which it was seen, newest first."""


class _Spacing(NamedTuple):
    frequency: Frequency
    least: int
    most: int
    """Days between two payments."""
    seen: int
    """Payments that it takes to believe it."""
    grace: int
    """Days after which a payment that did not come has stopped."""


_SPACINGS = (
    _Spacing("weekly", 6, 8, 4, 4),
    _Spacing("fortnightly", 13, 15, 3, 5),
    # A monthly payment is never 28 days apart three times in a row.
    _Spacing("four_weekly", 27, 29, 4, 7),
    _Spacing("monthly", 25, 36, 3, 10),
    _Spacing("quarterly", 85, 97, 3, 20),
    _Spacing("yearly", 355, 376, 2, 30),
)


def find_recurring(movements: Iterable[Movement], today: date) -> list[Recurring]:
    """Soonest first; of the same day, the largest first."""
    groups: dict[tuple[str, str, str, bool], list[Movement]] = defaultdict(list)
    for movement in movements:
        groups[movement.account, movement.name.casefold(), movement.currency, movement.amount_minor < 0].append(
            movement
        )
    found = [recurring for group in groups.values() for recurring in _in_group(group, today)]
    return sorted(found, key=lambda each: (each.next_on, -abs(each.amount_minor), each.name, each.account))


def _in_group(group: list[Movement], today: date) -> Iterator[Recurring]:
    """The whole group, or else its parts of one amount: a subscription at a shop where other things are bought too."""
    if recurring := _as_one(group, today):
        yield recurring
        return
    amounts: dict[int, list[Movement]] = defaultdict(list)
    for movement in group:
        amounts[movement.amount_minor].append(movement)
    for part in amounts.values():
        if len(part) < len(group) and (recurring := _as_one(part, today)):
            yield recurring


def _as_one(group: list[Movement], today: date) -> Recurring | None:
    newest_first = sorted(group, key=lambda each: (each.day, each.amount_minor, each.kind), reverse=True)
    for spacing in _SPACINGS:
        run = _run(newest_first, spacing)
        if len(run) < spacing.seen or not _alike(run):
            continue
        expected = _next(spacing.frequency, [movement.day for movement in run])
        if today - expected > timedelta(days=spacing.grace):
            return None
        return _recurring(run, spacing.frequency, max(expected, today))
    return None


def _run(newest_first: Sequence[Movement], spacing: _Spacing) -> list[Movement]:
    """The latest ones, as far back as each lies at the distance from the next."""
    run = list(newest_first[:1])
    for later, earlier in pairwise(newest_first):
        if not spacing.least <= (later.day - earlier.day).days <= spacing.most:
            break
        run.append(earlier)
    return run


def _alike(run: list[Movement]) -> bool:
    if run[0].kind in _MAY_VARY or run[0].is_own:
        return True
    sizes = [abs(movement.amount_minor) for movement in run]
    return (max(sizes) - min(sizes)) * 100 <= max(sizes) * _ALIKE_PERCENT


def _next(frequency: Frequency, days: list[date]) -> date:
    """From the latest of ``days``. What a weekend moved to and fro is expected on its usual day of the month."""
    latest = days[0]
    if frequency in _DAYS:
        return latest + timedelta(days=_DAYS[frequency])
    counts = Counter(day.day for day in days)
    usual = min(counts, key=lambda day: (-counts[day], day))
    if abs(usual - latest.day) > 4:
        usual = latest.day
    month = add_months(latest.replace(day=1), _MONTHS[frequency])
    return month.replace(day=min(usual, monthrange(month.year, month.month)[1]))


def _recurring(run: list[Movement], frequency: Frequency, next_on: date) -> Recurring:
    latest = run[0]
    remembered = [movement.amount_minor for movement in run[:_REMEMBERED]]
    # One step is a new price.
    middle = median_low(remembered) if latest.amount_minor > 0 else -median_low([-amount for amount in remembered])
    amount = latest.amount_minor if len(set(remembered)) <= 2 else middle
    return Recurring(
        account=latest.account,
        name=latest.name,
        kind=latest.kind,
        category=latest.category,
        currency=latest.currency,
        amount_minor=amount,
        varies=len(set(remembered)) > 2,
        frequency=frequency,
        next_on=next_on,
        days=tuple(movement.day for movement in run),
    )
