"""What the customer may want next."""

from agent.state import State, Understood
from agent.understanding.intents import Route

_VISITOR = ("How do I activate my new card?", "What are your fees?", "How do I open an account?")
_CUSTOMER = ("What's my balance?", "Show my last 5 transactions", "How much did I spend on groceries last month?")
_AFTER = {
    "get_balance": ("Show my last 5 transactions", "How much did I spend this month?"),
    "list_accounts": ("Show my last 5 transactions", "List my cards"),
    "list_transactions": ("How much did I spend last month?", "What's my balance?"),
    "spending_summary": ("Show my last 5 transactions", "How much did I spend on eating out last month?"),
    "list_cards": ("Freeze my card", "Show my last 5 transactions"),
    "freeze_card": ("Unfreeze my card", "How do I get a replacement card?"),
    "unfreeze_card": ("List my cards", "What's my balance?"),
    "list_disputes": ("Open a dispute", "Show my last 5 transactions"),
    "get_dispute_status": ("Add evidence to my dispute", "Withdraw my dispute"),
    "list_held_payments": ("Let the held payment go", "Cancel the held payment"),
    "get_identity_status": ("How do I verify my identity?", "What am I allowed to do?"),
    "what_may_i_do": ("What are your fees and limits?", "What's my balance?"),
    "report_fraud_alert": ("Freeze my card", "List my cards"),
}
_BESIDE_ARTICLES = dict.fromkeys(
    (
        "card_payment_not_recognised",
        "cash_withdrawal_not_recognised",
        "direct_debit_payment_not_recognised",
        "extra_charge_on_statement",
        "request_refund",
        "transaction_charged_twice",
    ),
    "Dispute a payment",
) | dict.fromkeys(("unable_to_verify_identity", "verify_my_identity"), "What is missing from my identity check?")
"""What can be done about what the articles are about, for somebody who is signed in."""
_MOST = 3


def suggest(state: State, first: Understood, *, is_waiting: bool, signed_in: bool) -> list[str]:
    """Up to three messages that this assistant answers well, none while a confirmation or an answer is waited for."""
    if is_waiting or state["asks_confirmation"]:
        return []
    if state["passages"]:
        titles = dict.fromkeys(passage["title"] for passage in state["passages"])
        done = [_BESIDE_ARTICLES[first["intent"]]] if signed_in and first["intent"] in _BESIDE_ARTICLES else []
        return [*done, *list(titles)[1:]][:_MOST]
    if state["ended"] and state["ended"]["status"] != "completed":
        return list(_CUSTOMER)
    if signed_in:
        return list(_AFTER.get(first["intent"], _CUSTOMER))[:_MOST]
    return list(_VISITOR) if first["route"] != Route.SMALL_TALK or first["intent"] != "goodbye" else []
