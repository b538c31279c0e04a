"""Parses in a process of its own, which has only so much time and memory: a file may be made to use up either.

The process sees nothing of our environment and may not write a file. It parses one document after another, and is
started again after one that ended it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any, cast

import orjson

from knowledge.article import Article, ArticleError, FrontMatter
from knowledge.corpus import UNSTATED, Defaults
from knowledge.flags import Flag

MEMORY = 2**30
"""Bytes of address space; about five times what the largest manuals take."""

_ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "LD_LIBRARY_PATH")


class ParsingProcess:
    """Of one thread. Nothing is started before the first document comes."""

    def __init__(self, patience: timedelta, memory: int = MEMORY) -> None:
        """Args:
        patience: for one document, from 1 s.
        memory: bytes of address space.
        """
        self._seconds = max(1, round(patience.total_seconds()))
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ParsingProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def kill(self) -> None:
        """Ends it, whatever it does. From any thread; who waits for a document gets an ArticleError."""
        if (process := self._process) is not None:
            process.kill()

    def parse(
        self,
        content: bytes,
        name: str,
        suffix: str,
        defaults: Defaults = UNSTATED,
        *,
        stated: Mapping[str, Any] = MappingProxyType({}),
        flags: tuple[Flag, ...] = (),
    ) -> Article:
        """As ``knowledge.corpus.parse_content``.

        Raises:
            ArticleError: also where it takes too much time or memory.
        """
        about = {
            "name": name,
            "suffix": suffix,
            "defaults": asdict(defaults),
            "stated": dict(stated),
            "flags": [asdict(flag) for flag in flags],
            "size": len(content),
        }
        answer = self._ask(orjson.dumps(about, default=str) + b"\n" + content)
        if answer is None and self._end() == -signal.SIGALRM:
            raise ArticleError(
                f"{name}: reading it takes longer than {self._seconds} seconds. Split it, or save it in a simpler form."
            )
        if answer is None:
            raise ArticleError(f"{name}: it ends the program that reads it. Save it anew, or in another form.")
        if "error" in answer:
            raise ArticleError(str(answer["error"]))
        found = tuple(Flag(**flag) for flag in answer["flags"])
        return Article(FrontMatter.model_validate(answer["about"]), answer["body"], found)

    def _ask(self, question: bytes) -> dict[str, Any] | None:
        """None: the process has ended over it."""
        if self._process is None:
            self._process = self._start()
        # Both are pipes.
        to, back = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            to.write(question)
            to.flush()
        except BrokenPipeError:
            return None
        answer = back.readline()
        return cast("dict[str, Any]", orjson.loads(answer)) if answer.endswith(b"\n") else None

    def _start(self) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "knowledge.parsers.apart_child", str(self._seconds), str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
            # Ctrl-C in the terminal is for us, who end it.
            start_new_session=True,
        )

    def _end(self) -> int:
        """Its exit status; negative: the signal that ended it. The next document gets another one."""
        process, self._process = self._process, None
        if process is None:
            return 0
        # Closing its standard input would write the rest of a document that it did not read.
        with suppress(BrokenPipeError), process:
            process.kill()
        return process.returncode
