"""Named guards and what routes need of the running process. All are coroutines: FastAPI runs plain functions in
threads, which costs more than they do. What every request passes asks the request itself: FastAPI walks through a
dependency's own dependencies wherever it is named, and each of them costs a read 0.02 ms.
"""

from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from agent.assembly import Running
from api.api_keys import find_key_identity
from api.envelope import Data, Envelope, Metadata
from api.headers import find_header
from api.people import with_permissions
from core.clock import Clock
from core.errors import Unauthorized
from core.origin import ORIGIN
from core.security.tokens import AccountType, Identity, TokenSigner
from core.security.trust_watch import TrustWatch
from core.settings import Settings

_bearer = HTTPBearer(auto_error=False, description="The access token of /api/v1/auth/login, or an API key")
MAY_BEAR = Depends(_bearer)
"""Of a route that asks for the token itself: OpenAPI says that it may come."""


async def get_running(request: Request) -> Running:
    return cast(Running, request.app.state.running)


async def get_settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


async def get_signer(request: Request) -> TokenSigner:
    """Raises Unavailable where nobody can be told what to trust."""
    await cast(TrustWatch, request.app.state.trust).keep_fresh()
    return cast(TokenSigner, request.app.state.signer)


def clock_of(request: Request) -> Clock:
    return cast(Clock, request.app.state.clock)


async def get_now(request: Request) -> datetime:
    return clock_of(request)()


RunningDep = Annotated[Running, Depends(get_running)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
SignerDep = Annotated[TokenSigner, Depends(get_signer)]
NowDep = Annotated[datetime, Depends(get_now)]


class _Anyone(SecurityBase):
    """``find_identity`` as the security scheme that OpenAPI names: one dependency instead of two."""

    def __init__(self) -> None:
        self.model = _bearer.model
        self.scheme_name = _bearer.scheme_name

    async def __call__(self, request: Request) -> Identity | None:
        return await find_identity(request)


async def find_identity(request: Request) -> Identity | None:
    """Who asks; None for a visitor without a token. One that is there but wrong is refused, never taken for none."""
    signer = await get_signer(request)
    if (owner := await find_key_identity(request)) is not None:
        return owner
    authorization = find_header(request.scope, b"authorization")
    if authorization is None:
        return None
    scheme, token = get_authorization_scheme_param(authorization)
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Send the access token as 'Authorization: Bearer TOKEN', or nothing.", code="invalid_token")
    identity = signer.verify(token)
    ORIGIN.set(ORIGIN.get().within(identity.session_id))
    return await with_permissions(await get_running(request), identity)


AnyoneDep = Annotated[Identity | None, Depends(_Anyone())]


async def require_identity(identity: AnyoneDep) -> Identity:
    """Raises Unauthorized for visitors."""
    if identity is None or identity.account_type is AccountType.VISITOR:
        raise Unauthorized("Please log in.")
    return identity


SignedInDep = Annotated[Identity, Depends(require_identity)]


def metadata(request: Request, now: datetime) -> Metadata:
    return Metadata(request_id=cast(str, request.state.request_id), timestamp=now)


class Reply:
    """Wraps a route's data into the envelope of its request."""

    def __init__(self, about: Metadata) -> None:
        self._metadata = about

    def __call__(self, data: Data) -> Envelope[Data]:
        return Envelope[type(data)](data=data, metadata=self._metadata)


async def get_reply(request: Request) -> Reply:
    return Reply(metadata(request, await get_now(request)))


ReplyDep = Annotated[Reply, Depends(get_reply)]
