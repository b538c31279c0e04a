"""Who a request comes from cannot be chosen by who sends it. Issue 8, hardening."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bodies import DEEPEST, is_too_deep
from api.callers import find_caller, settle_client
from core.security.signing_keys import SigningKey, Trust
from core.security.tokens import AccountType, Identity, TokenSigner

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def make_signer() -> TokenSigner:
    """With a key of its own."""
    trust = Trust.of(SigningKey.make())
    return TokenSigner(lambda: trust, timedelta(minutes=1))


SIGNER = make_signer()


def settled(client: str, *forwarded: str, proto: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope: dict[str, Any] = {"type": "http", "client": (client, 1), "scheme": "http", "headers": headers}
    settle_client(scope, TRUSTED)
    return scope


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.1", ["198.51.100.7"], "203.0.113.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.7, 10.9.9.9"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4, ' or 1=1, 10.2.2.2"], "10.2.2.2"),
        ("fd00::1", ["198.51.100.7"], "198.51.100.7"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy_of_ours(client: str, forwarded: list[str], address: str) -> None:
    assert settled(client, *forwarded)["client"][0] == address


@given(st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n")), max_size=4), st.ip_addresses())
def test_what_a_client_writes_itself_never_counts(written: list[str], real: Any) -> None:
    if any(real in network for network in TRUSTED if network.version == real.version):
        return
    headers = [(b"x-forwarded-for", ", ".join([*written, str(real)]).encode("latin-1"))]
    scope: dict[str, Any] = {"type": "http", "client": ("10.0.0.1", 1), "scheme": "http", "headers": headers}
    settle_client(scope, TRUSTED)
    plain = getattr(real, "ipv4_mapped", None) or real
    assert scope["client"][0] == str(plain).partition("%")[0]


def test_the_scheme_is_the_nearest_proxys() -> None:
    assert settled("10.0.0.1", proto="http, https")["scheme"] == "https"
    assert settled("203.0.113.1", proto="https")["scheme"] == "http"
    assert settled("10.0.0.1", proto="javascript")["scheme"] == "http"


def test_a_subscriber_of_ipv6_is_one_address_however_many_they_have() -> None:
    def address(client: str) -> str:
        return find_caller({"type": "http", "client": (client, 1), "headers": []}, SIGNER).address

    assert address("2001:db8:1:2::1") == address("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert address("2001:db8:1:3::1") != address("2001:db8:1:2::1")


def test_a_token_that_is_not_ours_counts_to_its_address_alone() -> None:
    customer = Identity(uuid4(), AccountType.CUSTOMER, "customer")

    def counted(token: str) -> tuple[str | None, str | None]:
        headers = [(b"authorization", f"Bearer {token}".encode())]
        found = find_caller({"type": "http", "client": ("192.0.2.1", 1), "headers": headers}, SIGNER)
        return found.person, found.api_key

    ours, other = (signer.issue(customer, datetime.now(UTC)) for signer in (SIGNER, make_signer()))
    assert counted("a.b.c") == counted(other) == (None, None)
    assert counted(ours) == (customer.subject, None)


JSON = st.recursive(
    st.none() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=60,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(JSON, st.integers(0, 2 * DEEPEST))
def test_nesting_is_counted_as_json_means_it(value: Any, wrapped: int) -> None:
    for _ in range(wrapped):
        value = [value, "]]]}}}[[["]
    assert is_too_deep(json.dumps(value, ensure_ascii=False).encode()) == (depth(value) > DEEPEST)


@given(st.binary(max_size=3_000))
def test_nothing_that_is_no_json_troubles_the_count(content: bytes) -> None:
    assert is_too_deep(content) in {True, False}
