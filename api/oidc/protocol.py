"""Authlib's words of OAuth 2.0, with types: it has none."""

from typing import cast

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import (
    prepare_grant_uri,  # pyright: ignore[reportUnknownVariableType]
    prepare_token_request,  # pyright: ignore[reportUnknownVariableType]
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType]


def authorization_address(
    endpoint: str, *, client_id: str, callback: str, scope: str, state: str, nonce: str, verifier: str
) -> str:
    """Where a browser goes to log in (RFC 6749, 4.1.1; RFC 7636, 4.3; OpenID Connect Core 1.0, 3.1.2.1)."""
    return cast(
        str,
        prepare_grant_uri(
            endpoint,
            client_id=client_id,
            response_type="code",
            redirect_uri=callback,
            scope=scope,
            state=state,
            nonce=nonce,
            code_challenge=cast(str, create_s256_code_challenge(verifier)),
            code_challenge_method="S256",
        ),
    )


def token_request(
    endpoint: str, *, client_id: str, secret: str | None, method: str, callback: str, code: str, verifier: str
) -> tuple[str, dict[str, str], str]:
    """Address, headers and body (RFC 6749, 4.1.3; RFC 7636, 4.5).

    Args:
        method: how the client shows who it is: ``client_secret_post``, ``client_secret_basic`` or ``none``.
    """
    body = prepare_token_request("authorization_code", redirect_uri=callback, code=code, code_verifier=verifier)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    prepared: object = ClientAuth(client_id, secret, method).prepare(  # pyright: ignore[reportUnknownVariableType]
        "POST", endpoint, headers, body
    )
    return cast(tuple[str, dict[str, str], str], prepared)
