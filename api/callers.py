"""Whose request it is, before anything is read or looked up for it: what limits count by, and nothing else. Whether a
session was revoked and what its owner may do is for ``api/dependencies.py``; a token whose signature is ours is enough
to count it to its owner, and a key is counted by its own digest, so that nobody can use up what is another's.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from api.headers import find_header
from core.errors import Unauthorized, Unavailable
from core.security.tokens import AccountType, TokenSigner

Networks = Sequence[IPv4Network | IPv6Network]

_NOWHERE = "local"
"""Who comes over a socket without an address."""
_DOTS_OF_A_TOKEN = 2
_ADDRESSES = 4_096
"""Texts that are remembered as what they mean: a request's own is asked for three times."""


@dataclass(frozen=True, slots=True)
class Caller:
    address: str
    """As limits count it: of IPv6 the /64, which is what one subscriber has (RFC 6177)."""
    person: str | None = None
    """The subject of a token that we signed; None for a visitor."""
    api_key: str | None = None
    """A digest of the key that was shown, whether or not there is such a key."""


def find_caller(scope: Scope, signer: TokenSigner) -> Caller:
    """Who sends a request whose ``client`` is settled (``settle_client``)."""
    client = scope.get("client")
    address = _counted(client[0]) if client else _NOWHERE
    scheme, _, token = (find_header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and token.count(".") == _DOTS_OF_A_TOKEN:
        with suppress(Unauthorized, Unavailable):
            identity = signer.verify(token.strip())
            return Caller(address, person=None if identity.account_type is AccountType.VISITOR else identity.subject)
        return Caller(address)
    key = find_header(scope, b"x-api-key") or (token if scheme.lower() == "bearer" else "")
    return Caller(address, api_key=blake2b(key.encode(), digest_size=12).hexdigest() if key else None)


def settle_client(scope: Scope, trusted: Networks) -> None:
    """Puts the client's own address and scheme into the scope where a trusted proxy says them.

    ``X-Forwarded-For`` is read from the right, each entry by the one that wrote it, up to the first who is no proxy of
    ours: what stands left of that one wrote anybody. ``X-Forwarded-Proto`` counts if a trusted proxy is who connects.
    """
    scope.setdefault("state", {})["forwarded_by_stranger"] = False
    client = scope.get("client")
    if not client or not is_trusted(client[0], trusted):
        # Who is behind a proxy that nobody named is not known: not for what addresses open.
        scope["state"]["forwarded_by_stranger"] = find_header(scope, b"x-forwarded-for") is not None
        return
    headers = Headers(scope=scope)
    hops = [hop.strip() for value in headers.getlist("x-forwarded-for") for hop in value.split(",")]
    for hop in reversed(hops):
        address = _parse(hop)
        if address is None:
            break
        scope["client"] = (str(address), 0)
        if not is_trusted(str(address), trusted):
            break
    schemes = [part.strip().lower() for value in headers.getlist("x-forwarded-proto") for part in value.split(",")]
    if schemes and schemes[-1] in {"http", "https"}:
        scope["scheme"] = schemes[-1]


def is_trusted(host: str, trusted: Networks) -> bool:
    address = _parse(host)
    return address is not None and any(address in network for network in trusted)


@lru_cache(_ADDRESSES)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """With or without a port, as proxies write it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


@lru_cache(_ADDRESSES)
def _counted(host: str) -> str:
    address = _parse(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address) if address else _NOWHERE
