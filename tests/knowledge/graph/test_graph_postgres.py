"""LightRAG reaches our database as the role of its own, whoever's login that is."""

import psycopg

from core.db.urls import with_options
from knowledge.graph.builder import GraphBuilder
from knowledge.graph.postgres import postgres_environment


def test_a_url_becomes_what_lightrag_reads():
    url = "postgresql://tellergraph_graph:p%40ss@db.example:6432/bank?sslmode=verify-full&sslrootcert=/ca.pem"
    environment = postgres_environment(url)
    expected = {
        "POSTGRES_HOST": "db.example",
        "POSTGRES_PORT": "6432",
        "POSTGRES_USER": "tellergraph_graph",
        "POSTGRES_PASSWORD": "p@ss",
        "POSTGRES_DATABASE": "bank",
        "POSTGRES_SSL_MODE": "verify-full",
        "POSTGRES_SSL_ROOT_CERT": "/ca.pem",
        "POSTGRES_VECTOR_INDEX_TYPE": "HNSW_HALFVEC",
        "POSTGRES_SERVER_SETTINGS": "search_path=lightrag,public&hnsw.iterative_scan=relaxed_order&hnsw.ef_search=100",
    }
    assert expected.items() <= environment.items()
    assert "POSTGRES_WORKSPACE" not in environment


async def test_an_operators_login_acts_as_the_role_that_owns_the_tables(library, empty):
    library.write("cash", "Gold Account: Cash abroad", "- Fee: 2 %")
    library.ingest()
    operators = with_options(empty.admin_url, "-c role=tellergraph_graph -c search_path=lightrag,public")
    report = await GraphBuilder(empty.owner_url, operators).build("small")
    assert report.added == 1
    with psycopg.connect(empty.owner_url) as connection:
        owned = (
            "select schemaname, tableowner from pg_tables where tablename like 'lightrag%' or tablename like 'telle%'"
        )
        assert set(connection.execute(owned).fetchall()) == {("lightrag", "tellergraph_graph")}
