"""Instalment loans in whole minor units. Pure: nothing here knows the bank.

Rate and time are counted as the annual percentage rate counts them: X solves

    sum of drawdowns * (1 + X) ** -t  =  sum of repayments * (1 + X) ** -t

with t in years, a month being a twelfth of one and a day a 365th, and X stated to one decimal of a percent (Directive
2008/48/EC, Annex I, kept as Annex III of Directive (EU) 2023/2225; United Kingdom: FCA Handbook, CONC App 1.2). Our
loans have no fees, so the rate that interest accrues at is the APR itself.

Rounding: the monthly payment and each month's interest are rounded half up to the minor unit. What a payment has more
than that month's interest is principal. The last payment is what is owed then with its interest, so the principal parts
sum to the amount exactly and the last payment may differ from the others by some minor units.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

_PRECISION = 40
"""Digits of what is computed between two roundings."""
_MONTHS = 12
_DAYS = 365
_LAST_DAY = 28
"""Every month has it."""
_HALVINGS = 80
"""Of the interval that an APR is looked for in: far beyond the one decimal that is stated."""


@dataclass(frozen=True, slots=True)
class Instalment:
    number: int
    due_on: date
    payment: int
    interest: int
    principal: int
    balance: int
    """What is owed afterwards."""


def schedule(principal: int, apr: Decimal, months: int, paid_out_on: date) -> list[Instalment]:
    """The plan of a loan that is paid back in equal monthly payments, if each is made on its day.

    Args:
        principal: minor units.
        apr: percent a year.

    Raises:
        ValueError: no plan in whole minor units: too little is borrowed for that many months.
    """
    rate = interest_factor(apr, 1, 0)
    payment = monthly_payment(principal, apr, months)
    first = first_due(paid_out_on)
    plan: list[Instalment] = []
    balance = principal
    for number in range(1, months + 1):
        interest = _rounded(balance * rate)
        paid = balance + interest if number == months else payment
        balance -= paid - interest
        if balance < 0 or (number < months and paid <= interest):
            raise ValueError("too little for that many months")
        plan.append(Instalment(number, add_months(first, number - 1), paid, interest, paid - interest, balance))
    return plan


def monthly_payment(principal: int, apr: Decimal, months: int) -> int:
    """Minor units.

    Raises:
        ValueError: nothing is borrowed, or for no time, or at a negative rate.
    """
    if principal <= 0 or months <= 0 or apr < 0:
        raise ValueError("a loan has an amount, months and a rate")
    with localcontext(prec=_PRECISION):
        rate = interest_factor(apr, 1, 0)
        return _rounded(principal * rate / (1 - (1 + rate) ** -months) if rate else Decimal(principal) / months)


def interest(balance: int, apr: Decimal, since: date, until: date) -> int:
    """What accrues from one day to another, minor units. The database's ``loan_interest`` is the same."""
    if until <= since:
        return 0
    months = (until.year - since.year) * _MONTHS + until.month - since.month
    months -= add_months(since, months) > until
    return _rounded(balance * interest_factor(apr, months, (until - add_months(since, months)).days))


def interest_factor(apr: Decimal, months: int, days: int) -> Decimal:
    """Interest on one unit for that time."""
    with localcontext(prec=_PRECISION):
        years = Decimal(months) / _MONTHS + Decimal(days) / _DAYS
        return (1 + apr / 100) ** years - 1


def apr_of(principal: int, repayments: Sequence[tuple[int, int]]) -> Decimal:
    """The annual percentage rate in percent, to one decimal.

    Args:
        principal: what is paid out, minor units.
        repayments: (months since the pay-out, minor units).

    Raises:
        ValueError: less is paid back than was paid out.
    """
    if sum(paid for _, paid in repayments) < principal or principal <= 0:
        raise ValueError("that is no loan")
    with localcontext(prec=_PRECISION):
        # The value of a later month falls with this discount, so halving finds where both sides meet.
        low, high = Decimal(0), Decimal(1)
        for _ in range(_HALVINGS):
            discount = (low + high) / 2
            worth = sum(paid * discount**month for month, paid in repayments)
            low, high = (discount, high) if worth < principal else (low, discount)
        return ((high**-_MONTHS - 1) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def first_due(paid_out_on: date) -> date:
    return add_months(interest_starts(paid_out_on), 1)


def interest_starts(paid_out_on: date) -> date:
    """The day itself; the next month's first for a pay-out after the 28th, as payments are due on a day that every
    month has, a whole month apart from the beginning."""
    return paid_out_on if paid_out_on.day <= _LAST_DAY else add_months(paid_out_on.replace(day=1), 1)


def add_months(day: date, months: int) -> date:
    """The same day that many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _rounded(minor: Decimal) -> int:
    return int(minor.quantize(Decimal(1), ROUND_HALF_UP))
