"""A chat as the tokens that a model was trained to see, through its tokenizer's own chat template.

What stands in messages and tool results is text, whatever it looks like: a control token in it (``<|im_end|>``) is
encoded letter by letter, so that no customer and no document can end their own turn and speak as somebody else. Where
the template's marks are no tokens of their own but words (TinyLlama's ``<|user|>``), a space is put into them.
"""

# transformers comes with the finetune extra only.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingImports=false

import hashlib
import json
from typing import Any, cast

from jinja2 import TemplateError

from agent.models.control_tokens import defuse, find_control_tokens

Chat = list[dict[str, Any]]

_PROBE_TOOL = "look_up_probe"
_PROBE_RESULT = "probe result 4711"


class Prompter:
    def __init__(self, tokenizer: Any) -> None:
        """Args: tokenizer: a fast one of Transformers, with a chat template.

        Raises:
            jinja2.TemplateError: the template is no template, or cannot render a greeting.
        """
        self._tokenizer = tokenizer
        # Transformers takes special tokens, and what it finds in the template. A template may put tokens together.
        tokenizer.chat_control_tokens = [token for token in tokenizer.get_added_vocab() if not token.isspace()]
        self._word_marks = sorted(find_control_tokens(tokenizer.chat_template) - set(tokenizer.get_added_vocab()))
        self._folds_system = not self._renders([_say("system", "Be brief."), _say("user", "Hello")], [])
        self.has_tools = self._shows_tools()
        self.begins_thought = self._render([_say("user", "Hello")], []).rstrip().endswith("<think>")
        """Whether the answer begins within a thought."""

    def encode(self, chat: Chat, tools: list[dict[str, Any]]) -> list[int]:
        """Raises ValueError for a chat that the template cannot put into words."""
        chat = [message | {"content": self._broken(message["content"])} for message in chat]
        chat = _with_short_ids(_with_system_folded(chat) if self._folds_system else chat)
        try:
            return cast(list[int], self._apply(chat, tools, tokenize=True, sanitize_control_tokens=True))
        except (TemplateError, TypeError, KeyError, IndexError) as error:
            raise ValueError(f"the model's chat template refuses these messages: {error}") from error

    def _broken(self, text: str) -> str:
        for mark in self._word_marks:
            text = text.replace(mark, defuse(mark))
        return text

    def _apply(self, chat: Chat, tools: list[dict[str, Any]], **options: Any) -> Any:
        return self._tokenizer.apply_chat_template(
            chat,
            tools=tools or None,
            add_generation_prompt=True,
            return_dict=False,
            # Qwen 3's: a customer waits for words.
            enable_thinking=False,
            **options,
        )

    def _render(self, chat: Chat, tools: list[dict[str, Any]]) -> str:
        return cast(str, self._apply(chat, tools, tokenize=False))

    def _renders(self, chat: Chat, tools: list[dict[str, Any]], *shown: str) -> bool:
        try:
            text = self._render(chat, tools)
        except (TemplateError, TypeError, KeyError, IndexError):
            return False
        return all(part in text for part in shown)

    def _shows_tools(self) -> bool:
        """Whether the template tells the model which tools there are, and what came of a call."""
        call = {"id": "probe0001", "type": "function", "function": {"name": _PROBE_TOOL, "arguments": {"of": "x"}}}
        chat = [_say("user", "Hello"), _say("assistant", "") | {"tool_calls": [call]}]
        chat.append(_say("tool", _PROBE_RESULT) | {"tool_call_id": "probe0001", "name": _PROBE_TOOL})
        parameters = {"type": "object", "properties": {"of": {"type": "string"}}}
        function = {"name": _PROBE_TOOL, "description": "Looks something up.", "parameters": parameters}
        tools = [{"type": "function", "function": function}]
        return self._renders(chat[:1], tools, _PROBE_TOOL) and self._renders(chat, tools, _PROBE_RESULT)


def _say(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


def _with_system_folded(chat: Chat) -> Chat:
    """The instructions before the customer's first words, for templates that have no system message (Gemma 2)."""
    instructions = "\n\n".join(message["content"] for message in chat if message["role"] == "system")
    rest = [message for message in chat if message["role"] != "system"]
    first = next((n for n, message in enumerate(rest) if message["role"] == "user"), None)
    if first is None or not instructions:
        return rest
    told = rest[first] | {"content": f"{instructions}\n\n{rest[first]['content']}"}
    return [*rest[:first], told, *rest[first + 1 :]]


def _with_short_ids(chat: Chat) -> Chat:
    """Mistral's templates take ids of nine letters and digits only; arguments are an object, not its JSON."""
    return [_short(message) for message in chat]


def _short(message: dict[str, Any]) -> dict[str, Any]:
    changed = dict(message)
    if calls := message.get("tool_calls"):
        changed["tool_calls"] = [
            call
            | {"id": _nine(call["id"])}
            | {"function": call["function"] | {"arguments": _as_object(call["function"]["arguments"])}}
            for call in calls
        ]
    if called := message.get("tool_call_id"):
        changed["tool_call_id"] = _nine(called)
    return changed


def _nine(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:9]


def _as_object(arguments: object) -> object:
    return json.loads(arguments) if isinstance(arguments, str) else arguments
