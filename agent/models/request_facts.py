"""What is told of a request to a model to those who watch (core/telemetry/observing.py)."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import orjson
from langchain_core.messages import BaseMessage, SystemMessage

from agent.messages import PROMPT_VERSIONS
from agent.models.attempt import Ask
from agent.models.link import Link
from agent.models.reply import Reply
from core.telemetry.observing import Fact

_REMEMBERED = 64
"""Instructions: the same ones are given in all turns of a day."""


def facts_of_request(link: Link, ask: Ask) -> Mapping[str, Fact]:
    return {
        "model": link.name,
        "data_class": link.data_class,
        "messages": len(ask.messages),
        "tools": len(ask.tools),
        "prompt": _versions(ask.messages),
        "prompt_digest": lambda: _digest(ask.messages),
        "input_text": lambda: _shown(ask.messages),
    }


def facts_of_reply(reply: Reply) -> Mapping[str, Fact]:
    """``cost_microdollars`` only where the price is known."""
    return {
        "outcome": "answered",
        "answered_by": reply.model,
        "calls": len(reply.calls),
        **reply.usage,
        "output_text": reply.text,
    }


def _versions(messages: list[BaseMessage]) -> str | None:
    """Of the templates: ``operation 1, policy 1, system 2``; None where the request was not made from them."""
    return cast(dict[str, Any], messages[0].additional_kwargs).get(PROMPT_VERSIONS) if messages else None


def _digest(messages: list[BaseMessage]) -> str | None:
    """SHA-256 of the instructions, in which nothing of the customer's stands."""
    system = [str(message.text) for message in messages if isinstance(message, SystemMessage)]
    return _hash("\x1f".join(system)) if system else None


@lru_cache(_REMEMBERED)
def _hash(instructions: str) -> str:
    return hashlib.sha256(instructions.encode()).hexdigest()


def _shown(messages: list[BaseMessage]) -> str:
    """The conversation as JSON."""
    return orjson.dumps([{"role": message.type, "content": str(message.text)} for message in messages]).decode()
