"""What the registry cannot say about tasks, as data. Everything else about a task is read off its tool (specs.py)."""

from collections.abc import Mapping
from typing import NamedTuple


class Branch(NamedTuple):
    """A tool of a family, where its members differ by what was named."""

    tool: str
    takes: frozenset[str]
    """Slots of which one must be there."""


PAYMENTS: tuple[Branch, ...] = (
    Branch("create_standing_order", frozenset({"frequency"})),
    Branch("schedule_payment", frozenset({"date"})),
    Branch("transfer_between_accounts", frozenset({"to_account"})),
    Branch("pay_payee", frozenset()),
)
"""The first whose slots were named. A task may go from one to another as answers change."""
PAYMENT_TOOLS = frozenset(branch.tool for branch in PAYMENTS)
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "make_transfer": ("pay_payee", "transfer_between_accounts", "schedule_payment", "create_standing_order"),
    "report_fraud_alert": ("list_fraud_alerts",),
    "talk_to_human": ("request_handoff",),
}
"""Tools of the intents that do not have the name of their tool, the usual one first."""
BEGINS_AS: Mapping[str, str] = {"schedule_payment": "make_transfer", "pay_payee": "make_transfer"} | {
    "transfer_between_accounts": "make_transfer"
}
"""The intent under which a tool is asked for, where that is not its name."""

