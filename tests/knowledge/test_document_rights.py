"""The database itself keeps drafts from readers and writing from whoever may not. Issue 5, "Ingestion"; issue 3,
row-level security."""

from uuid import uuid4

import psycopg
import pytest
from knowledge_base import Library
from psycopg.types.json import Jsonb

from core.services import Services

INTERNAL = [
    "select store_document('small', '{}', 'published', null)",
    "select store_passages('small', 'fees', 1, '[]')",
    "select publish_revision('small', 'fees', 2, '[]')",
    "select retire_current('small', 'fees')",
    "select audit_document(null, 'published', 'small', 'fees', 1, now())",
    "insert into kb_documents (kb, id, source, title, body, audience, content_hash) "
    "values ('small', 'x', '', '', '', 'public', '')",
    "update kb_documents set status = 'published'",
    "delete from kb_chunks",
    "update knowledge_bases set chunks = 0",
]


@pytest.fixture
def drafted(library: Library) -> Library:
    """``fees`` is published and has a draft, ``secret`` is for staff."""
    library.write("fees", "Fees", "Free.")
    library.write("secret", "Secret", "For staff.", audience="staff")
    library.ingest()
    library.write("fees", "Fees", "Dear.")
    library.ingest(hold="all")
    return library


def test_readers_see_no_draft_whatever_they_may_read(drafted: Library, empty: Services) -> None:
    with psycopg.connect(empty.app_url) as app:
        for audiences, seen in (
            ("public", ["Free."]),
            ("public,customer", ["Free."]),
            ("public,staff", ["Free.", "For staff."]),
        ):
            app.execute("select set_config('app.audiences', %s, true)", [audiences])
            assert [body for (body,) in app.execute("select body from kb_documents order by id")] == seen
            assert [text for (text,) in app.execute("select text from kb_chunks order by document_id")] == seen


@pytest.mark.parametrize("role", ["tellergraph_app", "tellergraph_staff"])
@pytest.mark.parametrize("statement", INTERNAL)
def test_no_runtime_role_writes_past_the_functions_for_staff(
    drafted: Library, empty: Services, role: str, statement: str
) -> None:
    with psycopg.connect(empty.app_url) as app:
        if role == "tellergraph_staff":
            app.execute("set local role tellergraph_staff")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement)


def test_who_is_no_member_of_staff_publishes_nothing(drafted: Library, empty: Services) -> None:
    """A made-up id, and none."""
    for staff_id in (str(uuid4()), ""):
        with psycopg.connect(empty.app_url) as app:
            app.execute("select set_config('app.staff_id', %s, true)", [staff_id])
            app.execute("set local role tellergraph_staff")
            with pytest.raises(psycopg.Error, match="this is not for that role"):
                app.execute("select publish_document('small', 'fees', 2, %s, now())", [Jsonb([])])
    with psycopg.connect(empty.app_url) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("select retire_document('small', 'fees', now())")


def test_without_a_member_of_staff_the_role_of_staff_sees_no_document(drafted: Library, empty: Services) -> None:
    with psycopg.connect(empty.app_url) as app:
        app.execute("set local role tellergraph_staff")
        assert app.execute("select id from kb_documents").fetchall() == []
