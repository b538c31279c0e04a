"""Signed checkpoints: what the heads of the audit chains were, in a file outside the database.

A line is a JSON object, signed with Ed25519 (RFC 8032) over its canonical bytes, and names the SHA-256 of the line
before. Whoever owns the database may write every chain anew; without the key not what was signed, and what was
signed names the last good link of each chain. The file is opened for appending only and written through to the disk.
A line may also say which stretches of the chains were removed after their time (core/audit/removals.py).
"""

import fcntl
import hashlib
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from core.audit.entries import Head
from core.audit.removals import Stretches, is_due
from core.errors import ConfigurationError
from core.settings import Settings

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``digest`` is of its line: the next one names it."""

    number: int
    at: datetime
    entries: int
    heads: Mapping[int, Head]
    previous: str
    digest: str
    removed: Mapping[int, Stretches] = field(default_factory=dict[int, Stretches])
    """By chain."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What a file of checkpoints says, and what is wrong with it."""

    checkpoints: tuple[Checkpoint, ...]
    faults: tuple[str, ...]


def checkpoint_path(settings: Settings) -> Path:
    return settings.audit_checkpoints or settings.data_dir / "audit" / "checkpoints.jsonl"


def get_signing_key(settings: Settings) -> Ed25519PrivateKey:
    """From ``audit_key``, or made once and kept in ``audit/signing.pem`` of the data directory (mode 0600).

    Raises:
        ConfigurationError: the file cannot be read or written, or is no Ed25519 private key in PEM.
    """
    path = settings.audit_key or settings.data_dir / "audit" / "signing.pem"
    try:
        if settings.audit_key is None and not path.exists():
            _make_key(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigurationError(f"The key of the audit log {path}: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} is no private key in PEM without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{path} is no Ed25519 key: make one with 'openssl genpkey -algorithm ed25519'.")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Raises ConfigurationError for what is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read as a public key in PEM.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(f"{path} is no Ed25519 key.")
    return key


def as_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _make_key(path: Path) -> None:
    """A link is refused when the name exists: of two processes at once the first wins and both read its key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            _link(draft, path)
    finally:
        draft.unlink()


def _link(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return


class CheckpointFile:
    """Processes may share the file; each line follows the one before, whoever wrote it."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self._path = path
        self._key = key

    def append(
        self, heads: Sequence[Head], now: datetime, removed: Mapping[int, Stretches] | None = None
    ) -> Checkpoint | None:
        """Signs and writes the heads, and what is about to be removed. None where the heads are what the last line says
        already and nothing is removed.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                return self._write(descriptor, heads, now, removed or {})
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ConfigurationError(f"The checkpoints {self._path}: {error.strerror}.") from error

    def _write(
        self, descriptor: int, heads: Sequence[Head], now: datetime, removed: Mapping[int, Stretches]
    ) -> Checkpoint | None:
        content = self._path.read_bytes()
        last = next((found for line in reversed(content.splitlines()) if (found := _parse(line))), None)
        if not removed and last is not None and dict(last.heads) == {head.chain: head for head in heads}:
            return None
        said: dict[str, Any] = {
            "number": last.number + 1 if last else 1,
            "at": now.isoformat(),
            "entries": sum(head.seq for head in heads),
            "heads": {str(head.chain): [head.seq, head.hash.hex()] for head in heads},
            "previous": last.digest if last else _FIRST,
        }
        if removed:
            said["removed"] = {str(chain): stretches for chain, stretches in sorted(removed.items())}
        line = self._signed(said)
        # What a crash left of a line stays, as a line of its own that says nothing.
        start = b"\n" if content and not content.endswith(b"\n") else b""
        _write_all(descriptor, start + line + b"\n")
        os.fsync(descriptor)
        return _parse(line)

    def _signed(self, said: dict[str, Any]) -> bytes:
        return orjson.dumps(said | {"signature": b64encode(self._key.sign(_canonical(said))).decode()})


def read_journal(path: Path, key: Ed25519PublicKey) -> Journal:
    """Every checkpoint of a file that is signed with the key and follows the one before."""
    if not path.exists():
        return Journal((), ())
    checkpoints: list[Checkpoint] = []
    faults: list[str] = []
    signed_at: dict[tuple[int, int], datetime] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        found = _parse(line)
        if found is None:
            # Torn by a crash, or damaged: then the next one names a line that is not there.
            continue
        fault = _fault(found, line, checkpoints[-1] if checkpoints else None, key)
        if fault is None and not is_due(found.removed, found.at, signed_at):
            fault = "removes entries that had to be kept, or that no checkpoint had signed"
        if fault is None:
            checkpoints.append(found)
            for head in found.heads.values():
                signed_at.setdefault((head.chain, head.seq), found.at)
        else:
            faults.append(f"line {number} of {path.name} {fault}")
    return Journal(tuple(checkpoints), tuple(faults))


def _fault(found: Checkpoint, line: bytes, last: Checkpoint | None, key: Ed25519PublicKey) -> str | None:
    said: dict[str, Any] = orjson.loads(line)
    try:
        key.verify(b64decode(said.pop("signature")), _canonical(said))
    except (InvalidSignature, ValueError):
        return "is not signed with the key of the audit log"
    if found.previous != (last.digest if last else _FIRST) or found.number != (last.number + 1 if last else 1):
        return "does not follow the line before: checkpoints were taken out"
    return None


def _canonical(said: dict[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _parse(line: bytes) -> Checkpoint | None:
    """None for what is no whole checkpoint."""
    try:
        said: dict[str, Any] = orjson.loads(line)
        heads = {
            int(chain): Head(int(chain), seq, bytes.fromhex(digest)) for chain, (seq, digest) in said["heads"].items()
        }
        at = datetime.fromisoformat(said["at"])
        removed = {
            int(chain): tuple((int(first), int(last)) for first, last in stretches)
            for chain, stretches in said.get("removed", {}).items()
        }
        digest = hashlib.sha256(line).hexdigest()
        return Checkpoint(int(said["number"]), at, int(said["entries"]), heads, str(said["previous"]), digest, removed)
    except (orjson.JSONDecodeError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def wanted_links(checkpoints: Iterable[Checkpoint]) -> dict[int, dict[int, bytes]]:
    """The hash that was signed, by chain and place."""
    wanted: dict[int, dict[int, bytes]] = {}
    for checkpoint in checkpoints:
        for head in checkpoint.heads.values():
            wanted.setdefault(head.chain, {})[head.seq] = head.hash
    return wanted
