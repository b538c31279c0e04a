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
    """What BANKING77 does not cover. An operation has the name of its tool, so that intent and tool need no table."""

    # Accounts
    LIST_ACCOUNTS = "list_accounts"
    GET_BALANCE = "get_balance"
    GET_ACCOUNT = "get_account"
    """Account number, sort code, IBAN and other details of an account."""
    GET_STATEMENT = "get_statement"
    OPEN_ACCOUNT = "open_account"
    RENAME_ACCOUNT = "rename_account"
    CLOSE_ACCOUNT = "close_account"
    # Transactions
    LIST_TRANSACTIONS = "list_transactions"
    """The latest, or those of a period, a merchant, a payee or an account; what came in."""
    SEARCH_TRANSACTIONS = "search_transactions"
    """By amount, by several things at once, or when somebody says "find" or "search"."""
    GET_TRANSACTION = "get_transaction"
    EXPLAIN_CHARGE = "explain_charge"
    SPENDING_SUMMARY = "spending_summary"
    FIND_RECURRING_PAYMENTS = "find_recurring_payments"
    FORECAST_CASH_FLOW = "forecast_cash_flow"
    # Cards
    LIST_CARDS = "list_cards"
    """Also the state and the expiry of a card."""
    ACTIVATE_CARD = "activate_card"
    FREEZE_CARD = "freeze_card"
    UNFREEZE_CARD = "unfreeze_card"
    REPORT_CARD_LOST = "report_card_lost"
    """Asks for a lost or stolen card to be reported or blocked for good; that one is lost is BANKING77's."""
    REPLACE_CARD = "replace_card"
    GET_CARD_DELIVERY = "get_card_delivery"
    GET_CARD_LIMITS = "get_card_limits"
    SET_CARD_LIMIT = "set_card_limit"
    SET_CARD_SWITCH = "set_card_switch"
    """Contactless, online payments, cash machines or payments abroad, on or off."""
    REQUEST_PIN_CHANGE = "request_pin_change"
    CREATE_VIRTUAL_CARD = "create_virtual_card"
    # Payees, payments and standing orders
    LIST_PAYEES = "list_payees"
    CHECK_PAYEE_NAME = "check_payee_name"
    ADD_PAYEE = "add_payee"
    CHANGE_PAYEE = "change_payee"
    REMOVE_PAYEE = "remove_payee"
    MAKE_TRANSFER = "make_transfer"
    """One payment: pay_payee, transfer_between_accounts or schedule_payment, as its slots say."""
    GET_TRANSFER_STATUS = "get_transfer_status"
    LIST_SCHEDULED_PAYMENTS = "list_scheduled_payments"
    CANCEL_SCHEDULED_PAYMENT = "cancel_scheduled_payment"
    LIST_STANDING_ORDERS = "list_standing_orders"
    CREATE_STANDING_ORDER = "create_standing_order"
    CHANGE_STANDING_ORDER = "change_standing_order"
    CANCEL_STANDING_ORDER = "cancel_standing_order"
    # Loans
    LIST_LOAN_PRODUCTS = "list_loan_products"
    CHECK_LOAN_ELIGIBILITY = "check_loan_eligibility"
    QUOTE_LOAN = "quote_loan"
    APPLY_FOR_LOAN = "apply_for_loan"
    WITHDRAW_LOAN_APPLICATION = "withdraw_loan_application"
    GET_LOAN_STATUS = "get_loan_status"
    GET_LOAN_PAYOFF = "get_loan_payoff"
    PAY_LOAN = "pay_loan"
    # Savings, currencies, top-ups and cash
    LIST_SAVINGS_RATES = "list_savings_rates"
    LIST_EXCHANGE_RATES = "list_exchange_rates"
    QUOTE_EXCHANGE = "quote_exchange"
    CONVERT_CURRENCY = "convert_currency"
    LIST_TOP_UP_METHODS = "list_top_up_methods"
    GET_TOP_UP_LIMITS = "get_top_up_limits"
    GET_TOP_UP_STATUS = "get_top_up_status"
    GET_CASH_LIMITS = "get_cash_limits"
    GET_CASH_WITHDRAWAL_STATUS = "get_cash_withdrawal_status"
    # Disputes, held payments and being identified
    OPEN_DISPUTE = "open_dispute"
    """Disputes a payment or claims it back; only wondering about one is BANKING77's."""
    GET_DISPUTE_STATUS = "get_dispute_status"
    LIST_DISPUTES = "list_disputes"
    ADD_EVIDENCE = "add_evidence"
    WITHDRAW_DISPUTE = "withdraw_dispute"
    LIST_HELD_PAYMENTS = "list_held_payments"
    RELEASE_PAYMENT = "release_payment"
    CANCEL_HELD_PAYMENT = "cancel_held_payment"
    """Of one that the bank holds; one still to be made is `cancel_scheduled_payment`."""
    GET_IDENTITY_STATUS = "get_identity_status"
    """Whether they are identified and what is missing; how and why that is done is BANKING77's."""
    SUBMIT_IDENTITY_APPLICATION = "submit_identity_application"
    WHAT_MAY_I_DO = "what_may_i_do"
    """What is allowed now, and how much is left of the limits of payments; a card's are `get_card_limits`."""
    # The customer and the bank
    GET_PROFILE = "get_profile"
    CHANGE_CONTACT_DETAILS = "change_contact_details"
    CHANGE_ADDRESS = "change_address"
    SET_PREFERENCES = "set_preferences"
    SET_CONSENT = "set_consent"
    MAKE_COMPLAINT = "make_complaint"
    LIST_COMPLAINTS = "list_complaints"
    LIST_SUPPORT_CASES = "list_support_cases"
    """Asks about cases that were opened about what they told in passing; their numbers begin with R-."""
    BOOK_APPOINTMENT = "book_appointment"
    LIST_APPOINTMENTS = "list_appointments"
    CANCEL_APPOINTMENT = "cancel_appointment"
    REQUEST_CALLBACK = "request_callback"
    FIND_BRANCHES = "find_branches"
    FIND_ATMS = "find_atms"
    GET_OPENING_HOURS = "get_opening_hours"
    LIST_FEES_AND_LIMITS = "list_fees_and_limits"
    """Asks for the list itself; a question about one fee or limit is a `banking_question`."""

    # Fraud
    LIST_FRAUD_ALERTS = "list_fraud_alerts"
    """Asks whether there are alerts, or about one."""
    REPORT_FRAUD_ALERT = "report_fraud_alert"
    """Answers an alert ("that was me", "it wasn't me") or reports fraud on an account."""

    TALK_TO_HUMAN = "talk_to_human"

    # Small talk
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    BOT_QUESTION = "bot_question"
    """About the assistant itself: its name, nature, makers, abilities; jokes and chat."""
    ABUSE = "abuse"
    """Insults and swearing with no request in them."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """"I see", "maybe", "the second one": an answer, by itself no request."""
    AGREE = "agree"
    """"yes", "go ahead", "that's right". What it confirms is decided by the words alone, never by this."""
    DECLINE = "decline"
    """"no", "I'd rather not"."""

    # Acts of the conversation: they mean something while a task is open, and are small talk while none is.
    CANCEL_TASK = "cancel_task"
    """"never mind", "stop", "I already did it": ends the open task."""
    CHANGE_ANSWER = "change_answer"
    """"that's wrong", "I made a mistake", "can I change something", without the new value."""
    UNDO = "undo"
    """"keep it as it was", "what I said first was right": takes the last correction back."""
    POSTPONE = "postpone"
    """"can it wait?", "some other day": later than it was about to happen, without the day."""
    WAIT = "wait"
    """"one moment": the customer will go on."""
    WHY_ASKED = "why_asked"
    """"why do you need that?": about the open question."""
    WHAT_IS_THAT = "what_is_that"
    """"what does that mean?": about the last words of the assistant."""
    REPEAT = "repeat"
    """"say that again", "where were we?"."""

    BANKING_QUESTION = "banking_question"
    """A question about banking that none of the 77 intents covers, and how an operation is done."""
    UNCLEAR = "unclear"
    """Banking, but not what about it: a bare noun or verb such as "cards" or "add". The assistant asks."""
    OUT_OF_SCOPE = "out_of_scope"
    """No business of a bank; also other people's data, attempts to turn the assistant, investment advice."""
    GIBBERISH = "gibberish"
    """No words that mean anything."""


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

