"""The guard of outgoing.py for libraries that call by themselves, in threads of their own: the clients that they are
given. An address is looked up and checked before each request; a name that changes between that and the connection is
not seen, so what customers or documents name is never called through these.
"""

import httpx
import requests
from requests.adapters import HTTPAdapter

from core.security.outgoing import CallRefused, Networks, may_call


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, networks: Networks) -> None:
        super().__init__()
        self._networks = networks

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        _require(request.url or "", self._networks)
        return super().send(request, *args, **kwargs)  # pyright: ignore[reportArgumentType]


class _GuardedTransport(httpx.HTTPTransport):
    def __init__(self, networks: Networks) -> None:
        super().__init__()
        self._networks = networks

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _require(str(request.url), self._networks)
        return super().handle_request(request)


def guarded_requests(networks: Networks) -> requests.Session:
    """For the exporters of OpenTelemetry, which follow no redirect. Proxies of the environment are not used."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter(networks))
    return session


def guarded_httpx(networks: Networks, patience: float) -> httpx.Client:
    """Follows no redirect and uses no proxy of the environment. ``patience``: seconds."""
    return httpx.Client(transport=_GuardedTransport(networks), timeout=patience, trust_env=False)


def _require(url: str, networks: Networks) -> None:
    """Raises what both libraries take for a server that is not there."""
    if not may_call(url, networks):
        raise CallRefused("The address may not be called: TELLERGRAPH_OUTGOING_NETWORKS does not name it.")
