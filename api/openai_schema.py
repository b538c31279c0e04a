"""The OpenAI protocol as this door speaks it.

A parameter that would change an answer and cannot here is refused by name, unless it asks for what happens anyway.
Those that only tune how a model picks its words, or name the caller, are taken and reported as ``without_effect``:
the bank decides how its assistant speaks, and the access token says who asks.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MODEL = "tellergraph"


def _bank_tools_only(value: list[Any] | None) -> list[Any] | None:
    if value:
        raise ValueError("must be left out: this assistant uses the bank's own tools")
    return value


def _nothing_stops_it(value: str | list[str] | None) -> str | list[str] | None:
    if value:
        raise ValueError("must be left out: an answer ends where it ends")
    return value


def _no_bias(value: dict[str, float] | None) -> dict[str, float] | None:
    if value:
        raise ValueError("must be left out: no words can be favoured here")
    return value


Tools = Annotated[list[Any] | None, AfterValidator(_bank_tools_only)]
Stop = Annotated[str | list[str] | None, AfterValidator(_nothing_stops_it)]
Bias = Annotated[dict[str, float] | None, AfterValidator(_no_bias)]
NoTool = Literal["none", "auto"] | None
Number = Annotated[float | None, Field(allow_inf_nan=False)]

_WITHOUT_EFFECT = (
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "user",
    "safety_identifier",
    "prompt_cache_key",
)


class Part(BaseModel):
    """A piece of a message; ``text`` is the only type that is read."""

    type: str
    text: str = ""


class Said(BaseModel):
    """A message of the client's copy of the conversation. Only role and text are read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    include_usage: bool = False
    include_obfuscation: Literal[False] = False


class CallerMetadata(BaseModel):
    model_config = ConfigDict(extra="forbid")

    session_id: UUID | None = None
    """The conversation that this message continues."""


class TextFormat(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["text"]


class ChatCompletionRequest(BaseModel):
    """Null is the same as left out."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=200)
    messages: list[Said] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: CallerMetadata | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)

    temperature: Number = Field(default=None, ge=0, le=2)
    top_p: Number = Field(default=None, ge=0, le=1)
    frequency_penalty: Number = Field(default=None, ge=-2, le=2)
    presence_penalty: Number = Field(default=None, ge=-2, le=2)
    seed: int | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None

    n: Literal[1] | None = None
    tools: Tools = None
    functions: Tools = None
    tool_choice: NoTool = None
    function_call: NoTool = None
    response_format: TextFormat | None = None
    modalities: list[Literal["text"]] | None = None
    logprobs: Literal[False] | None = None
    top_logprobs: Literal[0] | None = None
    logit_bias: Bias = None
    stop: Stop = None
    store: Literal[False] | None = None
    service_tier: Literal["auto", "default"] | None = None

    @model_validator(mode="after")
    def _options_of_a_stream(self) -> "ChatCompletionRequest":
        if self.stream_options is not None and not self.stream:
            raise ValueError("stream_options can only be given together with stream")
        return self

    @property
    def limit(self) -> int | None:
        """Tokens that the answer may have; of two limits the lower."""
        given = [limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None]
        return min(given, default=None)

    @property
    def without_effect(self) -> list[str]:
        """The names of what was given and changes nothing."""
        given = [name for name in _WITHOUT_EFFECT if getattr(self, name) is not None]
        if any(said.role in {"system", "developer"} for said in self.messages):
            given.append("messages.system")
        return given


class SaidByUs(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    index: Literal[0] = 0
    message: SaidByUs
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Of the language models that the turn asked; zeros when none was."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[Choice]
    usage: Usage
    metadata: dict[str, str]
    """session_id, turn_id, model_version; operation_id of a proposal; without_effect."""


class Model(BaseModel):
    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 1_795_219_200
    """21 November 2026, when this door was first opened."""
    owned_by: str = "tellergraph"


class Models(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]
