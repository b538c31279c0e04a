"""What an exchange costs now: the bank's rate, both sides, and the fee as its own line."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from core.errors import Refused
from core.money import Money
from tools.queries import QUERIES
from tools.registry import ToolContext


@dataclass(frozen=True, slots=True)
class Quote:
    debit: Money
    credit: Money
    rate: Decimal | None
    """What one unit of the debit's currency buys; None where both are the same."""
    fee: Money
    """In the debit's currency, beside the debit."""

    @property
    def payload(self) -> dict[str, str | int]:
        """As ``post_entry`` reads it."""
        sides: dict[str, str | int] = {
            "debit_minor": self.debit.minor,
            "debit_currency": self.debit.currency,
            "credit_minor": self.credit.minor,
            "credit_currency": self.credit.currency,
        }
        if self.fee.minor:
            sides |= {"fee_minor": self.fee.minor, "fee_label": "Exchange fee"}
        return sides | ({"rate": str(self.rate)} if self.rate is not None else {})


@dataclass(frozen=True, slots=True)
class _Exchange:
    rate: Decimal | None
    other_minor: int | None
    fee_percent: Decimal


async def quote(db: ReadHandle, context: ToolContext, amount: Money, *, debited: str, credited: str) -> Quote:
    """Both sides of ``amount``, which is in one of the two currencies: the other is converted and rounded once, by the
    database, as it will be checked when it is posted.

    Raises:
        Refused: there is no rate (``no_rate``), or the amount is in neither currency (``wrong_currency``).
    """
    if amount.currency not in (debited, credited):
        raise Refused(f"Give the amount in {debited} or {credited}.", code="wrong_currency")
    if debited == credited:
        return Quote(amount, amount, None, Money(0, debited))
    values = {"debited": debited, "credited": credited, "minor": amount.minor, "now": context.now}
    values |= {"debit_is_fixed": amount.currency == debited, "is_weekend": is_weekend(context.now)}
    values |= {"customer_id": context.customer_id}
    found = await db.get(_Exchange, QUERIES["quote_exchange"], values)
    if found.rate is None or not found.other_minor:
        raise Refused(f"We do not exchange {debited} into {credited} just now.", code="no_rate")
    debit = amount if amount.currency == debited else Money(found.other_minor, debited)
    credit = amount if amount.currency == credited else Money(found.other_minor, credited)
    fee = int((debit.minor * found.fee_percent / 100).to_integral_value("ROUND_HALF_UP"))
    return Quote(debit, credit, found.rate, Money(fee, debited))


_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6
_CLOSING_HOUR = 22


def is_weekend(now: datetime) -> bool:
    """As the published weekend fee counts it: from 10pm on Friday to 10pm on Sunday, London time."""
    local = now.astimezone(BANK_TIME_ZONE)
    is_late = local.hour >= _CLOSING_HOUR
    return {_FRIDAY: is_late, _SATURDAY: True, _SUNDAY: not is_late}.get(local.weekday(), False)
