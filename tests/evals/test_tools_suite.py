"""`tellergraph evals run tools`: calls, their arguments, and what the database says. Issue 9, offline evals."""

from pathlib import Path
from typing import Any

import pytest

from core.services import Services
from core.settings import Settings
from evals.dialogues.check import compare
from evals.dialogues.customer import Heard
from evals.dialogues.run import run_scenarios
from evals.dialogues.script import Expect, list_unknown_keys, read_scenarios
from evals.results.record import Record
from evals.suites import tools
from evals.suites.tools import SHIPPED, SUITE
from tests.evals.test_dialogues import SATURDAY
from tools.catalogue import CATALOGUE

CASES = """
- name: as it should be
  group: cards
  customer: alex
  turns:
    - user: freeze my card ending 4821
      expect: {tools: [freeze_card], arguments: {card: "4821"}, state: {"card:4821": active}}
    - confirm: {}
      expect: {state: {"card:4821": frozen}}
- name: another card, and not frozen
  group: cards
  customer: alex
  turns:
    - user: freeze my card ending 4821
      expect: {tools: [freeze_card], arguments: [{card: ["9034", "7733"]}]}
    - deny: true
      expect: {state: {"card:4821": frozen}}
- name: another tool
  group: accounts
  customer: blair
  turns:
    - user: what's my balance?
      expect: {tools: [list_cards]}
"""


def test_calls_arguments_and_records_are_told_apart(settings: Settings, fresh: Services, tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    results = run_scenarios(read_scenarios(path), settings, fresh, banks=1, on_end=lambda: None)

    records = [Record.of(result.scenario.name, 0, tools._score(result)) for result in results]
    figures = SUITE.measure(records)

    assert [record.passed for record in records] == [True, False, False]
    assert records[0].expected == [["freeze_card", {"card": ["4821"]}]]
    assert records[0].answer == [["freeze_card", {"card": "4821"}]]
    assert "arguments.freeze_card.card: expected 9034 or 7733, got 4821" in records[1].reason
    assert (figures["passed"], figures["failed"]) == (1, 2)
    assert figures["tools_correct"] == pytest.approx(2 / 3)
    assert figures["arguments_correct"] == figures["state_correct"] == 0.5
    assert figures["groups"]["accounts"] == {  # type: ignore[index]
        "passed": 0,
        "failed": 1,
        "pass_rate": 0.0,
        "tools_correct": 0.0,
    }


@pytest.mark.parametrize(
    ("expected", "differing"),
    [
        ({"amount": "50", "payee": "maria lopez"}, []),
        ({"amount": ["40", "50.0"], "on": "true", "reference": None}, []),
        ({"date": "{wed}"}, []),
        ({"amount": "51", "on": "false"}, ["arguments.pay.amount", "arguments.pay.on"]),
        ({"account": "Everyday"}, ["arguments.pay.account"]),
    ],
)
def test_an_argument_counts_by_its_value(expected: dict[str, Any], differing: list[str]) -> None:
    call = {"amount": 50.0, "payee": "Maria Lopez", "on": True, "date": "2026-11-25", "currency": "GBP"}
    heard = Heard(done={"answer": ""}, tools=["pay"], calls=[("pay", call)])

    found = compare(Expect.model_validate({"arguments": expected}), heard, lambda _: [], SATURDAY)

    assert [each.key for each in found] == differing


def test_the_shipped_cases_are_of_every_kind_and_name_tools_that_there_are() -> None:
    cases = read_scenarios(SHIPPED)
    turns = [turn.expect for case in cases for turn in case.turns]
    named = {name for turn in turns for names in turn.tools or [] for name in names}
    wanted = {(name, key) for turn in turns for names, each in zip(turn.tools or [], turn.arguments or [], strict=False)
              for name in names for key in each}  # fmt: skip

    assert len(cases) >= 60
    assert list_unknown_keys(cases) == []
    assert len(named) >= 60
    found = {name: CATALOGUE.find(name) for name in named}
    assert [name for name, tool in found.items() if tool is None] == []
    assert [pair for pair in wanted if pair[1] not in found[pair[0]].arguments.model_fields] == []  # type: ignore[union-attr]
    assert sum(bool(turn.state) for turn in turns) >= 60
    assert {"alex", "blair", "visitor"} == {case.customer for case in cases}
