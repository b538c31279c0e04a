"""What becomes of turns and conversations, for ``GET /metrics``."""

from collections import Counter
from collections.abc import Awaitable, Callable
from time import perf_counter

from agent.events import Done, Event, Failed, Token
from core.security.pii import Placeholders
from core.telemetry.metrics import SLOW, Count, Timing

_TURNS = Count("turns", "Turns that ended, by route, who answered, and how.", "route", "provider", "outcome")
_ERRORS = Count("turn_errors", "Turns that ended in an error, by its code.", "code")
_FIRST_TOKEN = Timing("turn_first_token_seconds", "Until an answer's first word.", "route", "provider", buckets=SLOW)
_SECONDS = Timing("turn_seconds", "Until an answer was complete and saved.", "route", "provider", buckets=SLOW)
_CONVERSATIONS = Count("conversations", "Conversations that were begun, by whom.", "who")
_PERSONAL = Count("personal_data_found", "Personal data in what customers wrote, by its type.", "type")

_NONE = "none"
_PROVIDERS = {"http": "url", "https": "url"}
_OF_OURS = "TEXT"
"""Kind of what only looks like a placeholder."""


class TurnWatch:
    """Times one turn, from when it is made."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._first_token: float | None = None

    def beside(self, emit: Callable[[Event], Awaitable[None]]) -> Callable[[Event], Awaitable[None]]:
        """``emit``, watched for the first word."""

        async def watched(event: Event) -> None:
            if self._first_token is None and isinstance(event, Token):
                self._first_token = perf_counter() - self._started
            await emit(event)

        return watched

    def end(self, ending: Event) -> None:
        """Counts the turn. Of one that failed it is not known who would have answered."""
        if isinstance(ending, Failed):
            _TURNS.add(_NONE, _NONE, "failed")
            _ERRORS.add(ending.code)
        elif isinstance(ending, Done):
            of = (ending.route or _NONE, provider_of(ending.model))
            _TURNS.add(*of, "confirmation" if ending.confirmation else "answered")
            _SECONDS.add(*of, seconds=perf_counter() - self._started)
            if self._first_token is not None:
                _FIRST_TOKEN.add(*of, seconds=self._first_token)


def provider_of(model: str) -> str:
    """Of a name in ``TELLERGRAPH_LLM``: ``openai`` of ``openai:gpt-4o-mini``, ``url`` of an address."""
    provider = model.partition(":")[0]
    return _PROVIDERS.get(provider, provider) or _NONE


def count_conversation(subject: str) -> None:
    """``subject``: ``customer:ID``, ``staff:ID`` or ``visitor:ID``."""
    _CONVERSATIONS.add(subject.partition(":")[0] or _NONE)


def count_personal(masked: str, placeholders: Placeholders, *, typed_secret: bool) -> None:
    """What was found in a message, by what stands in its place. ``typed_secret``: whether there was one."""
    found = Counter(kind for name in placeholders.originals if name in masked if (kind := _kind_of(name)) != _OF_OURS)
    for kind, count in found.items():
        _PERSONAL.add(kind, n=count)
    if typed_secret:
        _PERSONAL.add("SECRET")


def _kind_of(placeholder: str) -> str:
    return placeholder.strip("[]").rpartition("_")[0]
