"""What ``TELLERGRAPH_ENV=production`` does not take: whatever is only good for trying out, and secrets that can be
guessed (OWASP ASVS 5.0, V13).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

if TYPE_CHECKING:
    from core.settings import Settings

Unfit = tuple[str, str]
"""A setting, and what to do about it."""

_STRONG_BITS = 96
"""By the variety of a secret's characters, which tells less than a random one has: 32 hexadecimal digits, 128 bits,
come to 105 or more."""
_GUESSABLE = re.compile(r"change.?me|secret.?key|example|default|password|passw0rd|letmein|insecure|replace|your.?key")
_COMMON = frozenset({"", "postgres", "password", "tellergraph", "admin", "root", "redis", "secret", "changeme", "test"})
_KEYS = ("secret_key", "code_webhook_secret", "fraud_webhook_secret", "card_network_secret")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def find_unfit(settings: "Settings") -> Iterator[Unfit]:
    """One for each setting that must be another before the server may start."""
    yield from _find_trials(settings)
    yield from _find_open_doors(settings)
    yield from _find_weak_secrets(settings)
    yield from _find_default_passwords(settings)


def _find_trials(settings: "Settings") -> Iterator[Unfit]:
    if settings.demo:
        yield "demo", "set it to false: the demo bank's logins are known to everybody"
    if settings.log_level == "DEBUG":
        yield "log_level", "set INFO or higher: DEBUG tells more than logs should keep"
    if settings.database_url is None:
        yield "database_url", "set it: the embedded PostgreSQL is for trying out"
    if settings.redis_url is None:
        yield "redis_url", "set it: the embedded Redis is for trying out"
    if settings.secret_key is None:
        yield "secret_key", "set it, or TELLERGRAPH_SECRET_KEY_FILE: a key that was made in a folder is easily lost"


def _find_open_doors(settings: "Settings") -> Iterator[Unfit]:
    if settings.public_url is None:
        yield "public_url", "set it to where customers reach this server, https://bank.example"
    elif settings.public_url.startswith("http://"):
        yield "public_url", "needs https://: passwords and tokens must not travel in the open"
    if settings.rate_limits == "off":
        yield "rate_limits", "leave it on"
    if any(origin == "*" or origin.startswith("http://") for origin in settings.cors_origins):
        yield "cors_origins", "name origins that begin with https://, without *"
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        yield "trusted_proxies", "name the proxies' own networks: from 0.0.0.0/0 anybody could claim any address"
    if any(network.prefixlen == 0 for network in settings.outgoing_networks):
        yield "outgoing_networks", "name the networks of your own servers: 0.0.0.0/0 is every one"
    for field in ("openai_base_url", "vllm_base_url"):
        url: str = getattr(settings, field)
        address = urlsplit(url)
        if address.scheme == "http" and address.hostname not in _HERE:
            yield field, "needs https:// unless it is on this machine: customers' questions travel there"


def _find_weak_secrets(settings: "Settings") -> Iterator[Unfit]:
    keys = [(field, getattr(settings, field)) for field in _KEYS]
    keys += [("old_secret_keys", key) for key in settings.old_secret_keys]
    texts: Counter[str] = Counter()
    for field, key in keys:
        if isinstance(key, SecretStr):
            text = key.get_secret_value()
            texts[text] += 1
            if is_weak(text):
                yield field, "is easily guessed. Make one: openssl rand -base64 48"
            elif texts[text] == 2:
                yield field, "is used for something else as well. Make one of its own: openssl rand -base64 48"


def _find_default_passwords(settings: "Settings") -> Iterator[Unfit]:
    for field in ("database_url", "database_owner_url", "redis_url"):
        url: SecretStr | None = getattr(settings, field)
        parts = urlsplit(url.get_secret_value()) if url else None
        # A socket and a client certificate need no password; one that is given must not be everybody's.
        if parts and parts.password is not None and parts.password.lower() in _COMMON:
            yield field, "has a password that everybody knows"


def is_weak(secret: str) -> bool:
    """Whether its characters vary too little (Shannon), or it has words of an example."""
    if secret in (secret + secret)[1:-1]:
        return True  # it repeats itself
    counts = Counter(secret)
    bits = -sum(n * math.log2(n / len(secret)) for n in counts.values())
    return bits < _STRONG_BITS or _GUESSABLE.search(secret.lower()) is not None
