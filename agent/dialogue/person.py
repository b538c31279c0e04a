"""Whether a message is a plain request for a person. That alone is its own yes (docs/decisions/0014): the case is
opened without a question in between. What only hints at one, tells of one, or wants none is asked about."""

import re
from dataclasses import replace
from textwrap import shorten

from agent.dialogue.shapes import Step
from agent.dialogue.tables import OWN_YES

_LONGEST_REASON = 200
_SOMEBODY = (
    r"(?:human(?: being)?s?|persons?|people|someone|somebody|sum1|some1|sumone|anyone|anybody|agents?|advis[eo]rs?|"
    r"operators?|reps?|representatives?|colleagues?|managers?|supervisors?|employees?|clerks?|tellers?|staff|team|"
    r"customer (?:services?|support|care)|support|help ?desk|call centre|pulse|body)"
)
_WISHES = (
    r"(?:talk(?:ing)?|spea?k(?:ing)?|speek|spk|chat(?:ting)?|connect|transfer|forward|redirect|hand|pass|put|get|gimme|"
    r"give|want|wanna|need|like|prefer|rather|have|let|chance|fetch|bring|is there|are there)"
)
_BETWEEN = r"(?:\W+(?!(?:about|by|from|that|who|whom|my|his|her|their|our)\b)[\w']+){0,7}?"
_REQUEST = re.compile(
    rf"\b{_WISHES}\b{_BETWEEN}\W+{_SOMEBODY}\b"
    rf"|\b(?:{_SOMEBODY}|nobody|no[ -]?one)\b(?:\W+[\w']+){{0,5}}?\W+(?:talk|speak|chat)\W+(?:to|with)\b"
    rf"|^\W*(?:(?:hi|hello|ok|well|no|just|an?|the|some|your|real|live|actual|proper)\W+)*{_SOMEBODY}"
    r"(?:\W+(?:please|pls|plz|now|thanks|instead|asap|real))*\W*$",
    re.IGNORECASE,
)
_NO_REQUEST = re.compile(
    r"\b(?:don'?t(?! you\b)|do not|no (?:need|point|use)|needn'?t|doesn'?t|didn'?t|without|never|instead of|rather not|"
    r"not (?:want|need|now|yet)|already|spoke|spoken|talked|yesterday|was (?:put|passed|told|transferred|connected)|"
    r"am i|are you an?|is (?:this|it|that)|should i|do i (?:need|have)|how|where|when|what|which|whether|maybe|"
    r"perhaps|might|tomorrow|later|(?:if|unless) (?:you|it|this|that|they|i (?:can'?t|need|want|have|don'?t))|unless|"
    r"before|after|until)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.,;:!?…]+|\s[-–—]+\s|\b(?:but|because|cos|coz|since|so|and)\b", re.IGNORECASE)


def wants_person(text: str) -> bool:
    """Whether a clause asks for a person, and nothing before that takes it back."""
    clauses = _CLAUSE.split(text.replace("’", "'"))
    found = ((clause, _REQUEST.search(clause)) for clause in clauses)
    return any(request and not _NO_REQUEST.search(clause[: request.end()]) for clause, request in found)


def is_own_yes(step: Step, said: str) -> bool:
    """Whether the customer's own words ask for just what the step calls. Not so where the manager thought of it."""
    return step.kind == "call" and step.tool in OWN_YES and wants_person(said)


def in_own_words(step: Step, said: str) -> Step:
    """With what the customer said, for the colleague: the message is stored only when the turn has ended."""
    return replace(step, arguments={"reason": shorten(said, _LONGEST_REASON, placeholder="…"), **step.arguments})
