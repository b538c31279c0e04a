"""Which limits a request falls under. All are counted over one minute; the numbers are settings.

by address   everything; logins and the like once more, and what visitors ask
by person    everything; questions, confirmations and codes, and ``/api/v1/admin`` once more
by API key   everything, with a number of its own in place of the person's
free         health and metrics, which say whether the server is well
"""

from dataclasses import dataclass
from typing import Literal

from api.callers import Caller
from core.settings import Settings

Kind = Literal["address", "user", "api_key", "chat", "admin", "login", "code"]

_FREE = ("/health", "/api/health", "/metrics")
_CHAT = frozenset(
    {
        "/api/v1/chat",
        "/api/v1/chat/stream",
        "/api/chat",
        "/api/chat/stream",
        "/api/v2/chat",
        "/v1/chat/completions",
    }
)
_MCP = "/mcp"
_AUTH = "/api/v1/auth/"
_ADMIN = "/api/v1/admin"
_OWN_SESSION = frozenset({"refresh", "logout", "totp", "second-factor", "sessions"})
"""Parts of ``/auth`` at which nothing can be guessed that a login asks for."""
_CODES = ("/confirm", "/totp", "/second-factor", "/recovery-codes")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Window:
    kind: Kind
    owner: str
    limit: int
    """Requests in a minute."""

    @property
    def key(self) -> str:
        # Without "log" it is a sorted set of an older version, whose workers may still count in it.
        return f"rate:log:{self.kind}:{self.owner}"


@dataclass(frozen=True, slots=True)
class Rule:
    windows: tuple[Window, ...]
    is_guarded: bool
    """Whether it is a login, a code, or changes something: what goes on only under strict bounds where Redis is away
    (decision 0024)."""


def find_rule(method: str, path: str, caller: Caller, settings: Settings) -> Rule | None:
    """None for what is free."""
    if settings.rate_limits == "off" or path.startswith(_FREE):
        return None
    windows = [Window("address", caller.address, settings.rate_address)]
    owner = caller.person or caller.api_key
    if caller.api_key:
        windows.append(Window("api_key", caller.api_key, settings.rate_api_key))
    elif caller.person:
        windows.append(Window("user", caller.person, settings.rate_user))
    is_asked = method == "POST" and path in _CHAT
    if is_asked and not caller.api_key:
        windows.append(Window("chat", owner or caller.address, settings.rate_chat))
    if path.startswith(_ADMIN):
        windows.append(Window("admin", owner or caller.address, settings.rate_admin))
    is_login = _is_login(method, path)
    if is_login:
        windows.append(Window("login", caller.address, settings.rate_login))
    is_code = method == "POST" and path.endswith(_CODES)
    if is_code:
        windows.append(Window("code", owner or caller.address, settings.rate_code))
    changes = method not in _SAFE and not is_asked and path.rstrip("/") != _MCP
    return Rule(tuple(windows), is_guarded=is_login or is_code or changes)


def is_followed(method: str, path: str) -> bool:
    """Whether the answer may be a stream that stays open."""
    return (method == "POST" and path in _CHAT) or "/chat/turns/" in path


def _is_login(method: str, path: str) -> bool:
    # A login at another issuer comes back with GET, and its code can be guessed as well.
    rest = path.removeprefix(_AUTH)
    if rest == path or rest.split("/", 1)[0] in _OWN_SESSION:
        return False
    return method not in _SAFE or "callback" in rest
