"""Hides personal data in whatever is about to leave for Langfuse: every text of every attribute of every span, keys
included, goes through the engine (core/security/pii) together with what the bank knows of the turn's customer.

Langfuse's own ``mask`` does not see user, tags, trace metadata and status messages; ``mask_otel_spans``, which calls
this, sees all attributes, and drops the batch when it fails.
"""

import re
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import orjson

from core.security.pii import Finding, Known, Placeholders, find_personal
from core.security.pii.engine import replaced
from core.telemetry.seldom import Seldom

not_masked = Seldom("langfuse_not_masked")

_LONGEST = 16_000
"""Characters of a text that are sent."""
_LONGEST_DOCUMENT = 64_000
"""Characters of a text that is JSON; half of one is none."""
_MARGIN = 256
"""What is cut in two at the end of a text is not recognized any more: these characters go as well."""
_LEAST_DIGITS = 10**7
"""Numbers below it are counts, milliseconds and minor units."""
_SHORT, _MOST_CLEAN, _MOST_FOUND = 64, 8_192, 64
_OURS = re.compile(
    r"(?=.*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
)
"""Pseudonyms, digests, ids and moments."""

AMOUNTS = frozenset(
    {"amount", "available", "balance", "credit", "debit", "fee", "ledger", "limit", "owed", "payment", "total"}
)
"""Fields of tools that have money in them."""
_AMOUNT = re.compile(r"-?\d{1,9}\.\d\d")
_CUELESS = ("", "role", "content")
"""Fields of a message to a model, whose text stands in other spans as well."""
_IN_A_NAME = re.compile("(?<=[a-z])_(?=[a-z])")
"""A model may call a tool that there is not by somebody's name."""


class Details(NamedTuple):
    """What a turn tells of its customer. Findings of either do not overlap, and come in order."""

    known: Known | None = None
    """Finds all that is known; None: nothing is."""
    later: Known | None = None
    """Of it, what is not known where a turn is stored: what its tools and its screen said."""
    are_stored: bool = False
    """Whether question and answer went through the engine and lost what was known when they were stored."""


