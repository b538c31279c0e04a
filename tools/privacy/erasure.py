"""Erasure of a person (GDPR article 17, CCPA section 1798.105): their key is destroyed, which makes unreadable what it
encrypted in every copy and backup; rows that are not needed any more go; what the law has the bank keep is emptied of
what says who they were, and that is sealed under a key of its own until its time has come.

Each step is one transaction that also marks itself done. Killed in the middle, it goes on where it was; asked again, it
gives the certificate of the first time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import orjson
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.errors import NotFound, Refused
from core.security.encryption.data_keys import DATA_KEYS, StoredKey, fresh_key, unwrapped
from core.security.encryption.fields import Place, decrypt_field, encrypt_field
from core.security.encryption.masters import MasterKeys
from core.services import Services
from tools.privacy.catalogue import CATALOGUE, Blank, Delete, Keep, Table
from tools.privacy.queries import QUERIES

Owner = AsyncConnection[DictRow]

_SHRED, _SEAL = "data_keys", "retained_records"
_ROUNDS = 3
"""How often it looks again for rows that a request of the customer wrote meanwhile."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One erasure at work."""

    services: Services
    masters: MasterKeys
    id: UUID
    customer_id: UUID
    now: datetime
    rules: dict[str, Any]

    @property
    def whose(self) -> dict[str, Any]:
        return {"customer_id": self.customer_id, "owner": f"customer:{self.customer_id}"}


async def erase_customer(
    services: Services, masters: MasterKeys, customer_id: UUID, *, by: str, reason: str, now: datetime
) -> dict[str, Any]:
    """The certificate: what was erased, and what is kept, why, and until when.

    Raises:
        NotFound: there is no such customer.
        Refused: a legal hold stands (``legal_hold``), or accounts or disputes are open (``business_open``).
        KeyServiceGone: what is to be kept cannot be sealed now; run it again.
    """
    async with await Owner.connect(services.owner_url, autocommit=True, row_factory=dict_row) as owner:
        begun = await _begin(owner, customer_id, by, reason, now)
        if begun["finished_at"] is not None:
            return begun["certificate"]
        rules = {row["name"]: row["until"] for row in await _all(owner, "list_rules", {"now": now})}
        run = _Run(services, masters, begun["id"], customer_id, now, rules)
        await _seal_what_is_kept(owner, run)
        await _shred(owner, run)
        for _ in range(_ROUNDS):
            if not await _delete_all(owner, run):
                break
        return await _certify(owner, run, begun)


async def open_retained(services: Services, masters: MasterKeys, customer_id: UUID) -> dict[str, Any]:
    """What is kept of an erased customer. Who asks needs a lawful reason, and is on record before (``cli.py``).

    Raises:
        NotFound: nothing is kept of them.
        KeyUnknown: its time has come, and it was destroyed.
    """
    async with await Owner.connect(services.owner_url, autocommit=True, row_factory=dict_row) as owner:
        kept = await _all(owner, "find_retained", {"customer_id": customer_id})
        values = {"customer_id": customer_id, "purpose": "retained"}
        async with owner.cursor() as cursor:
            keys = await (await cursor.execute(DATA_KEYS["find_data_key"], values)).fetchall()
    if not kept or not keys:
        raise NotFound("Nothing is kept of such a customer.")
    key = await unwrapped(masters, StoredKey(**keys[0]), customer_id, "retained")
    text = decrypt_field(key, _retained_place(customer_id), bytes(kept[0]["sealed"]))
    return {"customer_id": str(customer_id), "kept_until": kept[0]["kept_until"], "records": orjson.loads(text)}


async def _begin(owner: Owner, customer_id: UUID, by: str, reason: str, now: datetime) -> dict[str, Any]:
    values = {"customer_id": customer_id, "by": by, "reason": reason, "now": now}
    if not await _all(owner, "find_customer", values):
        raise NotFound("There is no such customer.")
    found = await _all(owner, "find_erasure", values)
    if not found or found[0]["finished_at"] is None:
        await _require_erasable(owner, values)
    if not found:
        await owner.execute(QUERIES["begin_erasure"], values)
        found = await _all(owner, "find_erasure", values)
    return found[0]


