"""Ed25519 keys (RFC 8032) as PEM files. The private one signs adapters and which is served; it never lies in the
registry."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from agent.models.registry_file import Adapter, RegistryFile
from core.errors import InvalidInput


def make_key(path: Path) -> Path:
    """Writes a new private key to ``path``, readable by its owner only, and the public one beside it, as ``.pub``.

    Returns the public one's path.

    Raises:
        InvalidInput: one of the files is there already.
    """
    key, public = Ed25519PrivateKey.generate(), path.with_name(f"{path.name}.pub")
    private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for file in (path, public):
        if file.exists():
            raise InvalidInput(f"{file} is there already: a key is never replaced.")
    path.parent.mkdir(parents=True, exist_ok=True)
    for file, pem, mode in ((path, private_pem, 0o600), (public, public_pem, 0o644)):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(pem)
    return public


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Raises InvalidInput for a file that is missing, encrypted or another kind of key."""
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"{path} is no private key: give a PEM of Ed25519 without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"{path} is a key of another kind: Ed25519 is needed.")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Raises InvalidInput for a file that is missing or another kind of key."""
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"{path} is no public key: give a PEM of Ed25519.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(f"{path} is a key of another kind: Ed25519 is needed.")
    return key


def sign_adapter(name: str, adapter: Adapter, key: Ed25519PrivateKey) -> Adapter:
    return adapter.model_copy(update={"signature": key.sign(adapter.signed_bytes(name)).hex()})


def sign_choice(registry: RegistryFile, key: Ed25519PrivateKey) -> RegistryFile:
    return registry.model_copy(update={"served_signature": key.sign(registry.served_bytes()).hex()})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
