"""The one factory of chat models, from ``TELLERGRAPH_LLM``."""

import aiohttp
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from agent.models.chain import Link, ModelChain
from agent.models.offline.model import OfflineChat
from agent.models.openai_compatible import OpenAICompatibleChat
from core.errors import ConfigurationError
from core.settings import Settings

_OFFLINE = "offline"
_AUTO_OPENAI = "openai:gpt-4o-mini"


def build_chain(settings: Settings, client: aiohttp.ClientSession) -> ModelChain:
    """The models that ``settings.llm`` names, in its order. ``auto``: OpenAI if a key is set, else offline.

    Raises:
        ConfigurationError: an unknown or incomplete name, with what to write.
    """
    names = _resolve(settings)
    return ModelChain(
        [Link(name, _build(name, settings, client)) for name in names],
        first_token_timeout=settings.first_token_timeout,
        idle_timeout=settings.idle_timeout,
    )


def _resolve(settings: Settings) -> list[str]:
    if settings.llm == "auto":
        return [_AUTO_OPENAI, _OFFLINE] if settings.openai_api_key else [_OFFLINE]
    names = [name.strip() for name in settings.llm.split(",") if name.strip()]
    if not names:
        raise ConfigurationError("TELLERGRAPH_LLM is empty: name a model, for example offline.")
    return names


def _build(name: str, settings: Settings, client: aiohttp.ClientSession) -> BaseChatModel:
    provider, _, model = name.partition(":")
    if name == _OFFLINE:
        return OfflineChat()
    if provider == "openai" and model:
        if settings.openai_api_key is None:
            raise ConfigurationError(f"TELLERGRAPH_LLM names {name}, but OPENAI_API_KEY is not set.")
        return OpenAICompatibleChat(
            model=model, base_url=settings.openai_base_url, api_key=settings.openai_api_key, client=client
        )
    if provider == "ollama" and model:
        return OpenAICompatibleChat(
            model=model,
            base_url=f"{settings.ollama_host.rstrip('/')}/v1",
            api_key=SecretStr("ollama"),
            client=client,
        )
    raise ConfigurationError(
        f"TELLERGRAPH_LLM: {name!r} is no model. Write a chain of openai:MODEL, ollama:MODEL and offline."
    )
