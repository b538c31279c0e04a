"""What reads documents for the graph, from the settings: rules, or the chain of models."""

from langchain_core.messages import HumanMessage, SystemMessage

from agent.models.chain import ModelChain
from core.errors import ConfigurationError
from core.settings import Settings
from knowledge.graph.builder import Extractor


def make_extractor(settings: Settings, models: ModelChain) -> Extractor:
    """Raises ConfigurationError: a model is to read, and there is none."""
    if settings.graph_extraction == "rules":
        return Extractor()
    reading = models.without_offline()
    if not reading.links:
        raise ConfigurationError(
            "TELLERGRAPH_GRAPH_EXTRACTION=model needs a language model: name one in TELLERGRAPH_LLM, or set rules."
        )

    async def complete(system: str, prompt: str) -> str:
        reply = await reading.stream([SystemMessage(system), HumanMessage(prompt)], tools=[], on_text=_ignore)
        return reply.text

    return Extractor(f"model {','.join(link.name for link in reading.links)}", complete)


async def _ignore(_text: str) -> None:
    """Nobody watches."""
