"""Whether a password is known from a breach: looked up in a local file of SHA-1 hashes in ascending order, as the
downloader of Have I Been Pwned writes it (``HASH:COUNT``, or ``HASH`` alone, one a line). The file may have tens of
gigabytes: a binary search reads some forty places of it and keeps nothing. No password leaves the machine.

A short list of what people choose most among passwords of ten characters and more is always asked too.
"""

import hashlib
import os
from functools import cache
from io import BufferedReader
from pathlib import Path

from core.errors import ConfigurationError

_COMMON = Path(__file__).with_name("common_passwords.txt")
_LONGEST_LINE = 128
"""Bytes; a line has 40 digits, a colon and a count."""


class BreachedPasswords:
    """The shipped list, and the bank's file where there is one."""

    def __init__(self, path: Path | None = None) -> None:
        """
        Raises:
            ConfigurationError: the file cannot be read, or is no such list.
        """
        self._path = path
        if path is not None:
            _require_hashes(path)

    def has(self, password: str) -> bool:
        """Reads the file: to be called in a thread."""
        return password.casefold() in _common() or (self._path is not None and self._stands_in(self._path, password))

    def _stands_in(self, path: Path, password: str) -> bool:
        # The list's own form, not a choice of a hash to rely on.
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        with path.open("rb") as file:
            low, high = 0, file.seek(0, os.SEEK_END)
            while low < high:
                middle = (low + high) // 2
                start = _line_start(file, middle)
                file.seek(start)
                line = file.readline(_LONGEST_LINE)
                found = line[:40].upper()
                if found == wanted:
                    return True
                if found < wanted:
                    low = start + len(line)
                else:
                    high = start
        return False


def _line_start(file: BufferedReader, position: int) -> int:
    """Where the line begins that has the byte at ``position``."""
    begin = max(0, position - _LONGEST_LINE)
    file.seek(begin)
    before = file.read(position - begin)
    return begin + before.rfind(b"\n") + 1


def _require_hashes(path: Path) -> None:
    try:
        with path.open("rb") as file:
            first = file.readline(_LONGEST_LINE)
    except OSError as error:
        raise ConfigurationError(f"The list of breached passwords {path}: {error.strerror}.") from error
    try:
        is_hash = len(bytes.fromhex(first[:40].decode("ascii"))) == hashlib.sha1(usedforsecurity=False).digest_size
    except ValueError:
        is_hash = False
    if not is_hash or first[40:41] not in {b":", b"\r", b"\n", b""}:
        raise ConfigurationError(
            f"The list of breached passwords {path} is none: each line has a SHA-1 hash of 40 hexadecimal digits, in "
            "ascending order, as the Have I Been Pwned downloader writes it."
        )


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())
