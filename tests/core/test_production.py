"""Production starts with nothing that is only good for trying out, and says in a line each what to change.
Issue 8, hardening."""

import os
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.errors import ConfigurationError
from core.production import is_weak
from core.settings import Settings, load_settings, unknown_variables

STRONG = "Zq8vN3xR7tLw2Yk5Jp9Hc4Md6Bg1Fs0A"  # pragma: allowlist secret
OTHER = "m4Tz9Qe2Wr6Yv1Uk8Io3Pa7Sd5Fg0Hj"  # pragma: allowlist secret
FIT = {
    "TELLERGRAPH_ENV": "production",
    "TELLERGRAPH_DEMO": "false",
    "TELLERGRAPH_PUBLIC_URL": "https://bank.example",
    "TELLERGRAPH_DATABASE_URL": "postgresql://app:q7Lw2Yk5Jp9@db.example/bank",  # pragma: allowlist secret
    "TELLERGRAPH_REDIS_URL": "redis://redis.example:6379/0",
    "TELLERGRAPH_SECRET_KEY": STRONG,
}


@pytest.fixture(autouse=True)
def production(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("TELLERGRAPH_", "OPENAI_", "VLLM_", "LANGFUSE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for name, value in FIT.items():
        monkeypatch.setenv(name, value)


def lines() -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return caught.value.message.splitlines()[1:]


def test_what_is_fit_starts():
    assert load_settings().env == "production"


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("TELLERGRAPH_DEMO", "true", "known to everybody"),
        ("TELLERGRAPH_LOG_LEVEL", "debug", "more than logs should keep"),
        ("TELLERGRAPH_PUBLIC_URL", "http://bank.example", "https://"),
        ("TELLERGRAPH_PUBLIC_URL", None, "https://"),
        ("TELLERGRAPH_DATABASE_URL", None, "embedded PostgreSQL"),
        ("TELLERGRAPH_DATABASE_URL", "postgresql://app:postgres@db.example/bank", "everybody knows"),
        ("TELLERGRAPH_REDIS_URL", None, "embedded Redis"),
        ("TELLERGRAPH_REDIS_URL", "redis://:redis@redis.example", "everybody knows"),
        ("TELLERGRAPH_SECRET_KEY", None, "set it"),
        ("TELLERGRAPH_SECRET_KEY", "k" * 64, "easily guessed"),
        ("TELLERGRAPH_SECRET_KEY", "change-me-" + STRONG, "easily guessed"),
        ("TELLERGRAPH_OLD_SECRET_KEYS", "0123456789" * 4, "easily guessed"),
        ("TELLERGRAPH_CARD_NETWORK_SECRET", "ab" * 20, "easily guessed"),
        ("TELLERGRAPH_CARD_NETWORK_SECRET", STRONG, "something else"),
        ("TELLERGRAPH_RATE_LIMITS", "off", "leave it on"),
        ("TELLERGRAPH_CORS_ORIGINS", "*", "without *"),
        ("TELLERGRAPH_CORS_ORIGINS", "http://bank.example", "https://"),
        ("TELLERGRAPH_TRUSTED_PROXIES", "0.0.0.0/0", "any address"),
        ("TELLERGRAPH_OUTGOING_NETWORKS", "::/0", "every one"),
        ("OPENAI_BASE_URL", "http://models.example/v1", "https://"),
    ],
)
def test_each_fault_gets_one_line_that_says_what_to_change(monkeypatch, variable, value, reason):
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    (line,) = lines()
    assert line.startswith(f"{variable}: ")
    assert reason in line
    assert STRONG not in line
    monkeypatch.setenv("TELLERGRAPH_ENV", "development")
    load_settings()


def test_all_faults_are_told_at_once(monkeypatch):
    for name in FIT.keys() - {"TELLERGRAPH_ENV"}:
        monkeypatch.delenv(name)
    named = {line.split(":")[0] for line in lines()}
    assert named == FIT.keys() - {"TELLERGRAPH_ENV"}


@given(st.text(st.sampled_from("0123456789abcdef"), min_size=0, max_size=23))
def test_too_little_is_weak(text):
    assert is_weak(text)


def test_what_openssl_and_python_make_is_strong():
    made = [secrets.token_hex(32), secrets.token_urlsafe(48), STRONG, OTHER]
    assert not any(is_weak(each) for each in made if "secret" not in each.lower())


SECRETS = sorted(
    (str(getattr(field.validation_alias, "choices", [f"TELLERGRAPH_{name.upper()}"])[0]), name)
    for name, field in Settings.model_fields.items()
    if "SecretStr" in str(field.annotation) and f"{name}_file" not in Settings.model_fields
)
"""Less the token of the KMS: its file is a setting of its own, read anew each time, since an agent renews what is in it
(tests/core/encryption/test_masters.py)."""


@pytest.mark.parametrize(("variable", "field"), SECRETS)
def test_every_secret_can_come_from_a_file(monkeypatch, tmp_path, variable, field):
    value = "help=" + STRONG if variable in {"TELLERGRAPH_LLM_KEYS", "TELLERGRAPH_LIGHTRAG_API_KEY"} else STRONG
    monkeypatch.setenv("TELLERGRAPH_ENV", "development")
    if variable.startswith("LANGFUSE"):
        for needed in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
            monkeypatch.setenv(needed, "x")
        monkeypatch.setenv("LANGFUSE_BASE_URL", "https://langfuse.example")
    monkeypatch.delenv(variable, raising=False)
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / "secret"))
    from_file = load_settings()
    assert unknown_variables() == []
    monkeypatch.delenv(f"{variable}_FILE")
    monkeypatch.setenv(variable, value)
    assert load_settings() == from_file
    assert STRONG in str(_revealed(getattr(from_file, field)))


def _revealed(value):
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return [_revealed(each) for each in (value.values() if isinstance(value, dict) else value)]


def test_the_env_file_may_name_the_file_too(monkeypatch, tmp_path):
    monkeypatch.delenv("TELLERGRAPH_SECRET_KEY")
    (tmp_path / "secret").write_text(STRONG)
    (tmp_path / ".env").write_text(f"TELLERGRAPH_SECRET_KEY_FILE={tmp_path}/secret\n")
    key = load_settings().secret_key
    assert key is not None
    assert key.get_secret_value() == STRONG


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"", "empty"), (b"\xff\xfe", "UTF-8")])
def test_a_secret_that_cannot_be_read_is_told(monkeypatch, tmp_path, content, reason):
    monkeypatch.delenv("TELLERGRAPH_SECRET_KEY")
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY_FILE", str(tmp_path / "secret"))
    with pytest.raises(ConfigurationError, match=f"TELLERGRAPH_SECRET_KEY_FILE: .*{reason}"):
        load_settings()


def test_a_secret_that_is_given_twice_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("TELLERGRAPH_SECRET_KEY_FILE", str(tmp_path / "secret"))
    with pytest.raises(ConfigurationError, match="both set"):
        load_settings()


def test_a_file_of_what_is_no_secret_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setenv("TELLERGRAPH_PORT_FILE", str(tmp_path / "port"))
    assert unknown_variables() == ["TELLERGRAPH_PORT_FILE"]
