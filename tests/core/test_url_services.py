"""The same code on servers given by URL: PostgreSQL with passwords over TCP, Redis with a password."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis
from core_servers import copy_data_dir, eventually, query

from core.db.bootstrap import check_runtime_role
from core.db.health import inspect_database
from core.db.migrate import migrate
from core.db.urls import make_url, with_database, with_login
from core.errors import ConfigurationError
from core.services import embedded_postgres, embedded_redis, running_services
from core.services.directories import postgres_user
from core.services.processes import become, spawn_detached
from core.settings import Settings

DECISION = Path(__file__).parents[2] / "docs" / "decisions" / "0002-embedded-services.md"
ADMIN = "admin word / with : signs"


@dataclass(frozen=True)
class Servers:
    """As an operator gives them: a superuser's URL, and one of Redis."""

    postgres: str
    redis: str


@pytest.fixture(scope="module")
def servers(prepared_data_dir: Path) -> Iterator[Servers]:
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as place:
        Path(place).chmod(0o711)
        directory = copy_data_dir(prepared_data_dir, Path(place) / "d")
        postgres, store = start_postgres(directory / "postgres"), start_redis(directory / "redis")
        yield Servers(postgres, store)
        run_pg_ctl(directory / "postgres", "stop", "-m", "immediate")
        redis.Redis.from_url(store).shutdown(nosave=True)


