"""One answer of a local model, from a chat to words and tool calls. Only the worker imports this."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from json import dumps
from math import exp
from typing import Any

from tokenizers.decoders import DecodeStream

from agent.models.local.decoding import Memory, decode
from agent.models.local.prompting import Prompter
from agent.models.local.tool_calls import Call, ToolCallParser
from agent.models.local.weights import Weights
from core.pipes import Message

_SHORTEST = 16
"""Tokens that must be left for the answer when the prompt has been read."""
_ENDS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end|>")
"""Of a turn, in the usual templates."""


@dataclass
class Answering:
    weights: Weights
    prompter: Prompter
    tokenizer: Any
    _memories: dict[str | None, Memory] = field(default_factory=dict[str | None, Memory])

    def __post_init__(self) -> None:
        known = self.tokenizer.get_added_vocab()
        # Of a base that was not trained to chat itself, the config names the end of a document only.
        self._ends = self.weights.ends | {self.tokenizer.eos_token_id} | {known[end] for end in _ENDS if end in known}

    def describe(self) -> Message:
        return {
            "has_tools": self.prompter.has_tools,
            "device": self.weights.device.type,
            "four_bit": self.weights.is_four_bit,
            "longest": self.weights.longest,
        }

    def drop(self, key: str) -> None:
        self.weights.drop(key)
        self._memories.pop(key, None)

    def forget(self) -> None:
        """Frees what was kept of earlier prompts."""
        self._memories.clear()

    def answer(self, request: Message, say: Callable[[Message], None], is_wanted: Callable[[], bool]) -> Message:
        """Says the parts as they come; returns how it ended.

        Raises:
            ValueError: the chat cannot be put before this model.
            BadCall: the model's tool call cannot be taken.
        """
        prompt = self.prompter.encode(request["messages"], request["tools"])
        most = min(request["most"], self.weights.longest - len(prompt))
        if most < _SHORTEST:
            raise ValueError(f"the prompt has {len(prompt)} tokens, and the model takes {self.weights.longest}")
        parser = ToolCallParser(offers_tools=bool(request["tools"]), in_thought=self.prompter.begins_thought)
        speech = _Speech(say, parser)
        memory = self._memories.setdefault(request["key"], Memory())
        words, output, reason = DecodeStream(skip_special_tokens=False), 0, "length"
        log_probability = 0.0
        model = self.weights.use(request["key"])
        for token, likelihood in decode(model, prompt, memory, most=most, is_wanted=is_wanted):
            output += 1
            log_probability += likelihood
            if token in self._ends:
                reason = "stop"
                break
            if piece := words.step(self.tokenizer.backend_tokenizer, token):
                speech.add(speech.parser.push(piece))
        if not is_wanted():
            reason = "cancelled"
        elif reason == "stop":
            speech.add(speech.parser.finish())
            reason = "tool_calls" if speech.calls else "stop"
        return {"reason": reason, "input": len(prompt), "output": output, "probability": exp(log_probability)}


@dataclass
class _Speech:
    say: Callable[[Message], None]
    parser: ToolCallParser
    calls: int = 0

    def add(self, parts: Iterable[str | Call]) -> None:
        for part in parts:
            if isinstance(part, str):
                self.say({"kind": "text", "text": part})
            else:
                about = {"index": self.calls, "name": part.name, "arguments": dumps(part.arguments)}
                self.say({"kind": "call"} | about)
                self.calls += 1
