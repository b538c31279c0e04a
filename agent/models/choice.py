"""Which models answer, and why: those that ``TELLERGRAPH_LLM`` names, or for ``auto`` the first that is there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from pydantic import BaseModel, ValidationError

from agent.models.providers import OFFLINE_NAME, ModelName, ollama_address, parse_chain, require_ready
from agent.models.registry_file import REGISTRY_FILE, read_registry
from core.errors import ConfigurationError
from core.security.outgoing import may_call
from core.settings import Settings

AUTO = "auto"
AUTO_OPENAI = ModelName("openai", "gpt-4o-mini")
_CREDENTIALS = re.compile(r"//[^/]*@")
"""They stay out of the log and of the health."""
_PATIENCE = timedelta(seconds=1)
"""For Ollama, which is on this machine or near."""


@dataclass(frozen=True, slots=True)
class Verdict:
    name: ModelName
    is_chosen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    verdicts: tuple[Verdict, ...]
    """Of all that were considered, in their order."""

    @property
    def names(self) -> list[ModelName]:
        return [verdict.name for verdict in self.verdicts if verdict.is_chosen]


def choose_models(settings: Settings) -> Choice:
    """For ``auto`` it looks into the data directory and asks Ollama, for a second at most.

    Raises:
        ConfigurationError: a name that says nothing, or something is missing for it, with what to do.
    """
    if settings.llm.strip() == AUTO:
        return _choose(settings)
    names = parse_chain(settings.llm)
    for name in names:
        require_ready(name, settings)
    return Choice(tuple(Verdict(name, True, "named in TELLERGRAPH_LLM") for name in names))


def _choose(settings: Settings) -> Choice:
    """The first that is there, then offline: another one would be asked with a customer's words though nobody named
    it."""
    verdicts: list[Verdict] = []
    for name, fault, reason in _candidates(settings):
        earlier = next((each.name for each in verdicts if each.is_chosen), None)
        why = fault or (f"{earlier} goes before it" if earlier else reason)
        verdicts.append(Verdict(name, fault is None and earlier is None, why))
    verdicts.append(Verdict(OFFLINE_NAME, True, "always the last"))
    return Choice(tuple(verdicts))


def _candidates(settings: Settings) -> Iterator[tuple[ModelName, str | None, str]]:
    """Each with why not, and why."""
    name, fault = _find_local(settings)
    yield name, fault, "its registry serves an adapter"
    name = ModelName("ollama", settings.ollama_model)
    yield name, _not_allowed(name, settings) or _ask_ollama(settings), "Ollama has it"
    yield AUTO_OPENAI, _not_allowed(AUTO_OPENAI, settings), "OPENAI_API_KEY is set"


def _not_allowed(name: ModelName, settings: Settings) -> str | None:
    if name.provider == "openai" and settings.openai_api_key is None:
        return "OPENAI_API_KEY is not set"
    try:
        require_ready(name, settings)
    except ConfigurationError:
        return "TELLERGRAPH_CLOUD=off, and it is not on this machine"
    return None


def _find_local(settings: Settings) -> tuple[ModelName, str | None]:
    folder = settings.data_dir / "models"
    unknown = ModelName("local", str(folder))
    if not (folder / REGISTRY_FILE).is_file():
        return unknown, f"there is no {REGISTRY_FILE}"
    try:
        registry = read_registry(folder)
        if registry.served.adapter is None:
            return unknown, "its registry serves no adapter"
        name = ModelName("local", f"{registry.adapters[registry.served.adapter].base}@{folder}")
        require_ready(name, settings)
    except ConfigurationError as error:
        return unknown, error.message.removesuffix(".")
    return name, None


class _Tag(BaseModel):
    name: str


class _Tags(BaseModel):
    models: list[_Tag] = []


def _ask_ollama(settings: Settings) -> str | None:
    """Why it is not asked; None where it answers and has the model."""
    address, wanted = ollama_address(settings), settings.ollama_model
    shown = _CREDENTIALS.sub("//", address)
    if not may_call(address, settings.outgoing_networks):
        return f"{shown} is not found, or TELLERGRAPH_OUTGOING_NETWORKS does not allow it"
    try:
        answer = httpx2.get(f"{address}/api/tags", timeout=_PATIENCE.total_seconds(), trust_env=False)
        tags = _Tags.model_validate_json(answer.raise_for_status().content)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return f"nothing answers at {shown}"
    except ValidationError:
        return f"what answers at {shown} is not Ollama"
    has_it = {wanted, f"{wanted}:latest"} & {tag.name for tag in tags.models}
    return None if has_it else f"Ollama does not have it: ollama pull {wanted}"
