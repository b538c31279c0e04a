"""The monthly life of a credit card: a statement on the 1st, paid in full from the main account on the 15th."""

from tools.demo_bank.calendar import DAY, History, at
from tools.demo_bank.habits import Credit, Habits
from tools.demo_bank.model import Customer, InternalAccount, Movement
from tools.demo_bank.terms import amount_of

_LATE_MONTH = 7
"""Number of the month in which a customer who pays late did so, on the 18th, with a fee on the 16th."""


def settle_credit_card(
    movements: list[Movement], customer: Customer, habits: Habits, history: History
) -> list[Movement]:
    """The movements with payments of the card added, and without purchases that its limit does not allow."""
    credit = habits.credit
    if credit is None:
        return movements
    account = customer.accounts[credit.account]
    purchases = sorted((one for one in movements if one.account == credit.account), key=lambda one: one.at)
    settled = [one for one in movements if one.account != credit.account]
    owed = 0
    for number, month in enumerate(history.months):
        due, ends = owed, (month.start + month.length) * DAY
        late = credit.pays_late and number == _LATE_MONTH
        if due > 0:
            settled.append(_payment(due, month.day(18 if late else 15), credit, account.name))
        while purchases and purchases[0].at < ends:
            purchase = purchases.pop(0)
            # Until the 15th both statements are owed.
            if owed - purchase.amount <= account.overdraft_minor:
                owed -= purchase.effect_on(credit.account)
                settled.append(purchase)
        if late:
            fee = amount_of("card.credit.late_fee")
            owed += fee
            settled.append(_late_fee(fee, month.day(16), credit))
        owed -= max(0, due)
    return [one for one in settled if one.at <= history.now_at]


def _payment(owed: int, day: int, credit: Credit, name: str) -> Movement:
    text = f"{name} payment"
    moment = at(day, 5)
    return Movement(moment, 0, -owed, "transfer_out", "transfers", text, to_account=credit.account, to_amount=owed)


def _late_fee(fee: int, day: int, credit: Credit) -> Movement:
    return Movement(at(day, 4), credit.account, -fee, "fee", "fees", "Late payment fee", InternalAccount.FEES)