def start_postgres(directory: Path) -> str:
    (directory / "postgresql.conf").write_text("fsync = off\n")
    port = free_port()
    run_pg_ctl(directory, "start", "-l", str(directory / "log"), "-o", f"-h 127.0.0.1 -p {port} -k {directory}")
    query(
        make_url(user="postgres", database="postgres", host=str(directory), port=str(port)),
        f"alter role postgres password '{ADMIN}'",
    )
    (directory / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    run_pg_ctl(directory, "reload")
    url = make_url(user="postgres", password=ADMIN, database="postgres", host="127.0.0.1", port=str(port))
    query(url, "drop database tellergraph")
    return url


def run_pg_ctl(directory: Path, *command: str) -> None:
    program = embedded_postgres._find_programs(postgres_user()) / "pg_ctl"
    full = [program, "-w", "-s", "-D", directory, *command]
    subprocess.run(full, check=True, stdout=subprocess.DEVNULL, **become(postgres_user()))  # noqa: S603


def start_redis(directory: Path) -> str:
    port = str(free_port())
    command = [
        embedded_redis._find_program(),
        "--port",
        port,
        "--bind",
        "127.0.0.1",
        "--requirepass",
        "secret",
        "--save",
        "",
    ]
    spawn_detached(command, directory / "log", os.geteuid()).close()
    url = f"redis://:secret@127.0.0.1:{port}/0"
    eventually(lambda: redis.Redis.from_url(url).ping(), redis.ConnectionError)
    return url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def database(servers: Servers, request: pytest.FixtureRequest) -> Iterator[str]:
    """An administrative URL of an empty database, on a server without our roles."""
    name = "own database"
    # Before the first test too: the copied server has them.
    rows = query(servers.postgres, "select rolname from pg_roles where oid >= 16384")
    for (role,) in rows:
        query(servers.postgres, f"drop owned by {role} cascade")
    for (role,) in rows:
        query(servers.postgres, f"drop role {role}")
    query(servers.postgres, f'create database "{name}"')
    yield with_database(servers.postgres, name)
    query(servers.postgres, f'drop database "{name}" with (force)')


@pytest.fixture
def make_settings(place: Path, servers: Servers):
    def make(database_url: str, **more: object) -> Settings:
        given = {"database_url": database_url, "redis_url": servers.redis, "data_dir": place / "d"}
        return Settings(_env_file=None, **(given | more))

    return make


def refused(settings: Settings, message: str) -> str:
    with pytest.raises(ConfigurationError, match=message) as caught, running_services(settings):
        pytest.fail("it started")
    assert ADMIN not in str(caught.value)
    return caught.value.message


def test_given_servers_are_prepared_and_migrated(database, make_settings, place):
    with running_services(make_settings(database)) as services:
        migrate(services)
        assert all(check.passed for check in inspect_database(services)), inspect_database(services)
        assert query(services.app_url, "select current_user, current_database()") == [
            ("tellergraph_app", "own database")
        ]
        assert query(services.checkpoint_url, "select count(*) from checkpoints") == [(0,)]
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.ping()
    assert sorted(path.name for path in (place / "d").iterdir()) == ["secret.key"]


def test_the_passwords_follow_the_secret_key(database, make_settings):
    """A second start with the same key changes nothing; another key makes other passwords."""
    with running_services(make_settings(database, secret_key="k" * 32)) as first:
        pass
    with running_services(make_settings(database, secret_key="k" * 32)) as again:
        assert again.app_url == first.app_url
    with running_services(make_settings(database, secret_key="x" * 32)) as other:
        assert other.app_url != first.app_url
        assert query(other.app_url, "select 1") == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query(first.app_url, "select 1")


def test_a_login_that_may_create_roles_and_owns_the_database_is_enough(servers, database, make_settings):
    """Managed PostgreSQL gives no superuser. The extension is not trusted, so the operator makes it."""
    query(servers.postgres, "create role manager login createrole password 'm'")
    query(servers.postgres, 'alter database "own database" owner to manager')
    query(database, "create extension vector")
    with running_services(make_settings(with_login(database, "manager", "m"))) as services:
        migrate(services)
        assert all(check.passed for check in inspect_database(services)), inspect_database(services)


def test_a_login_that_may_not_prepare_the_database_is_refused(servers, database, make_settings):
    query(servers.postgres, "create role humble login password 'h'")
    refused(make_settings(with_login(database, "humble", "h")), "may not prepare the database: permission denied")


[PREPARED_BY_HAND] = re.findall(r"```sql\n(.*?)```", DECISION.read_text(), re.DOTALL)


def prepare_by_hand(database: str, **changes: str) -> tuple[str, str]:
    """As the decision says, the owner's and the runtime login's rights changed. Their URLs, the runtime's first."""
    statements = PREPARED_BY_HAND.replace("database bank", 'database "own database"')
    for login, rights in changes.items():
        statements = re.sub(rf"(role {login} login password '[a-z-]+') .*;", rf"\1 {rights};", statements)
    query(database, statements)
    return with_login(database, "runtime", "runtime-password"), with_login(database, "migrator", "migrator-password")


def test_two_logins_of_the_operator_are_used_as_they_are(database, make_settings):
    runtime, owner = prepare_by_hand(database)
    with running_services(make_settings(runtime, database_owner_url=owner)) as services:
        migrate(services)
        assert all(check.passed for check in inspect_database(services)), inspect_database(services)
        assert query(services.app_url, "select current_user") == [("runtime",)]
        assert query(services.app_url, "select count(*) from accounts") == [(0,)]
        assert query(services.checkpoint_url, "select current_user, count(*) from checkpoints") == [
            ("tellergraph_checkpoint", 0)
        ]
        assert query(services.worker_url, "select current_user") == [("tellergraph_worker",)]
        assert query(services.graph_url, "select current_user, current_schemas(false)") == [
            ("tellergraph_graph", ["lightrag", "public"])
        ]
        owners = query(services.owner_url, "select distinct tableowner from pg_tables where schemaname = 'public'")
        assert owners == [("tellergraph_owner",)]


@pytest.mark.parametrize(
    ("rights", "reason"),
    [
        ("superuser", "it is a superuser"),
        ("bypassrls in role tellergraph_app", "it bypasses row-level security"),
        ("in role tellergraph_app, tellergraph_owner", "it may become tellergraph_owner"),
        ("in role tellergraph_app, tellergraph_worker", "it may become tellergraph_worker"),
        ("in role tellergraph_app, tellergraph_staff", "it inherits tellergraph_staff"),
        ("in role tellergraph_app; create table t (); alter table t owner to runtime", "it owns tables"),
        ("", "it is no member of tellergraph_app"),
    ],
)
def test_a_runtime_login_that_escapes_row_level_security_is_refused(database, make_settings, rights, reason):
    runtime, owner = prepare_by_hand(database, runtime=rights)
    message = refused(make_settings(runtime, database_owner_url=owner), reason)
    assert "Set TELLERGRAPH_DATABASE_URL to a login that is only a member of tellergraph_app" in message


def test_an_owner_login_that_cannot_migrate_is_refused(database, make_settings):
    runtime, owner = prepare_by_hand(database, migrator="")
    message = refused(make_settings(runtime, database_owner_url=owner), "cannot migrate")
    for role in ("tellergraph_owner", "tellergraph_checkpoint", "tellergraph_graph", "tellergraph_worker"):
        assert f"{role} is not granted to it" in message


def test_a_database_prepared_for_an_older_version_is_refused_with_what_it_lacks(database, make_settings):
    runtime, owner = prepare_by_hand(database)
    query(database, "revoke tellergraph_staff from tellergraph_app")
    refused(make_settings(runtime, database_owner_url=owner), "tellergraph_staff is not granted to tellergraph_app")


def test_roles_that_an_older_version_did_not_make_are_made_at_the_next_start(database, make_settings):
    with running_services(make_settings(database)):
        pass
    query(database, "drop owned by tellergraph_worker; drop role tellergraph_worker")
    query(database, "revoke tellergraph_staff from tellergraph_app")
    with running_services(make_settings(database)) as services:
        assert query(services.worker_url, "select current_user") == [("tellergraph_worker",)]
        may_become = "select pg_has_role(current_user, 'tellergraph_staff', 'set')"
        assert query(services.app_url, may_become) == [(True,)]


def test_the_superuser_is_no_runtime_login(services):
    with pytest.raises(ConfigurationError, match="it is a superuser"):
        check_runtime_role(services.admin_url)


def test_a_database_that_does_not_answer_is_named_without_its_password(make_settings):
    url = f"postgresql://me:topsecret@127.0.0.1:{free_port()}/bank"
    message = refused(make_settings(url), "cannot be reached: .*Set TELLERGRAPH_DATABASE_URL")
    assert "topsecret" not in message


def test_a_wrong_password_is_told(database, make_settings):
    refused(make_settings(with_login(database, "postgres", "wrong")), "password authentication failed")


def test_a_url_that_is_none_is_told(make_settings):
    refused(make_settings("nonsense"), "write it as postgresql://")


def test_an_owner_login_alone_is_told(place):
    settings = Settings(_env_file=None, data_dir=place / "d", database_owner_url="postgresql://owner@127.0.0.1/bank")
    refused(settings, "set TELLERGRAPH_DATABASE_URL too")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}/0", "nonsense", "unix:///nowhere/redis.sock"])
def test_a_redis_that_does_not_answer_is_told(servers, make_settings, url):
    refused(
        make_settings(servers.postgres, redis_url=url.format(port=free_port())),
        "TELLERGRAPH_REDIS_URL: no Redis answers",
    )


def test_a_redis_that_wants_another_password_is_told(servers, make_settings):
    refused(
        make_settings(servers.postgres, redis_url=servers.redis.replace("secret", "wrong")), "no Redis answers there"
    )
