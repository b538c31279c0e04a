"""The objects of tools' results: what each names (accounts, payees, days, cards, states), and its facts.

A record is also named by what contains it, and by a single object inside it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

import orjson

from agent.release.claims import Claim, compact, read
from agent.release.dates import Day
from agent.release.units import TIME_UNITS, in_base_unit, stem
from core.clock import BANK_TIME_ZONE
from core.money import CURRENCIES

Role = Literal["account", "party", "category", "card"]
_ROLES: dict[str, Role] = {
    "account": "account", "to_account": "account", "from_account": "account", "own_account": "account",
    "payee": "party", "merchant": "party", "description": "party", "recipient": "party",
    "category": "category", "label": "card",
}  # fmt: skip
_OF_ACCOUNTS = frozenset({"ledger", "iban", "sort_code", "account_number"})
"""Beside which a ``name`` or ``kind`` is an account's."""
_TAILS = frozenset({"last4", "card_last4", "cards", "replaced_by"})
_REFERENCES = frozenset({"reference", "operation_id"})
_STATES = frozenset({"status", "state", "payment_status", "delivery_status", "outcome"})
_COUNTS = frozenset({"number", "count", "times", "seen"})
_COUNTED = ("payment", "time", "line", "debit")
_RATES = re.compile(r"apr|aer|percent|rate")
_SHARES = re.compile(r"fee|share")
"""Amounts, or a share in per cent."""
_PENNIES = re.compile(r"\.\d\d$")
_DECIMAL = re.compile(r"-?\d{1,19}(?:\.\d{1,8})?")
_ISO = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?:T.*)?")
WORD_PARTS = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of a record."""

    claim: Claim
    key: str
    """The field that holds it; empty where it stands in a text."""


@dataclass(slots=True)
class Record:
    """One object of a result."""

    names: dict[Role, set[str]]
    tails: set[str]
    days: list[Day]
    states: set[str]
    facts: list[Fact] = field(default_factory=list[Fact])
    is_whole: bool = False
    """Whether it is a result and no part of one."""
    words: set[str] = field(default_factory=set[str])
    """Values that are words, such as "monthly"."""

    def takes_over(self, other: "Record") -> None:
        for role, names in other.names.items():
            self.names.setdefault(role, set()).update(names)
        self.tails |= other.tails
        self.days += other.days
        self.states |= other.states


def _lists_tails(key: str, value: Any) -> bool:
    return key in _TAILS and isinstance(value, list) and all(isinstance(each, str) for each in cast(list[Any], value))


class ResultReader:
    def __init__(self, today: date) -> None:
        self._today = today
        self.records: list[Record] = []
        self.lists: dict[str, list[dict[str, Any]]] = {}

    def read(self, result: str) -> None:
        try:
            found = orjson.loads(result)
        except orjson.JSONDecodeError:
            found = {"message": result}
        if isinstance(found, dict):
            self._object(cast(dict[str, Any], found), Record({}, set(), [], set()), "")

    def _object(self, found: dict[str, Any], around: Record, currency: str, within: str = "") -> Record:
        record = Record(
            {role: set(names) for role, names in around.names.items()}, set(around.tails), list(around.days), set()
        )
        record.is_whole = not within
        record.words.update(within.split("_"))
        self.records.append(record)
        currency = str(found.get("currency") or currency)
        is_account = bool(_OF_ACCOUNTS & found.keys())
        nested: list[tuple[str, Any]] = []
        for key, value in found.items():
            if isinstance(value, dict | list) and not _lists_tails(key, value):
                nested.append((key, cast(Any, value)))
            elif value is not None:
                self._scalar(record, found, key, value, currency, is_account)
        for key, value in nested:
            if isinstance(value, dict):
                record.takes_over(self._object(cast(dict[str, Any], value), record, currency))
            else:
                self._list(key, cast(list[Any], value), record, found, currency)
        return record

    def _list(self, key: str, values: list[Any], record: Record, found: dict[str, Any], currency: str) -> None:
        objects = [cast(dict[str, Any], value) for value in values if isinstance(value, dict)]
        if objects or not values:
            noun = stem(key.rpartition("_")[2])
            self.lists[noun] = objects
            record.facts.append(Fact(Claim("count", (Decimal(len(objects)), noun), 0, 0), ""))
        for value in objects:
            self._object(value, record, currency, key)
        for value in values:
            if isinstance(value, str | int | float):
                self._scalar(record, found, key, value, currency, is_account=False)

    def _scalar(
        self, record: Record, found: dict[str, Any], key: str, value: Any, currency: str, is_account: bool
    ) -> None:
        if isinstance(value, bool):
            return
        if key in _TAILS:
            tails = [str(each) for each in cast(list[Any], value)] if isinstance(value, list) else [str(value)]
            record.tails.update(tails)
            record.facts += [Fact(Claim("tail", tail, 0, 0), key) for tail in tails]
        elif isinstance(value, int | float):
            record.facts += (Fact(claim, key) for claim in _of_number(key, Decimal(str(value))))
        else:
            self._text(record, found, key, str(value), currency, is_account)

    def _text(
        self, record: Record, found: dict[str, Any], key: str, value: str, currency: str, is_account: bool
    ) -> None:
        if _DECIMAL.fullmatch(value) and "reference" not in key:
            record.facts += (Fact(claim, key) for claim in _of_decimal(found, key, value, currency))
            return
        if _ISO.fullmatch(value):
            self._day(record, key, value)
            return
        self._name(record, key, value, is_account, is_card="card" in str(found.get("label")), is_whole=record.is_whole)
        if key in _REFERENCES or value.replace("_", "").isalpha():
            # One word, or a code: no more can be read from it.
            record.words.update(value.split("_"))
            record.facts.append(Fact(Claim("code", compact(value), 0, 0), key))
            return
        reading = read(value, None)
        record.words.update(reading.words)
        record.facts += (Fact(claim, "") for claim in reading.claims)
        record.tails.update(claim.value for claim in reading.claims if claim.kind == "tail")
        record.facts.append(Fact(Claim("code", compact(value), 0, 0), key))
        if len(digits := compact(value)) >= 6 and digits[-4:].isdigit() and key in ("iban", "account_number"):
            record.tails.add(digits[-4:])
            record.facts.append(Fact(Claim("tail", digits[-4:], 0, 0), key))

    def _day(self, record: Record, key: str, value: str) -> None:
        reading = read(value, None)
        record.facts += (Fact(claim, key) for claim in reading.claims)
        if "T" in value:
            moment = datetime.fromisoformat(value).astimezone(BANK_TIME_ZONE)
            record.facts.append(Fact(Claim("time", moment.hour * 60 + moment.minute, 0, 0), key))
            reading = read(moment.date().isoformat(), None)
            record.facts += (Fact(claim, key) for claim in reading.claims)
        record.days += (claim.value for claim in reading.claims if claim.kind == "date")

    def _name(self, record: Record, key: str, value: str, is_account: bool, *, is_card: bool, is_whole: bool) -> None:
        # The result's own "status" only says which kind of result it is.
        if key in _STATES and not (key == "status" and is_whole):
            record.states.update(WORD_PARTS.findall(value.lower()))
        role = _ROLES.get(key)
        if key == "name":
            role = "account" if is_account else "party"
        elif key == "kind" and is_card:
            record.names.setdefault("card", set()).add(f"{value} card")
            return
        elif key == "kind" and is_account:
            record.names.setdefault("account", set()).add(
                f"{value.replace('_', ' ')} {'' if '_' in value else 'account'}".strip()
            )
            return
        if role is not None and value:
            said = value.replace("_", " ").lower()
            record.names.setdefault(role, set()).add(said)
            if role == "party" and "," in said:
                record.names[role].add(said.partition(",")[0])


def _of_number(key: str, value: Decimal) -> Iterator[Claim]:
    parts = key.lower().split("_")
    for part in parts:
        if part in TIME_UNITS:
            yield Claim("duration", in_base_unit(value, TIME_UNITS[part], working="working" in parts), 0, 0)
    yield Claim("number", value, 0, 0)
    for noun in _COUNTED if parts[-1] in _COUNTS else [stem(parts[-1])]:
        yield Claim("count", (value, noun), 0, 0)


def _of_decimal(found: dict[str, Any], key: str, text: str, currency: str) -> Iterator[Claim]:
    value = Decimal(text)
    if key in ("account_number",):
        yield Claim("code", text, 0, 0)
        yield Claim("tail", text[-4:], 0, 0)
        return
    if _RATES.search(key):
        yield Claim("rate", (value, ""), 0, 0)
        yield Claim("number", value, 0, 0)
        if (bought := found.get("buy_currency") or found.get("to_currency")) in CURRENCIES:
            yield Claim("money", (value, bought), 0, 0)
            yield Claim("money", (Decimal(1), found.get("sell_currency") or currency), 0, 0)
        return
    if _SHARES.search(key) and not _PENNIES.search(text):
        yield Claim("rate", (value, ""), 0, 0)
    own = str(found.get(f"{key}_currency") or currency or found.get("sell_currency") or "")
    yield Claim("money", (abs(value), own), 0, 0, negative=value < 0)
