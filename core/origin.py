"""Where a piece of work comes from, for the audit log: each transaction names it (core/db/database.py), and whatever a
request starts inherits it."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

_LONGEST_AGENT = 200


@dataclass(frozen=True, slots=True)
class Origin:
    request_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    session: UUID | None = None
    """Of the login."""

    @classmethod
    def of(cls, request_id: str, client: str | None, user_agent: str | None) -> "Origin":
        """Of a request. What is no address, such as the name of a socket, is left out; of the user agent what can be
        printed stays, 200 characters at most."""
        agent = "".join(filter(str.isprintable, user_agent or ""))[:_LONGEST_AGENT]
        return cls(request_id, _address(client), agent or None)


NOBODY_ASKED = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=NOBODY_ASKED)
"""Empty for what nobody asked for, such as a payment whose day has come."""


def _address(client: str | None) -> str | None:
    try:
        # A zone, as in fe80::1%eth0, is of this machine alone, and PostgreSQL's inet has none.
        return str(ip_address((client or "").partition("%")[0]))
    except ValueError:
        return None
