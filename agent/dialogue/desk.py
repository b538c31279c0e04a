"""What a message was understood as, and what may be done for the customer who wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agent.dialogue.described import Belongings
from agent.dialogue.specs import Spec
from agent.dialogue.tables import FAMILIES
from agent.understanding.slots import Mention


@dataclass(frozen=True, slots=True)
class Heard:
    """One request or answer, as it was understood without what was said before."""

    text: str
    route: str
    intent: str
    confidence: float
    mentions: tuple[Mention, ...]
    is_clear: bool = True
    """Whether the understanding stands by it; what is not clear is asked about."""
    language: str = "en"
    """ISO 639-1."""
    has_more: bool = False
    """Whether the message goes on with another request."""


@dataclass(frozen=True, slots=True)
class Desk:
    specs: Mapping[str, Spec]
    """The tasks that this customer may begin; none for a visitor."""
    signed_in: bool
    today: date
    pending: dict[str, Any] | None = None
    """The proposal that waits, as the customer was asked about it."""
    only_account: str | None = None
    """The customer's account, where there is but one."""
    own: Belongings = field(default_factory=Belongings)
    """Cards and accounts, and how they are spoken of."""
    last_said: str = ""
    """What the assistant said last."""
    takes_yes: bool = True
    """Whether a typed yes counts where this message came from."""

    def tool_of(self, intent: str) -> str | None:
        """The tool that an intent asks for first; None where there is none, or none for this customer."""
        tool = FAMILIES.get(intent, (intent,))[0]
        return tool if tool in self.specs else None
