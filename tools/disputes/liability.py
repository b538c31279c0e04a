"""How much of an unauthorised payment the law lets a customer bear at most. Pure; amounts in minor units of one
currency.

United States, 12 CFR 1005.6(b), for debit: told within two business days of learning that a card was lost or stolen,
the lesser of 50 USD and what was taken before the notice; later, up to 500; and, whatever the cause, all that is taken
after 60 days from the statement that showed the first. A lost or stolen card is what the first two steps are about:
where none was (its number was copied), the third alone holds (official interpretation 6(b)(3)-2).
United Kingdom, PSRs 2017, reg. 77(1): 35 GBP for a lost, stolen or misappropriated instrument before the notice, unless
the loss could not be noticed. European Economic Area, Directive (EU) 2015/2366, art. 74(1): 50 EUR likewise.
Fraud or gross negligence of the customer is for people to judge and changes all of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tools.disputes.bank_days import business_days_after

FIRST_TIER, SECOND_TIER = 5_000, 50_000
"""US cents: 12 CFR 1005.6(b)(1) and (2)."""
LEARNED_WITHIN = 2
"""Business days."""
STATEMENT_DAYS = timedelta(days=60)
UK_MOST, EEA_MOST = 3_500, 5_000
"""Pence and euro cents."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An unauthorised payment."""

    on: date
    minor: int


def us_liability(
    taken: Sequence[Taken], *, learned_on: date | None, statement_on: date | None, told_on: date, lost_or_stolen: bool
) -> int:
    """The most that the customer bears.

    Args:
        learned_on: when they learned that the card was lost or stolen; None while they had not.
        statement_on: when the statement that first shows one of the payments was sent; None before.
        told_on: when the bank was told: what is taken later is the bank's.
    """
    before = [payment for payment in taken if payment.on <= told_on]
    late_from = None if statement_on is None else statement_on + STATEMENT_DAYS
    is_late = late_from is not None and told_on > late_from
    unlimited = sum(p.minor for p in before if is_late and late_from is not None and p.on > late_from)
    if not lost_or_stolen:
        return unlimited
    early = [p for p in before if not (is_late and late_from is not None and p.on > late_from)]
    return _tiers(early, learned_on, told_on) + unlimited


def _tiers(taken: Sequence[Taken], learned_on: date | None, told_on: date) -> int:
    total = sum(payment.minor for payment in taken)
    end = None if learned_on is None else business_days_after(learned_on, LEARNED_WITHIN, "US")
    if end is None or told_on <= end:
        return min(FIRST_TIER, total)
    within = sum(payment.minor for payment in taken if payment.on <= end)
    return min(SECOND_TIER, min(FIRST_TIER, within) + total - within)


def european_liability(minor: int, *, most: int, lost_or_stolen: bool, could_notice: bool) -> int:
    """``most``: UK_MOST or EEA_MOST, in the account's currency."""
    return min(most, minor) if lost_or_stolen and could_notice else 0
