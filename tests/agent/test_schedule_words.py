"""Scheduled payments and standing orders as the offline model says them."""

import pytest

from agent.models.offline.results import say
from agent.models.offline.results.schedules import BY_TOOL
from tools.registry import Result
from tools.schedules.schedules import DateUnclear, ScheduledPayment, ScheduledPayments, TooLateToCancel
from tools.schedules.standing_orders import StandingOrder, StandingOrders

PAYMENT = ScheduledPayment(
    reference="r",
    payee="John Carter",
    amount="1020.50",
    currency="GBP",
    date="2026-12-04",
    account="Everyday",
    text=None,
)
ORDER = StandingOrder(
    reference="r",
    payee="Sunrise Lettings",
    amount="850.00",
    currency="GBP",
    frequency="four_weekly",
    next_run_on="2026-12-01",
    ends_on="2027-11-30",
    account="Everyday",
    text="Rent",
)


@pytest.mark.parametrize(
    ("tool", "result", "said"),
    [
        (
            "list_scheduled_payments",
            ScheduledPayments(scheduled_payments=[PAYMENT, PAYMENT.model_copy(update={"text": "Tickets"})]),
            "Your scheduled payments:\n\n- 4 December 2026: **£1,020.50** to John Carter (Everyday)\n"
            "- 4 December 2026: **£1,020.50** to John Carter, Tickets, (Everyday)",
        ),
        ("list_scheduled_payments", ScheduledPayments(scheduled_payments=[]), "You have no payments scheduled."),
        (
            "list_standing_orders",
            StandingOrders(standing_orders=[ORDER, ORDER.model_copy(update={"ends_on": None, "text": None})]),
            "Your standing orders:\n\n- **£850.00** to Sunrise Lettings, Rent, every four weeks, next on "
            "1 December 2026 until 30 November 2027 (Everyday)\n"
            "- **£850.00** to Sunrise Lettings every four weeks, next on 1 December 2026 (Everyday)",
        ),
        ("list_standing_orders", StandingOrders(standing_orders=[]), "You have no standing orders."),
    ],
)
def test_lists(tool: str, result: Result, said: str):
    assert BY_TOOL[tool](result.model_dump(mode="json")) == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            TooLateToCancel(payee="John Carter", date="2026-11-21"),
            "The payment to John Carter is made today. It could be cancelled until the day before.",
        ),
        (
            DateUnclear(asked_for=None, choices=["2026-11-27", "2026-12-04"]),
            "The payment of which day do you mean?\n\n- Friday 27 November 2026\n- Friday 4 December 2026",
        ),
    ],
)
def test_refusals(result: TooLateToCancel | DateUnclear, said: str):
    assert say("cancel_scheduled_payment", result.model_dump(mode="json")) == said
