"""The card network's door: it asks for authorisations with a credential of its own, which opens nothing else."""

import hmac
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import NowDep, ReplyDep, RunningDep, SettingsDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import public
from core.errors import InvalidInput, Unauthorized
from core.money import CURRENCIES, Money
from tools.cards.authorisations import Authorisation, AuthorisationRequest, authorise

router = APIRouter(
    prefix="/cards",
    tags=["card network"],
    responses={
        401: {"model": ErrorEnvelope, "description": "- `unauthorized`: not the network's credential, or none is set."},
        404: {"model": ErrorEnvelope, "description": "- `not_found`: there is no such card or terminal."},
        409: {"model": ErrorEnvelope, "description": "- `reference_reused`: it stands for another charge of the card."},
        400: {
            "model": ErrorEnvelope,
            "description": "- `wrong_amount`, `wrong_currency`: the amount is in the currency of the card's account.",
        },
        422: {"model": ErrorEnvelope, "description": "- `invalid_input`: `details.fields` says what is wrong."},
    },
)

_credential = HTTPBearer(auto_error=False, description="TELLERGRAPH_CARD_NETWORK_SECRET")


async def require_network(
    settings: SettingsDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_credential)]
) -> None:
    """Raises Unauthorized for everybody while no secret is set."""
    secret = settings.card_network_secret
    given = credentials.credentials.encode() if credentials else b""
    if secret is None or not hmac.compare_digest(secret.get_secret_value().encode(), given):
        raise Unauthorized("This is for the card network.", code="unauthorized")


class AuthorisationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: str = Field(pattern=r"^[\x21-\x7e]{1,64}$", description="The network's own: sent again, answered again.")
    card_id: UUID
    terminal_id: int = Field(ge=1, le=2**31 - 1)
    amount: str = Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$", description="A decimal string.")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="Of the card's account.")
    contactless: bool = False

    def request(self) -> AuthorisationRequest:
        """Raises InvalidInput."""
        if self.currency not in CURRENCIES:
            raise InvalidInput(f"{self.currency} is no currency that we know.", code="wrong_currency")
        try:
            amount = Money.parse(self.amount, self.currency)
        except ValueError as error:
            raise InvalidInput(f"This is no amount in {self.currency}.", code="wrong_amount") from error
        if not 0 < amount.minor <= 2**62:
            raise InvalidInput("The amount is more than nothing.", code="wrong_amount")
        return AuthorisationRequest(self.reference, self.card_id, self.terminal_id, amount, self.contactless)


@router.post(
    "/authorisations",
    operation_id="authorise_card",
    dependencies=[public("the card network has a credential of its own"), Depends(require_network)],
)
async def authorisations(
    body: AuthorisationBody, running: RunningDep, now: NowDep, reply: ReplyDep
) -> Envelope[Authorisation]:
    """May this card be charged? Places a hold, or declines with a response code (ISO 8583, field 39)."""
    return reply(await authorise(running.database, body.request(), now, running.bank.fraud))
