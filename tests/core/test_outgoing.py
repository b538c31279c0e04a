"""Nothing that we call is the machine's own metadata, or in a network that nobody named. Issue 8, hardening."""

import ipaddress
import socket

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.choice import choose_models
from core.errors import ConfigurationError
from core.security.outgoing import LOOPBACK, guarded_session, is_allowed, may_call, require_allowed, same_session
from core.settings import Settings
from tests.scripted_model import serve_scripted_model

EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
METADATA = ("169.254.169.254", "fe80::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254")


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue, reportArgumentType]


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        *METADATA,
    ],
)
def test_what_is_not_public_is_not_called(address):
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", METADATA)
def test_metadata_is_not_called_whatever_is_allowed(address):
    assert not is_allowed(address, EVERYWHERE)


def test_what_is_public_or_named_is_called():
    assert is_allowed("93.184.215.14", ())
    assert is_allowed("2606:2800:21f:cb07:6820:80da:af6b:8b2c", ())
    assert is_allowed("10.1.2.3", (ipaddress.ip_network("10.1.0.0/16"),))
    assert not is_allowed("10.2.2.3", (ipaddress.ip_network("10.1.0.0/16"),))


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_another_protocol_is_the_same(address):
    plain = is_allowed(str(address), LOOPBACK)
    for dressed in (f"::ffff:{address}", str(ipaddress.IPv6Address((0x0064FF9B << 96) | int(address)))):
        assert is_allowed(dressed, LOOPBACK) == plain


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_connection_is_refused_by_the_address_that_it_is_made_to(name):
    with serve_scripted_model() as model:
        url = model.base_url.replace("127.0.0.1", name) + "/models"
        async with guarded_session(()) as session, same_session(session) as same:
            for each in (session, same):
                with pytest.raises(aiohttp.ClientConnectorError, match="TELLERGRAPH_OUTGOING_NETWORKS"):
                    await each.get(url)
        async with guarded_session(LOOPBACK) as session, session.get(url) as answer:
            assert answer.status < 500


async def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing(monkeypatch):
    """DNS rebinding: what was checked before says nothing of the connection."""
    leads_to = ["93.184.215.14"]
    resolve = socket.getaddrinfo

    def resolved(host, port, *args, **kwargs):
        return resolve(leads_to[0] if host == "rebinding.example" else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    assert may_call("http://rebinding.example/", ())
    leads_to[0] = "127.0.0.1"
    async with guarded_session(()) as session:
        with pytest.raises(aiohttp.ClientConnectorError, match=r"127\.0\.0\.1"):
            await session.get("http://rebinding.example:1/")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://", "http://127.0.0.1:1/", "http://[::1]/", "x"]
)
def test_other_schemes_and_places_are_not_called(url):
    assert not may_call(url, ())


def test_an_address_of_the_operators_that_may_not_be_called_is_told_at_the_start():
    wrong = settings(
        openai_base_url="http://169.254.169.254/v1",
        ollama_host="10.0.0.5:11434",
        llm="https://192.168.3.4/v1#model,offline",
        lightrag_url={"help": "http://[fd00::1]:9621"},
    )
    with pytest.raises(ConfigurationError) as caught:
        require_allowed(wrong)
    named = [line.split(":")[0] for line in caught.value.message.splitlines()[1:]]
    assert named == ["OPENAI_BASE_URL", "OLLAMA_HOST", "TELLERGRAPH_LLM", "TELLERGRAPH_LIGHTRAG_URL"]
    require_allowed(settings())
    require_allowed(settings(ollama_host="10.0.0.5:11434", outgoing_networks="10.0.0.0/8"))


def test_ollama_in_a_network_that_was_not_named_is_not_asked():
    choice = choose_models(settings(ollama_host="http://10.9.8.7:11434", openai_api_key=None, llm="auto"))
    (ollama,) = [verdict for verdict in choice.verdicts if verdict.name.provider == "ollama"]
    assert not ollama.is_chosen
    assert "TELLERGRAPH_OUTGOING_NETWORKS" in ollama.reason
