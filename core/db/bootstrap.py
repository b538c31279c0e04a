"""The database's roles, made from an administrative login, and the check that the runtime login is a harmless one.

    tellergraph_owner       owns what is in schema public; migrations run as it
    tellergraph_app         the application's login; owns nothing and is bound by row-level security
    tellergraph_checkpoint  owns schema checkpoints (LangGraph's tables), which tellergraph_app cannot use
    tellergraph_graph       owns schema lightrag (LightRAG's tables), which tellergraph_app cannot use
    tellergraph_compliance  owns schema compliance (who is watched, and why), whose tables no other role can read
    tellergraph_worker      the login of ``tellergraph worker``: finds what is due, and may have it done
    tellergraph_staff       no login; tellergraph_app becomes it for staff, and inherits nothing of it
    tellergraph_network     no login; tellergraph_app becomes it for the card network, and inherits nothing of it
    tellergraph_subject     no login; tellergraph_app becomes it to read out all that is kept about a customer

On a server given by URL their passwords are derived from the secret key; the embedded server trusts its private
socket. Where the operator gives the runtime login and the owner's login, nothing is made: both are only checked.
"""

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, sql

from core.db.locks import changing_database
from core.db.queries import Queries
from core.db.urls import describe, with_database, with_login, with_options
from core.errors import ConfigurationError

_QUERIES = Queries(Path(__file__).with_name("bootstrap.sql"))

DATABASE = "tellergraph"
"""The embedded database. A URL names its own."""

OWNER, APP, CHECKPOINT = "tellergraph_owner", "tellergraph_app", "tellergraph_checkpoint"
WORKER, STAFF, GRAPH = "tellergraph_worker", "tellergraph_staff", "tellergraph_graph"
COMPLIANCE, NETWORK, SUBJECT = "tellergraph_compliance", "tellergraph_network", "tellergraph_subject"
LOGINS = (OWNER, APP, CHECKPOINT, WORKER, GRAPH, COMPLIANCE)
ASSUMED = (STAFF, NETWORK, SUBJECT)
"""No logins: what the application's login becomes for one transaction."""

_MANUAL = "see docs/decisions/0002-embedded-services.md for the statements that prepare a database by hand"


@dataclass(frozen=True)
class DatabaseLogins:
    """URLs of one database."""

    admin: str
    app: str
    owner: str
    checkpoint: str
    worker: str
    graph: str
    compliance: str
    passwords: dict[str, str]
    """By role; empty where the server trusts or the operator made the logins."""
    create_database: bool = False
    """``admin`` is a superuser beside whose own database ours is made."""
    prepared_by_operator: bool = False


def embedded_logins(superuser_url: str) -> DatabaseLogins:
    url = with_database(superuser_url, DATABASE)
    return DatabaseLogins(
        admin=url,
        app=with_login(url, APP),
        owner=with_login(url, OWNER),
        checkpoint=with_login(url, CHECKPOINT),
        worker=with_login(url, WORKER),
        graph=with_login(url, GRAPH),
        compliance=with_login(url, COMPLIANCE),
        passwords={},
        create_database=True,
    )


def given_logins(database_url: str, owner_url: str | None, secret: bytes) -> DatabaseLogins:
    """The roles' logins beside an administrative URL, or the operator's own two logins."""
    if owner_url is not None:
        return DatabaseLogins(
            admin=owner_url,
            app=database_url,
            owner=with_options(owner_url, f"-c role={OWNER}"),
            checkpoint=with_options(owner_url, f"-c role={CHECKPOINT} -c search_path=checkpoints"),
            worker=with_options(owner_url, f"-c role={WORKER}"),
            graph=with_options(owner_url, f"-c role={GRAPH} -c search_path=lightrag,public"),
            compliance=with_options(owner_url, f"-c role={COMPLIANCE}"),
            passwords={},
            prepared_by_operator=True,
        )
    passwords = {role: hmac.digest(secret, f"postgresql:{role}".encode(), "sha256").hex() for role in LOGINS}
    return DatabaseLogins(
        admin=database_url,
        app=with_login(database_url, APP, passwords[APP]),
        owner=with_login(database_url, OWNER, passwords[OWNER]),
        checkpoint=with_login(database_url, CHECKPOINT, passwords[CHECKPOINT]),
        worker=with_login(database_url, WORKER, passwords[WORKER]),
        graph=with_login(database_url, GRAPH, passwords[GRAPH]),
        compliance=with_login(database_url, COMPLIANCE, passwords[COMPLIANCE]),
        passwords=passwords,
    )


