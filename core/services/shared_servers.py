"""Embedded servers for as long as somebody uses them: the first starts them, the last stops them."""

import signal
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from core.services.embedded import EmbeddedServer, await_ready, find_or_launch
from core.services.processes import ServerProcess
from core.services.sharing import Holder, starting_or_stopping
from core.services.supervisor import Supervisor


@contextmanager
def shared_servers(data_dir: Path, servers: Sequence[EmbeddedServer]) -> Generator[None]:
    """Starts or joins them, watches them, and stops them if nobody else is left at the end.

    SIGTERM ends the program as Ctrl-C does, through every ``finally``, unless somebody handles it already.
    """
    with _sigterm_as_exit(), ExitStack() as stack:
        with starting_or_stopping(data_dir):
            holder = Holder(data_dir)
            stack.callback(_leave, data_dir, servers, holder)
            processes = _start(servers)
        stack.enter_context(Supervisor(data_dir, list(zip(servers, processes, strict=True))))
        yield


def _start(servers: Sequence[EmbeddedServer]) -> list[ServerProcess]:
    """All at once: each is launched before the first is waited for."""
    launched = [find_or_launch(server) for server in servers]
    return [await_ready(server, process) for server, process in zip(servers, launched, strict=True)]


def _leave(data_dir: Path, servers: Sequence[EmbeddedServer], holder: Holder) -> None:
    with _undisturbed(), starting_or_stopping(data_dir):
        if not holder.leave():
            return
        for server in servers:
            process = server.find()
            if process is not None:
                with process:
                    server.stop(process)


@contextmanager
def _undisturbed() -> Generator[None]:
    """A second Ctrl-C does not leave half the servers running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _sigterm_as_exit() -> Generator[None]:
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise SystemExit(128 + number)
