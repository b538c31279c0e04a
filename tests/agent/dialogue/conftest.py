"""A desk with the whole catalogue."""

from collections.abc import Callable
from typing import Any

import pytest

from agent.dialogue.desk import Desk
from agent.dialogue.specs import specs_of
from tests.agent.dialogue.at_the_desk import NOW, PENDING
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk(specs=specs_of(CATALOGUE, CUSTOMER_SCOPES), signed_in=True, today=NOW.date())


@pytest.fixture(scope="session")
def waiting_desk(desk: Desk) -> Callable[..., Desk]:
    """While a payment waits for its confirmation."""

    def at(**changes: Any) -> Desk:
        return Desk(specs=desk.specs, signed_in=True, today=desk.today, pending=PENDING | changes)

    return at
