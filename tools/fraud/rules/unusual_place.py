"""A large first charge in a country where the card was never used."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import money


def find_unusual_place(facts: Facts, limits: Limits) -> Finding | None:
    amount = limits.unusual_place.amount
    if not facts.is_card or not facts.new_country or facts.amount < amount or facts.amount <= facts.most:
        return None
    why = f"{money(facts.amount)} in {facts.country}, where the card is new; at most {money(facts.most)} so far."
    return Finding("unusual_place", Severity.CAUTION, confidence(facts.amount, amount, 5 * amount), why)
