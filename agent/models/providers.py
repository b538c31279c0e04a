"""The names that ``TELLERGRAPH_LLM`` is a chain of, and where each of them leads.

offline                    no language model: composed from tool results and passages
local:PATH[@ADAPTER]       a Transformers model in this process; an adapter's folder, or a registry's
ollama:MODEL               OLLAMA_HOST
vllm:MODEL                 VLLM_BASE_URL
openai:MODEL               OPENAI_BASE_URL
together:MODEL             together.ai
https://HOST/PATH#MODEL    any other server that speaks the OpenAI protocol
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from agent.models.link import OFFLINE, DataClass
from agent.models.local.folders import LocalName, check_adapter, check_base, check_installed
from agent.models.registry_file import REGISTRY_FILE, read_registry
from core.errors import ConfigurationError
from core.settings import Settings

Provider = Literal["offline", "local", "ollama", "vllm", "openai", "together", "url"]

TOGETHER = "https://api.together.xyz/v1"

_OTHERS = frozenset({"openai", "together"})
"""Of another party, whatever their address: what listens on this machine under such a name is most likely a gateway."""
_KNOWN = (
    "offline, local:PATH[@ADAPTER], ollama:MODEL, vllm:MODEL, openai:MODEL, together:MODEL and https://HOST/PATH#MODEL"
)


@dataclass(frozen=True, slots=True)
class ModelName:
    """A link of ``TELLERGRAPH_LLM``."""

    provider: Provider
    model: str = ""
    """Of ``local`` a path, ``@`` and the adapter's; of ``url`` the address, ``#`` and the model."""

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model and self.provider != "url" else self.model or self.provider

    @property
    def local(self) -> LocalName:
        return LocalName.parse(self.model)


OFFLINE_NAME = ModelName(OFFLINE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks the OpenAI protocol."""

    base_url: str
    model: str
    key: SecretStr
    key_setting: str
    """Of the environment, where `key` comes from."""


def parse_chain(text: str) -> list[ModelName]:
    """Raises ConfigurationError for a name that says nothing, with what to write."""
    names = [parse_name(part.strip()) for part in text.split(",") if part.strip()]
    if not names:
        raise ConfigurationError("TELLERGRAPH_LLM is empty: name a model, for example offline.")
    if OFFLINE_NAME in names[:-1]:
        raise ConfigurationError("TELLERGRAPH_LLM: offline always answers, so nothing after it is asked: put it last.")
    return names


def parse_name(text: str) -> ModelName:
    if text == OFFLINE:
        return OFFLINE_NAME
    if text.startswith(("http://", "https://")):
        return _parse_address(text)
    provider, _, model = text.partition(":")
    if provider in get_args(Provider) and provider not in (OFFLINE, "url"):
        if not model.strip():
            raise ConfigurationError(f"TELLERGRAPH_LLM: {text!r} names no model: write {provider}:MODEL.")
        return ModelName(cast(Provider, provider), model.strip())
    raise ConfigurationError(f"TELLERGRAPH_LLM: {text!r} is no model. Write a chain of {_KNOWN}.")


def _parse_address(text: str) -> ModelName:
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname and parts.fragment and not parts.query and parts.port != 0)
    except ValueError:
        parts, is_whole = None, False
    if parts and parts.username is not None:
        raise ConfigurationError("TELLERGRAPH_LLM: write the key of an address into TELLERGRAPH_LLM_KEYS, as host=key.")
    if not is_whole:
        raise ConfigurationError(f"TELLERGRAPH_LLM: {text!r} is no address and model: write https://HOST/v1#MODEL.")
    return ModelName("url", text)


def require_ready(name: ModelName, settings: Settings) -> None:
    """Raises ConfigurationError for what is missing or not allowed, with what to do. Asks no server."""
    if settings.cloud == "off" and name.provider != "local" and data_class(name, settings) != "own":
        raise ConfigurationError(
            f"TELLERGRAPH_LLM names {name}, which is not on this machine, but TELLERGRAPH_CLOUD=off: "
            "take it out of the chain, or set TELLERGRAPH_CLOUD=on."
        )
    if name.provider == "openai" and settings.openai_api_key is None:
        raise ConfigurationError(f"TELLERGRAPH_LLM names {name}, but OPENAI_API_KEY is not set.")
    if name.provider == "together" and settings.together_api_key is None:
        raise ConfigurationError(f"TELLERGRAPH_LLM names {name}, but TOGETHER_API_KEY is not set.")
    if name.provider == "local":
        _require_files(name)


def _require_files(name: ModelName) -> None:
    folders = name.local
    check_installed()
    check_base(folders.path)
    if folders.adapter is None:
        return
    if (folders.adapter / REGISTRY_FILE).is_file():
        read_registry(folders.adapter)
    else:
        check_adapter(folders.adapter)


def endpoint(name: ModelName, settings: Settings) -> Endpoint:
    """Where the server of a name is. For ``offline`` and ``local`` there is none: ValueError."""
    match name.provider:
        case "openai":
            return Endpoint(
                settings.openai_base_url, name.model, settings.openai_api_key or SecretStr(""), "OPENAI_API_KEY"
            )
        case "together":
            return Endpoint(TOGETHER, name.model, settings.together_api_key or SecretStr(""), "TOGETHER_API_KEY")
        case "vllm":
            return Endpoint(
                settings.vllm_base_url, name.model, settings.vllm_api_key or SecretStr("none"), "VLLM_API_KEY"
            )
        case "ollama":
            # Ollama takes any key; what may stand before it does not.
            address = f"{ollama_address(settings)}/v1"
            return Endpoint(address, name.model, _key_of(address, settings, "ollama"), "TELLERGRAPH_LLM_KEYS")
        case "url":
            address, _, model = name.model.partition("#")
            return Endpoint(address, model, _key_of(address, settings), "TELLERGRAPH_LLM_KEYS")
        case _:
            raise ValueError(f"{name} is no server")


def ollama_address(settings: Settings) -> str:
    """Ollama's own tools take ``host:port`` too, and the address that it listens on for the one to ask."""
    host = settings.ollama_host.strip().rstrip("/")
    host = host if "://" in host else f"http://{host}"
    return host.replace("//0.0.0.0", "//127.0.0.1")


def _key_of(address: str, settings: Settings, otherwise: str = "none") -> SecretStr:
    parts = urlsplit(address)
    keys = settings.llm_keys
    return keys.get(parts.netloc.lower()) or keys.get(parts.hostname or "") or SecretStr(otherwise)


def data_class(name: ModelName, settings: Settings) -> DataClass:
    """Own: on this machine, so that nothing leaves it."""
    if name.provider in (OFFLINE, "local"):
        return "own"
    is_ours = name.provider not in _OTHERS and is_loopback(endpoint(name, settings).base_url)
    return "own" if is_ours else "masked"


def is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
