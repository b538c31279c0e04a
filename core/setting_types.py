"""What single settings may be: types that read the text of a variable and refuse what is no such thing."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from core.budget import Budget

_NAME = r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]"
_ORIGIN = re.compile(rf"https?://({_NAME})(:\d{{1,5}})?")
_HOST = re.compile(rf"(\*\.)?({_NAME})")
_LEAST_SECRET = 32


def _in_seconds(value: object) -> object:
    """A bare number is seconds."""
    return f"PT{value}S" if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def _as_budget(value: object) -> object:
    return Budget.parse(value) if isinstance(value, str) else value


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def split_by_base(text: str) -> dict[str, str]:
    """``a=1,b=2`` by name; a text without names is that of knowledge base ``help``."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.match("[a-z0-9_]{1,40}=", part) for part in parts):
        return {"help": text}
    return {name: value for name, _, value in (part.partition("=") for part in parts)}


def _by_base(value: object) -> object:
    return value if not isinstance(value, str) else split_by_base(value.strip()) if value.strip() else {}


def _are_addresses(value: dict[str, str]) -> dict[str, str]:
    for kb, url in value.items():
        parts = urlsplit(url)
        if not re.fullmatch("[a-z0-9_]{1,40}", kb) or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("is an address that begins with https://, or help=https://...,other=https://...")
    return value


def _by_host(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    if not all(host and key and "/" not in host for host, _, key in parts):
        raise ValueError("is host=key,host:port=key, without http:// or paths")
    return {host.lower(): key for host, _, key in parts}


def _is_key(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
        raise ValueError("is no API key: it is empty, or has spaces or letters that no key has")
    return value


def _is_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise ValueError("is the address of a server with its path, such as https://host/v1")
    return value


def _is_long_enough(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < _LEAST_SECRET:
        raise ValueError(f"needs at least {_LEAST_SECRET} characters")
    return value


def _are_long_enough(value: list[SecretStr]) -> list[SecretStr]:
    if any(len(key.get_secret_value()) < _LEAST_SECRET for key in value):
        raise ValueError(f"needs at least {_LEAST_SECRET} characters for each")
    return value


def _is_origin(value: str | None) -> str | None:
    if value is not None and not _ORIGIN.fullmatch(value.rstrip("/").lower()):
        raise ValueError("is an address without a path, such as https://bank.example")
    return value and value.rstrip("/").lower()


def _are_origins(value: list[str]) -> list[str]:
    if not all(each == "*" or _ORIGIN.fullmatch(each) for each in value):
        raise ValueError("are origins in lower case, such as https://bank.example, without a path")
    return value


def _are_hosts(value: list[str]) -> list[str]:
    if not all(_HOST.fullmatch(each.lower()) for each in value):
        raise ValueError("are host names without https://, port or path, such as bank.example or *.bank.example")
    return [each.lower() for each in value]


def _is_safe(value: str | None) -> str | None:
    if value is None:
        return None
    parts = urlsplit(value)
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise ValueError("is an address that begins with https://")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("needs https:// unless it is on this machine: what is sent must not travel in the open")
    return value


def _is_on_one_line(value: str | None) -> str | None:
    if value is not None and not value.isprintable():
        raise ValueError("is a name on one line")
    return value


def _is_level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("is one of DEBUG, INFO, WARNING, ERROR")
    return value.upper()


Duration = Annotated[timedelta, BeforeValidator(_in_seconds)]
OptionalBudget = Annotated[Budget | None, BeforeValidator(_as_budget), NoDecode]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Line = Annotated[str | None, AfterValidator(_is_on_one_line)]
Level = Annotated[str, AfterValidator(_is_level)]
Networks = Annotated[list[IPv4Network | IPv6Network], BeforeValidator(_split), NoDecode]

OptionalKey = Annotated[SecretStr | None, AfterValidator(_is_key)]
"""Of a model's server."""
OptionalSecret = Annotated[SecretStr | None, AfterValidator(_is_long_enough)]
Secrets = Annotated[list[SecretStr], BeforeValidator(_split), AfterValidator(_are_long_enough), NoDecode]
KeysByHost = Annotated[dict[str, SecretStr], BeforeValidator(_by_host), NoDecode]

Address = Annotated[str, AfterValidator(_is_address)]
SafeAddress = Annotated[str | None, AfterValidator(_is_safe)]
"""With TLS, unless it is on this machine."""
AddressesByBase = Annotated[dict[str, str], BeforeValidator(_by_base), AfterValidator(_are_addresses), NoDecode]
OptionalOrigin = Annotated[str | None, AfterValidator(_is_origin)]
Origins = Annotated[list[str], BeforeValidator(_split), AfterValidator(_are_origins), NoDecode]
Hosts = Annotated[list[str], BeforeValidator(_split), AfterValidator(_are_hosts), NoDecode]
