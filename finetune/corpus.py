"""What the heads learn from: BANKING77, CLINC150 and our own utterances, each text with a fine class and an intent.

The heads learn fine classes, more than there are intents: CLINC150's intents stay apart, because "roll a die" and "book
a flight" have nothing in common but being no bank's business. An intent's probability is the sum over its classes.
"""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.understanding.intents import BANKING77_INTENTS, OwnIntent
from core.errors import InvalidInput
from finetune.utterances import iterate_families, vary_surface

_CLINC_BANKING: dict[str, str] = {
    "balance": OwnIntent.GET_BALANCE,
    "transactions": OwnIntent.LIST_TRANSACTIONS,
    "spending_history": OwnIntent.SPENDING_SUMMARY,
    "transfer": OwnIntent.MAKE_TRANSFER,
    "pay_bill": OwnIntent.MAKE_TRANSFER,
    "bill_due": OwnIntent.FIND_RECURRING_PAYMENTS,
    "freeze_account": OwnIntent.FREEZE_CARD,
    "report_fraud": OwnIntent.REPORT_FRAUD_ALERT,
    "expiration_date": OwnIntent.LIST_CARDS,
    "credit_limit": OwnIntent.GET_CARD_LIMITS,
    "damaged_card": OwnIntent.REPLACE_CARD,
    "routing": OwnIntent.GET_ACCOUNT,
    "pin_change": OwnIntent.REQUEST_PIN_CHANGE,
    "report_lost_card": "lost_or_stolen_card",
    "replacement_card_duration": "card_delivery_estimate",
    "card_declined": "declined_card_payment",
}
"""Intents of the domains banking and credit_cards that are one of ours; the others are a `banking_question`."""
_CLINC_SMALL_TALK: dict[str, str] = {
    "greeting": OwnIntent.GREETING,
    "thank_you": OwnIntent.THANKS,
    "goodbye": OwnIntent.GOODBYE,
}
"""Intents of the domain small_talk by name; the others are a `bot_question`."""
_CLINC_META: dict[str, str] = {
    "yes": OwnIntent.AGREE,
    "no": OwnIntent.DECLINE,
    "maybe": OwnIntent.ACKNOWLEDGEMENT,
    "cancel": OwnIntent.CANCEL_TASK,
    "repeat": OwnIntent.REPEAT,
    "change_language": OwnIntent.BOT_QUESTION,
}
"""Intents of the domain meta that are acts of a conversation; the others are about a speaking device."""
_CLINC_AMBIGUOUS = frozenset({"exchange_rate", "travel_notification"})
"""Filed under travel, but a bank's business ("tell my bank that I go to Spain"): no use as counter-examples."""


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    label: str
    """Fine class."""
    intent: str
    group: str
    """Examples of one group stay on one side of a split: variants of a text, or of a template."""
    source: str
    """banking77, clinc150 or own."""
    variant: bool = False
    """Made from another example by changing its surface: for training only."""


def read_banking77(folder: Path) -> list[Example]:
    """The rows of `train.csv` (`text,category`).

    Raises:
        InvalidInput: the file is missing or has other columns or labels.
    """
    path = folder / "train.csv"
    with _open(path) as file:
        rows = csv.DictReader(file)
        if not {"text", "category"} <= set(rows.fieldnames or ()):
            raise InvalidInput(f"{path} needs the columns text and category")
        examples = [
            Example(row["text"], row["category"], row["category"], f"b{number}", "banking77")
            for number, row in enumerate(rows)
        ]
    unknown = {example.intent for example in examples} - set(BANKING77_INTENTS)
    if unknown:
        raise InvalidInput(f"{path} has labels that are not BANKING77's: {', '.join(sorted(unknown))}")
    return examples


def read_clinc150(folder: Path) -> list[Example]:
    """The rows of `train.jsonl` and `val.jsonl` (`text`, `intent`, `domain`), less what is about a speaking device.

    Raises:
        InvalidInput: a file is missing or has other fields.
    """
    examples: list[Example] = []
    for name in ("train.jsonl", "val.jsonl"):
        with _open(folder / name) as file:
            for number, line in enumerate(file):
                examples.extend(_read_clinc_row(line, f"c{name}{number}", folder / name))
    return examples


def make_own_examples(seed: int) -> list[Example]:
    """Our own utterances, one group per template."""
    return [
        Example(said.text, _own_class(said.label), said.label.split("/")[0], f"o{number}", "own")
        for number, family in enumerate(iterate_families(seed))
        for said in family
    ]


def _own_class(label: str) -> str:
    return label if label in BANKING77_INTENTS else f"own/{label}"


def add_variants(examples: list[Example], seed: int) -> list[Example]:
    """`examples` and, of each published text, a copy with other punctuation at its end."""
    rng = random.Random(seed)  # noqa: S311
    copies = (
        Example(vary_surface(e.text, rng), e.label, e.intent, e.group, e.source, variant=True)
        for e in examples
        if e.source != "own"
    )
    return examples + [copy for copy in copies if copy.text.strip()]


def _read_clinc_row(line: str, group: str, path: Path) -> Iterator[Example]:
    try:
        row = json.loads(line)
        text, intent, domain = str(row["text"]), str(row["intent"]), str(row["domain"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path} needs one object with text, intent and domain per line") from error
    if (domain != "meta" or intent in _CLINC_META) and intent not in _CLINC_AMBIGUOUS:
        yield Example(text, f"clinc/{intent}", _map_clinc(intent, domain), group, "clinc150")


def _map_clinc(intent: str, domain: str) -> str:
    if domain == "small_talk":
        return _CLINC_SMALL_TALK.get(intent, OwnIntent.BOT_QUESTION)
    if domain == "meta":
        return _CLINC_META[intent]
    if domain in {"banking", "credit_cards"}:
        return _CLINC_BANKING.get(intent, OwnIntent.BANKING_QUESTION)
    return OwnIntent.OUT_OF_SCOPE


def _open(path: Path):  # noqa: ANN202
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
