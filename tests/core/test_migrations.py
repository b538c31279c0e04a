"""The schema goes forward and back, once, whoever asks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from core_servers import query

from core.db.health import inspect_database
from core.db.migrate import BASE, Migrated, downgrade, find_revision, list_revisions, migrate
from core.errors import ConfigurationError

HEAD = list_revisions()[-1]
SCHEMA = """
    select 'column', c.table_name || '.' || c.column_name || ' ' || c.data_type || coalesce(c.column_default, '')
      from information_schema.columns c where c.table_schema = 'public'
    union all select 'index', indexdef from pg_indexes where schemaname = 'public'
    union all select 'policy', concat(tablename, policyname, roles, cmd, qual, with_check) from pg_policies
    union all select 'constraint', conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
     where connamespace = 'public'::regnamespace
    union all select 'grant', table_name || grantee || privilege_type from information_schema.role_table_grants
     where table_schema = 'public'
    union all select 'function', p.oid::regprocedure::text || p.prosrc from pg_proc p
     where p.proowner = 'tellergraph_owner'::regrole
    union all select 'trigger', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    order by 1, 2
"""
LEFT_IN_PUBLIC = """
    select relname from pg_class where relnamespace = 'public'::regnamespace
    union all select proname from pg_proc where proowner = 'tellergraph_owner'::regrole
    union all select typname from pg_type where typowner = 'tellergraph_owner'::regrole
    union all select tablename from pg_tables where schemaname = 'checkpoints'
"""


def test_down_to_nothing_and_up_again_is_the_same_schema(empty):
    before = query(empty.owner_url, SCHEMA)
    assert len(before) > 200
    assert downgrade(empty, BASE) == Migrated(HEAD, BASE)
    assert query(empty.admin_url, LEFT_IN_PUBLIC) == []
    assert migrate(empty) == Migrated(BASE, HEAD)
    assert query(empty.owner_url, SCHEMA) == before
    assert all(check.passed for check in inspect_database(empty))


def test_one_step_at_a_time_with_data_in_it(bank):
    """Older tables keep their rows while newer ones go and come back."""
    counted = query(bank.owner_url, "select count(*) from transactions")
    for revision in [*reversed(list_revisions()[:-1])]:
        downgrade(bank, revision)
        assert find_revision(bank.owner_url) == revision
    assert migrate(bank).after == HEAD
    assert query(bank.owner_url, "select count(*) from transactions") == counted
    assert downgrade(bank, BASE).after == BASE
    assert query(bank.admin_url, LEFT_IN_PUBLIC) == []


def test_a_second_migration_has_nothing_to_do(services):
    assert migrate(services) == Migrated(HEAD, HEAD)


def test_two_migrations_at_once_make_one_schema(empty):
    downgrade(empty, BASE)
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(migrate, [empty] * 3))
    assert {one.after for one in done} == {HEAD}
    assert query(empty.owner_url, "select count(*) from alembic_version") == [(1,)]
    assert query(empty.checkpoint_url, "select count(*) = max(v) + 1 from checkpoint_migrations") == [(True,)]


def test_the_graph_of_the_documents_goes_with_them(empty):
    query(empty.graph_url, "create table of_lightrag (content text)")
    downgrade(empty, HEAD)
    assert query(empty.graph_url, "select count(*) from of_lightrag") == [(0,)]
    downgrade(empty, BASE)
    assert query(empty.graph_url, "select tablename from pg_tables where schemaname = 'lightrag'") == []


def test_checkpoint_tables_are_made_again_for_another_version_of_langgraph(empty):
    query(empty.checkpoint_url, "drop table checkpoint_blobs, checkpoint_migrations")
    query(empty.checkpoint_url, "comment on schema checkpoints is 'an older version'")
    migrate(empty)
    assert query(empty.checkpoint_url, "select count(*) from checkpoint_blobs") == [(0,)]


def test_a_failed_migration_leaves_nothing_and_says_why(empty):
    downgrade(empty, "0002_conversation")
    query(empty.owner_url, "create table kb_chunks (in_the_way int)")
    with pytest.raises(ConfigurationError, match='failed: relation "kb_chunks" already exists'):
        migrate(empty)
    assert find_revision(empty.owner_url) == "0002_conversation"
    assert query(empty.owner_url, "select to_regclass('kb_documents')") == [(None,)]


def test_a_database_of_a_newer_program_is_left_alone(empty):
    query(empty.owner_url, "update alembic_version set version_num = '9999_future'")
    for change in (lambda: migrate(empty), lambda: downgrade(empty, BASE)):
        with pytest.raises(ConfigurationError, match="9999_future, which this version of Tellergraph does not know"):
            change()


def test_there_is_no_way_back_to_the_future(empty):
    downgrade(empty, "0001_bank")
    with pytest.raises(ConfigurationError, match="older than 0003_knowledge: run 'tellergraph db migrate'"):
        downgrade(empty, "0003_knowledge")
    with pytest.raises(ConfigurationError, match="There is no revision 0009: choose one of base, 0001_bank"):
        downgrade(empty, "0009")
