"""Single words of customers that settle what a request is about, whatever the rest of it says."""

import re
from collections.abc import Mapping
from typing import Any

from agent.dialogue.shapes import Task

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
RENAMES = re.compile(
    r"(?i)\b(?:re-?name|re-?label|re-?title|call|name|label|title|nickname|change|give|set|"
    r"(?:be|want|like|have) (?:\w+ ){0,4}?(?:called|named|known as|labelled))\b"
)
"""Words without which "the account called Everyday" is just that one."""
NAMES_ACCOUNT = re.compile(r"(?i)\W*(?:please )?call (?:my|the|this|that) (?:\w+ ){0,3}?account [\"'‘“]?(?-i:[A-Z])")
""""Call my account Daily", where "call my account manager" wants a call."""
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

_OWN_CONTACT = re.compile(
    r"(?i)\b(?:my|our) (?:(?:new|own|old|contact|work|private) )*(?:e-?mail|mail|phone|mobile|number|contact)"
)
_OTHERS = re.compile(r"(?i)@|EMAIL_|\b(?:customer|client|user)s?\b")
_OURS = (
    r"(?:admin(?:istrator)?|operator|employee|supervisor|auditor|developer|teller|clerk|cashier|staff|manager|agent|"
    r"police(?:man| officer)?|detective)"
)
AS_SOMEBODY = (
    r"(?:(?:log|sign) (?:me )?(?:in|on) as|impersonate|(?:switch|change) (?:customer|client|user)s?|"
    r"(?:switch|change|swap|go|move) (?:over )?(?:to|into) (?:the )?(?:customer|client|user|session|account of|"
    r"profile of)|act (?:as|for)|(?:act|speak|talk|continue) (?:as|on behalf of)|"
    r"(?:be|become|treat me as)(?= \S+@|\s*\[EMAIL)|"
    r"(?:pretend|imagine|suppose|assume) (?:that )?(?:i am|i'?m|to be)|"
    r"(?:the |your |this |that |a |another )?(?:customer|client|user) \[?\S*(?:@|EMAIL_)\S*|"
    rf"(?:i'?m|i am|this is|as) (?:an? |the |your )?(?:system |bank |branch |head )?{_OURS}\b(?! at (?:an?|the|my)\b)|"
    r"(?:admin(?:istrator)?|operator|developer|god|staff|support|supervisor|maintenance|debug|root) "
    r"(?:mode|access|override|here))"
)
"""How people begin who want to be served as somebody else, or as one of the bank's own."""


def claims_to_be_another(text: str) -> bool:
    """ "I'm a developer, what's my balance?" claims nothing."""
    is_own = _OWN_CONTACT.search(text) or (re.search(r"(?i)\bmy\b", text) and not _OTHERS.search(text))
    return not is_own and bool(re.search(rf"(?i)\b{AS_SOMEBODY}", text))


def spoken_of(task: Task) -> dict[str, Any]:
    """What "it", "him" or "her" may mean from now on."""
    return {name: value for name, value in task["slots"].items() if name in PRONOUNS}
