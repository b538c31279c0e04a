"""What every answer tells browsers (OWASP Secure Headers Project). Pages may load what is ours and nothing inline;
answers that are no pages may load nothing at all. Only the widget's files are for other sites.
"""

from starlette.types import Message, Scope

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_OTHER_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_UNUSED = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
_YEAR = 31_536_000
"""Seconds."""
_FOR_OTHER_SITES = ("/static/", "/widget.js")
_NOT_KEPT = ("/api/", "/v1/", "/mcp")

_Headers = list[tuple[bytes, bytes]]


def _encode(headers: dict[str, str]) -> _Headers:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_ALWAYS = _encode(
    {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Origin-Agent-Cluster": "?1",
        "X-Permitted-Cross-Domain-Policies": "none",
    }
)
_PAGE = _encode({"Content-Security-Policy": PAGE_POLICY})
_OTHER = _encode({"Content-Security-Policy": _OTHER_POLICY})
_OURS_ALONE = _encode({"Cross-Origin-Resource-Policy": "same-origin"})
_FOR_ALL = _encode({"Cross-Origin-Resource-Policy": "cross-origin"})
_NO_STORE = _encode({"Cache-Control": "no-store"})
_HTTPS = _encode({"Strict-Transport-Security": f"max-age={_YEAR}; includeSubDomains"})


def add_security_headers(message: Message, scope: Scope) -> None:
    """To an ``http.response.start``, beside those that the route has set itself, which stay."""
    headers: _Headers = list(message.get("headers", ()))
    present = dict(headers)
    path: str = scope["path"]
    wanted = _ALWAYS + (_PAGE if present.get(b"content-type", b"").startswith(b"text/html") else _OTHER)
    wanted = wanted + (_FOR_ALL if path.startswith(_FOR_OTHER_SITES) else _OURS_ALONE)
    if path.startswith(_NOT_KEPT):
        wanted = wanted + _NO_STORE
    if scope["scheme"] == "https":
        wanted = wanted + _HTTPS
    message["headers"] = headers + [header for header in wanted if header[0] not in present]
