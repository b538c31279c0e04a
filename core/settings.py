"""The one settings object. Read once, in ``serve`` or a command, and passed down."""

import os
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import ConfigurationError
from core.production import find_unfit
from core.secret_files import SecretFiles, is_secret, variable_of
from core.setting_types import (
    Address,
    AddressesByBase,
    Duration,
    Folder,
    Hosts,
    KeysByHost,
    Level,
    Line,
    Networks,
    OptionalBudget,
    OptionalKey,
    OptionalOrigin,
    OptionalSecret,
    Origins,
    SafeAddress,
    Secrets,
)


class Settings(BaseSettings):
    """``TELLERGRAPH_*`` from the environment and ``.env``; a secret also from the file that ``TELLERGRAPH_X_FILE``
    names."""

    model_config = SettingsConfigDict(
        env_prefix="TELLERGRAPH_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = SecretFiles(settings_cls, env_settings, dotenv_settings)
        return init_settings, files, env_settings, dotenv_settings, file_secret_settings

    database_url: SecretStr | None = None
    """A PostgreSQL login that may create roles, or the runtime login if ``database_owner_url`` is given too.
    Unset: embedded PostgreSQL."""
    database_owner_url: SecretStr | None = None
    """The login that migrates, where it differs from ``database_url``."""
    redis_url: SecretStr | None = None
    """Unset: embedded Redis."""
    data_dir: Folder = Path(".data")
    """Embedded databases and the generated secret live here."""
    secret_key: OptionalSecret = None
    """Seals the keys that sign access tokens, at least 32 characters. Unset: made once and kept in the data
    directory."""

    outside_models_need_consent: bool = False
    """Models of other parties answer only customers who agreed to that."""

    old_secret_keys: Secrets = []
    """Comma-separated keys of before: they open files that were sealed then, and sign nothing."""
    master_keys: SecretStr | None = None
    """Keys that wrap the customers' own, ``name=base64`` of 32 bytes each, the present one first."""
    master_key_file: Path | None = None
    """A file of such keys, one in a line, that nobody else may read."""
    kms_url: SafeAddress = None
    """A Vault whose transit engine wraps the customers' keys instead."""
    kms_key: str = Field(default="transit/tellergraph", pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$")
    """Mount and name of its key."""
    kms_token: SecretStr | None = None
    kms_token_file: Path | None = None
    """Where an agent keeps the token, read each time."""

    env: Literal["development", "production"] = "development"
    """Production refuses to start with anything that is only good for trying out."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: OptionalOrigin = None
    """Where customers reach this server, ``https://bank.example``."""
    trusted_hosts: Hosts = []
    """Comma-separated host names that are answered beside that of ``public_url`` and this machine's own. With neither,
    a server on more than this machine answers under any name."""
    trusted_proxies: Networks = []
    """Comma-separated networks of proxies whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
    outgoing_networks: Networks = [
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    ]
    """Comma-separated networks, of those that are not public, in which servers of the bank's own may be called."""
    cors_origins: Origins = []
    """Comma-separated origins that may call the API from a browser; none by default."""
    metrics_from: Networks = [
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    ]
    """Comma-separated networks that may read ``/metrics``; for others it is not there. Empty: nothing is counted."""
    worker_metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where ``tellergraph worker`` gives its own figures. Unset: nowhere."""
    rate_limits: Literal["on", "off"] = "on"
    rate_user: int = Field(default=100, ge=1)
    """Requests of a person in a minute."""
    rate_api_key: int = Field(default=1_000, ge=1)
    """Requests with an API key in a minute."""
    rate_address: int = Field(default=10_000, ge=1)
    """Requests from an IP address in a minute (of IPv6, from its /64)."""
    rate_chat: int = Field(default=50, ge=1)
    """Questions of a person, or of all visitors at an address, in a minute."""
    rate_admin: int = Field(default=10, ge=1)
    """Requests of a staff member to ``/api/v1/admin`` in a minute."""
    rate_login: int = Field(default=30, ge=1)
    """Logins and registrations from an address in a minute."""
    rate_code: int = Field(default=20, ge=1)
    """Confirmations and security codes of a person in a minute."""
    streams_per_user: int = Field(default=8, ge=1)
    """Answers that a person may follow at once, in one process; visitors at an address together eight times as many."""
    counting_timeout: Duration = Field(default=timedelta(seconds=1), gt=timedelta(0))
    """For Redis to count a request, or what a model used. Then a process counts by itself for five seconds."""
    header_timeout: Duration = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """For a request's line and headers, and for a connection to say anything."""
    body_timeout: Duration = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """For a request's body, beside a second for each 16 KiB of it."""
    write_timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """For a client to take what waits for it."""
    request_timeout: Duration = Field(default=timedelta(seconds=150), gt=timedelta(0))
    """For an answer to begin."""
    max_body_bytes: int = Field(default=65_536, ge=1024)
    max_upload_bytes: int = Field(default=25_000_000, ge=1024)
    """Of a request that uploads a document."""
    access_token_ttl: Duration = Field(default=timedelta(minutes=15), ge=timedelta(seconds=30), le=timedelta(hours=24))
    refresh_token_ttl: Duration = Field(default=timedelta(hours=24), ge=timedelta(minutes=1))
    """Of a login that nobody renews."""
    session_ttl: Duration = Field(default=timedelta(days=30), ge=timedelta(minutes=1))
    """Of a login, however often it is renewed (NIST SP 800-63B-4: 30 days at AAL1, 24 hours at AAL2)."""
    visitor_token_ttl: Duration = Field(default=timedelta(hours=1), ge=timedelta(seconds=30), le=timedelta(hours=24))
    access_token: SecretStr | None = None
    """Whose tools ``tellergraph mcp`` offers; no other command reads it."""

    llm: str = "auto"
    """A chain such as ``openai:gpt-4o-mini,offline``."""
    cloud: Literal["on", "off"] = "on"
    """Off: no model of another party, and no server that is not on this machine."""
    openai_api_key: OptionalKey = Field(default=None, validation_alias=AliasChoices("OPENAI_API_KEY"))
    openai_base_url: Address = Field(
        default="https://api.openai.com/v1", validation_alias=AliasChoices("OPENAI_BASE_URL")
    )
    together_api_key: OptionalKey = Field(default=None, validation_alias=AliasChoices("TOGETHER_API_KEY"))
    ollama_host: str = Field(default="http://127.0.0.1:11434", validation_alias=AliasChoices("OLLAMA_HOST"))
    ollama_model: str = "llama3.2"
    """What ``auto`` takes of Ollama, if it is there."""
    vllm_base_url: Address = Field(default="http://127.0.0.1:8001/v1", validation_alias=AliasChoices("VLLM_BASE_URL"))
    vllm_api_key: OptionalKey = Field(default=None, validation_alias=AliasChoices("VLLM_API_KEY"))
    llm_keys: KeysByHost = {}
    """API keys of servers that ``llm`` names by their address, and of ``ollama_host``: ``host=key,host:port=key``."""
    local_four_bit: Literal["auto", "on", "off"] = "auto"
    """Whether a local model's weights are held in four bits; auto: where bitsandbytes is installed."""
    local_max_tokens: int = Field(default=512, ge=16, le=32_768)
    """Of one answer of a local model."""
    local_queue: int = Field(default=8, ge=0, le=1000)
    """Answers that may wait for a local model, which gives one at a time; for more it is busy."""
    local_threads: int | None = Field(default=None, ge=1, le=1024)
    """Of a local model's process on the CPU. Unset: as many as there are cores."""
    adapter_key: Path | None = None
    """Ed25519 public key in PEM. Set: a local model takes only adapters, and a choice of them, signed with its pair."""
    first_token_timeout: Duration = Field(default=timedelta(seconds=20), gt=timedelta(0))
    idle_timeout: Duration = Field(default=timedelta(seconds=20), gt=timedelta(0))
    turn_time: Duration = Field(default=timedelta(seconds=90), gt=timedelta(0))
    """For all models and rounds of a turn. When it is up, the offline model says the rest."""
    model_retries: int = Field(default=1, ge=0, le=5)
    """How often a model is asked again before its first token."""
    budget_customer: OptionalBudget = None
    """Of a customer in a day, for models that are not on this machine: ``200000 tokens`` or ``5.00 USD``."""
    budget_visitors: OptionalBudget = None
    """Of all visitors together in a day."""
    budget_day: OptionalBudget = None
    """Of all in a day."""
    budget_deployment: OptionalBudget = None
    """Of all in a calendar month."""
    prices: Path | None = None
    """The bank's own table of prices. Of a model that is not in it: ours."""

    bank_name: Line = Field(default=None, min_length=1, max_length=60)
    """What a language model calls the bank. Unset: as the demo bank is called."""
    prompt_tokens: int = Field(default=16_000, ge=2_000, le=1_000_000)
    """What a prompt may have with its tools. Of a longer one the oldest messages are shortened, then left out."""
    langfuse_base_url: SafeAddress = Field(
        default=None, validation_alias=AliasChoices("LANGFUSE_BASE_URL", "LANGFUSE_HOST")
    )
    """Where prompts are read from and traces are sent to. Unset: prompts are ours, and nothing is sent."""
    langfuse_public_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("LANGFUSE_PUBLIC_KEY"), validate_default=True
    )
    langfuse_secret_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("LANGFUSE_SECRET_KEY"), validate_default=True
    )
    langfuse_interval: Duration = Field(default=timedelta(minutes=1), ge=timedelta(seconds=1))
    """Pause between two looks for new prompts."""
    langfuse_tracing: Literal["on", "off"] = "on"
    """Off: prompts are read from Langfuse, and nothing is sent there."""
    langfuse_sample_rate: float = Field(default=1.0, ge=0, le=1)
    """The share of turns whose traces and scores are sent."""

    demo: bool = True
    """Load the demo bank at start and offer its logins."""
    demo_customers: int = Field(default=200, ge=2, le=100_000)
    demo_seed: int = 20260101

    # After ``demo``, which they are checked against, and in this order.
    code_sender: Literal["demo", "webhook"] | None = None
    """How security codes reach customers. Unset: the demo outbox in demo mode, else not at all."""
    code_webhook_url: SafeAddress = Field(default=None, validate_default=True)
    """Where the bank's gateway takes codes."""
    code_webhook_secret: OptionalSecret = Field(default=None, validate_default=True)
    """Signs what is sent there, at least 32 characters."""

    breached_passwords: Path | None = None
    """SHA-1 hashes of passwords from breaches, ascending, as the Have I Been Pwned downloader writes them."""
    pii_ner: str | None = Field(default=None, min_length=1)
    """A spaCy pipeline, by name or folder, that finds names and places besides the engine for personal data."""
    oidc: Path | None = None
    """TOML file with the providers of OpenID Connect whose accounts may log in."""
    card_network_secret: OptionalSecret = None
    """The card network's credential, at least 32 characters. Unset: nobody gets authorisations."""
    fraud_policy: Path | None = None
    """Folder of the bank's own limits.toml and policy.toml for the fraud rules. Of a file that is not there: ours."""
    fraud_webhook_url: SafeAddress = None
    """Where the bank's own system is told about fraud alerts. Unset: nobody is told."""
    fraud_webhook_secret: OptionalSecret = Field(default=None, validate_default=True)
    """Signs what is sent there, at least 32 characters."""

    audit_checkpoints: Path | None = None
    """The file of signed checkpoints of the audit log, best on another machine's disk. Unset: in the data directory."""
    audit_key: Path | None = None
    """Ed25519 private key in PEM that signs them. Unset: made once and kept in the data directory."""
    audit_interval: Duration = Field(default=timedelta(minutes=5), ge=timedelta(seconds=1))
    """Between two checkpoints."""
    audit_years: int = Field(default=7, ge=6, le=100)
    """How long the audit log is kept; the law asks for six years (core/audit/shorten.py)."""

    database_pool_size: int = Field(default=12, ge=2, le=200)
    worker: Literal["inside", "separate"] = "inside"
    """Who makes payments that are due: each server too, or only processes that run ``tellergraph worker``."""
    worker_interval: Duration = Field(default=timedelta(seconds=30), ge=timedelta(milliseconds=10))
    """Pause between two looks for what is due."""
    event_ttl: Duration = timedelta(minutes=15)
    """How long a turn's events can be resumed."""
    cache_ttl: Duration = Field(default=timedelta(hours=1), ge=timedelta(0), le=timedelta(days=30))
    """How long the answer to a question about documents is kept in Redis. Zero: not at all."""
    graph: Literal["off", "lists", "always"] = "lists"
    """Where the graph may add to what was found: nowhere, where a list of documents is wanted, or also in the answer to
    a question."""
    graph_deadline: Duration = Field(
        default=timedelta(milliseconds=300), gt=timedelta(0), le=timedelta(seconds=10), validate_default=True
    )
    """A graph that has not answered by then is left out."""
    graph_extraction: Literal["rules", "model"] = "rules"
    """What reads the documents for the graph: rules, or the models of ``llm``, which then see all of them."""
    lightrag_url: AddressesByBase = {}
    """LightRAG's own servers by knowledge base, ``help=https://...,staff=https://...``; one address alone is that of
    ``help``. Empty: LightRAG runs in a process of ours."""
    lightrag_api_key: SecretStr | None = None
    """Of that one server, or ``help=...,staff=...``."""
    log_level: Level = "INFO"
    log_format: Literal["json", "console"] = "json"
    """JSON for programs, or lines for somebody who watches a terminal."""
    traces: Literal["off", "otlp"] = "off"
    """Whether OpenTelemetry traces are made and sent to a collector over OTLP."""
    otlp_endpoint: SafeAddress = Field(default=None, validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT"))
    """The collector. Unset: as OpenTelemetry has it, http://localhost:4318."""

    @field_validator("code_sender")
    @classmethod
    def _demo_in_demo(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value == "demo" and info.data.get("demo") is False:
            raise ValueError("'demo' needs TELLERGRAPH_DEMO=true: set 'webhook', or leave it out")
        return value

    @field_validator("code_webhook_url")
    @classmethod
    def _leads_somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _needed_by_webhook(value, info)

    @field_validator("code_webhook_secret")
    @classmethod
    def _signs_codes(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return _needed_by_webhook(value, info)

    @field_validator("langfuse_base_url", "otlp_endpoint")
    @classmethod
    def _without_end(cls, value: str | None) -> str | None:
        return value and value.rstrip("/")

    @field_validator("langfuse_public_key", "langfuse_secret_key")
    @classmethod
    def _langfuse_whole(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # An address that was wrong itself is told once.
        if "langfuse_base_url" in info.data and (value is None) != (info.data["langfuse_base_url"] is None):
            raise ValueError("and LANGFUSE_BASE_URL need each other")
        return value

    @field_validator("fraud_webhook_secret")
    @classmethod
    def _signs_alerts(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("fraud_webhook_url"):
            raise ValueError("is needed with TELLERGRAPH_FRAUD_WEBHOOK_URL")
        return value


_Value = TypeVar("_Value")


def _needed_by_webhook(value: _Value, info: ValidationInfo) -> _Value:
    if value is None and info.data.get("code_sender") == "webhook":
        raise ValueError("is needed with TELLERGRAPH_CODE_SENDER=webhook")
    return value


def load_settings() -> Settings:
    """Settings from the environment.

    Raises:
        ConfigurationError: one line per wrong variable, with what to set.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"{_variable(str(item['loc'][0]))}: {_reason(item['msg'])}" for item in error.errors()]
        raise ConfigurationError("Settings are wrong.\n" + "\n".join(lines)) from error
    require_fit_for_production(settings)
    return settings


def require_fit_for_production(settings: Settings) -> None:
    """Raises ConfigurationError, with a line for each setting that ``TELLERGRAPH_ENV=production`` does not take."""
    if settings.env != "production":
        return
    lines = [f"{_variable(field)}: {reason}" for field, reason in find_unfit(settings)]
    if lines:
        raise ConfigurationError("These settings are not fit for TELLERGRAPH_ENV=production.\n" + "\n".join(lines))


def unknown_variables() -> list[str]:
    """``TELLERGRAPH_*`` variables that no setting reads: most likely misspelt."""
    known = {_variable(name) for name in Settings.model_fields}
    known |= {f"{_variable(name)}_FILE" for name, field in Settings.model_fields.items() if is_secret(field)}
    return sorted(name for name in os.environ if name.startswith("TELLERGRAPH_") and name not in known)


def _variable(field: str) -> str:
    """Of a field, or of the variable that an error names already."""
    known = Settings.model_fields.get(field)
    return variable_of(field, known) if known else field


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
