"""What a large knowledge base needs to be searched as fast as a small one: an HNSW index of its own over its vectors,
and how many passages each word stands in. A small one has neither: all of it is compared."""

from typing import Any, LiteralString

from psycopg import Connection, sql

from knowledge.rank.statements import STATEMENTS

EXACT_UP_TO = 5_000
"""Passages that a reader's search compares one by one, in about 1 ms for a thousand; of more it asks the index."""

_CREATE = sql.SQL(
    "create index concurrently {} on kb_chunks using hnsw (embedding halfvec_cosine_ops) "
    "with (m = 16, ef_construction = 64) where kb = {}"
)
_DROP = sql.SQL("drop index concurrently if exists {}")

_BYTES_PER_PASSAGE = 1_300
"""Of the graph while it is built: the vector and its links."""
_MOST_MEMORY_MB = 1_024
"""Beyond it a build goes on in the table, and takes several times as long."""


def keep_index(connection: Connection[Any], kb: str, exact_up_to: int = EXACT_UP_TO) -> None:
    """Makes, renews or drops what depends on the base's size. Searches and other bases go on meanwhile.

    Args:
        connection: the owner's, in autocommit.
        exact_up_to: passages of a small base.
    """
    passages = _count(connection, "count_passages", kb)
    with connection.transaction():
        connection.execute(STATEMENTS["forget_words"], {"kb": kb})
        if passages > exact_up_to:
            connection.execute(STATEMENTS["count_words"], {"kb": kb})
            connection.execute(STATEMENTS["mark_changed"], {"kb": kb})
    if passages <= exact_up_to:
        drop_index(connection, kb)
    elif _is_valid(connection, kb) is not True:
        drop_index(connection, kb)
        _create(connection, kb, passages)


def drop_index(connection: Connection[Any], kb: str) -> None:
    """Its own index goes, if it has one."""
    connection.execute(_DROP.format(_identifier(kb)))


def _create(connection: Connection[Any], kb: str, passages: int) -> None:
    memory = min(_MOST_MEMORY_MB, 64 + passages * _BYTES_PER_PASSAGE // 2**20)
    connection.execute("select set_config('maintenance_work_mem', %s, false)", [f"{memory}MB"])
    connection.execute(_CREATE.format(_identifier(kb), sql.Literal(kb)))
    connection.execute("reset maintenance_work_mem")


def _is_valid(connection: Connection[Any], kb: str) -> bool | None:
    """None: there is none."""
    row = connection.execute(STATEMENTS["find_own_index"], {"name": _name(kb)}).fetchone()
    return row and row[0]


def _count(connection: Connection[Any], statement: LiteralString, kb: str) -> int:
    ((count,),) = connection.execute(STATEMENTS[statement], {"kb": kb}).fetchall()
    return count


def _name(kb: str) -> str:
    return f"kb_chunks_near_{kb}"


def _identifier(kb: str) -> sql.Identifier:
    return sql.Identifier(_name(kb))
