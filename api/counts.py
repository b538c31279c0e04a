"""How requests are answered, and who is let in, for ``GET /metrics``."""

from core.telemetry.metrics import USUAL, Count, Timing

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUESTS = Count("http_requests", "Requests that were answered.", "method", "route", "status")
_SECONDS = Timing("http_request_seconds", "Until the answer to a request began.", "method", "route", buckets=USUAL)
DENIED = Count("denied", "Requests that were answered 401, 403 or 421, by the error's code.", "reason")


def known_method(method: str) -> str:
    """As it was sent; ``other`` for what is none of HTTP's usual ones."""
    return method if method in _METHODS else "other"


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Args:
    method: a known one.
    route: the template, such as ``/api/v1/cards/{card_id}``, never the path.
    """
    _REQUESTS.add(method, route, str(status))
    _SECONDS.add(method, route, seconds=seconds)