async def _require_erasable(owner: Owner, values: dict[str, Any]) -> None:
    (holds,) = await _all(owner, "count_holds", values)
    if holds["count"]:
        raise Refused(
            "A legal hold stands: nothing of this customer may be erased until it is released.",
            code="legal_hold",
            details={"holds": holds["count"]},
        )
    business = {row["what"]: row["number"] for row in await _all(owner, "list_open_business", values) if row["number"]}
    if business:
        raise Refused(
            "The customer still does business with the bank: close the accounts and end the disputes first.",
            code="business_open",
            details=business,
        )


async def _seal_what_is_kept(owner: Owner, run: _Run) -> None:
    """Empties what names the person and seals it, in one transaction: it is never in neither place nor in both."""
    fresh = await fresh_key(run.masters, run.customer_id, "retained", run.now)
    async with owner.transaction():
        done = await _lock(owner, run)
        if done is None or _SEAL in done:
            return
        kept, until = dict[str, list[Any]](), run.now
        for table in CATALOGUE:
            if isinstance(table.on_erasure, Blank):
                kept[table.name] = await _emptied(owner, run, table, table.on_erasure)
                until = max(until, run.rules[table.on_erasure.rule])
        await owner.execute(DATA_KEYS["insert_data_key"], fresh)
        stored = StoredKey(fresh["id"], fresh["wrapped"], fresh["master_id"])  # pyright: ignore[reportArgumentType]
        key = await unwrapped(run.masters, stored, run.customer_id, "retained")
        sealed = encrypt_field(key, _retained_place(run.customer_id), orjson.dumps(kept).decode())
        values = {"customer_id": run.customer_id, "sealed": sealed, "until": until, "now": run.now}
        await owner.execute(QUERIES["insert_retained"], values)
        for name, rows in kept.items():
            await _mark(owner, run, name, len(rows))
        await _mark(owner, run, _SEAL, 1)


async def _emptied(owner: Owner, run: _Run, table: Table, blank: Blank) -> list[Any]:
    """What stood in the columns, with each row's first column to know it by."""
    names = [table.exported_columns()[0], *blank.columns]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    condition, name = _condition(table), sql.Identifier(table.name)
    query = sql.SQL("select to_jsonb(r) as r from (select {} from {} where {} order by 1) r")
    rows = await (await owner.execute(query.format(columns, name, condition), run.whose)).fetchall()
    settings = [
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.SQL(cast(LiteralString, value)))
        for column, value in blank.columns.items()
    ]
    update = sql.SQL("update {} set {} where {}").format(name, sql.SQL(", ").join(settings), condition)
    await owner.execute(update, run.whose)
    return [row["r"] for row in rows]


async def _shred(owner: Owner, run: _Run) -> None:
    async with owner.transaction():
        done = await _lock(owner, run)
        if done is not None and _SHRED not in done:
            values = {"customer_id": run.customer_id, "purpose": "chat", "now": run.now}
            destroyed = await owner.execute(QUERIES["destroy_key"], values)
            await _mark(owner, run, _SHRED, destroyed.rowcount)


async def _delete_all(owner: Owner, run: _Run) -> int:
    """How many rows went, each table's in a transaction of its own."""
    total = await _delete_threads(owner, run)
    for table in CATALOGUE:
        if isinstance(table.on_erasure, Delete) and table.whose != "thread":
            total += await _delete(owner, run, table)
    return total


async def _delete(owner: Owner, run: _Run, table: Table) -> int:
    statement = sql.SQL("delete from {} where {}").format(sql.Identifier(table.name), _condition(table))
    async with owner.transaction():
        if await _lock(owner, run) is None:
            return 0
        gone = (await owner.execute(statement, run.whose)).rowcount
        await _mark(owner, run, table.name, gone)
    return gone


