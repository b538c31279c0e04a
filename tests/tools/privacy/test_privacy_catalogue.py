"""A table or a column that somebody adds has to say whether it is in a customer's copy, and what becomes of it."""

from collections import Counter

import psycopg
import pytest

from core.services import Services
from tools.privacy.catalogue import CATALOGUE, NOBODYS, Blank, Delete, Keep

SCHEMA = """
    select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname,
           array_agg(a.attname::text order by a.attname)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p') and n.nspname in ('public', 'compliance', 'checkpoints', 'lightrag') group by 1"""


@pytest.fixture(scope="module")
def schema(services: Services) -> dict[str, list[str]]:
    with psycopg.connect(services.owner_url) as owner:
        return dict(owner.execute(SCHEMA).fetchall())


def test_every_table_of_the_schema_has_its_line(schema: dict[str, list[str]]):
    named = [table.name for table in CATALOGUE] + list(NOBODYS)
    assert len(schema) > 80
    assert [name for name, times in Counter(named).items() if times > 1] == []
    assert sorted(set(schema) - set(named)) == [], "say in tools/privacy/catalogue.py whose they are"
    assert sorted(set(named) - set(schema)) == [], "they are gone"


@pytest.mark.parametrize("table", CATALOGUE, ids=lambda table: table.name)
def test_every_column_is_in_the_copy_or_says_why_not(table, schema: dict[str, list[str]]):
    named = [*table.exported_columns(), *table.withheld_columns()]
    assert sorted(named) == schema[table.name]
    assert table.is_exported == bool(table.columns)


def test_what_names_a_customer_is_not_called_nobodys(schema: dict[str, list[str]]):
    assert [name for name in NOBODYS if {"customer_id", "owner"} & set(schema[name])] == []


def test_the_database_lets_a_copy_read_what_the_catalogue_says_and_no_more(services: Services):
    query = """select table_name, array_agg(column_name::text order by column_name::text)
                 from information_schema.column_privileges
                where grantee = 'tellergraph_subject' and privilege_type = 'SELECT' group by 1"""
    with psycopg.connect(services.owner_url) as owner:
        granted = dict(owner.execute(query).fetchall())
    assert granted == {table.name: sorted(table.exported_columns()) for table in CATALOGUE if table.is_exported}


def test_what_is_kept_says_by_which_rule(services: Services):
    with psycopg.connect(services.owner_url) as owner:
        rules = {name for (name,) in owner.execute("select name from retention_rules")}
    kept = [table.on_erasure for table in CATALOGUE if isinstance(table.on_erasure, Keep | Blank)]
    assert {each.rule for each in kept} <= rules
    assert all(table.on_erasure.why for table in CATALOGUE)


def test_what_is_emptied_are_columns_of_the_table(schema: dict[str, list[str]]):
    for table in CATALOGUE:
        if isinstance(table.on_erasure, Blank):
            assert set(table.on_erasure.columns) <= set(schema[table.name])


def test_nothing_append_only_is_to_be_deleted(services: Services):
    query = """select tgrelid::regclass::text from pg_trigger
                where tgfoid::regproc::text = 'refuse_change' and not tgisinternal"""
    with psycopg.connect(services.owner_url) as owner:
        append_only = {name for (name,) in owner.execute(query)}
    assert len(append_only) > 10
    changed = {table.name for table in CATALOGUE if isinstance(table.on_erasure, Delete | Blank)}
    assert changed & append_only == set()
