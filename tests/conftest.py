"""Real servers for the tests: one embedded PostgreSQL and Redis for the session, a clone of a template per test.

empty   migrated, nothing in it
bank    the demo bank with few customers
fresh   the demo bank and the help centre

and the real server on them, with callers who talk to it:

server         of one test, on ``fresh``
shared_server  of all tests that leave nothing which another could see
meet           ``meet(server, ALEX)``: a signed-in customer; ``meet(server)``: a visitor
"""

import hashlib
import itertools
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psycopg
import pytest
import redis
import structlog
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from structlog._config import BoundLoggerLazyProxy

from core.db.bootstrap import DATABASE
from core.db.migrate import migrate
from core.db.urls import with_database, with_options
from core.security.key_store import ensure_signing_keys
from core.services import Services, running_services
from core.settings import Settings
from finetune.cpu_guard import prepare
from knowledge.embed import Encoder, Vectors
from knowledge.ingest import ingest_folder
from tests.serving import serving
from tests.talking import Caller, Meet, log_in, talking
from tools.demo_bank import ensure_demo_bank

# Before any test imports torch: each of several workers would start a thread for every core, and those that wait spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A command that trains and is called here must not begin anew.
os.environ.update(prepare(os.environ))

CUSTOMERS = 12
MANY = 1_000_000
RATES = ("rate_user", "rate_api_key", "rate_address", "rate_chat", "rate_admin", "rate_login", "rate_code")
SEED = 20260101
HELP_CENTRE = Path(__file__).parents[1] / "knowledge" / "help_centre"

# A machine that is busy with something else fails no test.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

# In the background of a shell Ctrl-C is ignored, and would be by every process that a test starts and ends with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Clone = Callable[[str], AbstractContextManager[Services]]


