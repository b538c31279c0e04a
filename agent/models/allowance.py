"""What one turn may take of the models, over all its rounds, and what is to be told about it at its end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic

from agent.events import Notice

CUT_OFF = Notice(code="model_unavailable", message="A language model was cut off; the answer was completed offline.")
BUDGET_USED_UP = Notice(code="budget_used_up", message="The budget for language models is used up for now.")
TOO_MANY_REQUESTS = Notice(
    code="too_many_requests_at_once", message="That were many requests at once: only the first ones were taken up."
)


@dataclass(slots=True)
class Allowance:
    """Of one turn. Without arguments: no bound, and nobody's budget but the deployment's."""

    payer: str = ""
    """Whose budget: ``customer:<id>``, ``visitors``, ..."""
    ends_at: float = inf
    """By ``now``."""
    now: Callable[[], float] = monotonic
    own_models_only: bool = False
    """Whether models of other parties are left out: their customer did not agree to them."""
    is_cut: bool = False
    """Whether a model was cut off in this turn: the offline model says the rest."""
    model_seconds: float = 0.0
    notices: list[Notice] = field(default_factory=list[Notice])

    @property
    def seconds_left(self) -> float:
        return self.ends_at - self.now()

    def note(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)
