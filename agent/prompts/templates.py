"""Versioned templates: Markdown with ``$values`` under a front matter that says which version it is.

Ours lie in ``shipped/``; a test keeps a changed text from keeping its version. Others may take their place, one by one
(langfuse.py), as long as they take the same values.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

DEFAULT_BANK = "Teller Bank"
DEFAULT_TOKENS = 16_000

_SHIPPED = Path(__file__).parent / "shipped"
_VALUE = re.compile(r"\$\w+")
_FRONT_MATTER = re.compile(r"---\nversion: (\d+)\n---\n(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    name: str
    version: str
    text: str

    @property
    def values(self) -> frozenset[str]:
        """Names of what is put in. Raises ValueError for a ``$`` that is none."""
        template = Template(self.text)
        if not template.is_valid():
            raise ValueError("it has a $ without a name: write $$ for the character")
        return frozenset(template.get_identifiers())

    def render(self, **values: str) -> str:
        """Raises KeyError for a value that is missing."""
        return Template(self.text).substitute(values)


class Prompts:
    """The templates in use: one for each process."""

    def __init__(self, *, bank: str = DEFAULT_BANK, tokens: int = DEFAULT_TOKENS) -> None:
        """Args:
        bank: its name, as the model is told.
        tokens: what a whole prompt may have (budget.py).
        """
        self.bank = bank
        self.tokens = tokens
        self._others: dict[str, Prompt] = {}

    def get(self, name: str) -> Prompt:
        return self._others.get(name) or shipped()[name]

    def replace(self, prompt: Prompt) -> None:
        """Puts it in place of ours. Raises ValueError, with the reason, for one that ours could not be replaced by."""
        wanted, has = shipped()[prompt.name].values, prompt.values
        if has != wanted:
            raise ValueError(f"it takes {_listed(has)}, where {_listed(wanted)} are given")
        self._others[prompt.name] = prompt

    def sentences(self) -> tuple[str, ...]:
        """All that models are instructed with, in pieces between the values that are put in."""
        texts = (self.get(name).text for name in shipped())
        return tuple(piece for text in texts for piece in _VALUE.split(text))

    def restore(self, name: str) -> None:
        """Ours again."""
        self._others.pop(name, None)

    def versions(self, names: Iterable[str]) -> str:
        """Which were used: ``operation 1, policy 2, system 2``."""
        return ", ".join(f"{name} {self.get(name).version}" for name in sorted(names))


def render(name: str, **values: str) -> str:
    """Our template ``name`` with its ``$values``. Raises KeyError for a missing one."""
    return shipped()[name].render(**values)


@cache
def shipped() -> dict[str, Prompt]:
    """Ours, by name."""
    return {path.stem: _parse(path) for path in sorted(_SHIPPED.glob("*.md"))}


def _parse(path: Path) -> Prompt:
    parts = _FRONT_MATTER.fullmatch(path.read_text(encoding="utf-8"))
    if parts is None:
        raise ValueError(f"{path.name} does not begin with its version")
    return Prompt(path.stem, parts[1], parts[2].strip())


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"${value}" for value in sorted(values)) or "nothing"
