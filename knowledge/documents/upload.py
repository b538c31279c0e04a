"""A document that arrives by itself, without a folder, from somebody who may have been sent it by anybody."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from core.errors import InvalidInput
from knowledge.article import Article, ArticleError, FrontMatter
from knowledge.corpus import ParseContent
from knowledge.includes import INCLUDING, refuse_includes
from knowledge.parsers.apart import ParsingProcess
from knowledge.parsers.formats import OTHER_FORMATS, PARSERS

_PATIENCE = timedelta(minutes=1)
"""For reading one document; most take less than a second."""
_AT_ONCE = 2
"""Documents that are read; others wait."""
_LISTS = frozenset({"intents"})


class UploadReader:
    """Reads each document in a process of its own."""

    def __init__(self, patience: timedelta = _PATIENCE) -> None:
        self._patience = patience
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="upload")
        self._processes: set[ParsingProcess] = set()

    async def read(self, content: bytes, name: str, stated: Mapping[str, str]) -> Article:
        """As ``read_upload``."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, content, name, stated)

    def _read(self, content: bytes, name: str, stated: Mapping[str, str]) -> Article:
        with ParsingProcess(self._patience) as process:
            self._processes.add(process)
            try:
                return read_upload(content, name, stated, process.parse)
            finally:
                self._processes.discard(process)

    def close(self) -> None:
        """Ends what is being read."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in tuple(self._processes):
            process.kill()


def read_upload(content: bytes, name: str, stated: Mapping[str, str], parse: ParseContent) -> Article:
    """The article in an uploaded file.

    Args:
        name: the file's, which tells the format.
        stated: fields of the front matter, which count for more than what the file says. Empty ones say nothing.

    Raises:
        InvalidInput: names the file and what to mend.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in PARSERS or suffix == ".jsonl":
        better = OTHER_FORMATS.get(suffix) or "one of " + ", ".join(PARSERS.keys() - {".jsonl"})
        raise InvalidInput(f"{name or 'The file'}: such files cannot be read. Save it as {better}.")
    unknown = stated.keys() - FrontMatter.model_fields.keys()
    if unknown:
        raise InvalidInput(f"There are no fields {', '.join(sorted(unknown))}.")
    if not content:
        raise ArticleError(f"{name}: the file is empty.")
    if suffix in INCLUDING:
        refuse_includes(content, name)
    return parse(content, name, suffix, stated=_read_fields(stated))


def _read_fields(stated: Mapping[str, str]) -> dict[str, Any]:
    return {name: _items(value) if name in _LISTS else value for name, value in stated.items() if value.strip()}


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]
