"""After the secret key was changed and everything sealed again, the old key is taken away and all of it is still
readable. Issue 8: "AES-256-GCM field encryption with key ring, rotation (`tellergraph db rotate-keys`, online)"."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from agent.replay.record import seal, unseal
from core.security.sealing import Seal
from tests.tools.conftest import Desk
from tools import rotation
from tools.attachments.cipher import FileCipher, SealBroken
from tools.attachments.store import Attachment, Attachments
from tools.kyc.application import Application, Identity
from tools.kyc.store import ApplicationUnreadable, open_application, seal_application
from tools.rotation import Kind, Resealed, count_waiting, inspect_sealed, list_kinds, reseal_all

NEW = b"n" * 32
PDF = b"%PDF-1.7\n%%EOF\n"
SAID = Application(identity=Identity(full_name="Blair Sample", date_of_birth=date(1990, 5, 2), nationality="GB"))
TURN = {"message": "hello"}
FILES, TURNS = 3, 4


@dataclass(frozen=True)
class Old:
    """Things of the desk's customers, sealed with the key of before."""

    desk: Desk
    files: list[Attachment]
    application: UUID
    turns: list[UUID]

    @property
    def key(self) -> bytes:
        return self.desk.services.secret_key

    @property
    def both(self) -> list[Kind]:
        return list_kinds(Seal(NEW, [self.key]), FileCipher(NEW, [self.key]))

    def rotate(self) -> dict[str, Resealed]:
        return reseal_all(self.desk.services.owner_url, self.both, self.desk.now)

    async def read_all(self, *keys: bytes) -> None:
        """Everything, with these keys alone: the first is the present one."""
        by, attachments = Seal(keys[0], keys[1:]), Attachments(FileCipher(keys[0], keys[1:]))
        for file in self.files:
            found = await attachments.read(self.desk.database, self.desk.context(self.desk.alex).scope, file.id)
            assert found == (file, PDF)
        [row] = self.desk.owner("select sealed, status from kyc_applications where id = %(id)s", id=self.application)
        assert (open_application(by, row["sealed"]), row["status"]) == (SAID, "submitted")
        for turn in self.turns:
            [row] = self.desk.owner("select sealed from turn_records where turn_id = %(id)s", id=turn)
            assert unseal(row["sealed"], by) == TURN


@pytest.fixture
async def old(desk: Desk) -> Old:
    key = desk.services.secret_key
    attachments, by = Attachments(FileCipher(key)), Seal(key)
    files = [
        await attachments.store(desk.context(desk.alex), purpose="identity", name="passport.pdf", content=PDF)
        for _ in range(FILES)
    ]
    application, turns = uuid4(), [uuid4() for _ in range(TURNS)]
    with psycopg.connect(desk.services.admin_url) as admin:
        # A submitted application and turns that nothing else belongs to.
        admin.execute("set session_replication_role = replica")
        admin.execute(
            """insert into kyc_applications (id, customer_id, level, status, sections, sealed, created_at, changed_at,
                                             submitted_at)
               values (%s, %s, 1, 'submitted', '{identity}', %s, now(), now(), now())""",
            [application, desk.blair, seal_application(by, SAID)],
        )
        for turn in turns:
            admin.execute(
                """insert into turn_records (turn_id, owner, model, digests, sealed, recorded_at)
                   values (%s, 'customer:x', 'offline', '{}', %s, now())""",
                [turn, seal(TURN, by)],
            )
    return Old(desk, files, application, turns)


async def test_with_the_old_key_taken_away_everything_is_still_readable(old: Old):
    await old.read_all(NEW, old.key)
    for part, error in (
        (replace(old, turns=[]), SealBroken),
        (replace(old, files=[]), ApplicationUnreadable),
    ):
        with pytest.raises(error):
            await part.read_all(NEW)

    done = old.rotate()

    assert done == {
        "attachments": Resealed(FILES, 0, []),
        "kyc_applications": Resealed(1, 0, []),
        "turn_records": Resealed(TURNS, 0, []),
    }
    await old.read_all(NEW)
    with pytest.raises(SealBroken):
        await old.read_all(old.key)
    [line] = old.desk.owner("select actor, detail from audit_log where action = 'keys.resealed'")
    assert line == {"actor": "operator", "detail": {name: each.resealed for name, each in done.items()}}
    assert {each.resealed for each in old.rotate().values()} == {0}


