"""The refresh token in a browser: a cookie that no script reads and no other site sends.

``HttpOnly``, ``SameSite=Strict``, ``Secure`` and the prefix ``__Host-``, which binds it to the very host (RFC 6265bis,
section 4.1.3.2); on this machine itself, without TLS, neither ``Secure`` nor the prefix. Where a request is to be
served by the cookie, it says so in a header that no page of another site can add without our leave, and must come from
a page of ours by what the browser tells (OWASP, Cross-Site Request Forgery Prevention: custom headers, fetch metadata,
origin).
Access tokens never travel in a cookie, so no other address has anything to protect.
"""

from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request, Response

from core.errors import Forbidden

TRANSPORT = "X-Refresh-Transport"
"""``cookie``: the refresh token comes and goes in the cookie and is in no body."""
_NAME = "__Host-tellergraph_refresh"
_NAME_HERE = "tellergraph_refresh"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def uses_cookie(request: Request) -> bool:
    """Whether the request asks for the cookie.

    Raises:
        Forbidden: it does, from a page that is not ours.
    """
    wanted = request.headers.get(TRANSPORT)
    if wanted is None:
        return False
    if wanted != "cookie" or not _is_of_ours(request):
        raise Forbidden(
            f"{TRANSPORT} is 'cookie', or is left out, and only pages of this very site may send it.",
            code="cross_site_request",
        )
    return True


def find_refresh_cookie(request: Request) -> str | None:
    """Only where ``uses_cookie``."""
    return request.cookies.get(_name(request))


def set_refresh_cookie(response: Response, request: Request, token: str, expires_at: datetime, now: datetime) -> None:
    response.set_cookie(
        _name(request),
        token,
        max_age=max(0, int((expires_at - now).total_seconds())),
        path="/",
        secure=not _is_here(request),
        httponly=True,
        samesite="strict",
    )


def clear_refresh_cookie(response: Response, request: Request) -> None:
    response.delete_cookie(_name(request), path="/", secure=not _is_here(request), httponly=True, samesite="strict")


def _is_of_ours(request: Request) -> bool:
    """By what the browser says of the page; one that says neither is no browser, and has no cookies of a victim."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_here(request: Request) -> bool:
    return request.url.scheme == "http" and request.url.hostname in _LOOPBACK


def _name(request: Request) -> str:
    return _NAME_HERE if _is_here(request) else _NAME
