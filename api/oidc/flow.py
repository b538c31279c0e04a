"""The authorization code flow with PKCE (RFC 6749, 4.1; RFC 7636; RFC 9700). Authlib writes the requests; what waits
for the browser is kept on this side, is good once, and is bound to that browser by a cookie."""

import hashlib
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from pydantic import SecretStr
from redis.asyncio import Redis

from api.logins.handles import Handles
from api.oidc.id_token import read_identity, same
from api.oidc.metadata import Directory, Metadata, call
from api.oidc.protocol import authorization_address, token_request
from api.oidc.providers import Provider, Providers
from core.errors import NotFound, Unauthorized
from core.logging import get_logger
from core.security.outgoing import LOOPBACK, Networks

_log = get_logger(__name__)

STATE_TTL = timedelta(minutes=10)
_SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it has to bring back."""

    address: str
    browser: str
    """For a cookie."""


@dataclass(frozen=True)
class _Known:
    provider: Provider
    secret: SecretStr | None = field(repr=False)
    directory: Directory


class Oidc:
    """The providers of a process; none where none were set."""

    def __init__(self, providers: Providers | None, networks: Networks = LOOPBACK) -> None:
        """Raises ConfigurationError where a secret cannot be read."""
        self._providers = providers
        known = providers.provider if providers else ()
        self._known = {each.name: _Known(each, each.read_secret(), Directory(each, networks)) for each in known}

    @property
    def offered(self) -> list[Provider]:
        return [known.provider for known in self._known.values()]

    @cached_property
    def home(self) -> str:
        """The bank's own page, where a login ends."""
        return self._set.public_url.rstrip("/") + "/"

    @property
    def is_https(self) -> bool:
        return self._set.is_https

    async def begin(self, name: str, redis: Redis, now: datetime) -> Begun:
        """
        Raises:
            NotFound: there is no such provider.
            Unavailable: it, or Redis, cannot be reached.
        """
        known = self._get(name)
        metadata = await known.directory.get_metadata(now)
        browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        waiting = {"provider": name, "browser": _digest(browser), "nonce": nonce, "verifier": verifier}
        address = authorization_address(
            metadata.authorization_endpoint,
            client_id=known.provider.client_id,
            callback=self._set.callback_of(name),
            scope=_SCOPE,
            state=await _states(redis).keep(waiting),
            nonce=nonce,
            verifier=verifier,
        )
        return Begun(address, browser)

    async def finish(
        self, name: str, answer: dict[str, str], browser: str | None, redis: Redis, now: datetime
    ) -> dict[str, Any]:
        """Who came back: an ``Identity`` of api/oidc/id_token.py with ``provider``, as data.

        Args:
            answer: the query that the provider sent the browser back with.
            browser: what the cookie says.

        Raises:
            NotFound: there is no such provider.
            Unauthorized: ``oidc_state_invalid``: nobody began this here, or it is over; ``oidc_denied``;
                ``oidc_token_invalid``.
            Unavailable: the provider cannot be reached.
        """
        known = self._get(name)
        waiting = await _states(redis).take(answer.get("state", ""))
        if waiting is None or waiting["provider"] != name or not same(waiting["browser"], _digest(browser or "")):
            raise Unauthorized("That took too long, or began elsewhere. Please try again.", code="oidc_state_invalid")
        metadata = await known.directory.get_metadata(now)
        _require_sender(known.provider, metadata, answer.get("iss"))
        if "code" not in answer:
            _log.info("oidc_denied", provider=name, error=answer.get("error", "")[:60])
            raise Unauthorized(f"You did not log in with {known.provider.label}.", code="oidc_denied")
        token = await self._exchange(known, metadata, answer["code"], waiting["verifier"])
        keys = await known.directory.get_keys(_kid(token), now)
        identity = read_identity(token, keys, known.provider, waiting["nonce"], now)
        return asdict(identity) | {"provider": name}

    async def _exchange(self, known: _Known, metadata: Metadata, code: str, verifier: str) -> str:
        address, headers, body = token_request(
            metadata.token_endpoint,
            client_id=known.provider.client_id,
            secret=known.secret.get_secret_value() if known.secret else None,
            method=_auth_method(known, metadata),
            callback=self._set.callback_of(known.provider.name),
            code=code,
            verifier=verifier,
        )
        answer = await call("POST", address, known.directory.networks, body=body, headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Unauthorized("The other provider did not say who you are.", code="oidc_token_invalid")
        return token

    def _get(self, name: str) -> _Known:
        if name not in self._known:
            raise NotFound("There is no such way to log in.")
        return self._known[name]

    @property
    def _set(self) -> Providers:
        if self._providers is None:
            raise NotFound("There is no such way to log in.")
        return self._providers


def _states(redis: Redis) -> Handles:
    return Handles(redis, "oidc-state", STATE_TTL)


def _require_sender(provider: Provider, metadata: Metadata, issuer: str | None) -> None:
    """RFC 9207: an answer of one provider is not taken for another's."""
    if issuer is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if issuer is None or not same(issuer, provider.issuer):
        raise Unauthorized("The answer came from another provider. Please try again.", code="oidc_state_invalid")


def _auth_method(known: _Known, metadata: Metadata) -> str:
    """In the body where the provider takes that: clients and servers escape a Basic header differently."""
    if known.secret is None:
        return "none"
    offered = metadata.token_endpoint_auth_methods_supported
    return "client_secret_post" if "client_secret_post" in offered else "client_secret_basic"


def _kid(token: str) -> str | None:
    """Of the header, to choose a key by; nothing of it is trusted."""
    try:
        return extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError):
        return None


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode(errors="replace")).hexdigest()
