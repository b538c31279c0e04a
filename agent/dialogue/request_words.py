"""Single words of customers that settle what a request is about, whatever the rest of it says."""

from collections.abc import Mapping

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