class Veil:
    """Of one turn: the same detail has the same placeholder in all its spans. What is known of the customer is hidden
    first, where it stands, and then what has the form of something personal: what is left of a text is the same for
    all customers, so that one in which nothing was found needs no second look."""

    def __init__(self, details: Details, clean: "CleanTexts", stored: Collection[str] = ()) -> None:
        """``stored``: texts of which what they were stored with has hidden all but ``details.later``."""
        self._details = details
        self._clean = clean
        self._stored = stored
        self._placeholders = Placeholders()
        self._masked: dict[str, str] = {}
        """What was masked already, with its cue: a turn says the same in many of its spans."""

    def attribute(self, value: Any, *, is_said: bool = True) -> Any:
        """Texts that are JSON are masked value by value: an escape must hide nothing from the engine, and the name of
        a field tells what a number is.

        Args:
            is_said: somebody's words, or what a tool gave: what is known of the customer is looked for as well.
        """
        match value:
            case str() if value[:1] in ("{", "[", '"'):
                return self._document(value, is_said)
            case str():
                return self.text(value, is_said=is_said)
            case tuple() | list():
                return [self.attribute(each, is_said=is_said) for each in cast("Sequence[Any]", value)]
            case _:
                return self.value(value)

    def text(self, text: str, cue: str = "", *, is_said: bool = True) -> str:
        """``cue``: what the text is called where it stands."""
        if not cue and text in self._stored and not _IN_A_NAME.search(text):
            return _cut(self._hide(text, self._details.later))
        if is_said:
            text = self._hide(text, self._details.known)
        if cue + text in self._clean or _OURS.fullmatch(text):
            return text
        if (cue + text) not in self._masked:
            self._masked[cue + text] = self._mask(text, cue)
        return self._masked[cue + text]

    def _hide(self, text: str, known: Known | None) -> str:
        found = self._clean.find(text, known)
        if not found:
            return text
        self._placeholders.reserve_typed(text)
        return "".join(replaced(text, self._placeholders, found, 0, len(text)))

    def _mask(self, text: str, cue: str) -> str:
        is_long = len(text) > _LONGEST
        whole = cue + (text[: _LONGEST + _MARGIN] if is_long else text)
        self._placeholders.reserve_typed(whole)
        found = [
            finding._replace(start=max(finding.start, len(cue)))
            for finding in find_personal(_IN_A_NAME.sub(" ", whole))
            if finding.end > len(cue)
        ]
        if not found:
            self._clean.add(whole)
        masked = "".join(replaced(whole, self._placeholders, found, len(cue), len(whole)))
        return f"{masked[:-_MARGIN]} ..." if is_long else masked

    def value(self, value: Any, name: str = "", *, is_said: bool = True) -> Any:
        """Something that JSON has, in the field ``name``."""
        match value:
            case bool() | float() | None:
                return value
            case int() if abs(value) < _LEAST_DIGITS:
                return value
            case int():
                masked = self.text(str(value), _cue(name), is_said=is_said)
                return value if masked == str(value) else masked
            case str() if name in AMOUNTS and _AMOUNT.fullmatch(value) and not is_said:
                return value
            case str():
                return self.text(value, _cue(name), is_said=is_said)
            case Mapping():
                fields = cast("Mapping[str, Any]", value)
                return {
                    self.text(str(key), is_said=is_said): self.value(inner, key, is_said=is_said)
                    for key, inner in fields.items()
                }
            case Sequence():
                return [self.value(inner, name, is_said=is_said) for inner in cast("Sequence[Any]", value)]
            case _:
                return self.text(str(value), _cue(name), is_said=is_said)

    def _document(self, text: str, is_said: bool) -> str:
        if len(text) > _LONGEST_DOCUMENT:
            return "[TOO LONG]"
        at_once = is_said and self._is_whole(text)
        masked = self._masked_document(self._hide(text, self._details.known), is_said=False) if at_once else None
        return masked or self._masked_document(text, is_said=is_said) or self.text(text, is_said=is_said)

    def _is_whole(self, text: str) -> bool:
        """Whether what is known can be hidden at once in all of a document: nothing stands behind an escape, or in two
        values together. In place of a number it leaves no JSON."""
        return "\\" not in text and not any(
            '"' in text[one.start : one.end] for one in self._clean.find(text, self._details.known)
        )

    def _masked_document(self, text: str, *, is_said: bool) -> str | None:
        """None: it is no JSON."""
        if not is_said and text in self._clean:
            return text
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        masked = self.value(value, is_said=is_said)
        if masked != value:
            return orjson.dumps(masked).decode()
        if not is_said:
            self._clean.add(text)
        return text


class CleanTexts:
    """What need not be looked at again: texts in which nothing was found, such as names of nodes and what the help
    centre says, and where in a text something stands that is known of a customer: their accounts and cards are read in
    many of their turns. Long texts are known by their digest. Nothing here has anything personal that it could keep
    alive."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str | bytes, None] = OrderedDict()
        self._found: WeakKeyDictionary[Known, OrderedDict[bytes, Sequence[Finding]]] = WeakKeyDictionary()

    def __contains__(self, text: str) -> bool:
        return _key(text) in self._keys

    def add(self, text: str) -> None:
        self._keys[_key(text)] = None
        if len(self._keys) > _MOST_CLEAN:
            self._keys.popitem(last=False)

    def find(self, text: str, known: Known | None) -> Sequence[Finding]:
        """Where what is known stands in a text."""
        if known is None:
            return ()
        of_customer = self._found.setdefault(known, OrderedDict())
        digest = _digest(text)
        if digest not in of_customer:
            of_customer[digest] = tuple(known(text))
            if len(of_customer) > _MOST_FOUND:
                of_customer.popitem(last=False)
        return of_customer[digest]


def _key(text: str) -> str | bytes:
    return text if len(text) <= _SHORT else _digest(text)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=32).digest()


def _cut(masked: str) -> str:
    return f"{masked[:_LONGEST]} ..." if len(masked) > _LONGEST else masked


def _cue(name: str) -> str:
    return "" if name in _CUELESS else f"{name.replace('_', ' ')}: "
