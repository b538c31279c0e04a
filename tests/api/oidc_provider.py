"""oidc-provider-mock as a real provider over HTTP that can be told to lie in its ID tokens."""

import base64
import json
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import flask
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its author is told by Authlib to move on
    from oidc_provider_mock import app as make_provider

Lie = Callable[[dict[str, Any], RSAKey], str]
"""From the true claims and the provider's key to what it sends as ID token."""


@dataclass
class Provider:
    """A running one."""

    issuer: str
    lie: Lie | None = None
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """What came to the token endpoint."""


@contextmanager
def running_provider() -> Generator[Provider]:
    application = make_provider(require_nonce=True)
    provider = Provider("")

    @application.after_request
    def answer(response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/token":
            provider.asked.append(dict(flask.request.form))
            if provider.lie is not None:
                content = json.loads(response.get_data())
                key = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
                content["id_token"] = provider.lie(claims_of(content["id_token"]), key)
                response.set_data(json.dumps(content))
        return response

    server = make_server("localhost", 0, application, threaded=True)
    provider.issuer = f"http://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), name="provider")
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def claims_of(token: str) -> dict[str, Any]:
    return json.loads(decoded(token.split(".")[1]))


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def saying(**changes: Any) -> Lie:
    """Signed as it should be, with other claims; None leaves one out."""

    def lie(claims: dict[str, Any], key: RSAKey) -> str:
        said = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, said, key)

    return lie
