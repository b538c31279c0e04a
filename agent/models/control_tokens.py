"""Words that a chat template gives a meaning: a text that holds one could speak as the system, or end its own message.

Servers such as vLLM and Ollama put a conversation into a template and then read control tokens wherever they stand.
"""

import re
from typing import Any, cast

_TOKEN = re.compile(
    # ChatML, Llama 3, Phi, Qwen; DeepSeek writes them with full-width bars.
    r"<[|\uff5c][^<>|\uff5c\n]{1,60}[|\uff5c]>"
    # Llama 2 and Mistral.
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS|THINK|IMG|PREFIX|MIDDLE|SUFFIX)\]"
    r"|<</?SYS>>"
    # Sentence marks, Gemma, and the tags in which models think and call tools.
    r"|</?(?:s|bos|eos|unk|pad|mask|start_of_turn|end_of_turn|start_of_image|tool_call|tool_response|tools|think)>",
    re.IGNORECASE,
)


def find_control_tokens(text: str) -> set[str]:
    return {token[0] for token in _TOKEN.finditer(text)}


def defuse(text: str) -> str:
    """The text with a space in each control token, so that a tokenizer reads it as words."""
    return _TOKEN.sub(lambda token: f"{token[0][0]} {token[0][1:]}", text)


def defuse_all(value: Any) -> Any:
    """Every text within a JSON value, names of fields too."""
    if isinstance(value, str):
        return defuse(value)
    if isinstance(value, list):
        return [defuse_all(item) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        return {defuse(name): defuse_all(item) for name, item in cast(dict[str, Any], value).items()}
    return value
