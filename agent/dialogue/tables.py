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
ANSWERED_BY: Mapping[str, tuple[str, str]] = {"list_fraud_alerts": ("answer_fraud_alert", "answer")}
"""After the first, the same intent that says this slot is an answer, which the other tool takes."""
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
    "add_evidence": (("note", "attachment"),),
}
"""Slots of which a task needs any; the first is asked for."""
NEEDS_WITH: Mapping[str, tuple[str, str]] = {"what_may_i_do": ("amount", "operation")}
"""A slot that means nothing without the other."""
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
    {"reason", "topic", "text", "note", "name", "reference", "address", "place", "branch", "payee", "appointment"}
    | {"product"}
)
"""Slots that the whole answer may be the value of."""
PROSE = frozenset({"reason", "topic", "text", "note"})
"""Those of them that may be long; the others are names and addresses."""
OWN_WORDS = frozenset({"reason", "topic"})
"""Text that is about something, said after "about" or "for"."""
PLACES = frozenset({"place", "branch"})
"""Text that is a place, said after "in" or "near"."""

WORDS: Mapping[tuple[str, str], str] = {
    ("reason", "stolen"): r"stolen|stole|nicked|robbed|thief",
    ("reason", "lost"): r"lost|lose|missing|misplaced|can(?:'?t|not) find",
    ("reason", "damaged"): r"damaged?|broken?|broke|cracked|bent|snapped|faulty|worn|stopped working|"
    r"(?:wo|does)n'?t work|not working|wrecked|ruined|destroyed|melted|chewed|torn|scratched|washing machine|in half",
    ("reason", "expired"): r"expire[sd]?|expiring|out of date",
    ("reason", "duplicate"): r"twice|two times|double|duplicated?|same payment again",
    (
        "reason",
        "cash_not_received",
    ): r"(?:gave|give|got|dispensed?|came|come) (?:me |out )?(?:no|nothing|too little|less)(?: cash| money)?|no cash|"
    r"less cash|(?:did(?: not|n'?t)|never) (?:get|got|give|gave|dispense)\w*(?: me)?(?: the| any| all)?(?: the)? "
    r"(?:cash|money)",
    (
        "reason",
        "refund_not_received",
    ): r"refund\w* (?:that )?(?:never|has ?n[o']t|did ?n[o']t)|promised (?:me )?(?:a|the|my) refund|never refunded|"
    r"refuses? to refund|no refund",
    (
        "reason",
        "not_received",
    ): r"(?:never|not|n'?t) (?:\w+ )?(?:arrived?|c[ao]me|delivered?|turn(?:ed)? up|showed up|sent|shipped|received?|"
    r"got (?:it|them|the))|still waiting for|undelivered",
    (
        "reason",
        "not_as_described",
    ): r"faulty|defective|fake|counterfeit|rubbish|not as described|wrong (?:item|thing|size|colou?r|product)|"
    r"(?:broken|damaged)(?= (?:item|thing|goods|when))|(?:was|is|were|are|came|arrived) (?:broken|damaged)",
    ("reason", "cancelled"): r"cancell?ed|unsubscribed|ended (?:it|my subscription|the subscription)",
    (
        "reason",
        "wrong_amount",
    ): r"wrong amount|amount (?:is|was) (?:wrong|not right|incorrect)|(?:over|mis)charged|too much|incorrect amount|"
    r"different amount|more than (?:it|they|we|i|the)",
    ("reason", "scam"): r"scam\w*|tricked|conned|deceived|fraudster\w*|con ?m[ae]n",
    (
        "reason",
        "wrong_recipient",
    ): r"wrong (?:account|person|payee|recipient|sort code)|(?:paid|sent) .{0,30}by mistake",
    (
        "reason",
        "unauthorised",
    ): r"(?:did(?: not|n'?t)|have(?: not|n'?t)|never) (?:made?|do|did|done|authori[sz]ed?|allow(?:ed)?|pa(?:y|id)|make|"
    r"buy|bought|spend|spent|approved?|used?|take out|took out)|(?:was|is|were)(?: not|n'?t) (?:me|mine|my\b)|"
    r"not (?:me|mine|my payment)|some(?:one|body) else|do(?: not|n'?t) recogni[sz]e|unauthori[sz]ed|"
    r"without (?:my|asking|telling)\b|stolen card|fraud(?:ulent)?",
    ("operation", "exchange_currency"): r"exchang\w*|convert\w*|currenc(?:y|ies)",
    ("operation", "transfer_between_accounts"): r"between my (?:own )?accounts",
    ("operation", "pay_payee"): r"pay\w*|send\w*|transfer\w*",
    (
        "answer",
        "fraud",
    ): r"(?:was|is|were)(?: not|n'?t) (?:me|mine)|not (?:me|mine|my)|never|nothing to do with (?:me|us)|"
    r"did(?: not|n'?t) (?:make|buy|do|order|authori[sz]e)|do(?: not|n'?t) recogni[sz]e|some(?:body|one) else",
    (
        "answer",
        "genuine",
    ): r"(?:was|is|'s) (?:me|mine)|i (?:made|bought|ordered|paid|did)(?! not|n'?t)|genuine|legit\w*",
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
    ("direction", "in"): (
        r"income|incoming|(?:came|comes?|coming|money|paid) in|salary|wages?|pay ?day|(?:get|got|been) paid|earn\w*"
    ),
    ("direction", "out"): r"outgoings?|money out|(?:going|goes|gone|went) out|(?:did|have) i (?:send|sent|pay|paid)",
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
NAMED_IN_WORDS: Mapping[str, tuple[str, ...]] = {
    "operation": ("exchange_currency", "transfer_between_accounts", "pay_payee"),
}
"""Slots that take any text, and what customers name of it in words of their own."""
_CHARGE = r"(?P<date>\d{1,2} \w+ \d{4}): (?P<merchant>.+), \D*(?P<amount>\d[\d,]*(?:\.\d+)?)\D* \(.*"
_TO_PAYEE = r".+ to (?P<payee>.+)"
CHOICES: Mapping[str, str] = {
    "open_dispute": _CHARGE,
    "explain_charge": _CHARGE,
    "get_dispute_status": r"(?P<reference>D-[\dA-F-]+):.*",
    "add_evidence": r"(?P<reference>D-[\dA-F-]+):.*",
    "withdraw_dispute": r"(?P<reference>D-[\dA-F-]+):.*",
    "release_payment": _TO_PAYEE,
    "cancel_held_payment": _TO_PAYEE,
    "answer_fraud_alert": r".+ (?:at|to) (?P<merchant>.+)",
}
"""What a tool offers to choose from, where it is more than the value of the slot."""
UNCLEAR_AS: Mapping[str, str] = {"dispute": "reference"}
"""What a tool calls unclear -> the slot that settles it."""
YES_AND_NO: Mapping[str, tuple[object, object]] = {"answer": ("genuine", "fraud")}
"""What a plain yes and a plain no mean for a slot that was asked for with "was this you?"."""
BEFORE_OTHERS = frozenset({"refund_not_received", "cash_not_received", "duplicate", "not_as_described"})
"""Values whose words contain those of others: "a refund that never came"."""
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

HAND_OFF = "request_handoff"
OWN_YES = frozenset({HAND_OFF})
"""Tools that a plain request of the customer is the yes to: harmless, and what nobody expects to be asked again."""
NO_CURRENCY = r"(?:bit\s?coins?|btc|eth(?:er(?:eum)?)?|crypto\w*|doge\w*|litecoins?|tokens?|points?|shares?)"
"""What customers count that is not money at a bank."""
_OF_HELD = ("the held payment", frozenset({"release_payment", "cancel_held_payment"}))
_OF_DISPUTE = ("the dispute", frozenset({"withdraw_dispute", "add_evidence", "get_dispute_status"}))
POINTED_AT: Mapping[str, tuple[str, frozenset[str]]] = {
    "list_held_payments": _OF_HELD,
    "get_dispute_status": _OF_DISPUTE,
    "list_disputes": _OF_DISPUTE,
    "open_dispute": _OF_DISPUTE,
    "add_evidence": _OF_DISPUTE,
} | dict.fromkeys(PAYMENT_TOOLS, ("the held payment", frozenset({"release_payment"})))
"""What a task that is done was about, and the intents that "it" may be of then."""
GOES_OVER: Mapping[tuple[str, str], tuple[str, Mapping[str, str]]] = {
    ("answer_fraud_alert", "no_alert"): ("open_dispute", {"reason": "unauthorised"}),
}
"""(tool, refusal) -> the tool that does what was meant, with what is known for it; shared slots go along."""
ASKS_AGAIN_OF: Mapping[tuple[str, str], str] = {("open_dispute", "charge_unknown"): "merchant"}
"""As ASKS_AGAIN, of one tool."""
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
