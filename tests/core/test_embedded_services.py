"""Embedded PostgreSQL and Redis, whatever happens to them and to those who use them."""

import os
import shutil
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis
from core_servers import ORDINARY_UID, eventually, find_server, list_servers, query

from core.errors import ConfigurationError
from core.services import embedded_redis, running_services
from core.settings import Settings

MAKE = "create table kept (x int); insert into kept values (42)"
READ = "select x from kept"
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "jit": "off",
    "max_connections": "200",
}
DATABASE_GONE = psycopg.OperationalError


def settings_for(data_dir: Path) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir)


def names(data_dir: Path) -> list[str]:
    return sorted(Path(process.cmdline()[0].split(" ")[0]).name for process in list_servers(data_dir))


def refused(data_dir: Path, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message), running_services(settings_for(data_dir)):
        pytest.fail("it started")


def store(services) -> redis.Redis:
    return redis.Redis.from_url(services.redis_url)


def test_a_clean_stop_loses_nothing_and_leaves_no_process(own_data_dir):
    with running_services(settings_for(own_data_dir)) as services, store(services) as client:
        query(services.owner_url, MAKE)
        client.xadd("events", {"a": "1"})
        assert names(own_data_dir) == ["postgres", "redis-server"]
    assert names(own_data_dir) == []
    with running_services(settings_for(own_data_dir)) as services, store(services) as client:
        assert query(services.app_url, "select 1") == [(1,)]
        assert query(services.owner_url, READ) == [(42,)]
        assert client.xlen("events") == 1


def test_the_servers_are_durable_and_listen_to_nobody_else(own_data_dir):
    with running_services(settings_for(own_data_dir)) as services:
        with store(services) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("port") == {"port": "0"}
        durable = dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "on")
        for setting, value in (SETTINGS | durable).items():
            assert query(services.app_url, f"show {setting}") == [(value,)]
        [(major,)] = query(services.app_url, "select current_setting('server_version_num')::int / 10000")
        assert major == 18


def test_sockets_are_private(services, data_dir):
    for name in ("redis", "postgres", "redis/redis.sock", "postgres/.s.PGSQL.5432"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) & 0o077 == 0, name


def test_two_processes_share_the_servers_and_the_last_stops_them(own_data_dir, start_holder):
    first, second = start_holder(own_data_dir), start_holder(own_data_dir)
    before = {process.pid for process in list_servers(own_data_dir)}
    first.leave()
    assert query(second.urls["app_url"], "select 1") == [(1,)]
    assert {process.pid for process in list_servers(own_data_dir)} == before
    second.leave()
    assert list_servers(own_data_dir) == []


def test_processes_that_start_together_in_a_new_directory_get_the_same_servers(place, start_holder):
    holders = [start_holder(place / "new", wait=False) for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda holder: holder.wait_ready(), holders))
    assert names(place / "new") == ["postgres", "redis-server"]
    assert len({holder.urls["secret_key"] for holder in holders}) == 1
    for holder in holders:
        holder.leave()
    assert names(place / "new") == []


def test_a_holder_that_was_killed_does_not_count(own_data_dir, start_holder):
    killed, living = start_holder(own_data_dir), start_holder(own_data_dir)
    killed.end_with(signal.SIGKILL)
    living.leave()
    assert list_servers(own_data_dir) == []


def test_servers_left_by_a_killed_process_are_joined_and_stopped_by_the_next(own_data_dir, start_holder):
    start_holder(own_data_dir).end_with(signal.SIGKILL)
    left = {process.pid for process in list_servers(own_data_dir)}
    assert len(left) == 2
    with running_services(settings_for(own_data_dir)) as services:
        assert query(services.app_url, "select 1") == [(1,)]
        assert {process.pid for process in list_servers(own_data_dir)} == left
    assert list_servers(own_data_dir) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, -signal.SIGINT)])
def test_a_signal_to_the_program_stops_the_servers(own_data_dir, start_holder, number, code):
    holder = start_holder(own_data_dir)
    assert holder.end_with(number) == code
    assert list_servers(own_data_dir) == []


def test_a_killed_postgres_comes_back_with_what_was_committed(own_data_dir):
    with running_services(settings_for(own_data_dir)) as services:
        query(services.owner_url, MAKE)
        killed = find_server(own_data_dir, "postgres")
        killed.kill()
        assert eventually(lambda: query(services.owner_url, READ), DATABASE_GONE) == [(42,)]
        assert find_server(own_data_dir, "postgres").pid != killed.pid


def test_a_killed_postgres_comes_back_while_a_backend_hangs(own_data_dir):
    """A backend that does not notice keeps the dead server's shared memory."""
    with running_services(settings_for(own_data_dir)) as services:
        hanging = psycopg.connect(services.owner_url, autocommit=True)
        os.kill(hanging.info.backend_pid, signal.SIGSTOP)
        find_server(own_data_dir, "postgres").kill()
        assert eventually(lambda: query(services.app_url, "select 1"), DATABASE_GONE) == [(1,)]
        hanging.close()


