"""docker-compose.yml tried without a container engine: its commands, environments, start scripts and health checks,
with the package as the image installs it. Issue 9, "Ship, first version"."""

import re
import subprocess
from pathlib import Path

import httpx2
import psycopg
import pytest
import redis
from compose_file import services
from conftest import (
    Machine,
    as_superuser,
    debian_postgres,
    new_database,
    redis_programs,
    running_postgres,
    running_redis,
)

from core.db.urls import make_url
from tests.talking import ALEX, log_in, talking, texts
from tests.waiting import eventually

pytestmark = pytest.mark.deploy

DEPLOY = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
DOCUMENTED = {
    name: re.findall(rf"{name} --host=127.0.0.1 --username=postgres ([^']+)'", DEPLOY)[0].split()
    for name in ("pg_dump", "pg_restore")
}
TABLES = """
    select schemaname, tablename, tableowner, rowsecurity from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2
"""


def connect(machine: Machine, user: str, password: str) -> psycopg.Connection:
    port = machine.ports["postgres"]
    return psycopg.connect(
        make_url(user=user, password=machine.variables[password], database="tellergraph", host="127.0.0.1", port=port)
    )


def test_the_assistant_starts_answers_and_stops(deployment: Machine):
    """The order is that of depends_on: databases, migrate, then api and worker."""
    assert deployment.is_healthy("postgres")
    assert deployment.is_healthy("redis")
    assert not deployment.is_healthy("api")

    migrated = deployment.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert "(it was at base)" in migrated.stdout
    again = deployment.run("migrate")
    assert again.returncode == 0, again.stderr

    with deployment.running("api") as api, deployment.running("worker") as worker:
        eventually(lambda: deployment.is_healthy("api") or api.poll() is not None, within=540)
        assert api.poll() is None, (deployment.place / "api.log").read_text()
        url = f"http://127.0.0.1:{deployment.ports['api']}"
        with talking(url) as visitor:
            assert "card" in texts(visitor.hear("How do I activate my new card?"))
        with talking(url, log_in(url, *ALEX)) as alex:
            answer = alex.ask("what's my balance?")
            assert "2,480.15" in answer["response"]
        assert httpx2.get(f"{url}/metrics", headers={"Host": "api:8000"}).status_code == 200
        assert httpx2.get(url, headers={"Host": "evil.example"}).status_code == 421
        eventually(lambda: deployment.is_healthy("worker"))
        checked = deployment.tellergraph("api", "db", "check")
        assert checked.returncode == 0, checked.stdout
    assert worker.returncode == 0, (deployment.place / "worker.log").read_text()
    assert api.returncode == 0, (deployment.place / "api.log").read_text()
    assert not deployment.is_healthy("api")


def test_a_dump_is_read_by_a_new_machine(deployment: Machine, machine: Machine):
    """With the commands of docs/deploy.md."""
    dump, restore = DOCUMENTED["pg_dump"], DOCUMENTED["pg_restore"]
    assert deployment.run("migrate").returncode == 0
    with connect(deployment, "postgres", "POSTGRES_PASSWORD") as connection:
        before = connection.execute("select count(*) from policy_fees").fetchone()
        tables = connection.execute(TABLES).fetchall()
    dumped = as_superuser(deployment, "pg_dump", *dump)
    with new_database(machine):
        as_superuser(machine, "pg_restore", *restore, stdin=dumped)
        with connect(machine, "postgres", "POSTGRES_PASSWORD") as connection:
            assert connection.execute(TABLES).fetchall() == tables
            assert connection.execute("select count(*) from policy_fees").fetchone() == before
        machine.programs, machine.site = deployment.programs, deployment.site
        machine.ports["redis"] = deployment.ports["redis"]
        machine.variables = {**machine.variables, "REDIS_PASSWORD": deployment.variables["REDIS_PASSWORD"]}
        checked = machine.tellergraph("migrate", "db", "check")
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_serving_login_is_nobodys_superuser_and_not_the_migrators(deployment: Machine):
    with connect(deployment, "runtime", "DATABASE_RUNTIME_PASSWORD") as connection:
        row = connection.execute(
            "select rolsuper, rolcreaterole, pg_has_role('tellergraph_owner', 'member') from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        assert row == (False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set role migrator")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(deployment, "runtime", "DATABASE_OWNER_PASSWORD")


def test_the_worker_is_ill_where_it_cannot_reach_the_database(deployment: Machine):
    reached, deployment.ports["postgres"] = deployment.ports["postgres"], "1"
    try:
        assert not deployment.is_healthy("worker")
        assert not deployment.is_healthy("postgres")
    finally:
        deployment.ports["postgres"] = reached


def test_the_installed_package_has_every_file_of_its_rooms(deployment: Machine):
    """What a wheel leaves out is missing in the image alone, and nowhere else."""
    rooms = ("agent", "api", "core", "evals", "finetune", "knowledge", "tools")
    root = Path(__file__).parents[2]
    listed = subprocess.run(["git", "ls-files", "-z", *rooms], cwd=root, check=True, capture_output=True, text=True)  # noqa: S603, S607
    names = [name for name in listed.stdout.split("\0") if name and (root / name).exists()]
    assert len(names) > 1000
    assert [name for name in names if not (deployment.site / name).exists()] == []


@pytest.mark.parametrize("program", redis_programs(), ids=str)
def test_redis_takes_the_command(machine: Machine, program: Path):
    with running_redis(machine, program) as url:
        assert machine.is_healthy("redis")
        with redis.Redis.from_url(url) as client:
            expected = {
                "maxmemory-policy": "volatile-ttl",
                "appendonly": "yes",
                "maxmemory": str(256 << 20),
                "save": "",
            }
            assert {name: client.config_get(name)[name] for name in expected} == expected
        stranger = redis.Redis.from_url(f"redis://{url.partition('@')[2]}")
        with pytest.raises(redis.AuthenticationError), stranger:
            stranger.ping()
    assert not machine.is_healthy("redis")


@pytest.mark.parametrize("programs", debian_postgres(), ids=str)
def test_debians_postgresql_takes_the_command(machine: Machine, programs: Path):
    """It is older than the image's: its initdb has no builtin locale. The settings are the same."""
    initdb = services()["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].partition(" --encoding")[0]
    with running_postgres(machine, programs, initdb) as url, psycopg.connect(url) as connection:
        for option in machine.command("postgres")[2::2]:
            name, _, value = option.partition("=")
            [shown] = connection.execute("select current_setting(%s)", [name]).fetchone() or [None]
            assert shown == value or (shown, value) == ("500ms", "500"), name
