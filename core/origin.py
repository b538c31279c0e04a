"""Where a piece of work comes from, for the audit log: each transaction names it (core/db/database.py), and whatever a
request starts inherits it."""

from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from uuid import UUID

_LONGEST_AGENT = 200
_ADDRESSES = 4_096
"""Texts that are remembered as what they mean."""


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
        agent = user_agent or ""
        if not agent.isprintable():
            agent = "".join(filter(str.isprintable, agent))
        agent = agent[:_LONGEST_AGENT]
        return cls(request_id, _address(client), agent or None)

    def within(self, session: UUID | None) -> "Origin":
        """The same, of this login."""
        return Origin(self.request_id, self.ip, self.user_agent, session)


NOBODY_ASKED = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=NOBODY_ASKED)
"""Empty for what nobody asked for, such as a payment whose day has come."""


@lru_cache(_ADDRESSES)
def _address(client: str | None) -> str | None:
    try:
        # A zone, as in fe80::1%eth0, is of this machine alone, and PostgreSQL's inet has none.
        return str(ip_address((client or "").partition("%")[0]))
    except ValueError:
        return None
