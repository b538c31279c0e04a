"""What the graph remembers of a conversation: one checkpoint, in place of the one before it.

LangGraph's own saver keeps every checkpoint and a row for each value that is no string or number, so that a graph can
be run again from any of them. Nobody does here, and all but the last had to be deleted again: more than half of a
turn's round trips. The tables and what stands in them are as LangGraph's saver reads them.
"""

from base64 import b64decode
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, cast

import orjson
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_serializable_checkpoint_metadata,
)
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from core.db.database import Statement
from core.db.flights import one_flight
from core.db.queries import Queries

_QUERIES = Queries(Path(__file__).with_name("checkpoints.sql"))
_LARGEST = 2**63


class Checkpoints(BaseCheckpointSaver[int]):
    """In the pool's schema. Meant for ``durability="exit"``, which saves a turn once."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        super().__init__()
        self._pool = pool

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        place = _place_of(config)
        async with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            async with one_flight(connection):
                await cursor.execute(_QUERIES["find_checkpoint"], place)
            row = await cursor.fetchone()
        if row is None:
            return None
        checkpoint_id, checkpoint, metadata, blobs, writes = row[0], *map(orjson.loads, row[1:])
        for channel, kind, blob in blobs:
            checkpoint["channel_values"][channel] = self._load(kind, blob)
        return CheckpointTuple(
            _config_of(place, checkpoint_id),
            _numbered(checkpoint),
            metadata,
            None,
            [(task, channel, self._load(kind, blob)) for task, channel, kind, blob in writes],
        )

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002
    ) -> RunnableConfig:
        place = _place_of(config) | {"id": checkpoint["id"]}
        values, versions = checkpoint["channel_values"], checkpoint["channel_versions"]
        plain = {channel: value for channel, value in values.items() if _is_plain(value)}
        blobs: list[Statement] = []
        # All of them, whenever they were written: nothing older stays that could be looked up.
        for channel in values.keys() - plain.keys():
            kind, blob = self.serde.dumps_typed(values[channel])
            named = {"channel": channel, "version": str(versions[channel]), "type": kind, "blob": blob}
            blobs.append((_QUERIES["put_blob"], place | named))
        saved = {
            "checkpoint": _json({**checkpoint, "channel_values": plain}),
            "metadata": _json(get_serializable_checkpoint_metadata(config, metadata)),
        }
        await self._run((_QUERIES["put_checkpoint"], place | saved), *blobs)
        return _config_of(place, checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        place = _place_of(config) | {"task": task_id, "path": task_path}
        statements: list[Statement] = []
        for number, (channel, value) in enumerate(writes):
            kind, blob = self.serde.dumps_typed(value)
            named = {"idx": WRITES_IDX_MAP.get(channel, number), "channel": channel, "type": kind, "blob": blob}
            statements.append((_QUERIES["put_write"], place | named))
        await self._run(*statements)

    async def adelete_thread(self, thread_id: str) -> None:
        await self._run((_QUERIES["delete_checkpoints"], {"thread": thread_id}))

    async def _run(self, *statements: Statement) -> None:
        """All or none of them."""
        async with self._pool.connection() as connection, one_flight(connection):
            for query, params in statements:
                await connection.execute(query, params)

    def _load(self, kind: str, blob: str | None) -> Any:
        return self.serde.loads_typed((kind, b64decode(blob or "")))


def _place_of(config: RunnableConfig) -> dict[str, Any]:
    named = config.get("configurable", {})
    return {"thread": named["thread_id"], "ns": named.get("checkpoint_ns", ""), "id": named.get("checkpoint_id")}


def _config_of(place: dict[str, Any], checkpoint_id: str) -> RunnableConfig:
    named = {"thread_id": place["thread"], "checkpoint_ns": place["ns"], "checkpoint_id": checkpoint_id}
    return {"configurable": named}


def _is_plain(value: Any) -> bool:
    """Whether it comes back from PostgreSQL's JSON as it would from LangGraph's own serializer, which makes a list of a
    tuple too."""
    kind = cast("type[object]", type(value))
    if kind is dict:
        return all(type(name) is str and _is_plain(each) for name, each in value.items())
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    if kind is str:
        return "\0" not in value
    if kind is int:
        return -_LARGEST <= value < _LARGEST
    return isfinite(value) if kind is float else kind is bool or value is None


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=orjson.dumps)


def _numbered(checkpoint: Checkpoint) -> Checkpoint:
    """With numbers as versions: LangGraph's own saver, which wrote ours before, has text that begins with one."""
    return {
        **checkpoint,
        "channel_versions": _numbers(checkpoint["channel_versions"]),
        "versions_seen": {node: _numbers(seen) for node, seen in checkpoint["versions_seen"].items()},
    }


def _numbers(versions: ChannelVersions) -> ChannelVersions:
    return {
        channel: int(version.partition(".")[0]) if isinstance(version, str) else version
        for channel, version in versions.items()
    }
