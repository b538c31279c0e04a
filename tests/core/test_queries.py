"""Named statements in ``.sql`` files."""

from pathlib import Path

import pytest

from core.db.queries import Queries

ROOT = Path(__file__).parents[2]


def test_statements_are_found_by_name_without_their_heading(tmp_path):
    path = tmp_path / "some.sql"
    path.write_text("-- list_cards --\n-- Newest first.\nselect 1;\n\n-- find_card --\nselect 2\n")
    queries = Queries(path)
    assert queries.names() == ["list_cards", "find_card"]
    assert queries["list_cards"] == "-- Newest first.\nselect 1;"
    with pytest.raises(KeyError):
        queries["list_accounts"]


def test_a_name_that_stands_twice_is_an_error(tmp_path):
    path = tmp_path / "some.sql"
    path.write_text("-- one --\nselect 1\n-- one --\nselect 2\n")
    with pytest.raises(ValueError, match=r"query one stands twice, the second time in some\.sql"):
        Queries(path)


def test_every_statement_of_core_is_used():
    files = sorted((ROOT / "core" / "db").glob("*.sql"))
    assert len(files) >= 2
    code = "".join(path.read_text() for path in (ROOT / "core").rglob("*.py"))
    for name in Queries(*files).names():
        assert f'"{name}"' in code, name
