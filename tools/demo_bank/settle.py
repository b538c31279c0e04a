"""Makes balances come out right: from the final balance backwards, so that the end is exact and nothing was ever below
its floor.

Walking back in time a payment raises the balance and an income lowers it. Where the balance before a payday would fall
under its mark, the customer saved the difference just after that payday: a transfer to their savings account, or to
another bank where there is none (or it would have been empty). Where a smaller income does not fit, it did not happen.
What is left at the start was brought forward.
"""

from tools.demo_bank.habits import Habits
from tools.demo_bank.model import InternalAccount, Movement
from tools.demo_bank.plan import MAIN, SWEEP_DELAY
from tools.demo_bank.terms import percent_of

_SAVINGS_FLOOR = 5_000
"""Minor units."""


def settle(movements: list[Movement], habits: Habits) -> list[Movement]:
    """The movements in order of time, with openings, savings and interest.

    Raises:
        ValueError: a final balance is under its floor.
    """
    if habits.final < habits.floor:
        raise ValueError("the final balance is under the floor")
    walk = _Walk(habits)
    for movement in sorted(movements, key=lambda one: one.at, reverse=True):
        walk.back_over(movement)
    walk.bring_forward()
    return walk.seen[::-1]


class _Walk:
    """Balances just before everything seen so far; ``seen`` is newest first."""

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self._main = habits.final
        self._savings = habits.savings_final
        self.seen: list[Movement] = []

    def back_over(self, movement: Movement) -> None:
        if movement.kind == "salary":
            self._save_the_rest(movement)
        if movement.kind == "interest":
            movement = movement._replace(amount=self._interest())
        change = movement.effect_on(MAIN)
        if change > 0 and self._main - change < self._habits.floor:
            return
        self._main -= change
        if self._habits.savings >= 0:
            self._savings -= movement.effect_on(self._habits.savings)
        self.seen.append(movement)

    def bring_forward(self) -> None:
        for account, balance in ((self._habits.savings, self._savings), (MAIN, self._main)):
            if account >= 0 and balance:
                text = "Balance brought forward"
                self.seen.append(Movement(0, account, balance, "opening", "opening", text, InternalAccount.OPENING))

    def _save_the_rest(self, salary: Movement) -> None:
        missing = self._habits.before_payday - (self._main - salary.amount)
        if missing <= 0:
            return
        amount = -(-missing // 1_000) * 1_000
        self._main += amount
        moment = salary.at + SWEEP_DELAY
        if self._habits.savings >= 0 and self._savings - amount >= _SAVINGS_FLOOR:
            self._savings -= amount
            self.seen.append(
                Movement(
                    moment,
                    MAIN,
                    -amount,
                    "transfer_out",
                    "savings",
                    "Monthly saving",
                    to_account=self._habits.savings,
                    to_amount=amount,
                )
            )
        else:
            self.seen.append(Movement(moment, MAIN, -amount, "transfer_out", "savings", "To my account elsewhere"))

    def _interest(self) -> int:
        return max(1, int(self._savings * percent_of("savings.easy_access.rate") / 1200))
