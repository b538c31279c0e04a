"""Words by which customers speak of their cards and accounts, beside what these are called: "my day to day one", "the
online one", "the one with the most in it"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agent.dialogue.residue import words

_CARDS: Mapping[str, str] = {
    "debit": "bank main everyday daily normal ordinary usual regular standard plastic physical real cash shopping visa",
    "credit": "plastic physical real visa",
    "virtual": "online internet digital web app electronic non-physical visa",
}
"""By kind."""
_ACCOUNTS: Mapping[str, str] = {
    "current": "current checking",
    "savings": "savings saving saver save nest egg pot interest",
    "credit_card": "credit card",
    "loan": "loan borrowed",
}
"""By kind."""
_MAIN = "main everyday daily normal ordinary usual regular standard spending spend bills salary wages wage paid"
"""The current account in the bank's own currency."""
_CURRENCIES: Mapping[str, str] = {
    "GBP": "gbp pounds pound sterling",
    "EUR": "eur euro euros foreign holiday abroad",
    "USD": "usd dollar dollars american foreign abroad",
}
_MOST = "most biggest largest highest fullest richest bigger larger higher"
_LEAST = "least smallest lowest emptiest poorest smaller lower"

Described = Mapping[str, frozenset[str]]
"""What there is to choose from -> words by which it is spoken of."""


@dataclass(frozen=True, slots=True)
class Belongings:
    accounts: Described = field(default_factory=dict[str, frozenset[str]])
    cards: Described = field(default_factory=dict[str, frozenset[str]])

    def of(self, slot: str | None) -> Described:
        """What a slot takes one of."""
        return {"account": self.accounts, "to_account": self.accounts, "card": self.cards}.get(slot or "", {})

    @property
    def described(self) -> Described:
        return {**self.accounts, **self.cards}


def describe(accounts: Iterable[Mapping[str, Any]], cards: Iterable[Mapping[str, Any]]) -> Belongings:
    """Of the lists as the tools give them."""
    accounts = list(accounts)
    ranked = sorted(accounts, key=lambda account: Decimal(account["ledger"]))
    told = {
        account["name"]: [_ACCOUNTS.get(account["kind"], ""), _CURRENCIES.get(account["currency"], "")]
        for account in accounts
    }
    for account in accounts:
        if (account["kind"], account["currency"]) == ("current", "GBP"):
            told[account["name"]].append(_MAIN)
    if len(ranked) > 1:
        told[ranked[-1]["name"]].append(_MOST)
        told[ranked[0]["name"]].append(_LEAST)
    held = {card["label"]: [_CARDS.get(card["kind"], ""), card["account"]] for card in cards}
    return Belongings(_as_words(told), _as_words(held))


def _as_words(told: Mapping[str, Iterable[str]]) -> Described:
    return {name: frozenset(words(" ".join(said))) for name, said in told.items()}
