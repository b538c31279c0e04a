"""What the offline model says of cards."""

from typing import Any

import pytest

from agent.models.offline.results.cards import BY_STATUS, BY_TOOL
from tools.cards.cards import Card, Cards
from tools.cards.delivery import CardDeliveries, CardDelivery
from tools.cards.limits import CardLimit, CardLimits
from tools.cards.match import CardNotInState
from tools.registry import Result

SWITCHES = dict.fromkeys(("contactless", "online", "cash_machines", "abroad"), True)


def a_card(**changed: Any) -> Card:
    values = {"label": "debit card ending 4821", "kind": "debit", "last4": "4821", "status": "active"}
    values |= {"expires": "01/29", "account": "Everyday", "switches": SWITCHES, "replaced_by": None}
    return Card(**values | changed)


def a_delivery(**changed: Any) -> CardDelivery:
    values = {"card": "debit card ending 0042", "item": "card", "method": "standard", "delivery_status": "sent"}
    values |= {"ordered": "2027-03-01", "sent": "2027-03-02", "expected": "2027-03-08", "advice": None}
    return CardDelivery(**values | changed)


@pytest.mark.parametrize(
    ("tool", "result", "said"),
    [
        ("list_cards", Cards(cards=[]), "You have no cards with us yet."),
        (
            "list_cards",
            Cards(
                cards=[
                    a_card(),
                    a_card(
                        status="pending_activation",
                        switches=SWITCHES | {"online": False, "abroad": False},
                        replaced_by="0042",
                    ),
                ]
            ),
            "Your cards:\n\n"
            "- Debit card ending 4821: active, expires 01/29 (Everyday)\n"
            "- Debit card ending 4821: pending activation, expires 01/29 (Everyday); online payments and payments "
            "abroad switched off; replaced by the card ending 0042",
        ),
        ("get_card_delivery", CardDeliveries(deliveries=[], address=None), "There is nothing in the post for you."),
        (
            "get_card_delivery",
            CardDeliveries(
                deliveries=[
                    a_delivery(advice="Activate the card when it arrives."),
                    a_delivery(item="pin", delivery_status="ordered"),
                ],
                address=None,
            ),
            "- Your debit card ending 0042: sent on 2 March 2027, due by **8 March 2027**. Activate the card when it "
            "arrives.\n"
            "- The PIN letter for your debit card ending 0042: ordered on 1 March 2027; it is sent on 2 March 2027 and "
            "due by **8 March 2027**.",
        ),
        (
            "get_card_limits",
            CardLimits(
                card="debit card ending 4821",
                limits=[
                    CardLimit(
                        limit="payments",
                        period="day",
                        amount="200.00",
                        maximum="5000.00",
                        used="12.50",
                        left="187.50",
                        currency="GBP",
                    ),
                    CardLimit(
                        limit="payments",
                        period="month",
                        amount=None,
                        maximum=None,
                        used="0.00",
                        left=None,
                        currency="GBP",
                    ),
                ],
            ),
            "Limits of your debit card ending 4821:\n\n"
            "- Payments: **£200.00** a day, £12.50 used, £187.50 left\n"
            "- Payments: no limit is set, £0.00 used this month",
        ),
        (
            "get_card_limits",
            CardLimits(card="debit card ending 4821", limits=[]),
            "Your debit card ending 4821 has no limits of its own.",
        ),
    ],
)
def test_each_result_is_said_in_words(tool: str, result: Result, said: str):
    assert BY_TOOL[tool](result.model_dump(mode="json")) == said


def test_a_refusal_is_said_as_it_stands():
    refused = CardNotInState(
        message="Your card is frozen already.", card="debit card ending 4821", card_status="frozen"
    )

    assert BY_STATUS[refused.status](refused.model_dump()) == "Your card is frozen already."
