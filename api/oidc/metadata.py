"""What a provider says about itself (OpenID Connect Discovery 1.0) and the keys that it signs with (RFC 7517), kept for
an hour. A key that is not known yet is looked for again, at most once a minute: providers change theirs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from api.oidc.providers import Provider, require_safe
from core.errors import Unavailable
from core.logging import get_logger
from core.security.outgoing import Networks, guarded_session

_log = get_logger(__name__)

KEPT = timedelta(hours=1)
_PAUSE = timedelta(minutes=1)
_PATIENCE = aiohttp.ClientTimeout(total=10)
_LONGEST = 1 << 20
"""Bytes of an answer."""


class Metadata(BaseModel):
    """What of it is needed here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False
    """RFC 9207."""


@dataclass(slots=True)
class Directory:
    """A provider's metadata and keys."""

    provider: Provider
    networks: Networks
    """Of those that are not public, where it may be (core/security/outgoing.py)."""
    _metadata: tuple[datetime, Metadata] | None = field(default=None, init=False)
    _keys: tuple[datetime, KeySet] | None = field(default=None, init=False)

    async def get_metadata(self, now: datetime) -> Metadata:
        """
        Raises:
            Unavailable: the provider cannot be reached, or says something that cannot be trusted.
        """
        if self._metadata is None or now - self._metadata[0] > KEPT:
            self._metadata = (now, self._trusted(await call("GET", self.provider.metadata_address, self.networks)))
        return self._metadata[1]

    async def get_keys(self, kid: str | None, now: datetime) -> KeySet:
        """Its keys; asked for anew where none has this id. Raises Unavailable as ``get_metadata``."""
        kept = self._keys
        if kept is None or now - kept[0] > KEPT or (not _has(kept[1], kid) and now - kept[0] > _PAUSE):
            content = await call("GET", (await self.get_metadata(now)).jwks_uri, self.networks)
            try:
                kept = self._keys = (now, KeySet.import_key_set(content))  # pyright: ignore[reportArgumentType]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise provider_failed("keys") from error
        return kept[1]

    def _trusted(self, content: dict[str, Any]) -> Metadata:
        try:
            found = Metadata.model_validate(content)
            for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                require_safe(address)
        except ValidationError as error:
            raise provider_failed("metadata") from error
        except ValueError as error:
            raise provider_failed("insecure endpoint") from error
        # Discovery 1.0, 4.3: or a provider could speak in the name of another one.
        if found.issuer != self.provider.issuer:
            raise provider_failed("issuer of the metadata")
        return found


async def call(
    method: str, address: str, networks: Networks, *, body: str | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object that a provider answers with. Where it points is not followed: secrets are for it alone.

    Raises:
        Unavailable: it cannot be reached, or answers something else.
    """
    try:
        async with (
            guarded_session(networks, _PATIENCE) as client,
            client.request(method, address, data=body, headers=headers, allow_redirects=False) as response,
        ):
            content, status = await _read(response), response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        raise provider_failed(type(error).__name__) from error
    try:
        answer: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise provider_failed(f"status {status}, no JSON") from error
    if status != 200 or not isinstance(answer, dict):
        raise provider_failed(f"status {status}")
    return answer  # pyright: ignore[reportUnknownVariableType]


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > _LONGEST:
            raise provider_failed("too long an answer")
    return content


def provider_failed(reason: str) -> Unavailable:
    """``reason`` is for the log."""
    _log.warning("oidc_provider_failed", reason=reason)
    return Unavailable("The other provider cannot be reached just now. Please try again.", code="oidc_provider_failed")


def _has(keys: KeySet, kid: str | None) -> bool:
    return kid is None or any(key.kid == kid for key in keys.keys)
