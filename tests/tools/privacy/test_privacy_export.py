"""A customer's copy has every row of theirs, in the words that they wrote, and nothing of anybody else."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from core.db.database import Database
from core.errors import NotFound
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.errors import DataUnreadable
from core.security.encryption.masters import KeyRing, LocalMasters, derived_masters
from core.security.sealing import Seal
from tests.conftest import Clone
from tests.crowd import add_row, lay_open, whose
from tests.tools.asking import done
from tests.tools.privacy.conftest import PICTURE, WRITTEN, Office
from tools.attachments.cipher import FileCipher
from tools.attachments.store import Attachments
from tools.kyc.application import Application
from tools.kyc.store import seal_application
from tools.privacy.catalogue import CATALOGUE, exported_tables
from tools.privacy.export import Openers, export_customer

NOW = datetime(2026, 5, 4, tzinfo=UTC)


async def copy_of(database: Database, openers: Openers, customer_id: UUID) -> zipfile.ZipFile:
    pieces = await export_customer(database, openers, customer_id, by=f"customer:{customer_id}", now=NOW)
    archive = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in pieces])))
    assert archive.testzip() is None
    return archive


def rows(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return json.loads(archive.read(f"{table}.json"))


async def test_what_the_customer_wrote_is_in_it_as_they_wrote_it(office: Office):
    desk = office.desk
    await office.say(desk.blair, WRITTEN)
    await done(desk, "make_complaint", desk.blair, category="service", text="The queue was long.")
    file = await office.openers.attachments.store(
        desk.context(desk.blair), purpose="dispute", name="receipt.png", content=PICTURE
    )

    archive = await copy_of(desk.database, office.openers, desk.blair)

    asked = rows(archive, "chat_messages")[0]
    assert asked["original"] == WRITTEN
    assert "blair.private" not in asked["content"]
    assert rows(archive, "complaints")[0]["text"] == "The queue was long."
    assert rows(archive, "credentials")[0] == rows(archive, "credentials")[0] | {"email": "blair@demo.example"}
    assert "password_hash" not in rows(archive, "credentials")[0]
    assert archive.read(f"files/{file.id}-receipt.png") == PICTURE
    text = archive.read("README.md").decode()
    assert all(f"`{table.name}" in text for table in CATALOGUE)
    assert "POCA 2002" in text


async def test_that_it_was_made_is_on_record(office: Office):
    desk = office.desk
    await copy_of(desk.database, office.openers, desk.blair)
    lines = desk.owner("select actor, action from audit_log where customer_id = %(id)s", id=desk.blair)
    assert {"actor": f"customer:{desk.blair}", "action": "privacy.exported"} in lines


async def test_there_is_no_copy_of_nobody(office: Office):
    with pytest.raises(NotFound):
        await export_customer(office.desk.database, office.openers, uuid4(), by="x", now=NOW)


async def test_a_copy_that_cannot_be_whole_is_none(office: Office):
    """Better an error than a copy in which something is quietly missing."""
    desk = office.desk
    await office.say(desk.blair, WRITTEN)
    desk.owner("update chat_messages set original = substr(original, 1, 60) where original is not null")
    pieces = await export_customer(desk.database, office.openers, desk.blair, by="x", now=NOW)
    with pytest.raises(DataUnreadable):
        _ = [piece async for piece in pieces]


async def test_every_row_of_the_customer_is_in_it_whatever_table_it_stands_in(clone: Clone, bank_template: str):
    """Each table is filled for two customers, also those that no test above has heard of."""
    with clone(bank_template) as services:
        with psycopg.connect(services.admin_url) as admin:
            lay_open(admin)
            query = "select customer_id from credentials where split_part(email, '@', 1) = %s"
            alex, blair = (admin.execute(query, [name]).fetchall()[0][0] for name in ("alex", "blair"))
            for table, column in whose(admin).items():
                for customer in (alex, blair):
                    add_row(admin, table, column, customer)
            sealed = seal_application(Seal(services.secret_key), Application())
            admin.execute("update kyc_applications set sealed = %s", [sealed])
            admin.execute("delete from attachments")
            admin.execute("update data_keys set master_id = 'x', wrapped = null, destroyed_at = now()")
            expected = {table.name: count(admin, table.name, table.whose, alex) for table in exported_tables()}
        database = Database(services.app_url, pool_size=2)
        await database.open()
        ring = KeyRing([LocalMasters(derived_masters([services.secret_key]))])
        attachments = Attachments(FileCipher(services.secret_key))
        openers = Openers(DataKeys(database, ring), Seal(services.secret_key), attachments)
        archive = await copy_of(database, openers, alex)
        found = {table.name: len(rows(archive, table.name)) for table in exported_tables()}
        await database.close()
    assert sum(expected.values()) > 100
    # The customer's own deeds of the audit; one line more says that the copy was made. Hidden cases are hidden.
    hidden = {"audit_log", "care_cases", "care_clocks", "dispute_events"}
    assert {name: n for name, n in found.items() if name not in hidden} == {
        name: n for name, n in expected.items() if name not in hidden
    }
    assert all(n > 0 for name, n in found.items() if name not in {"attachments"})
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert str(alex) in everything
    assert str(blair) not in everything
    assert json.loads(archive.read("manifest.json"))["rows"] == found


def count(admin: psycopg.Connection[Any], table: str, whose_it_is: str, customer: UUID) -> int:
    conditions = {
        "id": "id = %(id)s",
        "owner": "owner = 'customer:' || %(id)s",
        "through postings": "id in (select entry_id from postings where customer_id = %(id)s)",
    }
    condition = conditions.get(whose_it_is, "customer_id = %(id)s")
    query = sql.SQL("select count(*) from {} where {}").format(sql.Identifier(table), sql.SQL(condition))
    return admin.execute(query, {"id": customer}).fetchall()[0][0]