CONVERSATION_ACTS = frozenset(
    {
        OwnIntent.ACKNOWLEDGEMENT,
        OwnIntent.AGREE,
        OwnIntent.DECLINE,
        OwnIntent.CANCEL_TASK,
        OwnIntent.CHANGE_ANSWER,
        OwnIntent.UNDO,
        OwnIntent.POSTPONE,
        OwnIntent.WAIT,
        OwnIntent.WHY_ASKED,
        OwnIntent.WHAT_IS_THAT,
        OwnIntent.REPEAT,
    }
)
"""They speak to what was said before; none of them begins a task."""
PUBLIC_INTENTS = frozenset(
    {
        OwnIntent.LIST_LOAN_PRODUCTS,
        OwnIntent.LIST_SAVINGS_RATES,
        OwnIntent.LIST_EXCHANGE_RATES,
        OwnIntent.LIST_TOP_UP_METHODS,
        OwnIntent.FIND_BRANCHES,
        OwnIntent.FIND_ATMS,
        OwnIntent.GET_OPENING_HOURS,
        OwnIntent.LIST_FEES_AND_LIMITS,
    }
)
"""Operations about the bank and nobody's account: the help centre answers them for visitors too."""

_OTHER_ROUTES: dict[OwnIntent, Route] = {
    OwnIntent.LIST_FRAUD_ALERTS: Route.FRAUD,
    OwnIntent.REPORT_FRAUD_ALERT: Route.FRAUD,
    OwnIntent.TALK_TO_HUMAN: Route.HANDOFF,
    OwnIntent.GREETING: Route.SMALL_TALK,
    OwnIntent.THANKS: Route.SMALL_TALK,
    OwnIntent.GOODBYE: Route.SMALL_TALK,
    OwnIntent.BOT_QUESTION: Route.SMALL_TALK,
    OwnIntent.ABUSE: Route.SMALL_TALK,
    OwnIntent.BANKING_QUESTION: Route.KNOWLEDGE,
    OwnIntent.OUT_OF_SCOPE: Route.OUT_OF_SCOPE,
    OwnIntent.GIBBERISH: Route.OUT_OF_SCOPE,
} | dict.fromkeys(CONVERSATION_ACTS, Route.SMALL_TALK)

INTENT_ROUTES: dict[str, Route] = dict.fromkeys(BANKING77_INTENTS, Route.KNOWLEDGE) | {
    intent.value: _OTHER_ROUTES.get(intent, Route.OPERATION) for intent in OwnIntent
}
"""Every intent and its route; ours are operations unless said otherwise."""
