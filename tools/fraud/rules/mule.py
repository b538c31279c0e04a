"""Money that came in from others and leaves at once: an account that passes it on."""

from tools.fraud.rules.base import Finding, Severity, confidence
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.is_new import is_new_payee
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import DAY, money


def find_mule(facts: Facts, limits: Limits) -> Finding | None:
    """Looks at what leaves within a day of a large receipt, this payment counted, where its payee is new."""
    told = limits.mule
    if not facts.is_payout or facts.received < told.received or not is_new_payee(facts, limits):
        return None
    leaving = facts.amount + sum(past.minor for past in facts.recent if past.ago <= DAY)
    share = leaving / facts.received
    if share < told.share:
        return None
    why = f"{money(leaving)} of {money(facts.received)} that came in within a day goes on to a new payee."
    return Finding("mule", Severity.SERIOUS, confidence(share, told.share, told.certain), why)
