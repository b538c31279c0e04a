"""Whether the customer asks how something is done or wants it done: the encoder hears the subject better than the form,
and the form is a matter of a few words.

"How do I freeze my card?" never starts an operation, whatever the heads say; "please activate my card" starts one,
though BANKING77 files it under a question.
"""

import re

from agent.understanding.intents import INTENT_ROUTES, PUBLIC_INTENTS, OwnIntent, Route

_SHOWING = ("check_", "explain_", "find_", "forecast_", "get_", "list_", "quote_", "search_", "spending_", "what_")
"""How the names of operations begin that change nothing."""

_LEAD_IN = (
    r"\W*(?:(?:hi|hello|hey|hiya|there|ok(?:ay)?|so|well|um|right|actually|sorry|excuse me|please|pls|just|and|but|also"
    r"|then|now|yes|yeah|no|thanks|mate|next|first|good (?:morning|afternoon|evening)|quick (?:question|one))\b\W*)*"
)
_TELL_ME = (
    r"(?:(?:(?:can|could|would|will) you |please )*(?:tell|explain|show|teach)(?: to)?(?: me)? "
    r"|i(?:'?d like| want| need| would like) to (?:know|learn|understand) "
    r"|i (?:don'?t|do not) (?:know|understand) |do you know |i(?:'m| am|'d| was)? ?wonder(?:ing)? |any idea "
    r"|(?:can|could) i ask )?"
)
_ASKS_HOW = re.compile(
    _LEAD_IN
    + _TELL_ME
    + r"(?:how (?:do|does|can|could|would|should|will|to|did|is it possible|often|one|i (?:can|could|do|would))"
    r"|how long (?:do|does|would|will|it)"
    r"|(?:where|when) (?:do|can|could|should|would|in the app|i (?:can|do|could))"
    r"|what (?:do i (?:need|have to)|should i do|happens|would happen|does it cost"
    r"|is the (?:way|process|procedure|best way)"
    r"|(?:are|r) the (?:steps|requirements|rules|conditions|fees|charges|limits))"
    r"|what'?s the (?:\w+ )?(?:way|process|procedure)"
    r"|is (?:it (?:possible|allowed|free|safe)|there (?:a|any) (?:way|fee|charge|limit|cost))"
    r"|am i (?:able|allowed) to|are there (?:any )?(?:fees|charges|costs|limits)|does it cost"
    r"|do (?:i|you) (?:have to|need|charge))\b",
    re.IGNORECASE,
)
_ASKS_WHERE_TO_LOOK = re.compile(
    _LEAD_IN + r"(?:(?:can|could|would|will) you |please )*(?:(?:tell|explain|show|teach)(?: to)? me )?"
    r"(?:how to|how (?:do|can|could|would|should) (?:i|you|one)"
    r"|where (?:do|can|could) i (?:find|see|check|look|view|get|go)"
    r"|where in the app|what'?s the (?:\w+ )?way to|what should i do to)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    _LEAD_IN + r"(?:(?:can|could|would|will) (?:you|u) (?:please |pls |also )*(?:help me (?:to )?)?|(?:could|may) i "
    r"|(?:i|we)(?:'?d| would)? (?:really |also )?(?:want|need|like|love|wish|wanna|have) (?:you )?(?:to )?"
    r"|i wanna |help me (?:to )?|go ahead and |let'?s |let me )?(?:please |pls |just )*",
    re.IGNORECASE,
)
_ACTIONS = (
    "activate add apply arrange block book cancel change close convert create deactivate decrease delete disable "
    "enable exchange freeze increase limit lock lower make move open order pause pay put raise reactivate reduce "
    "register remove rename repay replace report reset schedule send set settle stop suspend swap switch transfer "
    "turn unblock unfreeze unlock update withdraw"
)
_ASKS_TO_DO = re.compile(
    _LEAD_IN + r"(?:(?:can|could|would|will) (?:you|u) (?:please |pls |also |just )*"
    r"|(?:i|we)(?:'?d| would)? (?:really |also )?(?:want|need|like) (?:you )?to |i wanna |go ahead and )?"
    rf"(?:{'|'.join(_ACTIONS.split())})\b",
    re.IGNORECASE,
)
_PERSON = (
    r"(?:an? |the |some |one of )?(?:your |actual |real |live |human |proper |bank |other |different )*"
    r"(?:human(?: being)?s?|person|people|someone|somebody|agent|representative|colleagues?|manager|supervisor"
    r"|operator|employee|(?:bank )?(?:worker|clerk|teller)|(?:member of )?(?:the )?staff"
    r"|(?:customer )?(?:service|support|care)|help ?desk)\b"
)
_ASKS_FOR_PERSON = re.compile(
    r"\b(?:(?<!do )(?:i|we)(?:'?d| would)? (?:really |just )?(?:want|need|like|wish|prefer|rather)(?: to)?"
    r"|(?:can|could|may|how (?:can|do)) i"
    r"|let me|please|get me|put me|i'?d rather|is there (?:a|any) way to)\b[^.?!]{0,20}?"
    rf"\b(?:talk|speak|chat)(?:ing)? (?:to|with) {_PERSON}"
    rf"|\b(?<!n't )(?:put|pass|connect|transfer|hand|forward) me (?:on |over |through )?(?:to|with) {_PERSON}"
    # As people say to a telephone.
    r"|^\W*(?:(?:an? |real |live )*(?:human(?: being)?|agent|representative|operator)\W*)+(?:please|now)?\W*$",
    re.IGNORECASE,
)
_ASKS_FOR_CASE = re.compile(
    r"\bR(?:-[\dA-F]{4}){3}\b"
    r"|\b(?:status|state|news|have|happen\w*|going on|progress|update|show|list|see|tell|which|what"
    r"|how|any|closed|taken)\b"
    r"[^.?!]{0,40}\b(?:(?<!in )(?:my|our) cases?\b(?! of)|open cases?\b|cases? (?:that )?you (?:have )?opened\b)",
    re.IGNORECASE,
)
_DETAILS = r"(?:change|update|edit|correct|alter|amend|register|use|replace)\b.{0,40}\b"
_STOP = r"(?:freeze|lock|pause|suspend|block|stop)\b"

_DISPUTES = (
    r"(?:dispute|contest|challenge|reclaim|claim (?:back|(?:my|the|that|this) .{0,30}\bback)"
    r"|(?:open|raise|start|file|lodge|make) (?:a|the) (?:dispute|charge ?back))\b",
    OwnIntent.OPEN_DISPUTE,
)
_DONE_FOR: dict[str, tuple[tuple[str, OwnIntent], ...]] = {
    "activate_my_card": (
        (r"(?:activate|switch on|turn on)\b|(?:my|the|this) .{0,30}\bactivated\b", OwnIntent.ACTIVATE_CARD),
    ),
    "card_about_to_expire": ((r"(?:replace|renew|order|send|post)\b", OwnIntent.REPLACE_CARD),),
    "banking_question": (_DISPUTES,),
    "card_payment_not_recognised": (_DISPUTES,),
    "cash_withdrawal_not_recognised": (_DISPUTES,),
    "direct_debit_payment_not_recognised": (_DISPUTES,),
    "extra_charge_on_statement": (_DISPUTES,),
    "request_refund": (_DISPUTES,),
    "transaction_charged_twice": (_DISPUTES,),
    "change_standing_order": (
        (
            r"(?:an? |another |new )*standing order (?:to|for)\b"
            r"(?!.*\b(?:should|make|change|be|is|needs?|instead|now|move|stop|cancel)\b)",
            OwnIntent.CREATE_STANDING_ORDER,
        ),
    ),
    "change_pin": (
        (r"(?:change|reset|replace|order|request|get|send|a new)\b.{0,30}\bpin\b", OwnIntent.REQUEST_PIN_CHANGE),
    ),
    "compromised_card": ((_STOP, OwnIntent.FREEZE_CARD),),
    "edit_personal_details": (
        (_DETAILS + r"(?:address|postcode)\b(?<!email address)(?<!e-mail address)", OwnIntent.CHANGE_ADDRESS),
        (_DETAILS + r"(?:phone|mobile|number|e-?mail|contact details)\b", OwnIntent.CHANGE_CONTACT_DETAILS),
    ),
    "exchange_via_app": ((r"(?:exchange|convert|change|swap|buy|sell|turn)\b.*[\d£€$]", OwnIntent.CONVERT_CURRENCY),),
    "get_disposable_virtual_card": ((r"(?:create|make|open|set up|issue|generate)\b", OwnIntent.CREATE_VIRTUAL_CARD),),
    "getting_virtual_card": (
        (r"(?:create|make|get|order|add|set up|open|issue|generate|a|another|one)\b", OwnIntent.CREATE_VIRTUAL_CARD),
    ),
    "lost_or_stolen_card": (
        (_STOP, OwnIntent.FREEZE_CARD),
        (r"(?:report|cancel|record|register|mark)\b", OwnIntent.REPORT_CARD_LOST),
        (r"(?:replace|order|send|post)\b", OwnIntent.REPLACE_CARD),
    ),
    "terminate_account": ((r"(?:close|delete|terminate|shut|cancel|get rid of)\b", OwnIntent.CLOSE_ACCOUNT),),
}
"""What the heads hear -> how a request begins that wants something else, and the operation that does it. Mostly
questions of BANKING77, which has no requests."""


def asks_how(text: str) -> bool:
    """Whether it asks how, where or whether something is done, what it costs or what happens then."""
    return bool(_ASKS_HOW.match(text))


def operation_for(intent: str, text: str) -> OwnIntent | None:
    """The operation that a message wants done by how it begins; None: what the heads heard is it."""
    if intent not in _DONE_FOR or asks_how(text):
        return None
    asking = _ASKING.match(text)
    rest = text[asking.end() :] if asking else text
    return next((done for begins, done in _DONE_FOR[intent] if re.match(begins, rest, re.IGNORECASE)), None)


def asks_to_do(text: str) -> bool:
    """Whether it says in so many words that something is to be done: "can you cancel ...", "pay ..."."""
    return bool(_ASKS_TO_DO.match(text)) and not asks_how(text)


def asks_for_person(text: str) -> bool:
    """Whether the customer asks to speak to somebody, whatever it is about."""
    return bool(_ASKS_FOR_PERSON.search(text))


def asks_for_case(text: str) -> bool:
    """Whether it quotes the number of a case, or asks where one stands."""
    return bool(_ASKS_FOR_CASE.search(text))


def is_question_about(operation: str, text: str) -> bool:
    """Whether the message only asks how the operation is done.

    What an operation shows is itself asked for with many questions ("is there a limit on my card?"), so only the plain
    "how do I" and "where can I find" count there, and none where the bank's own matters are asked for.
    """
    if INTENT_ROUTES[operation] is not Route.OPERATION or operation in PUBLIC_INTENTS:
        return False
    return asks_how(text) if changes_something(operation) else bool(_ASKS_WHERE_TO_LOOK.match(text))


def changes_something(intent: str) -> bool:
    """Whether it is an operation that prepares a change."""
    return INTENT_ROUTES[intent] is Route.OPERATION and not intent.startswith(_SHOWING) and intent != OwnIntent.UNCLEAR
