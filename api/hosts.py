"""Under which names this server answers. A page of another site whose name is made to lead here (DNS rebinding) gets
nothing, and no link that we make carries a name that somebody else chose."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from core.settings import Settings

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Hosts:
    """The names; ``*.bank.example`` stands for all below ``bank.example``."""

    def __init__(self, names: Collection[str] | None) -> None:
        """``names``: None for any."""
        self._is_any = names is None
        self._names = frozenset(names or ())
        self._endings = tuple(name[1:] for name in self._names if name.startswith("*."))

    def answer_to(self, host: str) -> bool:
        """``host``: a request's header, with or without a port. None at all is for none."""
        name = _without_port(host.lower())
        return self._is_any or name in self._names or (bool(self._endings) and name.endswith(self._endings))


def list_hosts(settings: Settings) -> Hosts:
    """This machine's names, the one that it serves on, and those that settings name. A server that is open to other
    machines and was told no name answers under any."""
    named = {*settings.trusted_hosts, *(_host_of(origin) for origin in settings.cors_origins if origin != "*")}
    if settings.public_url:
        named.add(_host_of(settings.public_url))
    if not settings.trusted_hosts and not settings.public_url and not _is_this_machine(settings.host):
        return Hosts(None)
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    return Hosts({*LOCAL_NAMES, own.lower(), *named})


def _host_of(origin: str) -> str:
    return _without_port(urlsplit(origin).netloc.lower())


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
