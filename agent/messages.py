"""The small records that a turn is made of: what was said, called, returned and found."""

from typing import Any, Literal, TypedDict

PROMPT_VERSIONS = "prompt_versions"
"""Where the instructions that a model is given carry the versions of their templates, in their additional_kwargs."""


class Message(TypedDict):
    role: Literal["user", "assistant"]
    content: str


class ToolCall(TypedDict):
    id: str
    name: str
    arguments: dict[str, Any]


class ToolReturn(TypedDict):
    round: int
    """Of the model's answers in this turn, from 1, the one that called."""
    id: str
    name: str
    arguments: dict[str, Any]
    content: str
    """The result as JSON, or the error text."""
    ok: bool


class Evidence(TypedDict):
    """A passage that the answer may use."""

    document_id: str
    title: str
    heading: str
    url: str
    text: str
    score: float
    """What it was ranked by (knowledge/retrieve.py)."""