class RememberingEncoder:
    """The real encoder. The help centre's vectors are kept between runs: computing them takes a quarter minute."""

    def __init__(self, directory: Path) -> None:
        model = (files("knowledge") / "encoder" / "SHA256SUMS").read_bytes()
        self._path = directory / f"{hashlib.sha256(model).hexdigest()[:16]}.npz"
        self._known: dict[str, Vectors] = dict(np.load(self._path)) if self._path.exists() else {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        # An article is encoded as one batch: int8 vectors depend a little on what stands beside them.
        key = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        if key not in self._known:
            self._known[key] = self._encoder.encode(texts)
        return self._known[key]

    def save(self) -> None:
        np.savez(self._path, **self._known)

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder.load()


_SHORT, _MEMORY = Path("/tmp"), Path("/dev/shm")  # noqa: S108  Folders of our own are made in them.
_ROOM = 6 << 30
"""Bytes that a process of tests may need for its databases."""


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """Short, so that sockets fit in it. In memory where there is room: ext4 takes half a millisecond for each new file
    while thousands were deleted in the seconds before, and a database has a thousand."""
    is_roomy = _MEMORY.is_dir() and disk_usage(_MEMORY).free > _ROOM
    with TemporaryDirectory(prefix="tg-", dir=_MEMORY if is_roomy else _SHORT) as directory:
        yield Path(directory) / "data"


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    """Limits count, and none is reached: all tests are one address, and most are one customer."""
    return Settings(  # pyright: ignore[reportCallIssue]
        _env_file=None,
        data_dir=data_dir,
        demo_customers=CUSTOMERS,
        demo_seed=SEED,
        graph="off",
        # One login of each customer lasts for all tests of a process.
        access_token_ttl=timedelta(hours=4),
        streams_per_user=MANY,
        # However long this machine stands still, Redis is not away.
        counting_timeout=timedelta(minutes=1),
        **dict.fromkeys(RATES, MANY),
    )


@pytest.fixture(scope="session")
def services(settings: Settings) -> Iterator[Services]:
    """The embedded servers, with a database that is migrated and otherwise empty."""
    with running_services(settings) as running:
        _copy_quickly(running)
        migrate(running)
        ensure_signing_keys(running.owner_url, running.secret_key, datetime.now(UTC))
        yield running


def _copy_quickly(services: Services) -> None:
    """More than a thousand databases are copied. Without fsync nothing is lost when a process is killed, only when the
    machine is."""
    with psycopg.connect(services.admin_url, autocommit=True) as connection:
        for setting in ("fsync = off", "full_page_writes = off", "file_copy_method = clone"):
            connection.execute(sql.SQL("alter system set {}").format(sql.SQL(setting)))
        connection.execute("select pg_reload_conf()")


@pytest.fixture(scope="session")
def seeded_at() -> datetime:
    """The moment at which the demo bank was made: its dates are relative to it."""
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def clone(services: Services) -> Clone:
    """``with clone(template) as services``: a database of its own, dropped at the end."""
    numbers = itertools.count(1)

    @contextmanager
    def cloned(template: str) -> Generator[Services]:
        own = _copy(services, template, f"test_{next(numbers)}")
        try:
            yield own
        finally:
            _administer(services, "drop database {} with (force)", _database(own))

    return cloned


@pytest.fixture(scope="session")
def bank_template(services: Services, seeded_at: datetime) -> str:
    """The name of a database with the demo bank."""
    bank = _copy(services, DATABASE, "template_bank")
    ensure_demo_bank(bank.owner_url, customers=CUSTOMERS, seed=SEED, now=seeded_at)
    return _database(bank)


@pytest.fixture(scope="session")
def template_database(services: Services, bank_template: str, pytestconfig: pytest.Config) -> str:
    """The name of a database with the demo bank and the help centre."""
    assert pytestconfig.cache is not None
    encoder = RememberingEncoder(pytestconfig.cache.mkdir("help-centre-vectors"))
    full = _copy(services, bank_template, "template_full")
    quick = with_options(full.owner_url, "-c synchronous_commit=off")
    report = ingest_folder(quick, HELP_CENTRE, load_encoder=lambda: encoder)
    encoder.save()
    assert not report.failed
    return _database(full)


@pytest.fixture
def empty(clone: Clone) -> Iterator[Services]:
    with clone(DATABASE) as own, _clean_redis(own):
        yield own


@pytest.fixture
def bank(clone: Clone, bank_template: str) -> Iterator[Services]:
    with clone(bank_template) as own, _clean_redis(own):
        yield own


@pytest.fixture
def fresh(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as own, _clean_redis(own):
        yield own


@pytest.fixture
def server(settings: Settings, fresh: Services) -> Iterator[str]:
    """The base URL of a real server on a database of its own."""
    with serving(settings, fresh) as url:
        yield url


@pytest.fixture(scope="session")
def shared_services(clone: Clone, template_database: str) -> Iterator[Services]:
    with clone(template_database) as own:
        yield own


@pytest.fixture(scope="session")
def shared_server(settings: Settings, shared_services: Services) -> Iterator[str]:
    with serving(settings, shared_services) as url:
        yield url


@pytest.fixture(scope="session")
def tokens() -> dict[tuple[str, str], str]:
    """Access tokens by login. They are good for every server of the session: the keys and the customers' ids are the
    same, and a login costs half a second."""
    return {}


@pytest.fixture
def meet(tokens: dict[tuple[str, str], str]) -> Iterator[Meet]:
    with ExitStack() as stack:

        def met(base_url: str, login: tuple[str, str] | None = None) -> Caller:
            if login is not None and login not in tokens:
                tokens[login] = log_in(base_url, *login)
            return stack.enter_context(talking(base_url, tokens[login] if login else None))

        yield met


@pytest.fixture(scope="session", autouse=True)
def logs_in_the_report() -> None:
    _log_through_pytest()


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuses connections that leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_here(getattr(socket.socket, name)))
        yield


def _only_here(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        here = self.family == socket.AF_UNIX or str(address[0]).startswith("127.") or address[0] in {"::1", "localhost"}
        if not here:
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    return guarded


@contextmanager
def _clean_redis(services: Services) -> Generator[None]:
    yield
    with redis.Redis.from_url(services.redis_url) as client:
        client.flushall()


def _administer(services: Services, statement: str, *names: str) -> None:
    url = with_database(services.admin_url, "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _copy(services: Services, template: str, name: str) -> Services:
    """Until the session's servers go, unless somebody drops it."""
    _administer(services, "create database {} template {} owner tellergraph_owner strategy file_copy", name, template)
    logins = ("app_url", "owner_url", "checkpoint_url", "worker_url", "graph_url", "compliance_url", "admin_url")
    urls = {key: getattr(services, key) for key in logins}
    return replace(services, **{key: with_database(url, name) for key, url in urls.items()})


def _database(services: Services) -> str:
    return conninfo_to_dict(services.owner_url)["dbname"]


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """Leaves logging as it was. A command that a test runs in this process sets it up for all of it: the next test
    would log where that one's output went, and nothing below that one's level."""
    root, level = logging.getLogger(), logging.getLogger().level
    handlers, chatty = root.handlers[:], {name: logging.getLogger(name).level for name in ("httpx2", "psycopg.pool")}
    yield
    structlog.contextvars.clear_contextvars()
    if not structlog.get_config()["cache_logger_on_first_use"]:
        return
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in chatty.items():
        logging.getLogger(name).setLevel(before)
    # In this order: a server in a thread may log meanwhile, and keep what it is given.
    _log_through_pytest()
    _forget_made_loggers()


def _log_through_pytest() -> None:
    """What a server in a thread logs stands in the failing test's report, never in what a command prints meanwhile."""
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.make_filtering_bound_logger("INFO"),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _forget_made_loggers() -> None:
    """They keep what they were made with when they first wrote."""
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()):
            if type(value) is BoundLoggerLazyProxy:
                vars(value).pop("bind", None)
