"""Takes away what is older than the audit log has to be kept (GDPR article 5(1)(e), storage limitation): whole
stretches between signed checkpoints, with the ledgers of tool calls and of who opened which file. What a legal hold
needs stays.

The signed checkpoint that names the stretches is written first, outside of the database: a crash in between leaves
entries that might be gone, and never a gap that nobody signed.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.audit.checkpoints import CheckpointFile, Journal, wanted_links
from core.audit.entries import QUERIES
from core.audit.heads import read_heads
from core.audit.removals import list_due, years_before
from core.audit.verify import verify_log
from core.errors import Conflict


@dataclass(frozen=True, slots=True)
class Shortened:
    """What went, or would."""

    before: datetime
    checkpoint: int | None
    """The last one that is old enough; None: there is none, and nothing went."""
    entries: int = 0
    tool_calls: int = 0
    staff_reads: int = 0

    @property
    def rows(self) -> int:
        return self.entries + self.tool_calls + self.staff_reads


def shorten_log(
    owner_url: str, file: CheckpointFile, journal: Journal, now: datetime, years: int, *, dry_run: bool = False
) -> Shortened:
    """In one transaction, with an entry that says so. ``journal`` is what the file says.

    Raises:
        Conflict: the log is not as it was written: what proves it is not thrown away.
        ConfigurationError: the file of checkpoints cannot be written; nothing was removed.
    """
    verdict = verify_log(owner_url, journal)
    if not verdict.is_whole:
        raise Conflict(
            f"The audit log is not as it was written, and nothing of it is removed. {verdict.faults[0].message}",
            code="audit_not_whole",
        )
    before = years_before(now, years)
    old = [checkpoint for checkpoint in journal.checkpoints if checkpoint.at <= before]
    if not old:
        return Shortened(before, None)
    with psycopg.connect(owner_url) as owner, owner.transaction(force_rollback=dry_run):
        values = {"before": before, "checkpoint": old[-1].number, "now": now}
        due = _list_due(owner, wanted_links(old), values)
        owner.execute(QUERIES["record_removal"], values)
        done = Shortened(
            before,
            old[-1].number,
            _delete_stretches(owner, due),
            owner.execute(QUERIES["delete_old_calls"], values).rowcount,
            owner.execute(QUERIES["delete_old_reads"], values).rowcount,
        )
        if not done.rows:
            raise psycopg.Rollback
        owner.execute(QUERIES["record_shortening"], values | {"detail": Jsonb(_detail(done))})
        if not dry_run:
            file.append(read_heads(owner), now, due)
    return done


def _list_due(
    owner: Connection[Any], signed: dict[int, dict[int, bytes]], values: dict[str, Any]
) -> dict[int, list[tuple[int, int]]]:
    # No hold is placed while what it would keep is being removed.
    owner.execute(QUERIES["lock_holds"])
    places = [(chain, seq) for chain, hashes in signed.items() for seq in hashes]
    asked = {"chains": [chain for chain, _ in places], "places": [seq for _, seq in places]}
    present = {(chain, seq) for chain, seq in owner.execute(QUERIES["list_present"], asked)}
    ends = {"chains": list(signed), "ends": [max(hashes) for hashes in signed.values()]}
    pinned = {(chain, seq) for chain, seq in owner.execute(QUERIES["list_pinned"], values | ends)}
    return list_due(signed, present, pinned)


def _delete_stretches(owner: Connection[Any], due: dict[int, list[tuple[int, int]]]) -> int:
    stretches = [(chain, *stretch) for chain, all_of_chain in due.items() for stretch in all_of_chain]
    asked = {
        "chains": [chain for chain, _, _ in stretches],
        "firsts": [first for _, first, _ in stretches],
        "lasts": [last for _, _, last in stretches],
    }
    return owner.execute(QUERIES["delete_stretches"], asked).rowcount


def _detail(done: Shortened) -> dict[str, Any]:
    return asdict(done) | {"before": done.before.isoformat()}
