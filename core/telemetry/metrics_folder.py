"""Where the processes of one server count together: a folder in the data directory for each ``tellergraph serve`` with
workers, empty at its start and gone at its end. Who made one keeps it locked; the kernel lets go of the lock with the
process, so that the next start finds and deletes what a killed one left.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from core.telemetry.metrics_page import SHARED

_LOCK = "lock"


@contextmanager
def counting_together(data_dir: Path) -> Generator[Path]:
    """Processes that are started meanwhile count in the folder, through their environment; this one does not. Where the
    operator has set ``PROMETHEUS_MULTIPROC_DIR``, that folder is used, and left as it is."""
    if given := os.environ.get(SHARED):
        Path(given).mkdir(parents=True, exist_ok=True)
        yield Path(given)
        return
    root = data_dir / "metrics"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(root)
    folder = Path(mkdtemp(dir=root))
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ[SHARED] = str(folder.absolute())
        yield folder
    finally:
        del os.environ[SHARED]
        rmtree(folder, ignore_errors=True)
        os.close(lock)


def _sweep(root: Path) -> None:
    for folder in root.iterdir():
        # One without a lock is just being made by somebody else.
        with suppress(FileNotFoundError, BlockingIOError), (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            rmtree(folder, ignore_errors=True)
