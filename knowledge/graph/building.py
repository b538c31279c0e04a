"""The process that brings a graph in line with what is published.

It is told ``{"kb", "owner_url", "graph_url", "extractor"}``. It tells ``{"done", "total"}`` as it goes, waits each time
for ``{"go_on": true}``, and ends with a report, ``{"added", "removed", "unchanged", "failed", "error"}``, or with
``{"busy": true}`` where somebody else is at it. Where a model extracts, it asks ``{"ask", "system", "prompt"}`` and is
told ``{"asked", "text"}``, or ``{"asked", "error"}``.

A document is in LightRAG under a name of its text (``Published.graph_id``), so that what is to be done is the
difference of two lists, whatever happened before: documents that came, changed or went, were half done, or were read by
another extractor.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import psycopg

from core.pipes import EmptyDirectory, Message, Parent, connected_parent
from knowledge.embed import Encoder
from knowledge.graph.published import Library, Published
from knowledge.graph.shapes import GraphPassage, find_passage, write_document
from knowledge.graph.stand_in import answer_extraction
from knowledge.graph.states import forget_state, prepare_states, record_state

if TYPE_CHECKING:
    from knowledge.graph.engine import Engine

RULES = "rules-1"
"""The extractor without a model. Raise it when ``extract.py`` says other things of the same passage."""

_BATCH = 20
"""Documents given to LightRAG at once."""


class _Outside:
    """What the parent has: the say when to go on, and a language model."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._may_go_on = asyncio.Event()

    async def tell(self, done: int, total: int) -> None:
        self._may_go_on.clear()
        self._parent.send({"done": done, "total": total})
        await self._may_go_on.wait()

    async def complete(self, system: str, prompt: str) -> str:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._parent.send({"ask": number, "system": system, "prompt": prompt})
        return await self._waiting[number]

    async def listen(self) -> None:
        """Until the parent goes."""
        while (message := await self._parent.receive()) is not None:
            if "go_on" in message:
                self._may_go_on.set()
            else:
                self._take(message)

    def _take(self, message: Message) -> None:
        future = self._waiting.pop(message["asked"])
        if "text" in message:
            future.set_result(message["text"])
        else:
            future.set_exception(RuntimeError(message["error"]))


class _Texts:
    """What LightRAG wants read: passages, whose vectors are known, and what was extracted from them."""

    def __init__(self, encoder: Encoder, outside: _Outside, extractor: str) -> None:
        self._encoder = encoder
        self._outside = outside
        self._extractor = extractor
        self._passages: Mapping[str, GraphPassage] = {}
        self._vectors: Mapping[str, npt.NDArray[np.float32]] = {}

    def take(self, passages: Mapping[str, GraphPassage], vectors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Those of the next batch."""
        self._passages, self._vectors = passages, vectors

    async def embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        known = [self._vectors.get(find_passage(text) or "") for text in texts]
        unknown = [text for text, vector in zip(texts, known, strict=True) if vector is None]
        made = iter(await asyncio.to_thread(self._encoder.encode, unknown))
        return np.stack([next(made) if vector is None else vector for vector in known])

    async def complete(self, system: str, prompt: str) -> str:
        if self._extractor == RULES:
            return answer_extraction(prompt, self._passages)
        return await self._outside.complete(system, prompt)


@dataclass
class _Report:
    added: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: list[str] = field(default_factory=list[str])
    """Ids of documents."""
    error: str | None = None

    def fail(self, documents: Sequence[str], reason: str) -> None:
        self.failed += documents
        self.error = self.error or reason


async def _build(engine: "Engine", library: Library, texts: _Texts, outside: _Outside, extractor: str) -> _Report:
    published = {each.graph_id(extractor): each for each in library.list_published()}
    present = await engine.list_documents()
    whole = {name for name, is_whole in present.items() if is_whole}
    report = _Report(unchanged=len(whole & published.keys()))
    gone = [name for name in present if name not in published or name not in whole]
    missing = [each for name, each in published.items() if name not in whole]
    total = len(gone) + len(missing)
    for number, name in enumerate(gone, 1):
        reason = await engine.remove(name)
        report.removed += reason is None
        if reason is not None:
            report.fail([name], reason)
        await outside.tell(number, total)
    for start in range(0, len(missing), _BATCH):
        await _add(engine, library, texts, missing[start : start + _BATCH], report, extractor)
        await outside.tell(min(len(gone) + start + _BATCH, total), total)
    return report


async def _add(
    engine: "Engine", library: Library, texts: _Texts, batch: Sequence[Published], report: _Report, extractor: str
) -> None:
    loaded = library.load(batch, extractor)
    texts.take({p.id: p for document in loaded.documents for p in document.passages}, loaded.vectors)
    failures = await engine.add({document.id: write_document(document) for document in loaded.documents})
    names = {each.graph_id(extractor): each.document_id for each in batch}
    report.added += len(loaded.documents) - len(failures)
    for name, reason in failures.items():
        report.fail([names[name]], reason)


async def _run(order: Message, directory: str, outside: _Outside) -> Message:
    # Only here, where it reads nothing by accident.
    from knowledge.graph.engine import open_engine  # noqa: PLC0415

    kb, extractor = order["kb"], order["extractor"]
    with (
        psycopg.connect(order["owner_url"], autocommit=True) as owner,
        psycopg.connect(order["graph_url"], autocommit=True) as own,
    ):
        library = Library(owner, kb)
        if not library.lock():
            return {"busy": True}
        prepare_states(own)
        texts = _Texts(Encoder.load(), outside, extractor)
        state = library.read_state()
        async with open_engine(kb, texts.embed, texts.complete, work_dir=directory) as engine:
            if state is None:
                await engine.clear()
                forget_state(own, kb)
                return asdict(_Report())
            report = await _build(engine, library, texts, outside, extractor)
        documents, failed = report.added + report.unchanged, len(report.failed)
        named = name_state(extractor, state)
        record_state(own, kb, named, documents=documents, failed=failed, error=report.error)
    return asdict(report)


def name_state(extractor: str, state: str) -> str:
    """Of the graph that this extractor makes of that state of a knowledge base."""
    return f"{extractor} {state}"


async def _main(directory: str) -> None:
    os.nice(10)
    async with connected_parent() as parent:
        order = await parent.receive()
        if order is None:
            return
        outside = _Outside(parent)
        work = asyncio.create_task(_run(order, directory, outside))
        listening = asyncio.create_task(outside.listen())
        await asyncio.wait({work, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if not work.done():
            # The parent has gone. What was done is whole, the rest is for the next one.
            work.cancel()
            await asyncio.wait({work})
            return
        parent.send(work.result())


if __name__ == "__main__":
    with EmptyDirectory(prefix="tellergraph-") as empty:
        asyncio.run(_main(empty))