async def test_what_was_cut_off_goes_on_where_it_was(old: Old, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rotation, "BATCH", 1)
    told: list[tuple[str, int]] = []

    def killed(name: str, count: int) -> None:
        told.append((name, count))
        if len(told) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal_all(old.desk.services.owner_url, old.both, old.desk.now, killed)

    left = {name: each.left for name, each in inspect_sealed(old.desk.services.owner_url, old.both).items()}
    assert told[:4] == [("attachments", 1), ("attachments", 2), ("attachments", 3), ("kyc_applications", 1)]
    assert 0 < left["turn_records"] < TURNS
    await old.read_all(NEW, old.key)
    assert old.rotate()["turn_records"] == Resealed(left["turn_records"], 0, [])
    await old.read_all(NEW)


async def test_what_does_not_open_is_named_and_holds_nothing_up(old: Old):
    broken = old.turns[1]
    old.desk.owner("update turn_records set sealed = sealed || 'A' where turn_id = %(id)s", id=broken)

    done = old.rotate()

    assert done["turn_records"] == Resealed(TURNS - 1, 1, [str(broken)])
    assert done["attachments"].left == 0


async def test_two_at_once_share_the_work(old: Old, monkeypatch: pytest.MonkeyPatch):
    """The second begins while the first holds its first file, and passes it by."""
    monkeypatch.setattr(rotation, "BATCH", 1)
    second: list[dict[str, Resealed]] = []
    first_kind, *_ = old.both

    def reseal(row: dict[str, Any]) -> dict[str, Any] | None:
        if not second:
            second.append(old.rotate())
        return first_kind.reseal(row)

    first = reseal_all(old.desk.services.owner_url, [replace(first_kind, reseal=reseal)], old.desk.now)

    assert (first["attachments"].resealed, second[0]["attachments"].resealed) == (1, FILES - 1)
    await old.read_all(NEW)


async def test_the_owner_seals_again_and_changes_nothing_else(old: Old):
    for statement in (
        b"update attachments set name = 'x', sealed_key = sealed_key",
        b"update attachments set sha256 = sha256('')",
        b"update kyc_applications set sealed = 'x', level = 2 where status = 'submitted'",
    ):
        with psycopg.connect(old.desk.services.owner_url) as owner, pytest.raises(psycopg.Error) as refused:
            owner.execute(statement)
        assert refused.value.sqlstate in {"TG001", "23514"}
    with psycopg.connect(old.desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(old.desk.alex)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("update attachments set sealed_key = sealed_key")


async def test_proposals_under_the_old_key_are_waited_for(old: Old):
    """They hold what the customer said for ten minutes, and are not sealed again: their hash was confirmed."""
    desk, seal_now = old.desk, Seal(NEW, [old.key])
    await desk.ask(desk.alex, "fill_identity_details", level=1, exposure={"is_exposed": False})

    assert count_waiting(desk.services.owner_url, seal_now, desk.now) == 1
    assert count_waiting(desk.services.owner_url, seal_now, desk.now + timedelta(minutes=11)) == 0
    assert count_waiting(desk.services.owner_url, Seal(old.key), desk.now) == 0


def test_every_sealed_column_is_sealed_again_or_has_its_reason(old: Old):
    rows = old.desk.owner(
        """select table_name || '.' || column_name as name from information_schema.columns
            where table_schema = 'public' and data_type in ('text', 'bytea')
              and column_name ~ 'sealed|wrapped$|original$'"""
    )
    again = {"attachments.sealed_key", "kyc_applications.sealed", "turn_records.sealed"}
    reasons = {
        "data_keys.wrapped": "by core/security/encryption/rotation.py",
        "chat_messages.original": "under a data key, which is wrapped again",
        "retained_records.sealed": "under a data key, which is wrapped again",
        "signing_keys.sealed_private": "made anew under another secret key: core/security/key_store.py",
    }
    assert {row["name"] for row in rows} == again | set(reasons)
    assert {name.split(".")[0] for name in again} == {kind.name for kind in old.both}
