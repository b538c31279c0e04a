"""Slots in a customer's words: amounts, days, times, accounts, cards, people, yes and no. Patterns and the customer's
own names; no model, no database, no clock."""

from agent.understanding.slots.find import find_mentions
from agent.understanding.slots.mention import (
    Amount,
    AmountRange,
    CardWords,
    Change,
    Duration,
    Kind,
    Known,
    KnownAccount,
    KnownCard,
    Mention,
    Period,
    Role,
    Shift,
    Tense,
    TimePeriod,
    Value,
)

__all__ = [
    "Amount",
    "AmountRange",
    "CardWords",
    "Change",
    "Duration",
    "Kind",
    "Known",
    "KnownAccount",
    "KnownCard",
    "Mention",
    "Period",
    "Role",
    "Shift",
    "Tense",
    "TimePeriod",
    "Value",
    "find_mentions",
]
