"""The one error family. Each class says who acts next; the API turns it into an envelope, a tool into a result, the
CLI into a line. ``message`` is written for the person who reads it and never carries internals.

    TellergraphError
      ConfigurationError     the operator sets something right (start-up only)
      CallerError            the caller sends something else
        InvalidInput 400     Unauthorized 401   Forbidden 403   NotFound 404   Conflict 409   TooLarge 413
        TooMany 429            ... later, and says when
      Refused 422            the bank says no for a reason the customer can act on
      Unavailable 503        a service of ours is gone; try again
        Contention             the same rows were wanted by others; the database layer tries again by itself
        ProviderFailed       a language model failed; the chain goes on to the next
          ProviderBusy         it has no room just now, and says when it will have
"""

import math
from datetime import timedelta
from typing import Any, ClassVar


class TellergraphError(Exception):
    """Base of all errors that we raise on purpose."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, code: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}
        self.error_code = code or self.code


class ConfigurationError(TellergraphError):
    code = "configuration_error"


class CallerError(TellergraphError):
    code = "bad_request"
    status = 400


class InvalidInput(CallerError):
    code = "invalid_input"


class Unauthorized(CallerError):
    code = "unauthorized"
    status = 401


class Forbidden(CallerError):
    code = "forbidden"
    status = 403


class NotFound(CallerError):
    code = "not_found"
    status = 404


class Conflict(CallerError):
    code = "conflict"
    status = 409


class TooLarge(CallerError):
    code = "too_large"
    status = 413


class TooMany(CallerError):
    code = "rate_limited"
    status = 429

    def __init__(self, message: str, retry_after: int = 1, *, code: str | None = None) -> None:
        """``retry_after``: seconds."""
        super().__init__(message, code=code, details={"retry_after": retry_after})


class Refused(TellergraphError):
    code = "refused"
    status = 422


class Unavailable(TellergraphError):
    code = "service_unavailable"
    status = 503


class Contention(Unavailable):
    """Others changed the same rows at the same moment; nothing was done. ``Database.transact`` tries again."""

    code = "busy"


class ProviderFailed(Unavailable):
    code = "model_unavailable"


class ProviderBusy(ProviderFailed):
    """Nothing was begun; ``retry_after`` is the earliest moment at which asking again makes sense."""

    code = "model_busy"

    def __init__(self, message: str, retry_after: timedelta = timedelta(seconds=5), *, code: str | None = None) -> None:
        super().__init__(message, code=code, details={"retry_after": max(1, math.ceil(retry_after.total_seconds()))})
        self.retry_after = retry_after


def class_of(code: str) -> type[TellergraphError]:
    """The class that a code came from, for one that was told across a stream; Unavailable for a code that belongs to no
    class, such as ``turn_lost``. Of classes that share a code it is the one that the others are kinds of."""
    known = {kind.code: kind for kind in reversed(_family(TellergraphError))}
    return known.get(code, Unavailable)


def _family(kind: type[TellergraphError]) -> list[type[TellergraphError]]:
    return [kind, *(member for child in kind.__subclasses__() for member in _family(child))]
