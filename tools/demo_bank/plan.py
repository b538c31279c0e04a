"""What happens to a customer's money, month by month, before balances are looked at (see settle)."""

from random import Random

from tools.demo_bank.calendar import DAY, History, Month, at, standing_order_at
from tools.demo_bank.currencies import exchange_to_euro
from tools.demo_bank.habits import Bill, Habits
from tools.demo_bank.model import Customer, InternalAccount, Movement
from tools.demo_bank.purchases import Shopper, leave_pending

MAIN = 0
"""Index of the account that income arrives on."""


def plan_movements(customer: Customer, habits: Habits, history: History, random: Random) -> list[Movement]:
    """Everything up to ``history.now``, in no order. Balances are not yet looked at: interest has amount 0."""
    shopper = Shopper(customer, habits, random)
    movements: list[Movement] = []
    for month in history.months:
        movements += _income(habits, history, month)
        movements += _standing_orders(customer, month)
        movements += [_bill(bill, history, month, random) for bill in habits.bills]
        movements += _account_fee(habits, month)
        movements += _interest(habits, month)
        movements += _friends(customer, habits, month, random)
        movements += _top_ups(habits, month, random)
        movements += _purchases(habits, shopper, history, month, random)
    movements += exchange_to_euro(habits, history, random)
    past = [movement for movement in movements if movement.at <= history.now_at]
    return leave_pending(past, habits, history.now_at) if habits.pending else past


def _income(habits: Habits, history: History, month: Month) -> list[Movement]:
    day = history.working_day_before(month.day(28))
    payday = at(day, 6)
    if payday + SWEEP_DELAY > history.now_at:
        return []
    text = f"Salary {habits.employer}"
    return [Movement(payday, MAIN, habits.income, "salary", "income", text, InternalAccount.SALARIES)]


SWEEP_DELAY = 300
"""Seconds after the salary at which the rest of last month is saved."""


def _standing_orders(customer: Customer, month: Month) -> list[Movement]:
    return [
        Movement(
            standing_order_at(month.day(order.day_of_month)),
            order.account,
            -order.amount_minor,
            "standing_order",
            "housing",
            f"{customer.payees[order.payee].name} {order.reference}",
            payee=order.payee,
        )
        for order in customer.standing_orders
    ]


def _bill(bill: Bill, history: History, month: Month, random: Random) -> Movement:
    amount = bill.amount + (random.randint(-bill.spread, bill.spread) if bill.spread else 0)
    by_card = bill.card >= 0
    day = month.day(bill.day) if by_card else history.working_day_after(month.day(bill.day))
    merchant = bill.merchant
    return Movement(
        at(day, 7 if by_card else 4, random.randrange(60)),
        MAIN,
        -amount,
        "subscription" if by_card else "direct_debit",
        merchant.category,
        merchant.name,
        InternalAccount.CARD_SETTLEMENT if by_card else InternalAccount.CLEARING,
        card=bill.card,
        merchant=merchant.id,
        terminal=merchant.terminals[0].id if by_card else 0,
    )


def _account_fee(habits: Habits, month: Month) -> list[Movement]:
    if not habits.account_fee:
        return []
    moment = at(month.day(3), 4)
    return [
        Movement(moment, MAIN, -habits.account_fee, "fee", "fees", "Plus account monthly fee", InternalAccount.FEES)
    ]


def _interest(habits: Habits, month: Month) -> list[Movement]:
    if habits.savings < 0:
        return []
    moment = at(month.start, 4, 10)
    return [Movement(moment, habits.savings, 0, "interest", "interest", "Interest", InternalAccount.INTEREST)]


def _friends(customer: Customer, habits: Habits, month: Month, random: Random) -> list[Movement]:
    movements: list[Movement] = []
    for friend in habits.friends:
        for _ in range(int(friend.per_month + random.random())):
            amount = round(random.randint(friend.low, friend.high), -2)
            text = f"{customer.payees[friend.payee].name} {friend.reference}"
            moment = at(month.start + random.randrange(month.length), 18, random.randrange(180))
            movements.append(Movement(moment, MAIN, -amount, "transfer_out", "transfers", text, payee=friend.payee))
    return movements


def _top_ups(habits: Habits, month: Month, random: Random) -> list[Movement]:
    if random.random() >= habits.top_ups_per_month:
        return []
    moment = at(month.start + random.randrange(month.length), 10, random.randrange(600))
    return [Movement(moment, MAIN, random.randrange(2, 16) * 1_000, "top_up", "income", "Top-up by card")]


def _purchases(habits: Habits, shopper: Shopper, history: History, month: Month, random: Random) -> list[Movement]:
    last = history.now_at - habits.quiet_days * DAY
    movements: list[Movement] = []
    for day in range(month.start, month.start + month.length):
        weekday = history.weekday(day)
        if weekday in habits.grocery_weekdays:
            movements += shopper.buy("groceries", at(day, 17, random.randrange(170)))
        if habits.commutes and weekday < 5 and random.random() < 0.6:
            movements += shopper.buy("transport", at(day, 7, 30 + random.randrange(60)))
    for category in shopper.wishes(habits.purchases_per_month):
        moment = at(month.start + random.randrange(month.length), 9, random.randrange(720))
        movements += shopper.buy(category, moment)
    return [movement for movement in movements if movement.at <= last]