def prepare_database(logins: DatabaseLogins) -> None:
    """Makes what is missing; costs one connection when nothing is. Safe when two processes do it at once.

    Raises:
        ConfigurationError: the server is too old, lacks pgvector, or a login has the wrong rights.
    """
    if logins.prepared_by_operator:
        _check_owner(logins.admin)
    elif not _is_prepared(logins.app):
        _prepare(logins)
    check_runtime_role(logins.app)


def check_runtime_role(app_url: str) -> None:
    """Refuses a runtime login that row-level security does not bind.

    Raises:
        ConfigurationError: with every reason, and what to do.
    """
    reasons = find_role_faults(app_url)
    if reasons:
        raise ConfigurationError(
            f"The runtime login {describe(app_url)} cannot be used: {'; '.join(reasons)}. Set TELLERGRAPH_DATABASE_URL "
            f"to a login that is only a member of {APP}; {_MANUAL}."
        )


def find_role_faults(app_url: str) -> list[str]:
    """Why this login must not serve customers: it, or a role it may become, escapes row-level security."""
    with _connect(app_url) as connection:
        return _reasons(connection, "find_shortcomings")


def _check_owner(owner_url: str) -> None:
    with _connect(owner_url) as connection:
        _require_server(connection)
        reasons = _reasons(connection, "find_gaps")
    if reasons:
        raise ConfigurationError(
            f"The owner's login {describe(owner_url)} cannot migrate: {'; '.join(reasons)}. Set "
            f"TELLERGRAPH_DATABASE_OWNER_URL to a login that can; {_MANUAL}."
        )


def _is_prepared(app_url: str) -> bool:
    """Asked as the application: it also finds a password that no longer fits the secret key."""
    try:
        with psycopg.connect(app_url, autocommit=True) as connection:
            return bool(_row(connection, "is_prepared")[0])
    except psycopg.OperationalError:
        return False


def _prepare(logins: DatabaseLogins) -> None:
    first = with_database(logins.admin, "postgres") if logins.create_database else logins.admin
    with _connect(first) as connection, changing_database(connection):
        _require_server(connection)
        try:
            with connection.transaction():
                _make_roles(connection, logins.passwords)
            if logins.create_database:
                _make_database(connection)
            with _connect(logins.admin) as own:
                own.execute(_QUERIES["prepare_schemas"])
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f"The login {describe(logins.admin)} may not prepare the database: {error.diag.message_primary}. Give "
                f"it CREATEROLE and the database, or prepare the database yourself: {_MANUAL}."
            ) from error


def _make_roles(connection: Connection[Any], passwords: dict[str, str]) -> None:
    superuser = bool(_row(connection, "am_superuser")[0])
    for role in (*LOGINS, *ASSUMED):
        found = connection.execute(_QUERIES["find_role"], {"role": role}).fetchone()
        if found is None:
            _run(connection, "create role {role} nologin" if role in ASSUMED else "create role {role} login", role)
        elif found[0] or found[1]:
            _run(connection, "alter role {role} nosuperuser nobypassrls", role)
        if role in passwords:
            _set_password(connection, role, passwords[role])
        if not superuser:
            _run(connection, "grant {role} to current_user", role)
    connection.execute(_QUERIES["grant_assumed"])


def _set_password(connection: Connection[Any], role: str, password: str) -> None:
    """Sends the SCRAM verifier, so that no server log holds the password."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    statement = sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    connection.execute(statement)


def _make_database(connection: Connection[Any]) -> None:
    found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
    if found is None:
        statement = sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
        connection.execute(statement)


def _require_server(connection: Connection[Any]) -> None:
    major, has_vector = _row(connection, "server_version")
    if major < 18:
        raise ConfigurationError(f"TELLERGRAPH_DATABASE_URL: PostgreSQL {major} is too old, 18 is needed.")
    if not has_vector:
        raise ConfigurationError("TELLERGRAPH_DATABASE_URL: that server lacks pgvector; install the extension vector.")


def _connect(url: str) -> Connection[tuple[Any, ...]]:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ConfigurationError(
            f"The database {describe(url)} cannot be reached: {reason}. Set TELLERGRAPH_DATABASE_URL to "
            f"postgresql://user:password@host:5432/database, or unset it to use the embedded PostgreSQL."
        ) from error


def _reasons(connection: Connection[Any], query: LiteralString) -> list[str]:
    return [reason for (reason,) in connection.execute(_QUERIES[query])]


def _row(connection: Connection[Any], query: str) -> tuple[Any, ...]:
    """Of a query that always gives one."""
    return connection.execute(_QUERIES[query]).fetchall()[0]


def _run(connection: Connection[Any], statement: LiteralString, role: str) -> None:
    connection.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
