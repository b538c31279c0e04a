"""Hides personal data in whatever is about to leave for Langfuse: every text of every attribute of every span, keys
included, goes through the engine (core/security/pii) together with what the bank knows of the turn's customer.

Langfuse's own ``mask`` does not see user, tags, trace metadata and status messages; ``mask_otel_spans``, which calls
this, sees all attributes, and drops the batch when it fails.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson

from core.security.pii import ALL, Known, Placeholders, find_personal
from core.security.pii.engine import replaced

_MOST_TURNS = 4_096
"""Turns whose spans may be waiting."""
_LONGEST = 16_000
"""Characters of a text that are sent."""
_LONGEST_DOCUMENT = 64_000
"""Characters of a text that is JSON; half of one is none."""
_MARGIN = 256
"""What is cut in two at the end of a text is not recognized any more: these characters go as well."""
_LEAST_DIGITS = 10**7
"""Numbers below it are counts, milliseconds and minor units."""
_CLEAN_LENGTH, _MOST_CLEAN = 256, 4_096
_OURS = re.compile(r"(?=.*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64})|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""Pseudonyms, digests and moments."""

_IN_A_NAME = re.compile("(?<=[a-z])_(?=[a-z])")
"""A model may call a tool that there is not by somebody's name."""


class Veil:
    """Of one turn: the same detail has the same placeholder in all its spans."""

    def __init__(self, known: Known | None, clean: "CleanTexts") -> None:
        self._known = known
        self._clean = clean
        self._placeholders = Placeholders()

    def attribute(self, value: Any) -> Any:
        """Texts that are JSON are masked value by value: an escape must hide nothing from the engine, and the name of
        a field tells what a number is."""
        match value:
            case str() if value[:1] in ("{", "[", '"'):
                return self._document(value)
            case str():
                return self.text(value)
            case tuple() | list():
                return [self.attribute(each) for each in cast("Sequence[Any]", value)]
            case _:
                return self.value(value)

    def text(self, text: str, cue: str = "") -> str:
        """``cue``: what the text is called where it stands."""
        if (not cue and text in self._clean) or _OURS.fullmatch(text):
            return text
        is_long = len(text) > _LONGEST
        whole = cue + (text[: _LONGEST + _MARGIN] if is_long else text)
        self._placeholders.reserve_typed(whole)
        found = [
            finding._replace(start=max(finding.start, len(cue)))
            for finding in find_personal(_IN_A_NAME.sub(" ", whole), ALL, self._known)
            if finding.end > len(cue)
        ]
        masked = "".join(replaced(whole, self._placeholders, found, len(cue), len(whole)))
        if not found and not cue:
            self._clean.add(text)
        return f"{masked[:-_MARGIN]} ..." if is_long else masked

    def _document(self, text: str) -> str:
        if text in self._clean:
            return text
        if len(text) > _LONGEST_DOCUMENT:
            return "[TOO LONG]"
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self.text(text)
        masked = self.value(value)
        if masked == value:
            self._clean.add(text)
            return text
        return orjson.dumps(masked).decode()

    def value(self, value: Any) -> Any:
        """Something that JSON has."""
        return self._value("", value)

    def _value(self, name: str, value: Any) -> Any:
        match value:
            case bool() | float() | None:
                return value
            case int() if abs(value) < _LEAST_DIGITS:
                return value
            case int():
                masked = self.text(str(value), _cue(name))
                return value if masked == str(value) else masked
            case str():
                return self.text(value, _cue(name))
            case Mapping():
                fields = cast("Mapping[str, Any]", value)
                return {self.text(str(key)): self._value(key, inner) for key, inner in fields.items()}
            case Sequence():
                return [self._value(name, inner) for inner in cast("Sequence[Any]", value)]
            case _:
                return self.text(str(value), _cue(name))


class CleanTexts:
    """Short texts in which nothing was found, such as names of nodes and models: they are not looked at again. None of
    them holds anything personal that this could keep alive."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, text: str) -> bool:
        return text in self._texts

    def add(self, text: str) -> None:
        if len(text) <= _CLEAN_LENGTH:
            self._texts[text] = None
            if len(self._texts) > _MOST_CLEAN:
                self._texts.popitem(last=False)


class Veils:
    """Those of the turns whose spans wait to be sent, by trace id."""

    def __init__(self, *, unannounced: bool = False) -> None:
        """``unannounced``: spans of traces that nobody spoke of are masked as well, by the engine alone."""
        self._unannounced = unannounced
        self._known: OrderedDict[str, Callable[[], Known | None]] = OrderedDict()
        self._veils: dict[str, Veil] = {}
        self._clean = CleanTexts()

    def apart(self) -> Veil:
        """For a text that comes by itself."""
        return Veil(None, self._clean)

    def expect(self, trace_id: str, known: Callable[[], Known | None]) -> None:
        """``known`` is asked for when the first span of the turn leaves."""
        self._known[trace_id] = known
        if len(self._known) > _MOST_TURNS:
            oldest, _ = self._known.popitem(last=False)
            self._veils.pop(oldest, None)

    def of(self, trace_id: str) -> Veil:
        """Raises KeyError for a turn that nobody said anything about: what is not known to be harmless stays."""
        if self._unannounced:
            return self.apart()
        if trace_id not in self._veils:
            self._veils[trace_id] = Veil(self._known[trace_id](), self._clean)
        return self._veils[trace_id]

    def drop(self, trace_id: str) -> None:
        """All of its spans have left."""
        self._known.pop(trace_id, None)
        self._veils.pop(trace_id, None)


def _cue(name: str) -> str:
    return f"{name.replace('_', ' ')}: " if name else ""
