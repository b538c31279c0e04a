"""Where this server may call. Addresses of models, LightRAG, Langfuse, webhooks and login providers come from the
operator; still none of them may lead to the machine's own metadata, or into a network that was not named
(OWASP SSRF Prevention; API7:2023).

What counts is the address that a connection is made to, whatever name it had before: it is checked as the socket is
made, after the name was resolved, so that a name that leads elsewhere the second time (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Sequence
from errno import EACCES
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from core.errors import ConfigurationError
from core.settings import Settings

Networks = Sequence[IPv4Network | IPv6Network]

LOOPBACK: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

_NEVER = tuple(
    ip_network(each)
    for each in (
        "169.254.0.0/16",  # link-local, and in it the metadata of AWS, Azure, Google and others
        "fe80::/10",
        "fd00:ec2::/32",  # AWS over IPv6
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure
        "192.0.0.192/32",  # Oracle
    )
)
"""Whatever is allowed: nothing there is a server of the bank's."""
_NAT64 = ip_network("64:ff9b::/96")
_SCHEMES = frozenset({"http", "https"})


TRACE_CONFIGS: list[aiohttp.TraceConfig] = []
"""Told of every call of the clients that are made from now on."""


class CallRefused(OSError):
    """The address is not one that may be called."""


def is_allowed(address: str, networks: Networks) -> bool:
    """Whether a connection may be made to an IP address: it is public, or in one of ``networks``."""
    found = _meant(ip_address(address.partition("%")[0]))
    if any(found in each for each in _NEVER) or found.is_multicast or found.is_unspecified:
        return False
    return found.is_global or any(found in network for network in networks)


class _GuardedConnector(aiohttp.TCPConnector):
    def __init__(self, networks: Networks) -> None:
        super().__init__(socket_factory=self._make_socket)
        self.networks = networks

    def _make_socket(self, about: tuple[Any, ...]) -> socket.socket:
        """As getaddrinfo tells it."""
        family, kind, protocol, _, (host, *_) = about
        if not is_allowed(host, self.networks):
            raise CallRefused(EACCES, f"{host} may not be called: TELLERGRAPH_OUTGOING_NETWORKS does not name it")
        return socket.socket(family, kind, protocol)


def guarded_session(networks: Networks, timeout: aiohttp.ClientTimeout | None = None) -> aiohttp.ClientSession:
    """A client that calls only where it may; elsewhere its calls fail with aiohttp.ClientConnectorError. Proxies of the
    environment are not used."""
    connector = _GuardedConnector(networks)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout or aiohttp.ClientTimeout(), trace_configs=list(TRACE_CONFIGS)
    )


def same_session(session: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """One for another event loop, which calls where ``session`` may."""
    connector = session.connector
    networks = connector.networks if isinstance(connector, _GuardedConnector) else LOOPBACK
    return guarded_session(networks, session.timeout)


def may_call(url: str, networks: Networks) -> bool:
    """Whether all addresses that a URL's host has now may be called; for a client whose sockets we do not make. A host
    that is not found has none."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        return False
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(is_allowed(str(each[4][0]), networks) for each in found)


def require_allowed(settings: Settings) -> None:
    """At the start, for addresses that name no host but an IP address: the rest is known when it is called.

    Raises:
        ConfigurationError: one may not be called; a line for each.
    """
    lines = [
        f"{variable}: {urlsplit(url).hostname} is not public, and not in a network of TELLERGRAPH_OUTGOING_NETWORKS"
        for variable, url in list_outgoing(settings)
        if _is_refused(url, settings.outgoing_networks)
    ]
    if lines:
        raise ConfigurationError("Some addresses may not be called.\n" + "\n".join(lines))


def list_outgoing(settings: Settings) -> list[tuple[str, str]]:
    """The variables that say where this server calls, each with its address; HTTP alone."""
    ollama = settings.ollama_host if "://" in settings.ollama_host else f"http://{settings.ollama_host}"
    chain = (part.strip().partition("#")[0] for part in settings.llm.split(",") if "://" in part)
    given = settings.model_fields_set
    found = [
        ("OPENAI_BASE_URL", settings.openai_base_url),
        ("VLLM_BASE_URL", settings.vllm_base_url if "vllm_base_url" in given else None),
        ("OLLAMA_HOST", ollama.replace("//0.0.0.0", "//127.0.0.1") if "ollama_host" in given else None),
        *(("TELLERGRAPH_LLM", url) for url in chain),
        *(("TELLERGRAPH_LIGHTRAG_URL", url) for url in settings.lightrag_url.values()),
        ("LANGFUSE_BASE_URL", settings.langfuse_base_url),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", settings.otlp_endpoint if settings.traces == "otlp" else None),
        ("TELLERGRAPH_CODE_WEBHOOK_URL", settings.code_webhook_url),
        ("TELLERGRAPH_FRAUD_WEBHOOK_URL", settings.fraud_webhook_url),
    ]
    return [(variable, url) for variable, url in found if url]


def _is_refused(url: str, networks: Networks) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return False
    return not is_allowed(host, networks)


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for (RFC 4291, 3056, 6052)."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
