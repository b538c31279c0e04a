"""Why a model failed, as far as it decides what happens next: ask again, pause the provider, or go on.

The closed set also names the outcomes in the metrics.
"""

from datetime import timedelta
from enum import StrEnum

from core.errors import ProviderBusy, ProviderFailed


class Fault(StrEnum):
    UNREACHABLE = "unreachable"
    """No answer, or the connection broke."""
    OVERLOADED = "overloaded"
    """HTTP 429 or 5xx."""
    SLOW = "slow"
    CUT_OFF = "cut_off"
    """The stream ended without a finish reason, or is no completion."""
    FAILED = "failed"
    """Anything else of a provider."""
    KEY_REFUSED = "key_refused"
    QUOTA = "quota"
    """The provider's own limit of what may be spent."""
    NO_SUCH_MODEL = "no_such_model"
    NO_TOOLS = "no_tools"
    REQUEST_REFUSED = "request_refused"
    BAD_REPLY = "bad_reply"
    """Empty, too long, filtered, or a tool call that is none."""
    TOOL_LOOP = "tool_loop"
    BUSY = "busy"
    NOT_READY = "not_ready"
    """A local model that is loading, or could not be."""
    PAUSED = "paused"
    """Its breaker is open: it was not asked."""
    BUDGET = "budget"
    TIME = "time"
    """The turn's time is up, whosever fault that is."""


TRANSIENT = frozenset({Fault.UNREACHABLE, Fault.OVERLOADED})
"""Worth asking again at once."""
LASTING = frozenset({Fault.KEY_REFUSED, Fault.QUOTA, Fault.NO_SUCH_MODEL})
"""The next request would fail like this one."""
ALIVE = frozenset({Fault.NO_TOOLS, Fault.REQUEST_REFUSED, Fault.BAD_REPLY, Fault.TOOL_LOOP})
"""Of this request, not of the provider. Else a customer's text could take a model from all the others."""
NOT_ASKED = frozenset({Fault.BUSY, Fault.NOT_READY, Fault.PAUSED, Fault.BUDGET, Fault.TIME})


class ModelFailed(ProviderFailed):
    """A ProviderFailed that says why."""

    def __init__(self, message: str, fault: Fault, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.fault = fault
        self.retry_after = retry_after


def fault_of(error: ProviderFailed) -> Fault:
    if isinstance(error, ModelFailed):
        return error.fault
    return Fault.BUSY if isinstance(error, ProviderBusy) else Fault.FAILED


def wait_of(error: ProviderFailed) -> timedelta | None:
    """When the provider says to come back, if it does."""
    return error.retry_after if isinstance(error, ModelFailed | ProviderBusy) else None
