"""Tokens whose signature this process has verified, so that each is verified once and not with every request."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MOST = 10_000
"""Some 10 MiB; the one that was not used for longest makes room."""

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class _Seen(Generic[Content]):
    kid: str
    key: Ed25519PublicKey
    content: Content


class SeenTokens(Generic[Content]):
    """What the signed part of a token says, by the token's digest: no token is kept. What changes while a token lives,
    its end and whether it was denied, is never remembered."""

    def __init__(self, most: int = _MOST) -> None:
        self._seen: OrderedDict[bytes, _Seen[Content]] = OrderedDict()
        self._most = most

    def find(self, token: str, keys: Mapping[str, Ed25519PublicKey]) -> Content | None:
        """None for one that was not seen, or whose key is not believed any more."""
        digest = _digest(token)
        seen = self._seen.get(digest)
        if seen is None or keys.get(seen.kid) != seen.key:
            return None
        self._seen.move_to_end(digest)
        return seen.content

    def keep(self, token: str, kid: str, key: Ed25519PublicKey, content: Content) -> None:
        self._seen[_digest(token)] = _Seen(kid, key, content)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
