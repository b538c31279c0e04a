"""LightRAG on our PostgreSQL. The only module that imports it, and it is imported only in processes of its own
(``core/pipes.py``): LightRAG reads its settings from the environment, and ``.env`` and ``config.ini`` where it stands.

It keeps nothing in files; its tables are in schema ``lightrag``. A knowledge base is a workspace.
"""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from lightrag import LightRAG, QueryParam
from lightrag.base import DocStatus
from lightrag.query_validation import RAGQueryTooShortError
from lightrag.utils import EmbeddingFunc, Tokenizer, logger

from core.errors import ConfigurationError
from knowledge.embed import EMBEDDING_DIM
from knowledge.graph.shapes import Keywords, Mode, find_passage, split_passages

Embed = Callable[[list[str]], Awaitable[npt.NDArray[np.float32]]]
"""Texts in; their unit vectors out, float32 [len(texts), 384]."""
Complete = Callable[[str, str], Awaitable[str]]
"""System prompt and prompt in, a model's answer out."""

_ENTITIES = 10
"""Entities and relations that a question is compared with. LightRAG's 40 cost three times as much."""
_TOKENS = 1_000_000
"""More than all that a question finds: we want passages, and cut for no model's context."""
_NEVER = 1_000_000
"""Descriptions of one thing from which LightRAG would have a model sum them up."""


class _Bytes:
    """A tokenizer without a vocabulary: LightRAG's own would be downloaded, and nothing here is cut by tokens."""

    def encode(self, content: str) -> list[int]:
        return list(content.encode())

    def decode(self, tokens: list[int]) -> str:
        return bytes(tokens).decode("utf-8", "replace")

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Bytes":
        return self


class Engine:
    """One workspace."""

    def __init__(self, rag: LightRAG) -> None:
        self._rag = rag

    async def find(self, question: str, keywords: Keywords, mode: Mode, limit: int) -> list[str]:
        """Ids of passages, best first, each once; none for a question that is too short."""
        wanted = QueryParam(
            mode=mode,
            hl_keywords=list(keywords.high),
            ll_keywords=list(keywords.low),
            top_k=_ENTITIES,
            chunk_top_k=limit,
            enable_rerank=False,
            max_entity_tokens=_TOKENS,
            max_relation_tokens=_TOKENS,
            max_total_tokens=3 * _TOKENS,
        )
        try:
            answer = await self._rag.aquery_data(question, wanted)
        except RAGQueryTooShortError:
            return []
        chunks = cast("list[dict[str, Any]]", answer.get("data", {}).get("chunks", []))
        found = (find_passage(str(chunk.get("content", ""))) for chunk in chunks)
        return list(dict.fromkeys(passage for passage in found if passage is not None))

    async def list_documents(self) -> dict[str, bool]:
        """Document id -> whether it is in the graph whole."""
        rows = cast("dict[str, Any]", await self._rag.doc_status.get_docs_by_statuses(list(DocStatus)))
        return {document_id: row.status == DocStatus.PROCESSED for document_id, row in rows.items()}

    async def add(self, documents: Mapping[str, str]) -> dict[str, str]:
        """Puts texts into the graph, by id. Returns those that could not be put there, with the reasons."""
        if not documents:
            return {}
        names = [f"{document_id}.md" for document_id in documents]
        await self._rag.ainsert(list(documents.values()), ids=list(documents), file_paths=names)
        rows = cast("list[dict[str, Any] | None]", await self._rag.doc_status.get_by_ids(list(documents)))
        failed = {name: row for name, row in zip(documents, rows, strict=True) if not _is_whole(row)}
        return {name: str((row or {}).get("error_msg") or "it was not taken") for name, row in failed.items()}

    async def remove(self, document_id: str) -> str | None:
        """Returns why it could not be removed, None if it was."""
        result = await self._rag.adelete_by_doc_id(document_id, delete_llm_cache=True)
        return None if result.status in {"success", "not_found"} else str(result.message)

    async def clear(self) -> None:
        """Takes the whole workspace away."""
        rag = self._rag
        for storage in (
            rag.text_chunks, rag.full_docs, rag.full_entities, rag.full_relations, rag.entity_chunks,
            rag.relation_chunks, rag.llm_response_cache, rag.chunks_vdb, rag.entities_vdb, rag.relationships_vdb,
            rag.chunk_entity_relation_graph, rag.doc_status,
        ):  # fmt: skip
            await storage.drop()


@asynccontextmanager
async def open_engine(kb: str, embed: Embed, complete: Complete, *, work_dir: str) -> AsyncGenerator[Engine]:
    """The workspace ``kb``.

    Args:
        complete: asked for extraction, never for a question.
        work_dir: an empty folder; nothing is written there.

    Raises:
        ConfigurationError: ``POSTGRES_WORKSPACE`` is set, which would make all workspaces one.
    """
    if "POSTGRES_WORKSPACE" in os.environ:
        raise ConfigurationError("POSTGRES_WORKSPACE is set, which would make all knowledge bases one. Unset it.")
    # On an empty schema it calls each table that it is about to make an error.
    logger.setLevel("CRITICAL")

    async def embedded(texts: list[str], **_: Any) -> npt.NDArray[np.float32]:
        return await embed(texts)

    async def completed(prompt: str, system_prompt: str | None = None, **_: Any) -> str:
        return await complete(system_prompt or "", prompt)

    rag = LightRAG(
        working_dir=work_dir,
        workspace=kb,
        kv_storage="PGKVStorage",
        vector_storage="PGVectorStorage",
        graph_storage="PGTableGraphStorage",
        doc_status_storage="PGDocStatusStorage",
        # Without a length LightRAG leaves our passages whole; the encoder reads as far as it can.
        embedding_func=EmbeddingFunc(EMBEDDING_DIM, embedded, model_name="minilm"),
        llm_model_func=completed,
        tokenizer=Tokenizer("bytes", _Bytes()),
        chunking_func=_cut,
        entity_extract_max_gleaning=0,
        force_llm_summary_on_merge=_NEVER,
        summary_max_tokens=_TOKENS,
        summary_context_size=_TOKENS,
        max_total_tokens=3 * _TOKENS,
        # What customers ask is not to be kept; what was extracted is needed again when a document goes.
        enable_llm_cache=False,
        enable_llm_cache_for_entity_extract=True,
        max_parallel_insert=2,
        embedding_batch_num=64,
        cosine_better_than_threshold=0.1,
    )
    await rag.initialize_storages()
    logger.setLevel("ERROR")
    try:
        yield Engine(rag)
    finally:
        await rag.finalize_storages()


def _is_whole(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row["status"] == DocStatus.PROCESSED


def _cut(_tokenizer: Tokenizer, content: str, *_: object) -> list[dict[str, Any]]:
    """Our passages again, as they are cut in ``write_document``."""
    return [
        {"tokens": len(part), "content": part, "chunk_order_index": order}
        for order, part in enumerate(split_passages(content))
    ]
