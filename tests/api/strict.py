"""A server with small limits and little patience, and raw connections to it."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from core.settings import Settings
from tests.conftest import MANY, RATES

PATIENCE = 20.0
"""Seconds that a test waits for what must come soon."""


def strict(settings: Settings, **changes: Any) -> Settings:
    """Every test may come from an address of its own: this machine is a proxy that is believed."""
    small = {
        "rate_user": 6,
        "rate_api_key": 8,
        "rate_address": 20,
        "rate_chat": 2,
        "rate_admin": 3,
        "rate_login": 4,
        "rate_code": 3,
        "streams_per_user": 1,
        "trusted_proxies": [ip_network("127.0.0.0/8")],
        "public_url": "https://bank.example",
    }
    return settings.model_copy(update=small | changes)


def impatient(settings: Settings, **changes: Any) -> Settings:
    """With limits that nobody reaches."""
    soon = timedelta(seconds=1)
    waits = {"header_timeout": soon, "body_timeout": soon, "write_timeout": soon}
    return strict(settings, **dict.fromkeys(RATES, MANY) | waits | changes)


@contextmanager
def connected(base_url: str) -> Generator[socket.socket]:
    parts = urlsplit(base_url)
    assert parts.hostname
    assert parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        yield connection


def read_to_end(connection: socket.socket) -> bytes:
    """All until the server closes, be it in a hurry. Raises TimeoutError where it does not."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def exchange(base_url: str, *sent: bytes) -> bytes:
    with connected(base_url) as connection:
        for part in sent:
            try:
                connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
        return read_to_end(connection)
