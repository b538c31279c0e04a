"""Files are kept encrypted, whole or not at all, each customer's own, and are never changed."""

from dataclasses import replace
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_files import ACCEPTED, png_with_text

from core.errors import InvalidInput, NotFound, Refused
from tests.tools.conftest import Desk
from tools.attachments.cipher import CHUNK, FileCipher, SealBroken
from tools.attachments.store import Attachment, Attachments, shown_name

OLD, NEW = b"o" * 32, b"n" * 32
ATTACHMENTS = Attachments(FileCipher(NEW))
EMPTY_FILES = """
    insert into attachments (id, customer_id, purpose, name, media_type, size_bytes, sha256, key_id, sealed_key,
                             created_at)
    select gen_random_uuid(), %(customer_id)s, 'dispute', 'a', 'image/png', 1, sha256(''), '0123456789abcdef',
           sha256('') || substr(sha256(''), 1, 28), now()
      from generate_series(1, %(count)s)"""
"""Files without content."""


async def sent(desk: Desk, content: bytes = ACCEPTED["image/png"], name: str = "receipt.png") -> Attachment:
    return await ATTACHMENTS.store(desk.context(desk.alex), purpose="dispute", name=name, content=content)


async def test_a_file_comes_back_as_it_was_sent_and_lies_encrypted(desk: Desk):
    content = png_with_text(b"zebra" * 65536)

    stored = await sent(desk, content)

    assert (stored.media_type, stored.size_bytes, stored.name) == ("image/png", len(content), "receipt.png")
    scope = desk.context(desk.alex).scope
    assert await ATTACHMENTS.read(desk.database, scope, stored.id) == (stored, content)
    chunks = desk.owner("select content from attachment_chunks order by n")
    assert len(chunks) > 1
    assert not any(b"zebra" in chunk["content"] for chunk in chunks)


async def test_nobody_else_reads_a_file(desk: Desk):
    stored = await sent(desk)
    with pytest.raises(NotFound):
        await ATTACHMENTS.read(desk.database, desk.context(desk.blair).scope, stored.id)
    with pytest.raises(NotFound):
        await ATTACHMENTS.read(desk.database, desk.context(desk.alex).scope, uuid4())


async def test_a_stored_file_is_not_changed_not_even_by_its_owner(desk: Desk):
    await sent(desk)
    statements: tuple[LiteralString, ...] = (
        "update attachments set name = 'other'",
        "delete from attachment_chunks",
        "insert into attachment_chunks select id, customer_id, 9, '\\x00'::bytea || sha256('') from attachments",
    )
    with psycopg.connect(desk.services.owner_url) as owner:
        for statement in statements:
            with pytest.raises(psycopg.Error) as error, owner.transaction():
                owner.execute(statement)
            assert error.value.sqlstate == "TG001", statement


async def test_a_file_without_all_its_chunks_is_not_stored(desk: Desk):
    with psycopg.connect(desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        app.execute(EMPTY_FILES, {"customer_id": desk.alex, "count": 1})
        with pytest.raises(psycopg.Error) as error:
            app.commit()
    assert error.value.sqlstate == "TG083"


async def test_what_was_tampered_with_is_not_given_out(desk: Desk):
    stored = await sent(desk)
    with psycopg.connect(desk.services.admin_url) as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("update attachment_chunks set content = set_byte(content, 20, get_byte(content, 20) # 1)")
    with pytest.raises(SealBroken):
        await ATTACHMENTS.read(desk.database, desk.context(desk.alex).scope, stored.id)


async def test_a_changed_secret_opens_old_files_while_the_old_key_is_set(desk: Desk):
    stored = await Attachments(FileCipher(OLD)).store(
        desk.context(desk.alex), purpose="identity", name="passport.png", content=ACCEPTED["image/png"]
    )
    scope = desk.context(desk.alex).scope

    _, content = await Attachments(FileCipher(NEW, [OLD])).read(desk.database, scope, stored.id)
    assert content == ACCEPTED["image/png"]
    with pytest.raises(SealBroken, match="TELLERGRAPH_OLD_SECRET_KEYS"):
        await ATTACHMENTS.read(desk.database, scope, stored.id)


async def test_there_is_an_end_to_what_one_customer_can_send(desk: Desk):
    with psycopg.connect(desk.services.admin_url) as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(EMPTY_FILES, {"customer_id": desk.alex, "count": 200})
    with pytest.raises(Refused) as error:
        await sent(desk)
    assert error.value.error_code == "too_many_files"


async def test_an_empty_file_is_refused(desk: Desk):
    with pytest.raises(InvalidInput):
        await sent(desk, b"")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\bill.pdf", "bill.pdf"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("<script>.png", "script.png"),
        ("line\nbreak\x00.png", "linebreak.png"),
        ("", "file"),
        ("...", "file"),
        ("é" * 300, "é" * 120),
    ],
)
def test_a_name_is_text_and_nothing_else(name: str, shown: str):
    assert shown_name(name) == shown


@given(content=st.binary(min_size=1, max_size=64), about=st.binary(max_size=32))
def test_sealing_and_opening_is_the_same_content(content: bytes, about: bytes):
    cipher = FileCipher(NEW)
    assert cipher.open(cipher.seal(content, about), about) == content


def test_chunks_cannot_be_left_out_swapped_or_moved():
    cipher = FileCipher(NEW)
    sealed = cipher.seal(b"a" * CHUNK + b"b" * CHUNK + b"c", b"file 1")
    one, two, three = sealed.chunks
    for chunks in ((one, two), (two, one, three), (one, two, three, three)):
        with pytest.raises(SealBroken):
            cipher.open(replace(sealed, chunks=chunks), b"file 1")
    with pytest.raises(SealBroken):
        cipher.open(sealed, b"file 2")
