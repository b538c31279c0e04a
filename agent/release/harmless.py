"""Takes the edge off Markdown that a customer, a model or stored text brought along: HTML, pictures, and links that
lead anywhere but to the bank's pages or where a shown article leads. They stay readable and do nothing.

It escapes by backslash (CommonMark 2.4), which the widget and the clients of the OpenAI door understand alike, and what
is escaped already stays as it is: to do it twice is to do it once.
"""

import re
from collections.abc import Iterable

OWN_PAGES = "/help/"
_LONGEST_WORD = 4_000
"""Characters that wait for the end of a word."""
_REST = r"[^\s<>()\[\]\"'\\]*"
_RISKS = re.compile(
    rf"""
    (?P<escapes>\\*)
    (?:(?P<tag><(?=[A-Za-z/!?]))
    |(?P<picture>!(?=\[))
    |(?P<link>\]\((?=(?P<target>[^\s()<>\[\]]*)))
    |(?P<definition>\](?=:))
    |(?P<address>(?:https?|ftp)(?=(?P<rest>://{_REST})))
    |(?P<host>(?<![\w/.-])www(?=\.)))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LINKS = re.compile(rf"(?:https?|ftp)://{_REST}", re.IGNORECASE)
_UNDECIDED = re.compile(r"(?:[\[\]<!\\(]\S*|(?:ht{0,2}|https?|ft?|ftp)(?::\S*)?|w{1,3}(?:\.\S*)?)\Z", re.IGNORECASE)
"""What may become a risk when the word goes on."""
_IN_WORD = re.compile(r"[\w/.-]")


class Disarmed:
    """A text that comes in pieces. ``push`` and ``finish`` return what may go out; a word that may
    become a risk waits for its end."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(allowed)
        self._held = ""
        self._in_word = " "
        """In place of what went out last: whether it was part of a word."""

    def push(self, text: str) -> str:
        text = self._held + text
        end = _UNDECIDED.search(text)
        place = end.start() if end and len(text) - end.start() < _LONGEST_WORD else len(text)
        self._held = text[place:]
        return self._out(text[:place])

    def finish(self) -> str:
        text, self._held = self._held, ""
        return self._out(text)

    def _out(self, text: str) -> str:
        before = self._in_word
        self._in_word = "." if text and _IN_WORD.match(text[-1]) else self._in_word if not text else " "
        return disarm(before + text, self._allowed)[1:]


def disarm(text: str, allowed: Iterable[str] = ()) -> str:
    """Args:
    allowed: addresses that may be links, to the letter.
    """
    known = frozenset(allowed)

    def escape(found: re.Match[str]) -> str:
        before, what = found["escapes"], found[0][len(found["escapes"]) :]
        if len(before) % 2 == 1 and not found["link"] and not found["address"]:
            return found[0]
        if found["link"]:
            return found[0] if _is_harmless(found["target"], known) else f"{before}]\\("
        if address := found["address"]:
            return found[0] if _trimmed(address + found["rest"]) in known else f"{before}{address}\\"
        if found["host"]:
            return f"{before}{what}\\"
        return f"{before}]\\" if found["definition"] else f"{before}\\{what}"

    return _RISKS.sub(escape, text)


def links_in(text: str) -> frozenset[str]:
    """The addresses of a text that are not escaped."""
    return frozenset(map(_trimmed, _LINKS.findall(text)))


def _is_harmless(target: str, allowed: frozenset[str]) -> bool:
    own = target.startswith(OWN_PAGES) and ".." not in target and "\\" not in target
    return own or _trimmed(target) in allowed


def _trimmed(address: str) -> str:
    return address.rstrip(".,;:!?*_")
