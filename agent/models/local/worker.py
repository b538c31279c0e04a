"""The process of a local model: `python -m agent.models.local.worker`, with lines of JSON on its standard input.

It does what it is told in ``kind``, one after the other; ``cancel`` counts at once:

    open {base, four_bit}     -> ready {has_tools, device, four_bit, longest} | refused {reason}
    load {key, folder}        -> loaded {key} | not_loaded {key, reason}
    drop {key}
    generate {id, key | null, messages, tools, most}
                              -> text {id, text} | call {id, index, name, arguments}, any number of them, and then
                                 end {id, reason, input, output, probability} | failed {id, reason}
    cancel {id}

``key`` is an adapter's, null the base alone. ``reason`` of an end is OpenAI's (stop, tool_calls, length), or cancelled.
The process ends when its standard input does.
"""

# torch and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Never

# Of kernels that could be fetched from the network, and the like: nothing for who reads a server's log.
logging.disable(logging.WARNING)

import torch
from transformers import AutoTokenizer

from agent.models.local.answering import Answering
from agent.models.local.prompting import Prompter
from agent.models.local.tool_calls import BadCall
from agent.models.local.weights import HalfLoaded, load_base
from core.logging import configure_logging, get_logger
from core.pipes import Message, connected_parent

_log = get_logger(__name__)

_NO_MEMORY = "it does not fit into the GPU's memory: set TELLERGRAPH_LOCAL_FOUR_BIT=on, or name a smaller model"


class Worker:
    """What happens on the thread that computes."""

    def __init__(self, send: Callable[[Message], None], is_wanted: Callable[[int], bool]) -> None:
        self._send = send
        self._is_wanted = is_wanted
        self._answering: Answering

    def take(self, message: Message) -> None:
        """The edge of the thread: nothing escapes unsaid."""
        try:
            match message["kind"]:
                case "open":
                    self._open(Path(message["base"]), message["four_bit"])
                case "load":
                    self._load(message["key"], Path(message["folder"]))
                case "drop":
                    self._answering.drop(message["key"])
                case _:
                    self._generate(message)
        except Exception:
            # A fault of ours, or a machine that has gone wrong: a new process begins anew.
            _log.exception("local_model_crashed")
            _end(1)

    def _open(self, base: Path, four_bit: Any) -> None:
        try:
            weights = load_base(base, four_bit)
            tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
            self._answering = Answering(weights, Prompter(tokenizer), tokenizer)
        except torch.OutOfMemoryError:
            self._send({"kind": "refused", "reason": _NO_MEMORY})
        # A folder that is no model fails anywhere in the libraries, with any error.
        except Exception as error:
            _log.exception("local_model_not_opened")
            self._send({"kind": "refused", "reason": f"it cannot be loaded: {_first_line(error)}"})
        else:
            self._send({"kind": "ready"} | self._answering.describe())

    def _load(self, key: str, folder: Path) -> None:
        try:
            self._answering.weights.load(key, folder)
        except (ValueError, HalfLoaded) as error:
            self._send({"kind": "not_loaded", "key": key, "reason": _first_line(error)})
            if isinstance(error, HalfLoaded):
                _end(1)
        else:
            self._send({"kind": "loaded", "key": key})

    def _generate(self, message: Message) -> None:
        number = message["id"]

        def say(part: Message) -> None:
            self._send(part | {"id": number})

        try:
            end = self._answering.answer(message, say, lambda: self._is_wanted(number))
        except (ValueError, BadCall) as error:
            say({"kind": "failed", "reason": _first_line(error)})
        except torch.OutOfMemoryError:
            self._answering.forget()
            say({"kind": "failed", "reason": "the GPU's memory is full"})
        else:
            say({"kind": "end"} | end)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300].rstrip(".")


def _end(code: int) -> Never:
    """Without waiting for a computation that nobody wants any more: nothing is kept here."""
    sys.stderr.flush()
    os._exit(code)


async def _serve() -> None:
    configure_logging("ERROR")
    cancelled: set[int] = set()
    async with connected_parent() as parent:
        worker = Worker(parent.send, lambda number: number not in cancelled)
        thread = ThreadPoolExecutor(1, "compute")
        while (message := await parent.receive()) is not None:
            if message["kind"] == "cancel":
                cancelled.add(message["id"])
            else:
                thread.submit(worker.take, message)
        _end(0)


if __name__ == "__main__":
    asyncio.run(_serve())
