"""`tools`: whether the assistant calls what it should, with what it should, and what the database says afterwards.

Cases have the form of `dialogues`, with `tools`, `arguments` and `state` in `expect`. No judge is asked: the names in
their order (`tools_correct`), the arguments that a case names (`arguments_correct`) and the records of the bank
(`state_correct`) are compared. Each is a share of the cases that expect something of the kind; `pass_rate` is of those
where all holds. An answer's words count only where a case says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import evals
from evals.dialogues.script import Expect, Scenario
from evals.results.figures import Metric, share
from evals.results.record import Record, Scored
from evals.suite import Options, Plan, Suite
from evals.suites import dialogues

SHIPPED = Path(evals.__file__).parent / "data" / "tools.yaml"
KINDS = ("tools", "arguments", "state")


def plan(options: Options) -> Plan[Scenario]:
    """Of the cases of a file or folder, without data of the user's the shipped ones.

    Raises:
        InvalidInput: a file cannot be used.
        ConfigurationError: also for a model that is none.
    """
    return dialogues.plan_conversations(replace(options, data=options.data or SHIPPED), _score)


def _score(result: dialogues.Result) -> Scored:
    """With the calls that were expected and those that came."""
    scored = dialogues.score(result)
    expected = [turn.expect for turn in result.scenario.turns]
    return scored.model_copy(
        update={
            "expected": [call for turn in result.scenario.turns for call in _expected_calls(turn.expect)],
            "answer": [[name, dict(arguments)] for turn in result.turns for name, arguments in turn.calls],
            "details": {
                **scored.details,
                "expects": [kind for kind in KINDS if any(getattr(turn, kind) for turn in expected)],
            },
        }
    )


def _expected_calls(expect: Expect) -> list[Any]:
    pairs = zip_longest(expect.tools or [], expect.arguments or [], fillvalue=None)
    return [[" | ".join(names or []), wanted or {}] for names, wanted in pairs]


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    groups = dict.fromkeys(record.group for record in records)
    return {
        **_figures(records),
        "groups": {group: _figures([record for record in records if record.group == group]) for group in groups},
    }


def _figures(records: Sequence[Record]) -> dict[str, Metric]:
    passed = [record.passed for record in records]
    figures: dict[str, Metric] = {
        "passed": sum(passed),
        "failed": len(passed) - sum(passed),
        "pass_rate": share(passed),
    }
    for kind in KINDS:
        asked = [record for record in records if kind in cast("list[str]", record.details["expects"])]
        if asked:
            figures[f"{kind}_correct"] = share(kind not in _differing(record) for record in asked)
    return figures


def _differing(record: Record) -> set[str]:
    """Kinds of what was not as expected."""
    turns = cast("list[dict[str, Any]]", record.details["turns"])
    return {str(each["key"]).partition(".")[0] for turn in turns for each in turn["differences"]}


SUITE = Suite(plan=plan, measure=measure, passes=True)
