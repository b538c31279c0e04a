"""What reads documents for the graph: rules, or the configured models."""

from collections.abc import Iterator

import aiohttp
import pytest

from agent.graph_models import make_extractor
from agent.models.factory import open_chain
from core.errors import ConfigurationError, ProviderFailed
from core.settings import Settings
from tests.scripted_model import ScriptedModel, Status, says, serve_scripted_model


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with serve_scripted_model() as model:
        yield model


def configured(model: ScriptedModel, llm: str = "openai:reader,offline") -> Settings:
    given = {
        "llm": llm,
        "openai_api_key": "sk-x",
        "openai_base_url": model.base_url,
        "graph_extraction": "model",
        "model_retries": 0,
    }
    return Settings(_env_file=None, **given)


async def test_rules_ask_no_model_whatever_is_configured(model):
    settings = configured(model).model_copy(update={"graph_extraction": "rules"})
    async with aiohttp.ClientSession() as client, open_chain(settings, client) as models:
        extractor = make_extractor(settings, models)
    assert (extractor.name, extractor.complete) == ("rules-1", None)


async def test_a_model_reads_what_lightrag_wants_read_and_offline_never_stands_in_for_it(model):
    settings = configured(model)
    model.will(says("entity<|#|>Card<|#|>product<|#|>A card"), [Status(500)])
    async with aiohttp.ClientSession() as client, open_chain(settings, client) as models:
        extractor = make_extractor(settings, models)
        assert extractor.name == "model openai:reader"
        assert await extractor.complete("Extract.", "Text") == "entity<|#|>Card<|#|>product<|#|>A card"
        with pytest.raises(ProviderFailed):
            await extractor.complete("Extract.", "Text")
    [asked, _] = model.requests
    assert (asked.messages("system"), asked.messages("user"), asked.tools) == (["Extract."], ["Text"], set())


async def test_a_model_that_is_not_configured_is_asked_for_at_the_start(model):
    settings = configured(model, "offline")
    async with aiohttp.ClientSession() as client, open_chain(settings, client) as models:
        with pytest.raises(ConfigurationError, match="TELLERGRAPH_GRAPH_EXTRACTION=model needs a language model"):
            make_extractor(settings, models)
