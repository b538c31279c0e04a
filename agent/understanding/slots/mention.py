"""What a message mentions: the shapes that finders give and the dialogue takes."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Literal, NamedTuple, TypedDict

Kind = Literal[
    "amount",
    "amount_range",
    "currency",
    "date",
    "period",
    "time",
    "time_period",
    "duration",
    "account",
    "card",
    "payee",
    "merchant",
    "category",
    "reference",
    "frequency",
    "ordinal",
    "number",
    "change",
    "shift",
    "name",
    "iban",
    "sort_code",
    "account_number",
    "yes",
    "no",
]
Role = Literal["from", "to"]
Tense = Literal["past", "future"]
"""Whether days that could be meant twice ("the 3rd", "March") lie behind or ahead."""


class Amount(NamedTuple):
    number: Decimal
    """As it was said: may be negative, zero or have too many decimals."""
    currency: str | None
    """ISO 4217; None if none was said."""


class AmountRange(NamedTuple):
    least: Amount
    most: Amount


class Period(NamedTuple):
    """Days, inclusive. A period that runs ("this month") has its whole length, days after today too."""

    first: date
    last: date


class TimePeriod(NamedTuple):
    start: time
    end: time
    """Earlier than ``start`` when midnight lies between."""


Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]


class Duration(NamedTuple):
    number: Decimal | None
    """None: "days", "a few weeks"."""
    unit: Unit


class Change(NamedTuple):
    """Of an amount that was named before: so many times as much, and so much more."""

    factor: Decimal = Decimal(1)
    more: Decimal = Decimal(0)
    """Negative for less."""
    currency: str | None = None
    """ISO 4217; None if none was said."""


class Shift(NamedTuple):
    """Of a day that was named before."""

    length: Duration
    """Negative for earlier."""
    weekday: int | None = None
    """The first such day from there on or, if earlier, back; 0 is Monday."""


class CardWords(TypedDict, total=False):
    """How a card was named; what was not said is left out."""

    last4: str
    kind: str
    """debit, credit, virtual, or the network."""
    nickname: str


Value = (
    Amount
    | AmountRange
    | date
    | Period
    | time
    | TimePeriod
    | Duration
    | Change
    | Shift
    | CardWords
    | tuple[str, ...]
    | str
    | int
    | Decimal
    | bool
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing that a message names.

    ``value`` by ``kind``:

    - amount: Amount. amount_range: AmountRange, where several amounts are said to do. number: int or Decimal, with
      nothing that says what it counts ("no, 55", "4821").
    - currency: ISO 4217 code. frequency: one of tools.calendar.Frequency, else as it was said ("daily").
    - date: date, or the words where there is no such day ("30 February"). time: time. period: Period.
      time_period: TimePeriod. duration: Duration.
    - change: Change, of an amount that was named before. shift: Shift, of a day that was.
    - account, merchant: tuple of the known names that it may mean, best first; the words if none is known ("ISA").
    - payee: such a tuple, never empty: an unknown one is a ``name``. category: its name at the bank ("eating_out").
    - card: CardWords. name: of a person or company that is not known, as it was said.
    - ordinal: 1 is the first; -1 the last, -2 the last but one.
    - reference, iban, sort_code, account_number: text; the last three in compact form, or the placeholder that stands
      for one ("[IBAN_1]").
    - yes, no: what else was said in the sentence, empty if nothing: "are there fees?" of "yes, and are there fees?".
    """

    kind: Kind
    text: str
    start: int
    end: int
    """Of ``text`` in the message, in characters."""
    value: Value
    role: Role | None = None
    """"from my savings", "to Maria", "until Friday"."""
    negated: bool = False
    """"not the first", "to Maria, not John"."""
    corrects: bool = False
    """Replaces what was said before: "no, 55", "actually 55", "I meant Maria". Of several, the last counts."""
    told: bool = False
    """Of a day or time: it belongs to a story around the request. "The plumber came on Tuesday, pay him 80"."""
    parts: tuple["Mention", ...] = ()
    """The ends of a period, as they were said: "from the 3rd to the 6th of June"."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    name: str
    kind: str = "current"
    """As tools.accounts.Kind: current, savings, credit_card, loan."""
    currency: str = "GBP"
    last4: str = ""


@dataclass(frozen=True, slots=True)
class KnownCard:
    last4: str
    kind: str = "debit"
    nickname: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The customer's own names, for what cannot be told from the words alone."""

    accounts: tuple[KnownAccount, ...] = ()
    cards: tuple[KnownCard, ...] = ()
    payees: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Further names of categories; those of the bank are always known."""
