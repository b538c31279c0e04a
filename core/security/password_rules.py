"""What a new password may be (NIST SP 800-63B, 3.1.1.2): 10 to 200 characters, anything in them, but not the name of
the person, of their address or of the bank, no plain sequence, and nothing that is known from a breach. There are no
rules about kinds of characters and no expiry: they make people choose worse ones."""

import asyncio
import re
from collections.abc import Iterable
from itertools import pairwise
from unicodedata import normalize

from core.errors import Refused
from core.security.breached import BreachedPasswords

SHORTEST, LONGEST = 10, 200
"""Characters, once in NFKC."""
_TELLING = 4
"""A shorter name is part of many a good password."""
_FEW_KINDS = 3


async def check_password(password: str, *, about: Iterable[str], breached: BreachedPasswords) -> None:
    """
    Args:
        about: names that anybody who guesses would begin with: the e-mail address, the person, the bank.

    Raises:
        Refused: ``weak_password``, with what is wrong.
    """
    said = normalize("NFKC", password)
    problem = _problem(said, about)
    if problem is None and await asyncio.to_thread(breached.has, said):
        problem = "This password is known from a data breach, or is one that many people choose. Choose another one."
    if problem is not None:
        raise Refused(problem, code="weak_password")


def _problem(password: str, about: Iterable[str]) -> str | None:
    if not SHORTEST <= len(password) <= LONGEST:
        return f"A password has {SHORTEST} to {LONGEST} characters. Three or four words make a good one."
    plain = _letters(password)
    if any(_is_only(plain, name) for name in map(_letters, _names(about))):
        return "The password must not be your name, your e-mail address or the bank's name. Choose another one."
    if len(set(password)) < _FEW_KINDS or _is_sequence(password):
        return "That is too easy to guess: the same characters, or ones in a row. Choose another one."
    return None


def _names(about: Iterable[str]) -> set[str]:
    """Each as it stands, and an address's part before the @."""
    return {name for text in about for name in (text, text.partition("@")[0])}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _is_only(password: str, name: str) -> bool:
    """Whether nothing but a few digits is left of the password without the name."""
    return len(name) >= _TELLING and name in password and not re.sub(r"\d", "", password.replace(name, ""))


def _is_sequence(password: str) -> bool:
    """``1234567890``, ``abcdefghij``, ``zyxwvutsrq``, ``1357913579`` is none."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return steps <= {1, -9} or steps <= {-1, 9}
