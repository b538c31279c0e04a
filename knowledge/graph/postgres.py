"""What LightRAG reads from its environment to reach a database."""

from psycopg.conninfo import conninfo_to_dict

_CONNECTIONS = 4
_SSL = {"sslmode": "SSL_MODE", "sslcert": "SSL_CERT", "sslkey": "SSL_KEY", "sslrootcert": "SSL_ROOT_CERT"}
_SETTINGS = {
    "search_path": "lightrag,public",
    # One index holds all workspaces: without these a filter would lose the rows of a small one.
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "100",
}


def postgres_environment(url: str) -> dict[str, str]:
    """Variables for the database behind ``url``, with the server settings that its options ask for."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    asked = dict(option.split("=", 1) for option in parts.get("options", "").replace("-c ", "").split())
    ssl = {f"POSTGRES_{name}": parts[key] for key, name in _SSL.items() if key in parts}
    return ssl | {
        "POSTGRES_HOST": parts.get("host", "localhost"),
        "POSTGRES_PORT": parts.get("port", "5432"),
        "POSTGRES_USER": parts.get("user", ""),
        # It must be there even where the server asks for none.
        "POSTGRES_PASSWORD": parts.get("password", ""),
        "POSTGRES_DATABASE": parts.get("dbname", ""),
        # Whoever asks does not wait for the ten attempts of minutes that it would make.
        "POSTGRES_CONNECTION_RETRIES": "2",
        "POSTGRES_CONNECTION_RETRY_BACKOFF": "0.5",
        "POSTGRES_MAX_CONNECTIONS": str(_CONNECTIONS),
        "POSTGRES_VECTOR_INDEX_TYPE": "HNSW_HALFVEC",
        "POSTGRES_SERVER_SETTINGS": "&".join(f"{name}={value}" for name, value in (asked | _SETTINGS).items()),
    }
