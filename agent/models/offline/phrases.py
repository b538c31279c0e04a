"""The offline model's fixed sentences."""

from typing import Any

SMALL_TALK = {
    "greeting": "Hello! I can help with your accounts, cards and payments, or answer questions about our services.",
    "thanks": "You're welcome. Is there anything else I can help with?",
    "acknowledgement": "All right. Is there anything else I can help with?",
    "agree": "All right. Is there anything else I can help with?",
    "decline": "All right. Is there anything else I can help with?",
    "goodbye": "Goodbye, and take care.",
    "bot_question": (
        "I'm Teller Bank's assistant, a computer program. I answer questions from our help centre. While you are "
        "logged in I also look up your balances, transactions, cards and payees, prepare payments, standing orders and "
        "changes to your cards, which happen once you have confirmed them, and help with disputes and fraud alerts."
    ),
}
OUT_OF_SCOPE = (
    "I'm sorry, I can only help with banking: your accounts, cards, payments and our services. "
    "Is there anything of that kind I can do for you?"
)
HAND_OFF = (
    "To talk to a colleague, log in and ask me again: then I can pass our conversation on. Or open Support > Contact "
    "us "
    "in the app to call or message our team."
)
SIGN_IN = "Please log in first, so that I can look at your own accounts and cards."
CANNOT_HERE = "I can't do that for you in this chat yet."
NOTHING_FOUND = (
    "I couldn't find anything about that in our help centre. Could you put it another way, or tell me a little more?"
)

_DONE = {"freeze_card": "frozen. No new payment will go through until you unfreeze it", "unfreeze_card": "active again"}


def operation_ended(operation: dict[str, Any]) -> str:
    """What became of a proposal once the customer decided; ``operation`` has type, status, summary, error, receipt."""
    what = str(operation["summary"])
    match operation["status"]:
        case "completed":
            if receipt := operation.get("receipt"):
                return str(receipt)
            if state := _DONE.get(operation["type"]):
                return f"Done: {what.partition(' ')[2]} is {state}."
            return f"{what}: done."
        case "cancelled":
            return f"All right, I have not done it. ({what}: cancelled.)"
        case "held":
            return (
                f"{what}: we are checking this payment before it leaves. The money is set aside in your account, and "
                "nobody has been paid. Ask me about your held payments to let it go or to cancel it."
            )
        case "expired":
            return (
                f"{what}: the time to confirm has passed, and nothing was changed. Ask me again if you still want it."
            )
        case _:
            return f"{what}: that did not work, and nothing was changed. {operation['error'] or ''}".strip()
