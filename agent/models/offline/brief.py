"""What the graph tells the offline model beside the text: the understanding of the last message.

It travels in the message's ``additional_kwargs``, which other models' adapters do not send.
"""

from typing import Any, TypedDict, cast

from langchain_core.messages import BaseMessage, HumanMessage

from agent.messages import Evidence

_KEY = "tellergraph"


class Brief(TypedDict):
    said: str
    """What the customer asked."""
    route: str
    intent: str
    tool: str | None
    """The tool to call, with ``slots``."""
    slots: dict[str, Any]
    words: str
    """What to say, where the dialogue manager has decided it."""
    question: str
    """What to ask after the results."""
    passages: list[Evidence]
    marks_from: int
    """The number of the first passage."""
    signed_in: bool
    ended: dict[str, Any] | None


def attach(text: str, brief: Brief) -> HumanMessage:
    return HumanMessage(text, additional_kwargs={_KEY: brief})


def read(messages: list[BaseMessage]) -> Brief:
    """The brief of the last customer message. Raises ValueError for messages that did not come from the graph."""
    for message in reversed(messages):
        extra = cast(dict[str, Any], message.additional_kwargs)
        if isinstance(message, HumanMessage) and _KEY in extra:
            return cast(Brief, extra[_KEY])
    raise ValueError("the offline model answers only messages that the graph prepared")
