"""Processes and data directories of their own, for tests that kill servers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest
from core_servers import Holder, copy_data_dir, list_servers

from core.security.pii.learned import use_tagger
from core.security.pii.learned.tagger import WEIGHTS
from core.services import running_services
from core.settings import Settings

_HOLDER = """
import dataclasses, json, os, signal, sys
import psycopg, redis
from core.security.pii.learned import use_tagger
from core.security.pii.learned.tagger import WEIGHTS
from core.services import running_services
from core.settings import Settings
# What a shell starts in the background ignores SIGINT, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
uid, data_dir = int(sys.argv[1]), sys.argv[2]
settings = Settings(_env_file=None, data_dir=data_dir)
if uid != os.geteuid():
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
with running_services(settings) as services:
    fields = dataclasses.asdict(services) | {"secret_key": services.secret_key.decode()}
    print(json.dumps(fields), flush=True)
    sys.stdin.read()
print("left", flush=True)
"""


StartHolder = Callable[..., Holder]


@pytest.fixture
def start_holder() -> Iterator[StartHolder]:
    started: list[subprocess.Popen[str]] = []

    def start(data_dir: Path, *, uid: int = os.geteuid(), wait: bool = True, **environment: str) -> Holder:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _HOLDER, str(uid), str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        holder = Holder(process)
        if wait:
            holder.wait_ready()
        return holder

    yield start
    for process in started:
        with process:
            process.kill()


@pytest.fixture(scope="session")
def prepared_data_dir() -> Iterator[Path]:
    """Set up once and stopped, to be copied."""
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as directory:
        data_dir = Path(directory) / "prepared"
        with running_services(Settings(_env_file=None, data_dir=data_dir)):
            pass
        yield data_dir


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory with a short path. Whatever server still runs in it at the end is killed."""
    directory = Path(mkdtemp(prefix="tg-", dir="/tmp"))
    directory.chmod(0o711)
    yield directory
    for process in list_servers(directory):
        process.kill()
    shutil.rmtree(directory)


@pytest.fixture
def own_data_dir(place: Path, prepared_data_dir: Path) -> Path:
    return copy_data_dir(prepared_data_dir, place / "d")


@pytest.fixture
def recognizers_alone() -> Iterator[None]:
    """Personal data as the written recognizers find it, without the learned tagger (test_pii_learned.py)."""
    use_tagger(None)
    yield
    use_tagger(WEIGHTS)
