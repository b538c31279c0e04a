"""PostgreSQL and Redis, ready to work with: embedded where no URL is given, otherwise the ones behind the URLs."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import cast

import redis

from core.db.bootstrap import DatabaseLogins, embedded_logins, given_logins, prepare_database
from core.errors import ConfigurationError
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
    admin_url: str
    """The login that made the roles: the embedded superuser, or what the settings gave."""
    redis_url: str
    secret_key: bytes


@contextmanager
def running_services(settings: Settings) -> Generator[Services]:
    """Starts or joins what is embedded, checks what is given, and makes sure that the database's roles exist. Leaving
    stops the embedded servers when nobody else uses them. The schema is ``core.db.migrate``'s.

    Raises:
        ConfigurationError: with what to set.
    """
    with ExitStack() as stack:
        secret = get_secret_key(settings)
        postgres = EmbeddedPostgres(settings.data_dir) if settings.database_url is None else None
        store = EmbeddedRedis(settings.data_dir) if settings.redis_url is None else None
        embedded = [cast(EmbeddedServer, server) for server in (store, postgres) if server is not None]
        if embedded:
            make_data_directory(settings.data_dir)
            stack.enter_context(shared_servers(settings.data_dir, embedded))
        logins = _logins(settings, postgres, secret)
        prepare_database(logins)
        yield Services(
            app_url=logins.app,
            owner_url=logins.owner,
            checkpoint_url=logins.checkpoint,
            admin_url=logins.admin,
            redis_url=store.url() if store is not None else _checked_redis_url(settings),
            secret_key=secret,
        )


def _logins(settings: Settings, postgres: EmbeddedPostgres | None, secret: bytes) -> DatabaseLogins:
    if postgres is not None:
        return embedded_logins(postgres.url())
    assert settings.database_url is not None
    owner = settings.database_owner_url
    return given_logins(settings.database_url.get_secret_value(), owner and owner.get_secret_value(), secret)


def _checked_redis_url(settings: Settings) -> str:
    assert settings.redis_url is not None
    url = settings.redis_url.get_secret_value()
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=_REDIS_TIMEOUT, socket_timeout=_REDIS_TIMEOUT) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise ConfigurationError(
            f"TELLERGRAPH_REDIS_URL: no Redis answers there ({error}). Set it to redis://user:password@host:6379/0, or "
            f"unset it to use the embedded Redis."
        ) from error
    return url
