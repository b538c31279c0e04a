"""PostgreSQL and Redis, ready to work with: embedded where no URL is given, otherwise the ones behind the URLs."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import redis

from core.db.bootstrap import DatabaseLogins, embedded_logins, given_logins, prepare_database
from core.errors import ConfigurationError
from core.security.pii import use_named_entities
from core.services.directories import make_data_directory
from core.services.embedded import EmbeddedServer
from core.services.embedded_postgres import EmbeddedPostgres
from core.services.embedded_redis import EmbeddedRedis
from core.services.secret_key import get_secret_key
from core.services.shared_servers import shared_servers
from core.settings import Settings

_REDIS_TIMEOUT = 5.0
"""Seconds for a Redis given by URL to answer at start."""


@dataclass(frozen=True)
class Services:
    """Where everything is. URLs carry passwords: never log them."""

    app_url: str
    """The runtime login: row-level security binds it."""
    owner_url: str
    """The login that migrates and loads, as tellergraph_owner."""
    checkpoint_url: str
    """Works in schema ``checkpoints``, which the runtime login cannot see."""
    worker_url: str
    """The login of ``tellergraph worker``."""
    graph_url: str
    """Works in schema ``lightrag``, which the runtime login cannot see."""
    compliance_url: str
    """Works in schema ``compliance``, which the runtime login cannot see."""
    admin_url: str
    """The login that made the roles: the embedded superuser, or what the settings gave."""
    redis_url: str
    secret_key: bytes


@contextmanager
def running_services(settings: Settings) -> Generator[Services]:
    """Starts or joins what is embedded, checks what is given, and makes sure that the database's roles exist. Leaving
    stops the embedded servers when nobody else uses them. What the settings name to find people and places is loaded
    first, for the whole process. The schema is ``core.db.migrate``'s.

    Raises:
        ConfigurationError: with what to set.
    """
    use_named_entities(settings.pii_ner)
    with ExitStack() as stack:
        secret = get_secret_key(settings)
        embedded: list[EmbeddedServer] = []
        redis_url = _redis_url(settings, embedded)
        logins = _logins(settings, secret, embedded)
        if embedded:
            stack.enter_context(shared_servers(settings.data_dir, embedded))
        if settings.redis_url is not None:
            _check_redis(redis_url)
        prepare_database(logins)
        yield Services(
            app_url=logins.app,
            owner_url=logins.owner,
            checkpoint_url=logins.checkpoint,
            worker_url=logins.worker,
            graph_url=logins.graph,
            compliance_url=logins.compliance,
            admin_url=logins.admin,
            redis_url=redis_url,
            secret_key=secret,
        )


def _redis_url(settings: Settings, embedded: list[EmbeddedServer]) -> str:
    """The given one; else an embedded server joins those to start."""
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    make_data_directory(settings.data_dir)
    server = EmbeddedRedis(settings.data_dir)
    embedded.append(server)
    return server.url()


def _logins(settings: Settings, secret: bytes, embedded: list[EmbeddedServer]) -> DatabaseLogins:
    """As ``_redis_url``."""
    owner = settings.database_owner_url
    if settings.database_url is not None:
        owner_url = None if owner is None else owner.get_secret_value()
        return given_logins(settings.database_url.get_secret_value(), owner_url, secret)
    if owner is not None:
        raise ConfigurationError("TELLERGRAPH_DATABASE_OWNER_URL is set: set TELLERGRAPH_DATABASE_URL too.")
    make_data_directory(settings.data_dir)
    server = EmbeddedPostgres(settings.data_dir)
    embedded.append(server)
    return embedded_logins(server.url())


def _check_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_REDIS_TIMEOUT, socket_timeout=_REDIS_TIMEOUT) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise ConfigurationError(
            f"TELLERGRAPH_REDIS_URL: no Redis answers there ({error}). Set it to redis://user:password@host:6379/0, or "
            f"unset it to use the embedded Redis."
        ) from error
