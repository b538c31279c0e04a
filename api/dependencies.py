"""Named guards and what routes need of the running process. All are coroutines: FastAPI runs plain functions in
threads, which costs more than they do. What every request passes asks the request itself: FastAPI walks through a
dependency's own dependencies wherever it is named, and each of them costs a read 0.02 ms.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from agent.assembly import Running
from api.api_keys import find_key_identity
from api.envelope import Data, Envelope, Metadata
from api.people import with_permissions
from core.clock import Clock
from core.errors import Unauthorized
from core.origin import ORIGIN
from core.security.tokens import AccountType, Identity, TokenSigner
from core.security.trust_watch import TrustWatch
from core.settings import Settings

_bearer = HTTPBearer(auto_error=False, description="The access token of /api/v1/auth/login, or an API key")


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


BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def find_identity(request: Request, credentials: BearerDep) -> Identity | None:
    """Who asks; None for a visitor without a token. One that is there but wrong is refused, never taken for none."""
    signer = await get_signer(request)
    if (owner := await find_key_identity(request)) is not None:
        return owner
    if credentials is None and "authorization" in request.headers:
        raise Unauthorized("Send the access token as 'Authorization: Bearer TOKEN', or nothing.", code="invalid_token")
    if credentials is None:
        return None
    identity = signer.verify(credentials.credentials)
    ORIGIN.set(replace(ORIGIN.get(), session=identity.session_id))
    return await with_permissions(await get_running(request), identity)


AnyoneDep = Annotated[Identity | None, Depends(find_identity)]


async def identify(request: Request) -> Identity | None:
    """As ``AnyoneDep``, for what asks the request itself."""
    return await find_identity(request, await _bearer(request))


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
