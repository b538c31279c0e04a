"""Contact data that everybody may know: the bank's lines, mailboxes and offices, told by what a text says of them."""

import re

_LINES = (
    r"(?:help ?line|hot ?line|phone line|switchboard|call cent(?:er|re)|contact cent(?:er|re)|customer (?:services?"
    r"|care|support|relations|line)|support (?:line|number|team|desk)"
    r"|(?:fraud|lost|stolen|emergency|24.?7|security)(?:[ \-]?(?:and stolen|cards?|or stolen))?[ \-](?:line|team"
    r"|department|desk|number|department'?s|team'?s|email)"
    r"|help ?desk|service (?:line|number)|toll[ \-]?free|freephone|central (?:phone|number))"
)
_AHEAD = re.compile(
    rf"\b(?:{_LINES}\b[^?!\n]{{0,60}}"
    r"|(?:your|ur|the bank'?s|bank'?s|official|you guys'?) (?:[\w']+ ){0,3}?(?:number|phone|telephone|fax|line|lines"
    r"|email|e-mail|mail|mailbox|address|helpline|hotline|support|whatsapp|service)\b[^?!\n]{0,40}"
    r"|(?:printed on|number on|shown on|on) the back of[^?!\n]{0,30}|(?:caller id|screen) (?:said|says|shows"
    r"|showed)[^?!\n]{0,20}"
    r"|(?:your|the bank's) (?:web ?site|site|app|letter|card|page) (?:says|gives|shows|lists)[^?!\n]{0,20})\Z"
)
_BEHIND = re.compile(
    r"['\"”)]?,? ?(?:[^.!?\n]{0,30}\b(?:really|genuinely|actually) (?:you|yours?|the bank|from you|your)\b|(?:is"
    r"|was) (?:it|that|this) (?:really )?(?:you|yours?|from you|free|genuine|legit)\b"
    r"|(?:is )?(?:your|the bank's) (?:real |official |genuine |actual )?(?:\w+ )?(?:number|line|email|helpline"
    r"|hotline|customer service|switchboard|address)\b|yours\b|from you\b"
    r"|(?:as )?(?:printed|shown|listed|given|says?|written) (?:on|in|behind|at) (?:your|the back|the (?:web)?site"
    r"|all|every|my card)|on your (?:web)?site|(?:is|was) (?:always )?(?:busy|engaged)"
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
    return _AHEAD.search(ahead) is not None or _BEHIND.match(lower, end) is not None


def is_a_mailbox(lower: str, start: int, end: int) -> bool:
    """Whether nobody in person is written to there."""
    ahead = lower[max(0, start - _LOOKS) : start]
    return not _MINE.search(ahead) and (_ROLE.match(lower, start) is not None or is_the_banks(lower, start, end))
