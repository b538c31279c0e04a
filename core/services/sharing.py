"""Who uses the embedded servers of a data directory, over all processes.

Every user keeps a shared lock on ``holders.lock``; the kernel drops it with the process, however that ends, so there is
no list of pids that could be wrong. ``servers.lock`` is held by whoever is starting or stopping a server.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def starting_or_stopping(directory: Path) -> Generator[None]:
    """Waits for its turn: nobody else starts or stops servers inside."""
    lock = _open(directory / "servers.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class Holder:
    """One use of the servers. Join and leave inside ``starting_or_stopping``."""

    def __init__(self, directory: Path) -> None:
        self._lock = _open(directory / "holders.lock")
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Whether we were the last."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(self._lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
