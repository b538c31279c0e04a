"""The key ring that the settings describe: the key service, then the keys of the environment, those of a file, and what
follows from the server's secret key. The first of them that is set wraps; all unwrap."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psycopg

from core.errors import ConfigurationError
from core.security.encryption.data_keys import DATA_KEYS
from core.security.encryption.errors import KeyServiceGone
from core.security.encryption.masters import KeyRing, LocalMasters, MasterKeys, derived_masters, read_masters
from core.security.encryption.vault import VaultTransit, master_prefix
from core.security.outgoing import guarded_session
from core.settings import Settings


@asynccontextmanager
async def open_key_ring(settings: Settings, secret_key: bytes) -> AsyncGenerator[KeyRing]:
    """Asks nobody: a key service that is away is noticed when a key is needed.

    Raises:
        ConfigurationError: a key that is set is none, or two go by one name.
    """
    local = local_masters(settings, secret_key)
    if settings.kms_url is None:
        yield KeyRing([local])
        return
    async with guarded_session(settings.outgoing_networks) as client:
        yield KeyRing([_vault(settings, settings.kms_url, client), local])


def local_masters(settings: Settings, secret_key: bytes) -> MasterKeys:
    """Of this machine: environment, file, secret key, in this order."""
    keys: dict[str, bytes] = {}
    if settings.master_keys is not None:
        keys |= read_masters(settings.master_keys.get_secret_value(), "TELLERGRAPH_MASTER_KEYS")
    if settings.master_key_file is not None:
        of_file = read_masters(_text(settings.master_key_file), "TELLERGRAPH_MASTER_KEY_FILE")
        if any(keys.get(name, key) != key for name, key in of_file.items()):
            raise ConfigurationError("TELLERGRAPH_MASTER_KEY_FILE: a name stands for another key in the environment.")
        keys = {**keys, **of_file}
    old = [key.get_secret_value().encode() for key in settings.old_secret_keys]
    return LocalMasters({**keys, **derived_masters([secret_key, *old])})


def require_known_masters(settings: Settings, secret_key: bytes, owner_url: str) -> None:
    """Refuses a start without a master key that customers' keys are wrapped with. Asks no key service.

    Raises:
        ConfigurationError: with its name.
    """
    local = local_masters(settings, secret_key)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        in_use = [row[0] for row in owner.execute(DATA_KEYS["count_by_master"])]
    for master_id in in_use:
        is_of_service = settings.kms_url is not None and master_id.startswith(master_prefix(settings.kms_key))
        if not is_of_service and not local.owns(master_id):
            raise ConfigurationError(
                f"The master key {master_id} is not set, and customers' keys are wrapped with it. Set it again beside "
                f"the present one and run 'tellergraph db rotate-keys'; docs/encryption.md, 'A key is missing'."
            )


def _vault(settings: Settings, url: str, client: aiohttp.ClientSession) -> VaultTransit:
    def token() -> str:
        if settings.kms_token_file is not None:
            try:
                return settings.kms_token_file.read_text().strip()
            except OSError as error:
                raise KeyServiceGone(
                    f"TELLERGRAPH_KMS_TOKEN_FILE {settings.kms_token_file}: {error.strerror}."
                ) from error
        return settings.kms_token.get_secret_value() if settings.kms_token else ""

    return VaultTransit(client, url, settings.kms_key, token)


def _text(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"TELLERGRAPH_MASTER_KEY_FILE {path}: others may read it. Run: chmod 600 {path}")
        return path.read_text()
    except OSError as error:
        raise ConfigurationError(f"TELLERGRAPH_MASTER_KEY_FILE {path}: {error.strerror}.") from error
