"""The closed sets that understanding chooses from: six routes, the 77 intents of BANKING77 and our own beside them.

A BANKING77 question is always answered from the help centre, also when it is about a stolen card or a payment that the
customer does not recognise: the articles say what to do at once, and a visitor without a login needs that as well.
Our own intents are what the bank can do, what concerns an alert of its fraud monitoring, and what is not banking.
"""

from enum import StrEnum


class Route(StrEnum):
    """The kinds of turn that the graph tells apart."""

    SMALL_TALK = "small_talk"
    KNOWLEDGE = "knowledge"
    OPERATION = "operation"
    FRAUD = "fraud"
    OUT_OF_SCOPE = "out_of_scope"
    HANDOFF = "handoff"


class OwnIntent(StrEnum):
    """What BANKING77 does not cover."""

    ACCOUNT_BALANCE = "account_balance"
    LIST_ACCOUNTS = "list_accounts"
    LIST_TRANSACTIONS = "list_transactions"
    SPENDING_SUMMARY = "spending_summary"
    FREEZE_CARD = "freeze_card"
    UNFREEZE_CARD = "unfreeze_card"
    LIST_CARDS = "list_cards"
    MAKE_TRANSFER = "make_transfer"
    LIST_PAYEES = "list_payees"
    MANAGE_PAYEES = "manage_payees"
    """Add, change or remove a payee."""
    LIST_STANDING_ORDERS = "list_standing_orders"
    MANAGE_STANDING_ORDERS = "manage_standing_orders"
    """Set up, change or cancel a standing order, or schedule a payment for a later day."""
    REPORT_FRAUD_ALERT = "report_fraud_alert"
    """Asks about or answers an alert of the bank, or reports fraud on an account."""
    TALK_TO_HUMAN = "talk_to_human"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    BOT_QUESTION = "bot_question"
    """About the assistant itself: its name, nature, makers, abilities; jokes and chat."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """"ok", "yes", "no", "never mind": an answer, by itself no request."""
    BANKING_QUESTION = "banking_question"
    """A question about banking that none of the 77 intents covers, and how an operation is done."""
    OUT_OF_SCOPE = "out_of_scope"


BANKING77_INTENTS: tuple[str, ...] = (
    "Refund_not_showing_up",
    "activate_my_card",
    "age_limit",
    "apple_pay_or_google_pay",
    "atm_support",
    "automatic_top_up",
    "balance_not_updated_after_bank_transfer",
    "balance_not_updated_after_cheque_or_cash_deposit",
    "beneficiary_not_allowed",
    "cancel_transfer",
    "card_about_to_expire",
    "card_acceptance",
    "card_arrival",
    "card_delivery_estimate",
    "card_linking",
    "card_not_working",
    "card_payment_fee_charged",
    "card_payment_not_recognised",
    "card_payment_wrong_exchange_rate",
    "card_swallowed",
    "cash_withdrawal_charge",
    "cash_withdrawal_not_recognised",
    "change_pin",
    "compromised_card",
    "contactless_not_working",
    "country_support",
    "declined_card_payment",
    "declined_cash_withdrawal",
    "declined_transfer",
    "direct_debit_payment_not_recognised",
    "disposable_card_limits",
    "edit_personal_details",
    "exchange_charge",
    "exchange_rate",
    "exchange_via_app",
    "extra_charge_on_statement",
    "failed_transfer",
    "fiat_currency_support",
    "get_disposable_virtual_card",
    "get_physical_card",
    "getting_spare_card",
    "getting_virtual_card",
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "order_physical_card",
    "passcode_forgotten",
    "pending_card_payment",
    "pending_cash_withdrawal",
    "pending_top_up",
    "pending_transfer",
    "pin_blocked",
    "receiving_money",
    "request_refund",
    "reverted_card_payment?",
    "supported_cards_and_currencies",
    "terminate_account",
    "top_up_by_bank_transfer_charge",
    "top_up_by_card_charge",
    "top_up_by_cash_or_cheque",
    "top_up_failed",
    "top_up_limits",
    "top_up_reverted",
    "topping_up_by_card",
    "transaction_charged_twice",
    "transfer_fee_charged",
    "transfer_into_account",
    "transfer_not_received_by_recipient",
    "transfer_timing",
    "unable_to_verify_identity",
    "verify_my_identity",
    "verify_source_of_funds",
    "verify_top_up",
    "virtual_card_not_working",
    "visa_or_mastercard",
    "why_verify_identity",
    "wrong_amount_of_cash_received",
    "wrong_exchange_rate_for_cash_withdrawal",
)
"""The labels of BANKING77 as their authors spell them, sorted."""

_OWN_ROUTES: dict[OwnIntent, Route] = {
    OwnIntent.ACCOUNT_BALANCE: Route.OPERATION,
    OwnIntent.LIST_ACCOUNTS: Route.OPERATION,
    OwnIntent.LIST_TRANSACTIONS: Route.OPERATION,
    OwnIntent.SPENDING_SUMMARY: Route.OPERATION,
    OwnIntent.FREEZE_CARD: Route.OPERATION,
    OwnIntent.UNFREEZE_CARD: Route.OPERATION,
    OwnIntent.LIST_CARDS: Route.OPERATION,
    OwnIntent.MAKE_TRANSFER: Route.OPERATION,
    OwnIntent.LIST_PAYEES: Route.OPERATION,
    OwnIntent.MANAGE_PAYEES: Route.OPERATION,
    OwnIntent.LIST_STANDING_ORDERS: Route.OPERATION,
    OwnIntent.MANAGE_STANDING_ORDERS: Route.OPERATION,
    OwnIntent.REPORT_FRAUD_ALERT: Route.FRAUD,
    OwnIntent.TALK_TO_HUMAN: Route.HANDOFF,
    OwnIntent.GREETING: Route.SMALL_TALK,
    OwnIntent.THANKS: Route.SMALL_TALK,
    OwnIntent.GOODBYE: Route.SMALL_TALK,
    OwnIntent.BOT_QUESTION: Route.SMALL_TALK,
    OwnIntent.ACKNOWLEDGEMENT: Route.SMALL_TALK,
    OwnIntent.BANKING_QUESTION: Route.KNOWLEDGE,
    OwnIntent.OUT_OF_SCOPE: Route.OUT_OF_SCOPE,
}

INTENT_ROUTES: dict[str, Route] = dict.fromkeys(BANKING77_INTENTS, Route.KNOWLEDGE) | {
    intent.value: route for intent, route in _OWN_ROUTES.items()
}
"""Every intent and its route."""
