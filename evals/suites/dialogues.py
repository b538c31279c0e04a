"""`dialogues`: scripted conversations with the assistant as it is configured, through its real HTTP interface.

A scenario passes if every turn is as it expects: route, tools, confirmation, words, citations, and what the database
says afterwards. `pass_rate` is over scenarios; `groups` has the three figures of each group.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import evals
from core.settings import Settings
from evals.dialogues.run import Result, playing
from evals.dialogues.script import Scenario, list_unknown_keys, read_scenarios
from evals.dialogues.server import prepared_bank, usual_banks
from evals.results.figures import Metric, share
from evals.results.record import Record, Scored
from evals.suite import Case, OpenPlayer, Options, Plan, Play, Suite, require, select, settings_of

SHIPPED = Path(evals.__file__).parent / "dialogues"


def plan(options: Options) -> Plan[Scenario]:
    """Of the conversations of a file or folder, without data of the user's the shipped ones.

    Raises:
        InvalidInput: a file cannot be used.
        ConfigurationError: also for a model that is none.
    """
    return plan_conversations(replace(options, data=options.data or SHIPPED), score)


def plan_conversations(options: Options, scorer: Callable[[Result], Scored]) -> Plan[Scenario]:
    """Of the conversations in `options.data`. Raises as `plan`."""
    path = require(options.data, "--data FILE")
    scenarios = read_scenarios(path)
    cases = [Case(scenario.name, scenario) for scenario in scenarios]
    chosen = select(cases, options.only, lambda scenario: f"{scenario.name}\n{scenario.group}", "scenario")
    unknown = list_unknown_keys([case.input for case in chosen])
    return Plan(
        cases=chosen,
        opened=partial(_opened, settings_of(options), scorer),
        sources=[path],
        settings=settings_of(options),
        workers=usual_banks(),
        notes={"ignored_keys": unknown} if unknown else {},
    )


@contextmanager
def _opened(
    given: Settings, scorer: Callable[[Result], Scored], _scenarios: Sequence[Scenario]
) -> Generator[OpenPlayer[Scenario]]:
    with prepared_bank(given) as (settings, services):
        open_talker = playing(settings, services)

        @contextmanager
        def open_player(number: int) -> Generator[Play[Scenario]]:
            with open_talker(number) as play:
                yield lambda scenario: scorer(play(scenario))

        yield open_player


def score(result: Result) -> Scored:
    """A conversation as a record: each turn with what was said and what differs."""
    differences = [str(each) for turn in result.turns for each in turn.differences]
    return Scored(
        value=result.passed,
        input=" / ".join(turn.said for turn in result.turns),
        expected="every turn as written",
        answer=" / ".join(turn.answer for turn in result.turns),
        reason="; ".join(differences),
        group=result.scenario.group,
        seconds=result.seconds,
        details={
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
            ]
        },
    )


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    groups = dict.fromkeys(record.group for record in records)
    return {
        **_figures(records),
        "groups": {group: _figures([record for record in records if record.group == group]) for group in groups},
    }


def _figures(records: Sequence[Record]) -> dict[str, Metric]:
    passed = [record.passed for record in records]
    return {"passed": sum(passed), "failed": len(passed) - sum(passed), "pass_rate": share(passed)}


SUITE = Suite(plan=plan, measure=measure, passes=True, judged=True)
