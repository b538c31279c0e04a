"""The worker signs where the audit log stands: once in an interval, and when it ends."""

from datetime import timedelta
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.audit.checkpoints import CheckpointFile, read_journal
from core.audit.heads import Checkpointer
from core.audit.verify import verify_log
from core.db.database import Database
from tests.tools.conftest import Desk
from tools.schedules.worker import Worker


def write(desk: Desk) -> None:
    with psycopg.connect(desk.services.owner_url) as owner:
        owner.execute("insert into audit_log (actor, action, resource, at) values ('x', 'card.frozen', 'y', now())")


async def test_the_worker_signs_once_in_an_interval_and_at_its_end(desk: Desk, tmp_path: Path) -> None:
    key, path = Ed25519PrivateKey.generate(), tmp_path / "outside" / "checkpoints.jsonl"
    moments = iter(desk.now + timedelta(minutes=minutes) for minutes in (0, 1, 6, 7))
    database = Database(desk.services.worker_url, pool_size=2)
    await database.open()
    try:
        signing = Checkpointer(CheckpointFile(path, key), timedelta(minutes=5))
        worker = Worker(database, lambda: next(moments), checkpointer=signing)
        counted: list[int] = []
        for _ in range(3):
            write(desk)
            await worker.run_once()
            counted.append(len(read_journal(path, key.public_key()).checkpoints))
        write(desk)
        worker.stop()
        await worker.run(timedelta(seconds=1))
    finally:
        await database.close()

    journal = read_journal(path, key.public_key())
    assert counted == [1, 1, 2]
    assert (len(journal.checkpoints), journal.faults) == (3, ())
    assert verify_log(desk.services.owner_url, journal).is_whole


async def test_a_file_that_cannot_be_written_stops_no_payment(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    database = Database(desk.services.worker_url, pool_size=2)
    await database.open()
    try:
        signing = Checkpointer(
            CheckpointFile(tmp_path / "file" / "below", Ed25519PrivateKey.generate()), timedelta(minutes=5)
        )
        write(desk)
        tally = await Worker(database, lambda: desk.now, checkpointer=signing).run_once()
    finally:
        await database.close()
    assert tally.errors == 0
