"""Master keys that never leave HashiCorp Vault, or OpenBao: its transit engine wraps and unwraps over HTTP
(developer.hashicorp.com/vault/api-docs/secret/transit). The key is of a type with associated data, as aes256-gcm96, its
default.

Rotation there (``vault write -f transit/keys/NAME/rotate``) makes a new version, which is a new master key here.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import aiohttp
import orjson

from core.security.encryption.errors import DataUnreadable, KeyServiceGone
from core.security.encryption.masters import Wrapped, unknown_master

_CIPHERTEXT = re.compile(r"vault:v(\d{1,9}):[A-Za-z0-9+/=]+")
_PATIENCE = aiohttp.ClientTimeout(total=5)
_MOST_BYTES = 65_536


class VaultTransit:
    """One named key of a transit engine.

    Args:
        address: of the server, such as ``https://vault.bank.example:8200``.
        key: mount and name, such as ``transit/tellergraph``.
        token: gives the present token each time, since an agent may renew it.
    """

    def __init__(self, client: aiohttp.ClientSession, address: str, key: str, token: Callable[[], str]) -> None:
        self._client = client
        self._address = address.rstrip("/")
        self._mount, _, self._name = key.rpartition("/")
        self._prefix = master_prefix(key)
        self._token = token

    async def current_id(self) -> str:
        found = await self._call("GET", "keys")
        return f"{self._prefix}{int(found['latest_version'])}"

    def owns(self, master_id: str) -> bool:
        return master_id.startswith(self._prefix)

    async def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        found = await self._call("POST", "encrypt", {"plaintext": _encoded(secret), "associated_data": _encoded(about)})
        ciphertext = str(found.get("ciphertext", ""))
        version = _CIPHERTEXT.fullmatch(ciphertext)
        if version is None:
            raise KeyServiceGone("The key service answered with something that is no ciphertext.")
        return Wrapped(f"{self._prefix}{version[1]}", ciphertext.encode())

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        if not self.owns(wrapped.master_id):
            raise unknown_master(wrapped.master_id)
        ciphertext = wrapped.blob.decode("ascii", "replace")
        found = await self._call("POST", "decrypt", {"ciphertext": ciphertext, "associated_data": _encoded(about)})
        try:
            return base64.b64decode(str(found["plaintext"]), validate=True)
        except (KeyError, binascii.Error) as error:
            raise KeyServiceGone("The key service answered with something that is no key.") from error

    async def _call(self, verb: str, action: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        url = f"{self._address}/v1/{self._mount}/{action}/{self._name}"
        headers = {"X-Vault-Token": self._token(), "X-Vault-Request": "true"}
        try:
            # A redirect would take the token to another address.
            async with self._client.request(
                verb, url, json=body, headers=headers, timeout=_PATIENCE, allow_redirects=False
            ) as response:
                raw = await response.content.read(_MOST_BYTES)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KeyServiceGone("The key service cannot be reached. Please try again in a moment.") from error
        return _result(status, raw, action)


def master_prefix(key: str) -> str:
    """Of the ids of a key's versions."""
    return f"vault:{key}:v"


def _result(status: int, raw: bytes, action: str) -> dict[str, Any]:
    """400 to a decryption is Vault's word for what does not open; everything else is no answer."""
    if status == 400 and action == "decrypt":
        raise DataUnreadable(
            "A data key does not open in the key service: it was changed, or its version is below "
            "min_decryption_version there."
        )
    if status != 200:
        raise KeyServiceGone(f"The key service refused ({status}): is its token good, and may it use the key?")
    try:
        found = orjson.loads(raw)["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise KeyServiceGone("The key service answered with something that is no JSON of Vault's.") from error
    if not isinstance(found, dict):
        raise KeyServiceGone("The key service answered with something that is no JSON of Vault's.")
    return found  # pyright: ignore[reportUnknownVariableType]


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()
