"""PostgreSQL URLs: the same server with another login or another database."""

from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from core.errors import ConfigurationError


def make_url(*, user: str = "", password: str = "", database: str = "", **params: str) -> str:
    """``postgresql://user:password@/database?host=...``; hosts and ports are parameters, as libpq allows."""
    secret = f":{quote(password, safe='')}" if password else ""
    login = f"{quote(user, safe='')}{secret}@" if user else ""
    query = urlencode(params, quote_via=quote, safe="/")
    return f"postgresql://{login}/{quote(database, safe='')}" + (f"?{query}" if query else "")


def with_login(url: str, user: str, password: str = "") -> str:
    """The same server and database as somebody else. An empty password leaves the URL without one."""
    params = _parts(url)
    params.pop("user", None)
    params.pop("password", None)
    return make_url(user=user, password=password, database=params.pop("dbname", ""), **params)


def with_database(url: str, database: str) -> str:
    params = _parts(url)
    params.pop("dbname", None)
    return make_url(user=params.pop("user", ""), password=params.pop("password", ""), database=database, **params)


def with_options(url: str, options: str) -> str:
    """The same login with server settings for each of its connections, as ``-c name=value``."""
    params = _parts(url)
    options = f"{params.pop('options', '')} {options}".strip()
    database, user, password = (params.pop(name, "") for name in ("dbname", "user", "password"))
    return make_url(user=user, password=password, database=database, **params, options=options)


def describe(url: str) -> str:
    """``user@host:port/database``, without the password: for messages."""
    params = _parts(url)
    host = params.get("host", "localhost")
    place = host if host.startswith("/") else f"{host}:{params.get('port', '5432')}"
    return f"{params.get('user', '')}@{place}/{params.get('dbname', '')}"


def _parts(url: str) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except ProgrammingError as error:
        raise ConfigurationError(
            "The database URL cannot be read: write it as postgresql://user:password@host:5432/database."
        ) from error
