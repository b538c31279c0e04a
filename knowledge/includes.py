"""Text that a Markdown or text file takes from another one of its folder, by a line of its own:

    {{#include shared/contact.md}}

The forms of other tools are understood as well. Nothing outside the folder is read, and nothing includes itself.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.article import MAX_TEXT, ArticleError, split_front_matter
from knowledge.parsers.decoding import decode_text

INCLUDING = frozenset({".md", ".markdown", ".txt"})
"""Suffixes of files that may include, and be included."""

_DEEPEST = 20
_DIRECTIVE = re.compile(
    r"""^[ \t]*(?:\{\{[ ]*\#?include[ ]+(?P<mdbook>[^}]+?)[ ]*\}\}
               | \{%[ ]*include[ ]+(?P<jekyll>[^%]+?)[ ]*%\}
               | !include[ ]+(?P<plain>\S.*?)
               | --8<--[ ]+(?P<mkdocs>\S.*?)
               )[ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Folder:
    """Where included files may lie."""

    root: Path

    def expand(self, path: Path, name: str) -> bytes:
        """The file with all that it includes; as it stands if it includes nothing.

        Raises:
            ArticleError: what is included includes itself, lies elsewhere, is not there or is too long.
        """
        content = path.read_bytes()
        if b"include" not in content and b"--8<--" not in content:
            return content
        text, flags = decode_text(content, name)
        if flags or not _DIRECTIVE.search(text):
            return content
        return self._expand(text, (path.resolve(),), name).encode()

    def _expand(self, text: str, chain: tuple[Path, ...], name: str) -> str:
        expanded = _DIRECTIVE.sub(lambda match: self._include(match, chain, name), text)
        if len(expanded) > MAX_TEXT:
            raise ArticleError(f"{name}: with what it includes it is longer than {MAX_TEXT:,} characters.")
        return expanded

    def _include(self, match: re.Match[str], chain: tuple[Path, ...], name: str) -> str:
        wanted = next(group for group in match.groups() if group).strip("\"'")
        path = self._locate(wanted, chain[-1], name)
        if path in chain or len(chain) > _DEEPEST:
            circle = " -> ".join(step.relative_to(self.root).as_posix() for step in (*chain, path))
            raise ArticleError(f"{name}: it includes itself: {circle}. Take one of these lines out.")
        text, _ = decode_text(path.read_bytes(), name)
        _, body = split_front_matter(text, name)
        return self._expand(body.strip(), (*chain, path), name)

    def _locate(self, wanted: str, including: Path, name: str) -> Path:
        for base in (including.parent, self.root):
            path = (base / wanted).resolve()
            if path.is_relative_to(self.root) and path.is_file() and path.suffix.lower() in INCLUDING:
                return path
        raise ArticleError(f"{name}: it includes {wanted!r}, which is no text file in the folder that is ingested.")


def refuse_includes(content: bytes, name: str) -> None:
    """For a document that comes without a folder. Raises ArticleError."""
    text, _ = decode_text(content, name)
    match = _DIRECTIVE.search(text)
    if match is not None:
        raise ArticleError(f"{name}: it includes another file ({match[0].strip()}). Put the text into this one.")
