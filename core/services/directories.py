"""Where the embedded servers keep their files and sockets, and as whom PostgreSQL runs."""

import hashlib
import os
import pwd
import subprocess
import tempfile
import time
from pathlib import Path

from core.errors import ConfigurationError

SOCKET_PATH_LIMIT = 107
"""Bytes in the path of a Unix socket on Linux (sun_path less its terminator)."""

_SYSTEM_USER = "tellergraph"
"""Runs PostgreSQL, which refuses to be root, when we are root."""


def make_data_directory(path: Path) -> None:
    """Makes it private. Raises ConfigurationError where we may not write."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(path, f"it belongs to {_owner(path)} and we may not write there")


def postgres_user() -> int:
    """The uid that PostgreSQL runs as: ours, or a system user of its own, made if need be, when we are root."""
    if os.geteuid() != 0:
        return os.geteuid()
    deadline = time.monotonic() + 10
    while (uid := _find_uid(_SYSTEM_USER)) is None:
        # Another process may hold the password file's lock, or be making the same user.
        made = _make_system_user()
        if made and time.monotonic() > deadline:
            raise ConfigurationError(
                f"PostgreSQL does not run as root and the user {_SYSTEM_USER} could not be made ({made}). Run as an "
                f"ordinary user, or set TELLERGRAPH_DATABASE_URL."
            )
    return uid


def open_to(path: Path, uid: int) -> None:
    """Lets another user pass through the directories above ``path``, without reading them. Only root calls this."""
    if uid == os.geteuid():
        return
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)


def socket_directory(wanted: Path, socket_name: str, uid: int) -> Path:
    """``wanted``, or a short private directory outside where a socket's path there would be too long."""
    if len(os.fsencode(wanted / socket_name)) <= SOCKET_PATH_LIMIT:
        return wanted
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"tellergraph-{os.geteuid()}"
    _make_private(base, os.geteuid())
    directory = base / hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    _make_private(directory, uid)
    open_to(directory, uid)
    return directory


def _make_private(path: Path, uid: int) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if found.st_uid == os.geteuid() != uid:
        os.chown(path, uid, -1)
    elif found.st_uid != uid:
        # Somebody else made it first, under a name that can be guessed: sockets there would be theirs to open.
        raise ConfigurationError(f"{path} belongs to {_owner(path)}: set XDG_RUNTIME_DIR to a directory of your own.")


def _make_system_user() -> str:
    """Returns what went wrong, or nothing."""
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


def _find_uid(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):
        return "somebody else"


def _unusable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"The data directory {path} cannot be used: {reason}. Set TELLERGRAPH_DATA_DIR.")