def test_a_killed_redis_comes_back_with_its_keys(own_data_dir):
    with running_services(settings_for(own_data_dir)) as services, store(services) as client:
        client.set("kept", "42")
        find_server(own_data_dir, "redis").kill()
        assert eventually(lambda: client.get("kept"), redis.ConnectionError) == b"42"


def test_of_two_processes_that_watch_one_brings_the_server_back(own_data_dir, start_holder):
    first, second = start_holder(own_data_dir), start_holder(own_data_dir)
    for name in ("postgres", "redis"):
        find_server(own_data_dir, name).kill()
    eventually(lambda: query(first.urls["app_url"], "select 1"), DATABASE_GONE)
    eventually(lambda: names(own_data_dir) == ["postgres", "redis-server"])
    first.leave()
    second.leave()
    assert list_servers(own_data_dir) == []


def test_stale_pid_files_of_somebody_else_do_not_matter(own_data_dir):
    """A container that starts again finds pids of its last life, which other programs have now."""
    mine = os.getpid()
    lines = [mine, own_data_dir / "postgres", 1700000000, 5432, own_data_dir / "postgres", "", "1 1", "ready   "]
    (own_data_dir / "postgres" / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))
    (own_data_dir / "postgres" / ".s.PGSQL.5432.lock").write_text(f"{mine}\n")
    for path in (own_data_dir / "postgres" / ".s.PGSQL.5432", own_data_dir / "redis" / "redis.sock"):
        leave_dead_socket(path)
    with running_services(settings_for(own_data_dir)) as services, store(services) as client:
        assert query(services.app_url, "select 1") == [(1,)]
        assert client.ping()


def leave_dead_socket(path: Path) -> None:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))


def test_a_server_killed_with_its_holder_leaves_nothing_in_the_way(own_data_dir, start_holder):
    holder = start_holder(own_data_dir)
    query(holder.urls["owner_url"], MAKE)
    os.kill(holder.process.pid, signal.SIGSTOP)
    for process in list_servers(own_data_dir):
        process.kill()
    holder.end_with(signal.SIGKILL)
    with running_services(settings_for(own_data_dir)) as services:
        assert query(services.owner_url, READ) == [(42,)]


def test_a_setup_that_was_cut_short_is_made_again(place):
    half = place / "d" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with running_services(settings_for(place / "d")) as services:
        assert query(services.app_url, "select 1") == [(1,)]


def test_an_ordinary_user_runs_them(place, start_holder):
    os.chown(place, ORDINARY_UID, -1)
    holder = start_holder(place / "d", uid=ORDINARY_UID)
    assert {process.uids().effective for process in list_servers(place)} == {ORDINARY_UID}
    assert query(holder.urls["app_url"], "select 1") == [(1,)]
    assert stat.S_IMODE((place / "d").stat().st_mode) == 0o700
    assert stat.S_IMODE((place / "d" / "secret.key").stat().st_mode) == 0o600
    holder.leave()
    assert list_servers(place) == []


def test_a_long_path_gets_its_sockets_elsewhere(place, prepared_data_dir, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    data_dir = place / ("long" * 40) / "d"
    data_dir.parent.mkdir(mode=0o711)
    shutil.copytree(prepared_data_dir, data_dir, ignore=shutil.ignore_patterns("postgres"))
    with running_services(settings_for(data_dir)) as services, store(services) as client:
        assert query(services.app_url, "select 1") == [(1,)]
        assert client.ping()
        assert str(data_dir) not in services.app_url + services.redis_url
    assert list_servers(place) == []


def test_a_data_directory_that_cannot_be_made_is_named(place):
    (place / "file").write_text("")
    with (
        pytest.raises(ConfigurationError, match="Set TELLERGRAPH_DATA_DIR"),
        running_services(settings_for(place / "file" / "d")),
    ):
        pass


def test_a_data_directory_of_somebody_else_is_refused(place, start_holder):
    (place / "d").mkdir(mode=0o700)
    (place / "d").chmod(0o500)
    holder = start_holder(place / "d", uid=ORDINARY_UID, wait=False)
    _, error = holder.process.communicate(timeout=30)
    assert "Set TELLERGRAPH_DATA_DIR" in error


def test_without_a_redis_server_the_setting_is_named(own_data_dir, monkeypatch):
    """As on Python 3.13, where the wheel does not exist."""
    monkeypatch.setattr(embedded_redis.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(own_data_dir))
    with (
        pytest.raises(ConfigurationError, match="set TELLERGRAPH_REDIS_URL"),
        running_services(settings_for(own_data_dir)),
    ):
        pass


def test_the_redis_server_on_the_path_is_used_without_the_wheel(own_data_dir, monkeypatch):
    program = Path(embedded_redis._find_program())
    monkeypatch.setattr(embedded_redis.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    assert embedded_redis._find_program() == str(program)


def test_a_server_that_ends_while_starting_is_reported_with_its_log(own_data_dir):
    (own_data_dir / "postgres" / "global" / "pg_control").unlink()
    with (
        pytest.raises(ConfigurationError, match=r"PostgreSQL ends while starting: see .*server\.log"),
        running_services(settings_for(own_data_dir)),
    ):
        pass
    assert list_servers(own_data_dir) == []
