"""The suites by name."""

from core.errors import InvalidInput
from evals.suite import Suite
from evals.suites import (
    answers,
    care,
    dialogues,
    fraud,
    intents,
    latency,
    pii,
    retrieval,
    routing,
    safety,
    slots,
    tools,
)

SUITES: dict[str, Suite] = {
    "answers": answers.SUITE,
    "care": care.SUITE,
    "dialogues": dialogues.SUITE,
    "fraud": fraud.SUITE,
    "intents": intents.SUITE,
    "latency": latency.SUITE,
    "pii": pii.SUITE,
    "retrieval": retrieval.SUITE,
    "routing": routing.SUITE,
    "safety": safety.SUITE,
    "slots": slots.SUITE,
    "tools": tools.SUITE,
}


def find_suite(name: str) -> Suite:
    """Raises InvalidInput: there is no such suite."""
    if name not in SUITES:
        raise InvalidInput(f"There is no suite {name}; there are {', '.join(sorted(SUITES))}.")
    return SUITES[name]