async def _delete_threads(owner: Owner, run: _Run) -> int:
    """Before the sessions, which name them."""
    sessions = await _all(owner, "list_own_sessions", run.whose)
    threads = [str(row["id"]) for row in sessions]
    async with await AsyncConnection.connect(run.services.checkpoint_url, autocommit=True) as checkpoints:
        cursor = await checkpoints.execute(QUERIES["delete_threads"], {"threads": threads})
        ((gone,),) = await cursor.fetchall()
    async with owner.transaction():
        if await _lock(owner, run) is not None:
            await _mark(owner, run, "checkpoints", gone)
    return gone


async def _certify(owner: Owner, run: _Run, begun: dict[str, Any]) -> dict[str, Any]:
    async with owner.transaction():
        done = await _lock(owner, run)
        if done is None:
            return (await _all(owner, "find_erasure", run.whose))[0]["certificate"]
        certificate = {
            "id": str(uuid4()),
            "erasure_id": str(run.id),
            "customer_id": str(run.customer_id),
            "asked_by": begun["asked_by"],
            "reason": begun["reason"],
            "finished_at": run.now.isoformat(),
            "erased": [_erased(table, done) for table in CATALOGUE if not isinstance(table.on_erasure, Keep)],
            "kept": [
                await _kept(owner, run, table) for table in CATALOGUE if isinstance(table.on_erasure, Keep | Blank)
            ],
            "elsewhere": "Events of turns leave Redis within TELLERGRAPH_EVENT_TTL. What stands in backups under the "
            "customer's key can be read by nobody; the rest goes with the backup.",
        }
        line = {"actor": begun["asked_by"], "customer_id": run.customer_id, "action": "privacy.erased", "now": run.now}
        line |= {"resource": f"erasures/{run.id}", "detail": Jsonb({"rows": sum(done.values())})}
        await owner.execute(QUERIES["add_audit_line"], line)
        values = {"id": run.id, "now": run.now, "certificate": Jsonb(certificate)}
        await owner.execute(QUERIES["finish_erasure"], values)
        return certificate


def _erased(table: Table, done: dict[str, int]) -> dict[str, Any]:
    way = table.on_erasure
    how = "deleted" if isinstance(way, Delete) else "emptied and sealed" if isinstance(way, Blank) else "key destroyed"
    rows = done.get("checkpoints" if table.whose == "thread" else table.name, 0)
    return {"table": table.name, "rows": rows, "how": how, "why": table.on_erasure.why}


async def _kept(owner: Owner, run: _Run, table: Table) -> dict[str, Any]:
    rule = cast(Keep | Blank, table.on_erasure)
    kept = {"table": table.name, "why": rule.why, "until": run.rules[rule.rule].isoformat()}
    if table.name.startswith("compliance."):
        # Whether there are any would tell that somebody is suspected.
        return kept
    query = sql.SQL("select count(*) as number from {} where {}").format(sql.Identifier(table.name), _condition(table))
    (row,) = await (await owner.execute(query, run.whose)).fetchall()
    return kept | {"rows": row["number"]}


def _condition(table: Table) -> sql.SQL:
    if table.whose == "through postings":
        return sql.SQL("id in (select entry_id from postings where customer_id = %(customer_id)s)")
    if table.whose == "owner":
        return sql.SQL("owner = %(owner)s")
    return sql.SQL("id = %(customer_id)s") if table.whose == "id" else sql.SQL("customer_id = %(customer_id)s")


def _retained_place(customer_id: UUID) -> Place:
    return Place("retained_records", "sealed", str(customer_id), f"customer:{customer_id}")


async def _lock(owner: Owner, run: _Run) -> dict[str, int] | None:
    """What is done so far; None when another process has finished."""
    found = await _all(owner, "lock_erasure", {"id": run.id})
    return found[0]["done"] if found else None


async def _mark(owner: Owner, run: _Run, step: str, rows: int) -> None:
    await owner.execute(QUERIES["mark_step"], {"id": run.id, "step": step, "rows": rows})


async def _all(owner: Owner, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    return await (await owner.execute(QUERIES[query], values)).fetchall()
