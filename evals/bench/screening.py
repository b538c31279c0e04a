"""Screening of names: how fast, how much is found, how many strangers are held.

    python -m evals.bench.screening --entries 20000 --json
    python -m evals.bench.screening --fit            # weights of the name's part of a score, for scores.toml

Lists and people are made up (screening_names.py). Fitted is on some kinds of variation and one seed; measured on the
other kinds, which nothing was fitted on, and another seed.
"""

import time
from collections import defaultdict
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import orjson
import typer

from evals.bench.screening_names import FITTED, HELD_OUT, Case, World, make_list, make_strangers, make_variants
from tools.compliance.screening.matching.matcher import Matcher
from tools.compliance.screening.matching.score import features

FIT_SEED, TEST_SEED = 11, 2026
HELD = 0.02
"""Share of hard strangers whose name alone is held at the threshold."""
_STEPS = 40
_RIDGE = 1.0

app = typer.Typer(add_completion=False)
Floats = npt.NDArray[np.float64]


@app.command()
def screening(
    entries: Annotated[int, typer.Option(min=100)] = 20_000,
    each: Annotated[int, typer.Option(min=10, help="Cases of each kind.")] = 500,
    fit: Annotated[bool, typer.Option("--fit", help="Print fitted weights instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the screening of names, or fit its weights."""
    result = fit_weights(entries, each) if fit else measure(entries, each)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


def measure(entries: int, each: int) -> dict[str, Any]:
    world = World(TEST_SEED)
    listed, people = make_list(world, entries)
    begun = time.process_time()
    matcher = Matcher(listed)
    built = time.process_time() - begun
    cases = make_variants(world, listed, people, FITTED | HELD_OUT, each) + make_strangers(world, listed, each * 4)
    world.rng.shuffle(cases)
    spent: list[float] = []
    found: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        begun = time.process_time()
        matches = matcher.screen(case.who)
        spent.append(time.process_time() - begun)
        found[case.kind].append(
            bool(matches) if case.entry_id is None else any(m.listed.entry_id == case.entry_id for m in matches)
        )
    return {
        "entries": entries,
        "listed_names": len(matcher),
        "build_cpu_s": round(built, 2),
        "names_per_second": round(len(spent) / sum(spent)),
        "p50_cpu_ms": round(float(np.percentile(spent, 50)) * 1000, 3),
        "p99_cpu_ms": round(float(np.percentile(spent, 99)) * 1000, 3),
        "recall_fitted_kinds": {kind: _share(found[kind]) for kind in FITTED},
        "recall_held_out_kinds": {kind: _share(found[kind]) for kind in HELD_OUT},
        "recall_held_out": _share([hit for kind in HELD_OUT for hit in found[kind]]),
        "held_strangers": {kind: _share(found[kind]) for kind in ("stranger", "hard stranger")},
        "cases": {kind: len(hits) for kind, hits in found.items()},
    }


def fit_weights(entries: int, each: int) -> dict[str, float]:
    """Logistic regression by Newton's method, with a small ridge; the threshold falls where ``HELD`` of the
    hard strangers are held."""
    world = World(FIT_SEED)
    listed, people = make_list(world, entries)
    matcher = Matcher(listed)
    rows, truth = _rows(matcher, make_variants(world, listed, people, FITTED, each))
    strangers, lies = _rows(matcher, make_strangers(world, listed, each * 4))
    x, y = np.array(rows + strangers), np.array(truth + lies)
    weights = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (y - chance) - _RIDGE * weights
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + _RIDGE * np.eye(x.shape[1])
        weights += np.linalg.solve(curvature, gradient)
    # The bias moves the score of that share of hard strangers to the threshold.
    threshold = matcher.scores.threshold.review
    hard = np.array(strangers[len(strangers) // 2 :]) @ weights
    weights[0] += np.log(threshold / (100 - threshold)) - float(np.percentile(hard, 100 * (1 - HELD)))
    names = ("bias", "said", "listed", "least", "evidence")
    return {name: round(float(weight), 1) for name, weight in zip(names, weights, strict=True)}


def _rows(matcher: Matcher, cases: list[Case]) -> tuple[list[tuple[float, ...]], list[float]]:
    """Of each listed person the best candidate, of each stranger too."""
    rows: list[tuple[float, ...]] = []
    truth: list[float] = []
    for case in cases:
        candidates = matcher.candidates(case.who)
        if case.entry_id is not None:
            candidates = [each for each in candidates if each.listed.entry_id == case.entry_id]
        if candidates:
            best = max(candidates, key=lambda match: match.alignment.said + match.alignment.listed)
            rows.append(features(best.alignment))
            truth.append(float(case.entry_id is not None))
        elif case.entry_id is None:
            rows.append((1.0, 0.0, 0.0, 0.0, 0.0))
            truth.append(0.0)
    return rows, truth


def _share(hits: list[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


if __name__ == "__main__":
    app()