FIRST: Mapping[str, tuple[str, ...]] = {
    "pay_payee": ("payee", "amount"),
    "transfer_between_accounts": ("amount", "to_account"),
    "schedule_payment": ("amount", "date"),
    "create_standing_order": ("amount", "frequency", "date"),
    "quote_exchange": ("amount", "currency", "to_currency"),
    "apply_for_loan": ("amount", "months", "reason"),
}
"""In which order a task asks; otherwise as its tool declares them."""
NEEDS_ONE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "schedule_payment": (("payee", "to_account"),),
    "create_standing_order": (("payee", "to_account"),),
    "change_standing_order": (("amount", "frequency", "date", "end_date"),),
    "change_payee": (("name", "iban", "sort_code", "account_number", "currency"),),
    "change_contact_details": (("phone", "email"),),
    "set_preferences": (("statement_delivery", "language", "marketing_channel"),),
    "find_atms": (("place",),),
}
"""Slots of which a task needs any; the first is asked for."""
TOGETHER: Mapping[str, tuple[str, ...]] = {
    "add_payee": ("sort_code", "account_number"),
    "check_payee_name": ("sort_code", "account_number"),
}
"""Slots of which one means nothing without the other."""
EXCLUDES: Mapping[str, tuple[str, ...]] = {
    "payee": ("to_account",),
    "to_account": ("payee",),
    "iban": ("sort_code", "account_number"),
    "sort_code": ("iban",),
    "account_number": ("iban",),
}
"""What naming a slot makes untrue."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "amount": ("amount",),
    "min_amount": ("amount",),
    "max_amount": ("amount",),
    "currency": ("currency",),
    "to_currency": ("currency",),
    "payee": ("payee", "name"),
    "name": ("name",),
    "account": ("account",),
    "to_account": ("account",),
    "card": ("card",),
    "date": ("date",),
    "end_date": ("date",),
    "time": ("time",),
    "frequency": ("frequency",),
    "reference": ("reference",),
    "category": ("category",),
    "merchant": ("merchant", "payee"),
    "text": ("merchant", "payee"),
    "iban": ("iban",),
    "sort_code": ("sort_code",),
    "account_number": ("account_number",),
    "months": ("duration",),
    "days": ("duration",),
    "limit": ("number",),
}
"""Which mentions fill a slot without being asked for."""
WHEN_ASKED: Mapping[str, tuple[str, ...]] = {
    "amount": ("number",),
    "card": ("number", "account"),
    "months": ("number",),
    "days": ("number",),
    "limit": ("number",),
    "payee": ("merchant",),
    "reference": ("name", "payee", "merchant"),
    "name": ("payee", "merchant"),
    "to_account": ("payee", "currency"),
    "account": ("currency", "card"),
    "merchant": ("name", "payee"),
}
"""Further mentions that fill a slot when it was just asked for."""
FREE_TEXT = frozenset(
    {"reason", "topic", "text", "name", "reference", "address", "place", "branch", "payee", "appointment", "product"}
)
"""Slots that the whole answer may be the value of."""
PROSE = frozenset({"reason", "topic", "text"})
"""Those of them that may be long; the others are names and addresses."""
OWN_WORDS = frozenset({"reason", "topic"})
"""Text that is about something, said after "about" or "for"."""
PLACES = frozenset({"place", "branch"})
"""Text that is a place, said after "in" or "near"."""

WORDS: Mapping[tuple[str, str], str] = {
    ("reason", "stolen"): r"stolen|stole|nicked|robbed|thief",
    ("reason", "lost"): r"lost|lose|missing|misplaced|can(?:'?t|not) find",
    ("reason", "damaged"): r"damaged?|broken?|broke|cracked|bent|snapped|faulty|worn|stopped working",
    ("reason", "expired"): r"expire[sd]?|expiring|out of date",
    ("switch", "contactless"): r"contact\s?less|tap(?:ping)?",
    ("switch", "online"): r"online|internet|web",
    ("switch", "cash_machines"): r"cash\s?(?:machines?|points?|withdrawals?)|atms?|withdrawals?",
    ("switch", "abroad"): r"abroad|foreign|overseas|international(?:ly)?",
    ("limit", "cash"): r"cash|atms?|withdrawals?|cash\s?machines?",
    ("limit", "payments"): r"payments?|spend(?:ing)?|purchases?|shopping|card limit",
    ("kind", "savings"): r"savings?",
    ("kind", "current"): r"current|checking",
    ("format", "pdf"): r"pdf",
    ("format", "csv"): r"csv|spreadsheet|excel",
    ("delivery", "express"): r"express|fast(?:er|est)?|quick(?:er|est)?|urgent(?:ly)?",
    ("delivery", "standard"): r"standard|normal(?:ly)?|free",
    ("statement_delivery", "paper"): r"paper|by post",
    ("statement_delivery", "online"): r"online|paperless|electronic(?:ally)?",
    ("language", "cy"): r"welsh|cymraeg",
    ("language", "en"): r"english",
    ("marketing_channel", "none"): r"(?:no|stop\b.*|don'?t\b.*)\b(?:offers?|marketing|ads|advert\w*)",
    ("marketing_channel", "email"): r"offers?\b.*\be-?mail|e-?mail\b.*\boffers?",
    ("marketing_channel", "text"): r"offers?\b.*\btexts?|texts?\b.*\boffers?",
    ("marketing_channel", "post"): r"offers?\b.*\bpost",
    ("consent", "marketing"): r"marketing|offers?|ads|advert\w*",
    ("consent", "personalisation"): r"personali[sz]\w*|suggestions?",
    ("consent", "research"): r"research|surveys?",
    ("direction", "in"): r"income|incoming|comes? in|coming in|money in|salary",
    ("direction", "both"): r"both|in and out",
    ("group_by", "month"): r"(?:by|per|each|every) month|month by month|monthly",
    ("group_by", "merchant"): r"(?:by|per) (?:merchant|shop|store)|which (?:shops?|stores?)",
    ("fixed", "buy"): r"buy\w*|get",
    ("frequency", "four_weekly"): r"every four weeks|four[- ]weekly",
    ("frequency", "fortnightly"): r"fortnight\w*|every (?:two|2|other|second) weeks?",
    ("frequency", "weekly"): r"weekly|(?:every|each|a|per) week|once a week",
    ("frequency", "monthly"): r"monthly|(?:every|each|a|per) month|once a month",
    ("frequency", "quarterly"): r"quarterly|(?:every|each|a|per) quarter|every (?:three|3) months",
    ("frequency", "yearly"): r"yearly|annual(?:ly)?|(?:every|each|a|per) year|once a year",
    ("category", "payment"): r"payments?|transfers?",
    ("category", "card"): r"cards?",
    ("category", "fees"): r"fees?|charges?",
    ("category", "lending"): r"loans?|credit|lending",
    ("category", "service"): r"service|staff|wait(?:ed|ing)?|rude",
}
"""How customers say a value of a closed set, where that is not its name."""
FLAGS: Mapping[str, tuple[str, str]] = {
    "on": (
        r"on|enable\w*|allow\w*|activate|unblock|back on|yes",
        r"off|disable\w*|block\w*|deactivate|stop|no|don'?t (?:want|allow)",
    ),
    "give": (
        r"agree\w*|allow\w*|may use|yes|give|opt in|sign me up|turn on",
        r"withdraw\w*|take back|no|stop|don'?t|opt out|revoke|turn off|disagree",
    ),
    "in_full": (r"in full|all of it|whole|entire(?:ly)?|settle|completely|pay (?:it )?off|clear", r"(?!)"),
}
"""How customers say yes and no to it. No comes first: "don't allow"."""

NO_CURRENCY = r"(?:bit\s?coins?|btc|eth(?:er(?:eum)?)?|crypto\w*|doge\w*|litecoins?|tokens?|points?|shares?)"
"""What customers count that is not money at a bank."""
STANDING = (
    r"(?:every|each|standing|regular\w*|recurr\w*|repeat\w*|weekly|fortnight\w*|monthly|quarterly|yearly|annual\w*|"
    r"(?:a|per) (?:week|month|quarter|year))"
)
"""Words without which nobody means a payment that repeats itself."""

PRONOUNS: Mapping[str, str] = {
    "card": r"it|that|this|that one|the same(?: one| card)?",
    "account": r"it|that|the same(?: one| account)?",
    "payee": r"him|her|them|the same(?: one| person| payee)?",
}
"""Words that stand for what was spoken of last, by slot."""
PAYS = r"(?:pay|send|transfer|move|give|lend|put|wire|shift|chuck|ping|bung|slip|forward|pop|make)"
"""Verbs that move an amount which was named."""
PERSON = (
    r"(?:talk|speak|chat|connect(?: me)?|put me through|get me|pass me|hand me over|switch me|do (?:this|it)|deal)\s+"
    r"(?:directly\s+)?(?:to|with|over to|through to)?\s*(?:an?|some|any|one of your|the|your|real)?\s*(?:real\s+|"
    r"actual\s+|live\s+)?"
    r"(?:person|people|human(?: being)?|someone|somebody|agents?|advis[eo]rs?|operators?|colleagues?|representatives?|"
    r"members? of staff|staff|employees?|supervisors?|managers?)"
)
"""How customers ask for a person."""
VERBS: Mapping[str, str] = {
    "add": "add",
    "save": "add",
    "remove": "remove",
    "delete": "remove",
    "change": "change",
    "edit": "change",
    "update": "change",
    "amend": "change",
    "raise": "change",
    "increase": "change",
    "lower": "change",
    "reduce": "change",
    "cancel": "cancel",
    "stop": "cancel",
    "freeze": "freeze",
    "unfreeze": "unfreeze",
    "activate": "activate",
    "replace": "replace",
}
"""How customers begin a request, and the verb of the tool that is meant among those about the same thing."""

ASKS_AGAIN: Mapping[str, str] = {
    "insufficient_funds": "amount",
    "over_payment_limit": "amount",
    "over_daily_limit": "amount",
    "over_loan_limit": "amount",
    "over_card_maximum": "amount",
    "wrong_amount": "amount",
    "too_many_decimals": "amount",
    "more_than_owed": "amount",
    "loan_out_of_range": "amount",
    "below_exchange_minimum": "amount",
    "over_exchange_limit": "amount",
    "wrong_currency": "amount",
    "date_past": "date",
    "date_too_far": "date",
    "end_date_too_early": "end_date",
    "same_account": "to_account",
    "iban_wrong": "iban",
    "account_details_wrong": "iban",
    "own_account": "iban",
    "payee_exists": "name",
    "account_name_taken": "name",
    "email_unavailable": "email",
    "nothing_to_change": "",
    "savings_in_pounds": "currency",
    "currency_not_offered": "currency",
    "currency_account_exists": "currency",
    "account_frozen": "account",
    "account_closed": "account",
    "account_cannot_pay": "account",
    "account_without_cards": "account",
    "callback_booked": "date",
    "slot_taken": "date",
    "period_in_future": "since",
    "period_too_long": "since",
    "period_too_old": "since",
    "not_found": "reference",
}
"""Codes of refusals that another value of a slot would undo; "": any of those that the task needs one of. Every other
refusal ends its task."""
DROPS: Mapping[str, tuple[str, ...]] = {
    "iban": ("iban", "sort_code", "account_number"),
    "amount": ("amount", "currency"),
    "since": ("since", "until"),
}
"""What else goes when a slot's value was refused."""
MAY_FIT_LATER = frozenset({"insufficient_funds", "wrong_currency"})
"""Refusals of a value that another account may undo."""

