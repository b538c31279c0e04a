"""Contact data that everybody may know: the bank's lines, mailboxes and offices, told by what a text says of them."""

import re

from core.security.pii.grammar import said_before

_LINES = (
    r"(?:help ?line|hot ?line|phone line|switchboard|call cent(?:er|re)|contact cent(?:er|re)|customer (?:services?"
    r"|care|support|relations|line)|support (?:line|number|team|desk)"
    r"|(?:fraud|lost|stolen|emergency|24.?7|security)(?:[ \-]?(?:and stolen|cards?|or stolen))?[ \-](?:line|team"
    r"|department|desk|number|department'?s|team'?s|email)"
    r"|help ?desk|service (?:line|number)|toll[ \-]?free|freephone|central (?:phone|number))"
)
_AHEAD = re.compile(
    rf"\b(?:{_LINES}\b[^?!\n]{{0,60}}"
    r"|(?:the bank'?s|bank'?s|official|you guys'?) (?:[\w']+ ){0,3}?"
    r"(?:number|phone|telephone|fax|lines?|email|e-mail|mailbox|address|whatsapp|service)\b[^?!\n]{0,40}"
    r"|(?:printed on|number on|shown on|on) the back of[^?!\n]{0,30}"
    r"|(?:caller id|screen) (?:said|says|shows|showed)[^?!\n]{0,20}"
    r"|(?:your|the bank's|the) (?:web ?site|web|site|app|letter|card|page) (?:it )?(?:says|gives|shows"
    r"|lists)[^?!\n]{0,20})\Z"
)
_YOURS = re.compile(
    r"\b(?:your|ur) (?:[\w']+ ){0,3}?(?:number|phone|telephone|fax|lines?|email|e-mail|mailbox|address|whatsapp"
    r"|service)"
    r"\b[^?!\n]{0,40}\Z"
)
"""The bank itself speaks so to a customer of the customer's own: it needs what only a customer says behind it."""
_CALLED = re.compile(
    r"['\"”)]?,? (?:called|rang|phoned|texted|messaged|keeps|never|doesn'?t|does not|hangs|is always|is busy|is engaged"
    r"|bounces?|bounced|nobody|no ?one|but (?:nobody|no ?one)|goes|went|just rings)\b"
)
_BEHIND = re.compile(
    r"['\"”)]?,? (?:[^.!?\n]{0,30}\b(?:really|genuinely|actually) (?:you|yours?|the bank|from you|your)\b"
    r"|(?:is|was) (?:it|that|this) (?:really )?(?:you|yours?|from you|free|genuine|legit)\b"
    r"|(?:is )?(?:your|the bank's) (?:real|official|genuine|actual|helpline|hotline|fraud|customer service"
    r"|switchboard)\b"
    r"|yours\b|from you\b"
    r"|(?:as )?(?:printed|shown|listed|given|says?|written) (?:on|in|behind|at) (?:your|the back|the (?:web)?site|all"
    r"|every|my card)|on your (?:web)?site|(?:is|was) (?:always )?(?:busy|engaged)"
    r"|hangs up|doesn'?t answer|never answers|is it free)"
)
_MINE = re.compile(
    r"\b(?:(?:call|ring|phone|reach|text|contact|email|mail|message|whatsapp|get|write)(?: to)? (?:me|us|him|her"
    r"|back)|my (?!card|bank|old card|debit|credit|app|branch|statement)\w+"
    r"|mine|i'?m on|his|her|our|their)\b(?![^.?!\n]*\b(?:back of|your)\b)[^.?!\n]*\Z"
)
_LOOKS = 90
_ROLE = re.compile(
    r"(?:no-?reply|do-?not-?reply|support|help|helpdesk|info|services?|customer[\w\-]*|contact|care|security|fraud"
    r"|alerts?|hello|complaints?|press|phishing|report[\w\-]*|enquir\w+"
    r"|inquir\w+|feedback|offers?|deals|promo\w*|survey|office|admin|team|careers|jobs|privacy|dpo|spoof|abuse"
    r"|notifications?|news|newsletter|marketing|mail|service[\w\-]*)(?:(?:[._\-]\w+)?@(?=[\w.\-]*bank)|@)"
    r"|[\w.\-]+@(?:[\w\-]+\.)?(?:your|the|our|my|customer)?-?bank\."
)


def is_the_banks(lower: str, start: int, end: int) -> bool:
    """Whether the text says of a number or an address that it is the bank's."""
    ahead = lower[max(0, start - _LOOKS) : start]
    if _MINE.search(ahead):
        return False
    if _AHEAD.search(said_before(lower, start, _LOOKS)) is not None or _BEHIND.match(lower, end) is not None:
        return True
    return _CALLED.match(lower, end) is not None and _YOURS.search(ahead) is not None


def is_a_mailbox(lower: str, start: int, end: int) -> bool:
    """Whether nobody in person is written to there."""
    ahead = lower[max(0, start - _LOOKS) : start]
    return not _MINE.search(ahead) and (_ROLE.match(lower, start) is not None or is_the_banks(lower, start, end))
