"""What many turns leave behind in memory and threads."""

from evals.bench.cells import Soak
from evals.bench.measure import LoadGenerator
from evals.bench.systems import System
from evals.bench.usage import measure

_STEPS = 10


def soak(load: LoadGenerator, system: System, turns: int, concurrency: int) -> Soak:
    usages, errors = [measure(system.footprint)], 0
    for _ in range(_STEPS):
        outcome = load.run(system, max(1, turns // _STEPS), concurrency)
        errors += sum(turn.error is not None for turn in outcome.turns)
        usages.append(measure(system.footprint))
    return Soak(
        turns=_STEPS * max(1, turns // _STEPS),
        errors=errors,
        rss_mib=[round(usage.rss_mib["server"], 1) for usage in usages],
        threads=[usage.threads["server"] for usage in usages],
    )
