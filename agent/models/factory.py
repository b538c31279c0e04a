"""The one factory of chat models, from ``TELLERGRAPH_LLM``."""

from dataclasses import dataclass
from typing import Literal

import aiohttp
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from agent.models.chain import Link, ModelChain
from agent.models.offline.model import OfflineChat
from agent.models.openai_compatible import OpenAICompatibleChat
from core.errors import ConfigurationError
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class ModelName:
    """A link of ``TELLERGRAPH_LLM``: ``offline``, or ``provider:model``."""

    provider: Literal["offline", "openai", "ollama"]
    model: str = ""

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}" if self.model else self.provider


_OFFLINE = ModelName("offline")
_AUTO_OPENAI = ModelName("openai", "gpt-4o-mini")


def list_models(settings: Settings) -> list[ModelName]:
    """The models that ``settings.llm`` names, in its order. ``auto``: OpenAI if a key is set, else offline.

    Raises:
        ConfigurationError: an unknown or incomplete name, or no key for it, with what to write.
    """
    if settings.llm.strip() == "auto":
        return [_AUTO_OPENAI, _OFFLINE] if settings.openai_api_key else [_OFFLINE]
    names = [_parse(name.strip(), settings) for name in settings.llm.split(",") if name.strip()]
    if not names:
        raise ConfigurationError("TELLERGRAPH_LLM is empty: name a model, for example offline.")
    return names


def build_chain(settings: Settings, client: aiohttp.ClientSession) -> ModelChain:
    """The chain of ``list_models``. Raises what it raises."""
    return ModelChain(
        [Link(str(name), _build(name, settings, client)) for name in list_models(settings)],
        first_token_timeout=settings.first_token_timeout,
        idle_timeout=settings.idle_timeout,
    )


def _parse(text: str, settings: Settings) -> ModelName:
    provider, _, model = text.partition(":")
    if text == "offline":
        return _OFFLINE
    if provider == "openai" and model:
        if settings.openai_api_key is None:
            raise ConfigurationError(f"TELLERGRAPH_LLM names {text}, but OPENAI_API_KEY is not set.")
        return ModelName("openai", model)
    if provider == "ollama" and model:
        return ModelName("ollama", model)
    raise ConfigurationError(
        f"TELLERGRAPH_LLM: {text!r} is no model. Write a chain of openai:MODEL, ollama:MODEL and offline."
    )


def _build(name: ModelName, settings: Settings, client: aiohttp.ClientSession) -> BaseChatModel:
    match name.provider:
        case "offline":
            return OfflineChat()
        case "openai":
            base_url, api_key = settings.openai_base_url, settings.openai_api_key
        case "ollama":
            # Ollama takes any key.
            base_url, api_key = f"{settings.ollama_host.rstrip('/')}/v1", SecretStr("ollama")
    return OpenAICompatibleChat(model=name.model, base_url=base_url, api_key=api_key or SecretStr(""), client=client)
