"""A process of ours beside this one, and the lines of JSON that both sides write to each other.

LightRAG and the local model get processes of their own: an import alone would hold the server's loop for a second, a
question for tens of milliseconds and more. What a child needs it is told; of our environment it sees almost nothing. It
ends when its parent does, however that ends: its standard input ends then.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from core.errors import Unavailable

Message = dict[str, Any]

_LONGEST = 64 * 2**20
"""Bytes of a line."""
_PATIENCE = 2.0
"""Seconds that a child has to end by itself."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR")
_ROOT = Path(__file__).parents[1]


class Child:
    """The parent's side."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, environment: Mapping[str, str]) -> "Child":
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            stdin=PIPE,
            stdout=PIPE,
            env=kept | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1"} | dict(environment),
            limit=_LONGEST,
            # Ctrl-C in the terminal is for the server, which ends its children itself.
            start_new_session=True,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: Message) -> None:
        """Raises Unavailable: it has ended."""
        if self._process.stdin is None or self._process.stdin.is_closing() or self._process.returncode is not None:
            raise Unavailable("The process has ended.")
        self._process.stdin.write(orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")

    async def receive(self) -> Message:
        """Raises Unavailable: it has ended."""
        line = await self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise Unavailable("The process has ended.")
        return orjson.loads(line)

    async def stop(self) -> None:
        """Lets it end by itself, for a while."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class Parent:
    """The child's side."""

    def __init__(self, reader: asyncio.StreamReader, output: int) -> None:
        self._reader = reader
        self._output = output

    def send(self, message: Message) -> None:
        line = orjson.dumps(message) + b"\n"
        while line:
            line = line[os.write(self._output, line) :]

    async def receive(self) -> Message | None:
        """None: the parent has ended, or wants this process to end."""
        line = await self._reader.readline()
        return orjson.loads(line) if line.endswith(b"\n") else None


@asynccontextmanager
async def connected_parent() -> AsyncGenerator[Parent]:
    """For a child's ``main``. Standard output is the parent's: what libraries print there
    goes to standard error."""
    output = os.dup(1)
    os.dup2(2, 1)
    reader = asyncio.StreamReader(limit=_LONGEST)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        yield Parent(reader, output)
    finally:
        transport.close()


class EmptyDirectory(TemporaryDirectory[str]):
    """Where a child stands: LightRAG reads ``.env`` and ``config.ini`` of the current directory."""

    def __enter__(self) -> str:
        directory = super().__enter__()
        os.chdir(directory)
        return directory
