"""Server processes that are nobody's child, so that they outlive whoever started them.

A process is recognised by its command line and its user, never by a pid file: pids are reused, files stay behind. A
dead process that nobody has reaped has no command line, so it is not taken for alive. Linux only (/proc, pidfd).
"""

import os
import pwd
import select
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypedDict, cast

Matcher = Callable[[Sequence[str]], bool]
"""Tells from the argument vector whether a process is the one."""


class ServerProcess:
    """A handle that stays true when the pid is given to somebody else. Close it, or use it in ``with``."""

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError when the process is gone already."""
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    @classmethod
    def gone(cls, pid: int) -> Self:
        """The handle of one that has ended and been reaped before we could take hold of it."""
        handle = cls.__new__(cls)
        handle.pid = pid
        # The end of a pipe that nobody writes to polls as an exited process does.
        handle._fd, writer = os.pipe()
        os.close(writer)
        return handle

    def fileno(self) -> int:
        """Readable once the process has exited, reaped or not."""
        return self._fd

    def exited(self, timeout: float = 0.0) -> bool:
        """Whether it has ended, waiting for that up to ``timeout`` seconds."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(timeout * 1000))

    def send(self, number: signal.Signals) -> None:
        if not self.exited():
            signal.pidfd_send_signal(self._fd, number)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def list_processes(matches: Matcher, uid: int) -> list[ServerProcess]:
    """Every living process of that user whose command line matches."""
    return list(_matching(matches, uid))


def find_process(matches: Matcher, uid: int) -> ServerProcess | None:
    return next(_matching(matches, uid), None)


def spawn_detached(command: Sequence[str], log: Path, uid: int) -> ServerProcess:
    """Starts a server in a session of its own, where the terminal's Ctrl-C does not reach it. It may have ended by the
    time we return: its output, appended to ``log``, says why.

    A shell starts it and leaves, so the server is init's child and never our zombie. The shell stays until we have the
    handle: so long the pid is its child's, unless that has died and some shells reap at once.
    """
    with subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", '"$@" >>"$0" 2>&1 & echo $!; read -r _', str(log), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd=log.parent,
        **become(uid),
    ) as shell:
        pid = int(cast(IO[bytes], shell.stdout).readline())
        try:
            return ServerProcess(pid)
        except ProcessLookupError:
            return ServerProcess.gone(pid)


class RunAs(TypedDict, total=False):
    """Arguments of ``subprocess``."""

    user: int
    group: int
    extra_groups: list[int]


def become(uid: int) -> RunAs:
    """Runs the child as another user; nothing when we are that user."""
    return {} if uid == os.geteuid() else {"user": uid, "group": uid_group(uid), "extra_groups": []}


def uid_group(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid


def _matching(matches: Matcher, uid: int) -> Iterator[ServerProcess]:
    for pid in [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]:
        if not _is_match(pid, matches, uid):
            continue
        try:
            process = ServerProcess(pid)
        except ProcessLookupError:
            continue
        # Between the look and the handle the pid may have changed hands.
        if _is_match(pid, matches, uid):
            yield process
        else:
            process.close()


def _is_match(pid: int, matches: Matcher, uid: int) -> bool:
    try:
        directory = Path(f"/proc/{pid}")
        if directory.stat().st_uid != uid:
            return False
        arguments = (directory / "cmdline").read_bytes()
    except OSError:
        return False
    return bool(arguments) and matches(os.fsdecode(arguments).split("\0"))
