"""A model of the chain, with what is known about its provider."""

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Literal, Protocol, runtime_checkable

from langchain_core.language_models import BaseChatModel

from agent.models.breaker import Breaker
from agent.models.prices import Price

OFFLINE = "offline"

DataClass = Literal["own", "masked"]
"""What a provider may see of the customer's own data: all of it, or placeholders."""


@runtime_checkable
class Bounded(Protocol):
    """A model with a queue of its own."""

    def busy_for(self) -> timedelta | None:
        """Until it has room again; None when it has."""
        ...


@dataclass(slots=True, eq=False)
class Link:
    """A model under the name that ``TELLERGRAPH_LLM`` gives it."""

    name: str
    model: BaseChatModel
    data_class: DataClass = "masked"
    price: Price | None = None
    """None: not known, which is not nothing."""
    is_free: bool = False
    """Whether it runs on machines of ours, so that no budget is about it."""
    lacks_tools: bool = False
    """Found out when it was asked with tools."""
    now: InitVar[Callable[[], float]] = monotonic
    """The clock of its breaker."""
    breaker: Breaker = field(init=False)

    def __post_init__(self, now: Callable[[], float]) -> None:
        self.breaker = Breaker(self.name, now)

    @property
    def is_offline(self) -> bool:
        return self.name == OFFLINE

    @property
    def busy_for(self) -> timedelta | None:
        """Until it could be asked, as far as it is known now; None: at once."""
        if self.breaker.state == "open":
            return self.breaker.retry_in
        return self.model.busy_for() if isinstance(self.model, Bounded) else None
