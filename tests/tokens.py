"""Access tokens as a server would issue them, without a login, which costs half a second."""

from datetime import timedelta

from core.security.key_store import read_trust
from core.security.tokens import TokenSigner
from core.services import Services


def signer_of(services: Services, ttl: timedelta = timedelta(hours=1)) -> TokenSigner:
    """Its tokens are good for every server on this database, and of those that tests copy from the same template."""
    trust = read_trust(services.owner_url, services.secret_key)
    return TokenSigner(lambda: trust, ttl)
