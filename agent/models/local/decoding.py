"""Token by token, so that whoever has gone away is noticed at once. Only the worker imports this.

Our own loop rather than ``generate``: that cannot be stopped while it reads the prompt, which on a CPU may take longer
than the answer, and does not keep what it has read. Always the likeliest token: a bank's answer is no lottery.
"""

# torch and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

_READ_AT_ONCE = 256
"""Tokens of the prompt between two looks whether somebody still wants the answer."""


@dataclass
class Memory:
    """What a model has read last, kept so that the next prompt is read only from where it differs: the instructions and
    the tools are the same for all customers."""

    tokens: list[int] = field(default_factory=list[int])
    cache: DynamicCache | None = None

    def take(self, model: Any, prompt: Sequence[int]) -> DynamicCache:
        """A cache that holds a beginning of the prompt, never all of it: what follows its last token is wanted."""
        cache, known, self.cache = self.cache, self.tokens, None
        if cache is None or not all(type(layer) is DynamicLayer for layer in cache.layers):
            return DynamicCache(config=model.config)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(known, prompt[:-1], strict=False)))
        cache.crop(shared - cache.get_seq_length())
        return cache

    def keep(self, tokens: Sequence[int], cache: DynamicCache) -> None:
        """Args: tokens: at least those that the cache holds."""
        self.tokens, self.cache = list(tokens[: cache.get_seq_length()]), cache


class Said(NamedTuple):
    token: int
    log_probability: float
    """That the model gave it, natural logarithm."""


@torch.inference_mode()
def decode(
    model: Any, prompt: Sequence[int], memory: Memory, *, most: int, is_wanted: Callable[[], bool]
) -> Iterator[Said]:
    """The tokens of the answer, at most ``most``, until the caller stops; none any more when it is not wanted."""
    cache = memory.take(model, prompt)
    said = list(prompt)
    try:
        while len(said) < len(prompt) + most:
            if not is_wanted():
                return
            read = cache.get_seq_length()
            logits = _read(model, said[read : read + _READ_AT_ONCE], cache)
            if cache.get_seq_length() == len(said):
                likeliest = logits[0, -1].float().log_softmax(-1).max(-1)
                said.append(int(likeliest.indices))
                yield Said(said[-1], float(likeliest.values))
    finally:
        memory.keep(said, cache)


def _read(model: Any, tokens: list[int], cache: DynamicCache) -> torch.Tensor:
    """Puts the tokens into the cache; gives the logits after the last one."""
    ids = torch.tensor([tokens], device=model.device)
    return model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