SHOWN_AS: Mapping[str, str] = {
    "text": "merchant",
    "since": "period",
    "until": "period",
    "sort_code": "iban",
    "account_number": "iban",
    "topic": "reason",
}
"""A slot's name in the events, where it is not its own."""

QUESTIONS: Mapping[str, str] = {
    "amount": "How much should it be?",
    "payee": "Who should the money go to? Name one of your payees.",
    "to_account": "Which of your accounts should the money go to?",
    "account": "Which account do you mean?",
    "card": "Which card do you mean?",
    "date": "On which day?",
    "end_date": "Until which day?",
    "frequency": "How often: weekly, fortnightly, every four weeks, monthly, quarterly or yearly?",
    "name": "What is the name?",
    "iban": "What is the account's IBAN, or its sort code and account number?",
    "sort_code": "What is the sort code?",
    "account_number": "What is the account number?",
    "currency": "In which currency?",
    "to_currency": "Which currency would you like to get?",
    "reason": "What is the reason?",
    "reference": "What is the reference?",
    "topic": "What is it about?",
    "text": "Please tell me what happened, in your own words.",
    "address": "What is the new address, with town and postcode?",
    "months": "Over how many months?",
    "kind": "A current account or a savings account?",
    "limit": "Which limit: for payments, or for cash machines?",
    "switch": "What should I switch: contactless, online payments, cash machines or payments abroad?",
    "on": "Should it be on or off?",
    "consent": "Which one: marketing, personalisation or research?",
    "give": "Do you agree to it: yes or no?",
    "branch": "Which branch: what is the town or postcode?",
    "place": "Where: what is the town or postcode?",
    "phone": "What is the phone number?",
    "email": "What is the e-mail address?",
    "time": "At what time?",
    "since": "For which period?",
    "statement_delivery": "What should change: statements online or on paper, the language of letters, or offers?",
    "merchant": "Which merchant?",
    "category": "Which category?",
}
QUESTIONS_OF: Mapping[tuple[str, str], str] = {
    ("add_payee", "name"): "What is the payee's name, as on the account?",
    ("rename_account", "name"): "What should the account be called?",
    ("change_payee", "name"): "What should change: the name, or the account (IBAN, or sort code and account number)?",
    ("change_payee", "payee"): "Which payee do you want to change?",
    ("remove_payee", "payee"): "Which payee do you want to remove?",
    ("change_standing_order", "amount"): "What should change: the amount, the day, how often, or the last day?",
    ("change_contact_details", "phone"): "What is the new phone number or e-mail address?",
    ("close_account", "account"): "Which account do you want to close?",
    ("set_card_limit", "amount"): "How much should the new limit be?",
    ("create_standing_order", "date"): "From which day on?",
    ("schedule_payment", "date"): "On which day should it be paid?",
    ("apply_for_loan", "amount"): "How much would you like to borrow?",
    ("quote_loan", "amount"): "How much would you like to borrow?",
    ("check_loan_eligibility", "amount"): "How much would you like to borrow?",
    ("apply_for_loan", "reason"): "What is the loan for?",
    ("quote_exchange", "currency"): "Which currency do you want to sell?",
    ("convert_currency", "currency"): "Which currency do you want to sell?",
    ("get_transaction", "reference"): "What is the transaction's reference?",
}
WHY: Mapping[str, str] = {
    "amount": "I need the amount to know how much this is about.",
    "payee": "I need to know who receives the money, so that it goes to the right person.",
    "to_account": "I need to know which of your accounts receives the money.",
    "account": "You have more than one account, and this concerns one of them.",
    "card": "You have more than one card, and this concerns one of them.",
    "date": "I need the day to know when this should happen.",
    "end_date": "I need the last day to know when this should stop.",
    "frequency": "I need to know how often the payment repeats.",
    "name": "I need the name so that the right one is used and can be checked.",
    "iban": "I need the account details so that the money reaches the right account.",
    "reason": "I need it so that the right thing is done and the bank knows what it is for.",
    "topic": "I need it so that the right person can prepare for you.",
    "address": "I need the address so that letters and cards reach you.",
    "months": "I need it to work out the monthly payments.",
    "phone": "I need it so that we reach you.",
}
WHAT: Mapping[str, str] = {
    "payee": "A payee is a person or firm that you have saved, so that you can pay them.",
    "iban": "An IBAN is the international number of an account. British accounts also have a sort code of six digits "
    "and an account number of eight. They stand on statements and in the banking app.",
    "reference": "A reference is a short text that the recipient sees on the statement.",
    "frequency": "It says how often the payment is made by itself, such as every month.",
    "to_account": "It is the account of yours that receives the money.",
    "account": "It is the account of yours that this concerns.",
    "card": "A card is named by its last four digits, or by its kind: debit, credit or virtual.",
    "amount": "It is the sum of money that this is about.",
    "date": "It is the day on which this should happen.",
    "months": "It is the time over which a loan is paid back.",
}
