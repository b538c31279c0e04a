"""``TELLERGRAPH_LLM``: what it may say, what ``auto`` finds, and the line that says what is wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.models.choice import choose_models
from agent.models.factory import list_models, open_chain
from agent.models.local.folders import LocalName
from agent.models.openai_compatible import OpenAICompatibleChat
from agent.models.prices import Price, read_prices
from agent.models.providers import data_class, endpoint, parse_chain, parse_name
from core.errors import ConfigurationError
from core.settings import Settings, load_settings
from tests.hollow_models import make_hollow_base, write_weights
from tests.scripted_model import ScriptedModel, serve_scripted_model

NOWHERE = "http://127.0.0.1:9"


def settings(**given: Any) -> Settings:
    # What is set where the tests run is none of their business.
    given = {"openai_api_key": None, "together_api_key": None, "ollama_host": NOWHERE} | given
    return Settings(_env_file=None, **given)


@pytest.fixture
def ollama() -> Iterator[ScriptedModel]:
    with serve_scripted_model() as model:
        yield model


def host(model: ScriptedModel) -> str:
    return model.base_url.removesuffix("/v1")


# What it may say.

_KEYS = "TELLERGRAPH_LLM_KEYS"


@pytest.mark.parametrize(
    ("name", "base_url", "model", "key", "setting"),
    [
        ("openai:gpt-4o-mini", "https://api.openai.com/v1", "gpt-4o-mini", "sk-o", "OPENAI_API_KEY"),
        ("together:org/m", "https://api.together.xyz/v1", "org/m", "sk-t", "TOGETHER_API_KEY"),
        ("vllm:teller", "http://127.0.0.1:8001/v1", "teller", "none", "VLLM_API_KEY"),
        ("ollama:qwen3:8b", "http://127.0.0.1:9/v1", "qwen3:8b", "ollama", _KEYS),
        ("https://models.bank.example/v1#teller", "https://models.bank.example/v1", "teller", "none", _KEYS),
        ("https://llm.example:8443/api/v1#org/m", "https://llm.example:8443/api/v1", "org/m", "sk-port", _KEYS),
        ("https://LLM.example/v1#m", "https://LLM.example/v1", "m", "sk-host", _KEYS),
    ],
)
def test_each_provider_leads_to_its_server_with_its_key(name, base_url, model, key, setting):
    chosen = settings(
        openai_api_key="sk-o", together_api_key="sk-t", llm_keys="llm.example:8443=sk-port, llm.example=sk-host"
    )
    server = endpoint(parse_name(name), chosen)

    assert (server.base_url, server.model, server.key.get_secret_value()) == (base_url, model, key)
    assert server.key_setting == setting
    assert str(parse_name(name)) == name


@pytest.mark.parametrize(
    ("given_host", "address"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434/v1"),
        ("http://gpu.bank.example:11434/", "http://gpu.bank.example:11434/v1"),
    ],
)
def test_ollamas_host_is_read_as_its_own_tools_read_it(given_host, address):
    assert endpoint(parse_name("ollama:m"), settings(ollama_host=given_host)).base_url == address


def test_a_proxy_before_ollama_gets_the_key_of_its_host():
    chosen = settings(ollama_host="https://ollama.bank.example", llm_keys="ollama.bank.example=sk-host")

    assert endpoint(parse_name("ollama:m"), chosen).key.get_secret_value() == "sk-host"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("offline", "own"),
        ("local:models/teller", "own"),
        ("ollama:m", "own"),
        ("vllm:m", "own"),
        ("http://localhost:1234/v1#m", "own"),
        ("http://[::1]:1234/v1#m", "own"),
        ("http://127.8.9.10/v1#m", "own"),
        ("http://localhost.example/v1#m", "masked"),
        ("http://127.0.0.1.example/v1#m", "masked"),
        ("http://10.0.0.7/v1#m", "masked"),
        ("https://models.example/v1#m", "masked"),
        # Whatever their address is: here it is most likely a gateway to them.
        ("openai:m", "masked"),
        ("together:m", "masked"),
    ],
)
def test_only_what_stays_on_this_machine_sees_the_customers_own_data(name, shown):
    assert data_class(parse_name(name), settings(openai_base_url="http://127.0.0.1:4000/v1")) == shown


@given(st.one_of(st.text(max_size=40), st.text(max_size=20).map("https://{}".format)))
def test_any_text_is_a_chain_or_one_line_that_says_what_to_write(text):
    try:
        said = ",".join(map(str, parse_chain(text)))
    except ConfigurationError as error:
        said = error.message

    assert said.startswith("TELLERGRAPH_LLM") or parse_chain(said) == parse_chain(text)


WRONG = [
    ({"llm": "gpt-4o"}, r"'gpt-4o' is no model. Write a chain of offline, local:PATH\[@ADAPTER\], ollama:MODEL"),
    ({"llm": "claude:opus"}, "'claude:opus' is no model"),
    ({"llm": "openai:"}, "'openai:' names no model: write openai:MODEL"),
    ({"llm": " , "}, "TELLERGRAPH_LLM is empty"),
    ({"llm": "offline,ollama:m"}, "nothing after it is asked: put it last"),
    ({"llm": "openai:m"}, "names openai:m, but OPENAI_API_KEY is not set"),
    ({"llm": "together:m"}, "names together:m, but TOGETHER_API_KEY is not set"),
    ({"llm": "https://host.example/v1"}, "no address and model: write https://HOST/v1#MODEL"),
    ({"llm": "http://[::1/v1#m"}, "no address and model"),
    ({"llm": "http://host:99999/v1#m"}, "no address and model"),
    ({"llm": "https://user:secret@host.example/v1#m"}, "TELLERGRAPH_LLM_KEYS, as host=key"),
    ({"llm": "local:nowhere/at/all"}, "nowhere/at/all is no folder: name one with config.json"),
    ({"llm": "openai:m", "openai_api_key": "sk-x", "cloud": "off"}, "TELLERGRAPH_CLOUD=off: take it out"),
    ({"llm": "https://models.example/v1#m,offline", "cloud": "off"}, "not on this machine, but TELLERGRAPH_CLOUD=off"),
    ({"llm": "ollama:m", "ollama_host": "http://10.0.0.7:11434", "cloud": "off"}, "TELLERGRAPH_CLOUD=off"),
    ({"llm": "vllm:m", "vllm_base_url": "https://gpu.example/v1", "budget_day": "5 USD"}, "vllm:m has no price"),
]


@pytest.mark.parametrize(("wrong", "line"), WRONG)
def test_what_is_wrong_is_said_in_one_line(wrong, line):
    with pytest.raises(ConfigurationError, match=line) as error:
        list_models(settings(**wrong))

    assert "\n" not in error.value.message
    assert "secret" not in error.value.message


def test_with_the_cloud_off_what_is_on_this_machine_answers():
    chosen = settings(llm="ollama:m,vllm:m,http://localhost:1234/v1#m,offline", cloud="off")

    assert list(map(str, list_models(chosen))) == ["ollama:m", "vllm:m", "http://localhost:1234/v1#m", "offline"]


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("OPENAI_API_KEY", "sk with spaces", "OPENAI_API_KEY: is no API key"),
        ("OPENAI_API_KEY", "", "OPENAI_API_KEY: is no API key"),
        ("TOGETHER_API_KEY", "clé", "TOGETHER_API_KEY: is no API key"),
        ("VLLM_BASE_URL", "gpu:8001", "VLLM_BASE_URL: is the address of a server"),
        ("OPENAI_BASE_URL", "https://user@host/v1", "OPENAI_BASE_URL: is the address of a server"),
        ("TELLERGRAPH_LLM_KEYS", "https://host/v1=key", "TELLERGRAPH_LLM_KEYS: is host=key"),
        ("TELLERGRAPH_CLOUD", "maybe", "TELLERGRAPH_CLOUD: "),
        ("TELLERGRAPH_BUDGET_DAY", "much", "TELLERGRAPH_BUDGET_DAY: is a number of tokens or dollars"),
        ("TELLERGRAPH_TURN_TIME", "0", "TELLERGRAPH_TURN_TIME: "),
        ("TELLERGRAPH_MODEL_RETRIES", "99", "TELLERGRAPH_MODEL_RETRIES: "),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch, tmp_path, variable, value, line):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=line):
        load_settings()


# A model on this machine.


@pytest.fixture
def base(tmp_path: Path) -> Path:
    pytest.importorskip("torch")
    return make_hollow_base(tmp_path / "teller")


def test_a_local_model_may_have_an_adapter_or_a_registry(base, tmp_path):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    write_weights(adapter / "adapter_model.safetensors")
    registry(tmp_path / "registry", base, served=None)

    for folder in (adapter, tmp_path / "registry"):
        [name] = list_models(settings(llm=f"local:{base}@{folder}"))
        assert name.local == LocalName(base, folder)
    [name] = list_models(settings(llm=f"local:{base}"))
    assert name.local == LocalName(base, None)


def test_a_folder_that_is_no_adapter_or_cut_off_is_said_so(base, tmp_path):
    with pytest.raises(ConfigurationError, match=r"adapter_config\.json cannot be read"):
        list_models(settings(llm=f"local:{base}@{tmp_path}"))
    with pytest.raises(ConfigurationError, match="nowhere is no folder"):
        list_models(settings(llm=f"local:{base}@{tmp_path / 'nowhere'}"))
    weights = base / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ConfigurationError, match="cut off: copy it again"):
        list_models(settings(llm=f"local:{base}"))


# What auto finds.


def verdicts(chosen: Settings) -> list[tuple[str, bool, str]]:
    return [(each.name.provider, each.is_chosen, each.reason) for each in choose_models(chosen).verdicts]


def test_a_password_in_ollamas_address_is_told_to_nobody(tmp_path):
    chosen = settings(data_dir=tmp_path, ollama_host="http://somebody:hunter2@127.0.0.1:9")

    assert verdicts(chosen)[1] == ("ollama", False, "nothing answers at http://127.0.0.1:9")


def test_auto_without_anything_is_offline_and_says_why(tmp_path):
    assert verdicts(settings(data_dir=tmp_path)) == [
        ("local", False, "there is no registry.json"),
        ("ollama", False, "nothing answers at http://127.0.0.1:9"),
        ("openai", False, "OPENAI_API_KEY is not set"),
        ("offline", True, "always the last"),
    ]


def test_auto_takes_openai_where_there_is_a_key(tmp_path):
    chosen = settings(data_dir=tmp_path, openai_api_key="sk-x")
    assert list(map(str, list_models(chosen))) == ["openai:gpt-4o-mini", "offline"]

    closed = settings(data_dir=tmp_path, openai_api_key="sk-x", cloud="off")
    assert verdicts(closed)[2] == ("openai", False, "TELLERGRAPH_CLOUD=off, and it is not on this machine")


def test_auto_takes_ollama_where_it_has_the_model(tmp_path, ollama):
    chosen = settings(data_dir=tmp_path, ollama_host=host(ollama), openai_api_key="sk-x")
    ollama.tags = ["mistral:latest"]
    assert verdicts(chosen)[1] == ("ollama", False, "Ollama does not have it: ollama pull llama3.2")

    ollama.tags = ["mistral:latest", "llama3.2:latest"]
    assert list(map(str, list_models(chosen))) == ["ollama:llama3.2", "offline"]
    # Another party is not asked because Ollama failed: nobody named it.
    assert verdicts(chosen)[2] == ("openai", False, "ollama:llama3.2 goes before it")


def test_auto_asks_what_is_not_ollama_and_goes_on(tmp_path, ollama):
    chosen = settings(data_dir=tmp_path, ollama_host=host(ollama))

    assert verdicts(chosen)[1] == ("ollama", False, f"nothing answers at {host(ollama)}")


def registry(folder: Path, base: Path, *, served: str | None) -> None:
    adapter = {
        "path": "one",
        "base": str(base),
        "base_digest": "",
        "digest": "",
        "data_digest": "",
        "metrics": {},
        "added_at": datetime.now(UTC).isoformat(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    content = {"adapters": {"one": adapter}, "served": {"adapter": served}}
    (folder / "registry.json").write_text(json.dumps(content))


def test_auto_takes_a_local_adapter_before_all_others(tmp_path, base, ollama):
    ollama.tags = ["llama3.2:latest"]
    chosen = settings(data_dir=tmp_path, ollama_host=host(ollama))
    registry(tmp_path / "models", base, served=None)
    assert verdicts(chosen)[0] == ("local", False, "its registry serves no adapter")

    registry(tmp_path / "models", base, served="one")
    assert list(map(str, list_models(chosen))) == [f"local:{base}@{tmp_path / 'models'}", "offline"]
    assert verdicts(chosen)[1] == ("ollama", False, f"local:{base}@{tmp_path / 'models'} goes before it")

    (base / "model.safetensors").unlink()
    assert verdicts(chosen)[0][1:] == (
        False,
        f"{base} has no weights: it needs model.safetensors, or its parts and their index",
    )


@pytest.mark.parametrize("content", ["{", '{"version": 7}', '{"served": {"adapter": "ghost"}}'])
def test_auto_passes_over_a_registry_that_is_none(tmp_path, content):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "registry.json").write_text(content)
    [local, *_] = verdicts(settings(data_dir=tmp_path))

    assert (local[1], "is no registry" in local[2]) == (False, True)


# What is built.


async def test_the_chain_that_is_built_knows_class_price_and_cost(tmp_path):
    chosen = settings(llm="openai:gpt-4o-mini,ollama:m,offline", openai_api_key="sk-x", data_dir=tmp_path)
    async with aiohttp.ClientSession() as client, open_chain(chosen, client) as chain:
        links = {link.name: link for link in chain.links}
        assert [(link.data_class, link.is_free) for link in chain.links] == [
            ("masked", False),
            ("own", True),
            ("own", True),
        ]
        assert links["openai:gpt-4o-mini"].price == Price(Decimal("0.15"), Decimal("0.60"))
        assert isinstance(links["ollama:m"].model, OpenAICompatibleChat)
        assert [link.name for link in chain.without_offline().links] == ["openai:gpt-4o-mini", "ollama:m"]
        assert chain.budgets is None, "Redis is asked though nothing is bounded"


# Prices.


def test_the_banks_own_prices_go_before_ours(tmp_path):
    own = tmp_path / "prices.toml"
    own.write_text('"openai:gpt-4o-mini" = { input = "1", output = "2.5" }\n"vllm:m" = { input = "0", output = "0" }\n')
    prices = read_prices(own)

    assert prices["openai:gpt-4o-mini"].cost(1_000_000, 1) == 1_000_003
    assert prices["vllm:m"].cost(10**9, 10**9) == 0
    assert prices["openai:gpt-4o"] == read_prices()["openai:gpt-4o"]
    assert "openai:unheard-of" not in prices


NO_PRICES = ['"m" = 3', "nonsense"] + [
    f'"m" = {{ {fields} }}'
    for fields in (
        'input = "1"',
        "input = 1.0, output = 2.0",
        'input = "x", output = "1"',
        'input = "-1", output = "1"',
        'input = "NaN", output = "1"',
        'input = "1", output = "1", cached = "1"',
    )
]


@pytest.mark.parametrize("text", NO_PRICES)
def test_a_table_that_holds_something_else_is_refused(tmp_path, text):
    (tmp_path / "prices.toml").write_text(text)

    with pytest.raises(ConfigurationError, match="TELLERGRAPH_PRICES"):
        read_prices(tmp_path / "prices.toml")


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_cost_is_exact_to_the_microdollar_and_never_rounded_down(given_in, given_out):
    cost = Price(Decimal("0.15"), Decimal("0.60")).cost(given_in, given_out)

    assert 0 <= cost * 100 - (15 * given_in + 60 * given_out) < 100
