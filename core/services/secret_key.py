"""The key that signs tokens and derives database passwords."""

import os
import secrets
from pathlib import Path

from core.errors import ConfigurationError
from core.services.directories import make_data_directory
from core.settings import Settings


def get_secret_key(settings: Settings) -> bytes:
    """From the settings, or made once and kept in ``secret.key`` of the data directory (mode 0600).

    Raises:
        ConfigurationError: the file cannot be written, or somebody emptied it.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    make_data_directory(settings.data_dir)
    path = settings.data_dir / "secret.key"
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(f"The secret key {path}: {error.strerror}. Set TELLERGRAPH_SECRET_KEY.") from error
    if len(key) < 32:
        raise ConfigurationError(f"The secret key {path} is damaged: restore it, or delete it to end all sessions.")
    return key


def _make(path: Path) -> None:
    """A link is refused when the name exists, so of two processes at once the first wins and both read its key."""
    draft = path.with_name(f"secret.key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
