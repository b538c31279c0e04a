"""Named guards and what routes need of the running process."""

from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from agent.assembly import Running
from api.envelope import Data, Envelope, Metadata
from core.clock import Clock
from core.errors import NotFound, Unauthorized
from core.security.tokens import AccountType, Identity, TokenSigner
from core.settings import Settings

_bearer = HTTPBearer(auto_error=False, description="The access token of /api/v1/auth/login")


def get_running(request: Request) -> Running:
    return cast(Running, request.app.state.running)


def get_settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def get_signer(request: Request) -> TokenSigner:
    return cast(TokenSigner, request.app.state.signer)


def get_now(request: Request) -> datetime:
    return cast(Clock, request.app.state.clock)()


RunningDep = Annotated[Running, Depends(get_running)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
SignerDep = Annotated[TokenSigner, Depends(get_signer)]
NowDep = Annotated[datetime, Depends(get_now)]


def find_identity(
    signer: SignerDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Identity | None:
    """Who asks; None for a visitor. A token that is there but wrong is refused, never taken for a visitor's."""
    return signer.verify(credentials.credentials) if credentials else None


AnyoneDep = Annotated[Identity | None, Depends(find_identity)]


def require_identity(identity: AnyoneDep) -> Identity:
    if identity is None:
        raise Unauthorized("Please sign in.")
    return identity


SignedInDep = Annotated[Identity, Depends(require_identity)]


def require_customer(identity: SignedInDep) -> Identity:
    if identity.account_type is not AccountType.CUSTOMER:
        raise NotFound("There is nothing here under that id.")
    return identity


CustomerDep = Annotated[Identity, Depends(require_customer)]


def metadata(request: Request, now: datetime) -> Metadata:
    return Metadata(request_id=cast(str, request.state.request_id), timestamp=now)


class Reply:
    """Wraps a route's data into the envelope of its request."""

    def __init__(self, request: Request, now: NowDep) -> None:
        self._metadata = metadata(request, now)

    def __call__(self, data: Data) -> Envelope[Data]:
        return Envelope[type(data)](data=data, metadata=self._metadata)


ReplyDep = Annotated[Reply, Depends(Reply)]
