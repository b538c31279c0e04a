"""A wrong variable gets one line that says what to set."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import ConfigurationError
from core.services.secret_key import get_secret_key
from core.settings import Settings, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """Neither variables nor a .env file."""
    for name in [name for name in os.environ if name.startswith(("TELLERGRAPH_", "OPENAI_", "OLLAMA_", "LANGFUSE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("TELLERGRAPH_PORT", "eighty", "valid integer"),
        ("TELLERGRAPH_PORT", "70000", "less than or equal to 65535"),
        ("TELLERGRAPH_SECRET_KEY", "short", "needs at least 32 characters"),
        ("TELLERGRAPH_LOG_LEVEL", "loud", "is one of DEBUG, INFO, WARNING, ERROR"),
        ("TELLERGRAPH_DEMO", "perhaps", "valid boolean"),
        ("TELLERGRAPH_DEMO_CUSTOMERS", "1", "greater than or equal to 2"),
        ("TELLERGRAPH_DEMO_CUSTOMERS", "100001", "less than or equal to 100000"),
        ("TELLERGRAPH_MAX_BODY_BYTES", "10", "greater than or equal to 1024"),
        ("TELLERGRAPH_DATABASE_POOL_SIZE", "1", "greater than or equal to 2"),
        ("TELLERGRAPH_ACCESS_TOKEN_TTL", "soon", "duration"),
        ("TELLERGRAPH_FIRST_TOKEN_TIMEOUT", "soon", "duration"),
        ("TELLERGRAPH_EVENT_TTL", "soon", "duration"),
        ("TELLERGRAPH_CODE_SENDER", "pigeon", "'demo' or 'webhook'"),
        ("TELLERGRAPH_CODE_WEBHOOK_URL", "gateway.example/codes", "begins with https://"),
        ("TELLERGRAPH_CODE_WEBHOOK_URL", "ftp://gateway.example/codes", "begins with https://"),
        ("TELLERGRAPH_CODE_WEBHOOK_URL", "http://gateway.example/codes", "in the open"),
        ("TELLERGRAPH_CODE_WEBHOOK_SECRET", "short", "needs at least 32 characters"),
    ],
)
def test_a_wrong_value_is_named_with_its_reason(monkeypatch, variable, value, reason):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    _, *lines = caught.value.message.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{variable}: ")
    assert reason in lines[0]


def test_every_wrong_variable_gets_its_line(monkeypatch):
    monkeypatch.setenv("TELLERGRAPH_PORT", "x")
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY", "x")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert [line.split(":")[0] for line in caught.value.message.splitlines()[1:]] == [
        "TELLERGRAPH_SECRET_KEY",
        "TELLERGRAPH_PORT",
    ]


def wrong_variables() -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return [line.split(":")[0] for line in caught.value.message.splitlines()[1:]]


def test_a_gateway_for_codes_is_set_whole(monkeypatch):
    monkeypatch.setenv("TELLERGRAPH_CODE_SENDER", "webhook")
    assert wrong_variables() == ["TELLERGRAPH_CODE_WEBHOOK_URL", "TELLERGRAPH_CODE_WEBHOOK_SECRET"]
    monkeypatch.setenv("TELLERGRAPH_CODE_WEBHOOK_URL", "https://gateway.example/codes")
    assert wrong_variables() == ["TELLERGRAPH_CODE_WEBHOOK_SECRET"]
    monkeypatch.setenv("TELLERGRAPH_CODE_WEBHOOK_SECRET", "s" * 32)
    assert load_settings().code_webhook_url == "https://gateway.example/codes"
    monkeypatch.setenv("TELLERGRAPH_CODE_WEBHOOK_URL", "http://127.0.0.1:8080/codes")
    assert load_settings().code_sender == "webhook"


def test_the_demo_outbox_is_for_demo_mode(monkeypatch):
    monkeypatch.setenv("TELLERGRAPH_CODE_SENDER", "demo")
    assert load_settings().code_sender == "demo"
    monkeypatch.setenv("TELLERGRAPH_DEMO", "false")
    assert wrong_variables() == ["TELLERGRAPH_CODE_SENDER"]


def test_secrets_are_not_in_the_message_or_the_text(monkeypatch):
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "hunter2" not in caught.value.message
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY", "hunter2" * 5)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    monkeypatch.setenv("TELLERGRAPH_DATABASE_URL", "postgresql://me:hunter2@host/bank")
    assert "hunter2" not in repr(load_settings())


def test_the_environment_and_the_env_file_are_read(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("TELLERGRAPH_PORT=8123\nTELLERGRAPH_LLM=offline\nOPENAI_API_KEY=sk-1\n")
    monkeypatch.setenv("TELLERGRAPH_LLM", "openai:gpt-4o-mini,offline")
    monkeypatch.setenv("TELLERGRAPH_CORS_ORIGINS", "https://a.example, https://b.example")
    settings = load_settings()
    assert (settings.port, settings.llm) == (8123, "openai:gpt-4o-mini,offline")
    assert settings.cors_origins == ["https://a.example", "https://b.example"]
    assert settings.openai_api_key is not None
    assert settings.data_dir == tmp_path / ".data"


def test_a_misspelt_variable_is_found(monkeypatch):
    monkeypatch.setenv("TELLERGRAPH_PROT", "8000")
    monkeypatch.setenv("TELLERGRAPH_PORT", "8000")
    assert unknown_variables() == ["TELLERGRAPH_PROT"]


def test_the_secret_key_is_made_once_and_private(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path / "d")
    with ThreadPoolExecutor() as pool:
        keys = set(pool.map(lambda _: get_secret_key(settings), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "d" / "secret.key").stat().st_mode) == 0o600


def test_a_given_secret_key_needs_no_directory(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path / "d", secret_key="k" * 32)
    assert get_secret_key(settings) == b"k" * 32
    assert not (tmp_path / "d").exists()


def test_a_damaged_secret_key_is_told_and_not_replaced(tmp_path):
    (tmp_path / "secret.key").write_text("")
    with pytest.raises(ConfigurationError, match="is damaged"):
        get_secret_key(Settings(_env_file=None, data_dir=tmp_path))
    assert (tmp_path / "secret.key").read_text() == ""


def test_langfuse_is_set_whole(monkeypatch):
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    assert wrong_variables() == ["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"]
    monkeypatch.setenv("LANGFUSE_HOST", "http://langfuse.example")
    assert wrong_variables() == ["LANGFUSE_BASE_URL"]
    monkeypatch.setenv("LANGFUSE_HOST", "https://langfuse.example/")
    assert load_settings().langfuse_base_url == "https://langfuse.example"
    monkeypatch.delenv("LANGFUSE_SECRET_KEY")
    assert wrong_variables() == ["LANGFUSE_SECRET_KEY"]
