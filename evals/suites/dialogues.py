"""`dialogues`: scripted conversations with the assistant as it is configured, through its real HTTP interface.

A scenario passes if every turn is as it expects: route, tools, confirmation, words, citations, and what the database
says afterwards. `pass_rate` is over scenarios; `groups` has the three figures of each group.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

import evals
from agent.models.factory import list_models
from core.errors import InvalidInput
from core.logging import configure_logging
from core.settings import Settings, load_settings
from evals.dialogue_run import Result, run_scenarios
from evals.dialogue_script import Scenario, list_unknown_keys, read_scenarios
from evals.dialogue_server import prepared_bank
from evals.suite import Metric, Options, Outcome, require

SHIPPED = Path(evals.__file__).parent / "dialogues"
_MOST_BANKS = 4


def run(options: Options) -> Outcome:
    """Holds the conversations of a file or folder, without data of the user's the shipped ones.

    Raises:
        InvalidInput: a file cannot be used.
        ConfigurationError: also for a model that is none.
    """
    scenarios = _select(read_scenarios(require(options.data or SHIPPED, "--data FILE")), options.only)
    settings = load_settings()
    notes: dict[str, object] = {"models": [str(name) for name in list_models(settings)]}
    results = _run(scenarios, settings)
    if unknown := list_unknown_keys(scenarios):
        notes["ignored_keys"] = unknown
    groups = dict.fromkeys(result.scenario.group for result in results)
    metrics: dict[str, Metric] = {
        **_figures(results),
        "groups": {
            group: _figures([result for result in results if result.scenario.group == group]) for group in groups
        },
    }
    return Outcome(len(results), metrics, notes, [_case(result) for result in results])


def _select(scenarios: list[Scenario], only: str | None) -> list[Scenario]:
    if only is None:
        return scenarios
    chosen = [scenario for scenario in scenarios if only in scenario.name or only in scenario.group]
    if not chosen:
        raise InvalidInput(f"No scenario has {only!r} in its name or group.")
    return chosen


def _run(scenarios: Sequence[Scenario], given: Settings) -> list[Result]:
    configure_logging("ERROR")
    banks = min(len(scenarios), os.cpu_count() or 1, _MOST_BANKS)
    console = Console(stderr=True)
    with prepared_bank(given) as (settings, services), _progress(console) as progress:
        bar = progress.add_task("Conversations", total=len(scenarios))
        return run_scenarios(scenarios, settings, services, banks=banks, on_end=lambda: progress.advance(bar))


def _progress(console: Console) -> Progress:
    return Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console, transient=True)


def _figures(results: Sequence[Result]) -> dict[str, Metric]:
    passed = sum(result.passed for result in results)
    return {"passed": passed, "failed": len(results) - passed, "pass_rate": passed / len(results)}


def _case(result: Result) -> Mapping[str, object]:
    return {
        "name": result.scenario.name,
        "group": result.scenario.group,
        "passed": result.passed,
        "turns": [
            {
                "turn": number,
                "user": turn.said,
                "answer": turn.answer,
                "passed": not turn.differences,
                "differences": [
                    {"key": each.key, "expected": each.expected, "got": each.got} for each in turn.differences
                ],
            }
            for number, turn in enumerate(result.turns, 1)
        ],
    }
