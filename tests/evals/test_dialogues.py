"""`tellergraph evals run dialogues`: what a file may say, what is compared with what, and what its user is told."""

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from core.services import Services
from core.settings import Settings
from evals.cli import app
from evals.dialogues.check import compare
from evals.dialogues.customer import Heard
from evals.dialogues.dates import fill_dates, list_readings
from evals.dialogues.run import Result, run_scenarios
from evals.dialogues.script import Expect, Turn, Value, list_unknown_keys, read_scenarios
from evals.suites.dialogues import SHIPPED

ROOT = Path(__file__).parents[2]
SATURDAY = date(2026, 11, 21)
SCENARIO = """
- name: a payment
  group: happy paths
  customer: alex
  turns:
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "dialogues.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, turns: str) -> list[Turn]:
    (scenario,) = read_scenarios(write(folder, SCENARIO + turns))
    return scenario.turns


# The format ---------------------------------------------------------------------------------------------------------


def test_every_kind_of_turn_is_read(tmp_path: Path):
    turns = read(
        tmp_path,
        """
    - user: Pay John 20
    - confirm: {code: wrong}
    - confirm: {}
    - confirm:
    - deny: true
    - restart: true
""",
    )

    assert [turn.said for turn in turns] == [
        "Pay John 20",
        "[confirms with a wrong code]",
        "[confirms]",
        "[confirms]",
        "[denies]",
        "[the server restarts]",
    ]


def test_scalars_stay_as_they_were_typed_and_a_single_value_is_a_list_of_one(tmp_path: Path):
    (turn,) = read(
        tmp_path,
        """
    - user: freeze 0042
      expect:
        asks: [card, null]
        tools: [a, [b, c]]
        contains: [0042, [yes, "no"]]
        confirm: {card: 0042, amount: 50.00, date: {wed}, step_up: true}
        state: {"account:Everyday": 2480.10, pending: false, task: null}
""",
    )

    assert turn.expect.asks == ["card", None]
    assert turn.expect.tools == [["a"], ["b", "c"]]
    assert turn.expect.contains == [["0042"], ["yes", "no"]]
    assert turn.expect.confirm == {"card": ["0042"], "amount": ["50.00"], "date": ["{wed}"], "step_up": [True]}
    assert turn.expect.state == {"account:Everyday": ["2480.10"], "pending": [False], "task": [None]}


def test_a_null_that_is_written_is_an_expectation_and_one_that_is_not_is_none(tmp_path: Path):
    written, left_out = read(
        tmp_path,
        """
    - user: hello
      expect: {confirm: null, asks: null}
    - user: hello
      expect: {route: small_talk}
""",
    )
    heard = Heard(done={"answer": "", "asks": "amount"}, route="small_talk", confirmations=[{"summary": "Pay"}])

    assert differing(written.expect, heard) == ["confirm", "asks"]
    assert differing(left_out.expect, heard) == []


def test_unknown_keys_are_ignored_and_named(tmp_path: Path):
    path = write(
        tmp_path,
        """
- name: a
  group: g
  customer: visitor
  author: somebody
  turns:
    - user: hi
      wait: 3
      expect: {mood: good, state: {"colour:red": 1, "account:": 1, pending: false}}
    - confirm: {code: ok, twice: true}
""",
    )

    assert list_unknown_keys(read_scenarios(path)) == [
        "author",
        "turn.wait",
        "expect.mood",
        "state.colour:red",
        "state.account:",
        "confirm.twice",
    ]


BAD_FILES = {
    "nothing": ("", "has no scenarios"),
    "no list": ("name: a\n", "needs a list of scenarios"),
    "no mapping": ("- hello\n", "scenario 1 needs name, group, customer and turns"),
    "not YAML": ("- name: [a\n", "line 2 is not YAML"),
    "a tag that makes objects": ("- !!python/object/apply:os.system [true]\n", "is not YAML"),
    "no name": ("- {group: g, customer: alex, turns: [{user: hi}]}\n", "scenario 1, name: is missing"),
    "no such customer": (
        "- {name: a, group: g, customer: casey, turns: [{user: hi}]}\n",
        "scenario 1 (a), customer: Input should be 'alex', 'blair' or 'visitor'",
    ),
    "no turns": ("- {name: a, group: g, customer: alex, turns: []}\n", "scenario 1 (a), turns: "),
    "a turn without an act": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi}, {expect: {}}]}\n",
        "scenario 1 (a), turn 2: needs exactly one of user, confirm, deny: true and restart: true",
    ),
    "a turn with two acts": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi, deny: true}]}\n",
        "turn 1: needs exactly one of",
    ),
    "no such code": (
        "- {name: a, group: g, customer: alex, turns: [{confirm: {code: maybe}}]}\n",
        "turn 1, confirm.code: Input should be 'ok' or 'wrong'",
    ),
    "no such error": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi, expect: {error: maybe}}]}\n",
        "turn 1, expect.error: Input should be 'required' or 'allowed'",
    ),
    "no number": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi, expect: {citations: many}}]}\n",
        "turn 1, expect.citations: ",
    ),
    "no mapping in state": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi, expect: {state: pending}}]}\n",
        "turn 1, expect.state: ",
    ),
    "a mapping for a text": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi, expect: {contains: [{a: 1, b: 2}]}}]}\n",
        "turn 1, expect.contains: ",
    ),
    "twice the same name": (
        "- {name: a, group: g, customer: alex, turns: [{user: hi}]}\n" * 2,
        "has two scenarios named 'a'",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_line_on_stderr(tmp_path: Path, case: str):
    text, message = BAD_FILES[case]

    result = CliRunner().invoke(app, ["run", "dialogues", str(write(tmp_path, text)), "--json"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_bad_options_are_one_line_on_stderr(tmp_path: Path):
    path = str(write(tmp_path, SCENARIO + "    - user: hi\n"))
    (tmp_path / "latin.yaml").write_bytes(b"- name: caf\xe9\n")

    outcomes = {
        "does not exist": ["nowhere.yaml"],
        "Give the cases once": [path, "--data", path],
        "No scenario has 'zebra'": [path, "--only", "zebra"],
        "is not UTF-8": [str(tmp_path / "latin.yaml")],
    }

    for message, options in outcomes.items():
        result = CliRunner().invoke(app, ["run", "dialogues", *options, "--json"])
        assert (result.exit_code, result.stdout) == (2, ""), message
        assert message in result.stderr


def test_a_model_that_is_none_is_one_line_on_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TELLERGRAPH_LLM", "nonsense:model")

    result = CliRunner().invoke(app, ["run", "dialogues", str(write(tmp_path, SCENARIO + "    - user: hi\n"))])

    assert (result.exit_code, result.stdout) == (1, "")
    assert "TELLERGRAPH_LLM" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_shipped_scenarios_can_be_read_and_say_nothing_unknown():
    scenarios = read_scenarios(SHIPPED)

    assert len(scenarios) >= 150
    assert list_unknown_keys(scenarios) == []
    assert {
        "happy paths",
        "corrections",
        "cancellations",
        "digressions",
        "disambiguation",
        "guards",
        "invalid values",
        "knowledge in mid-task",
        "small talk",
        "hand-off",
        "ownership",
    } <= {scenario.group for scenario in scenarios}


# Dates --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{today} {tomorrow} {yesterday}", "2026-11-21 2026-11-22 2026-11-20"),
        ("{wed}", "2026-11-25"),
        ("{sat}", "2026-11-28"),
        ("{day:+10} {day:-1} {day:0}", "2026-12-01 2026-11-20 2026-11-21"),
        ("{next:15} {next:21} {next:22} {next:31}", "2026-12-15 2026-12-21 2026-11-22 2026-12-31"),
        ("on {day:+10:words}!", "on 1 December 2026!"),
        ("{code} {weds} {next:32} {day:} {}", "{code} {weds} {next:32} {day:} {}"),
    ],
)
def test_relative_dates(text: str, filled: str):
    assert fill_dates(text, SATURDAY) == filled


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 31), st.integers(-500, 500))
def test_relative_dates_are_where_they_say(today: date, of_month: int, offset: int):
    for place, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        weekday = date.fromisoformat(fill_dates(f"{{{name}}}", today))
        assert weekday.weekday() == place
        assert 1 <= (weekday - today).days <= 7
    following = date.fromisoformat(fill_dates(f"{{next:{of_month}}}", today))
    assert following.day == of_month
    assert 1 <= (following - today).days <= 62
    assert (date.fromisoformat(fill_dates(f"{{day:{offset:+d}}}", today)) - today).days == offset


@given(st.text())
def test_other_text_stays(text: str):
    if "{" not in text:
        assert fill_dates(text, SATURDAY) == text
        assert list_readings(text, SATURDAY) == [text]


def test_an_answer_may_write_a_date_in_its_own_way():
    assert list_readings("on {wed}", SATURDAY) == ["on 2026-11-25", "on 25 November 2026", "on 25 November"]
    assert list_readings("on {wed:words}", SATURDAY) == ["on 25 November 2026"]


# Comparing ----------------------------------------------------------------------------------------------------------

ASKED = {"type": "pay_payee", "amount": "50.00", "payee": "Maria Lopez", "date": "2026-11-25", "step_up": False}
HEARD = Heard(
    done={"answer": "Which payee’s account?\n On 25 November 2026.", "intent": "make_transfer", "asks": "payee"},
    route="operation",
    tools=["get_balance", "pay_payee"],
    citations=1,
    confirmations=[ASKED | {"summary": "Pay £50.00 to Maria Lopez"}],
)


def differing(
    expect: Expect | dict[str, Any], heard: Heard = HEARD, state: Sequence[str | bool | None] = ()
) -> list[str]:
    wanted = expect if isinstance(expect, Expect) else Expect.model_validate(expect)
    return [difference.key for difference in compare(wanted, heard, lambda _: state, SATURDAY)]


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("route", "operation", "knowledge"),
        ("route", ["knowledge", "operation"], ["knowledge", "handoff"]),
        ("intent", "make_transfer", "freeze_card"),
        ("tools", ["get_balance", "pay_payee"], ["pay_payee", "get_balance"]),
        ("tools", ["get_balance", ["pay_payee", "schedule_payment"]], ["get_balance"]),
        ("tools", [["get_balance"], "pay_payee"], []),
        ("asks", "payee", "amount"),
        ("asks", ["amount", "payee"], None),
        ("citations", "1", "2"),
        ("contains", ["which", ["amount", "PAYEE'S account"]], ["which", ["amount", "card"]]),
        ("contains", "On {wed}", "On {thu}"),
        ("excludes", ["card", "amount"], ["card", "payee"]),
        ("excludes", "{thu}", "{wed}"),
    ],
)
def test_what_is_expected_of_a_turn(key: str, right: object, wrong: object):
    assert differing({key: right}) == []
    assert differing({key: wrong}) == [key]


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("type", "pay_payee", "freeze_card"),
        ("amount", "50", "51"),
        ("payee", "maria lopez", "Maria"),
        ("payee", ["John Carter", "Maria Lopez"], ["John Carter"]),
        ("date", "{wed}", "{thu}"),
        ("step_up", False, True),
        ("card", None, "4821"),
    ],
)
def test_what_is_expected_of_a_confirmation(key: str, right: object, wrong: object):
    assert differing({"confirm": {key: right}}) == []
    assert differing({"confirm": {key: wrong}}) == [f"confirm.{key}"]


def test_a_confirmation_that_is_or_is_not_there():
    nothing = Heard(done={"answer": ""})

    assert differing({"confirm": None}) == ["confirm"]
    assert differing({"confirm": None}, nothing) == []
    assert differing({"confirm": {}}, nothing) == ["confirm"]
    assert differing({"confirm": {}}) == []


@pytest.mark.parametrize(
    ("key", "expected", "there", "same"),
    [
        ("account:Everyday", "2480.1", ["2480.10"], True),
        ("account:Everyday", "2480.10", ["2480.11"], False),
        ("account:Nothing", "absent", ["absent"], True),
        ("standing_order:Maria", ["40", "50"], ["20.00", "50.00"], True),
        ("standing_order:Maria", "40", ["20.00", "50.00"], False),
        ("pending", "false", [False], True),
        ("pending", "true", [False], False),
        ("task", None, [None], True),
        ("task", None, ["pay_payee"], False),
    ],
)
def test_what_is_expected_of_the_database(key: str, expected: object, there: list[Value], same: bool):
    assert differing({"state": {key: expected}}, state=there) == ([] if same else [f"state.{key}"])


def test_an_error_fails_a_turn_unless_it_is_expected():
    failed = Heard(error="wrong_code")

    assert differing({}, failed) == ["error"]
    assert differing({"error": "allowed", "route": "operation"}, failed) == []
    assert differing({"error": "required", "state": {"pending": "true"}}, failed, [False]) == ["state.pending"]
    assert differing({"error": "required"}) == ["error"]
    assert differing({"error": "allowed", "route": "knowledge"}) == ["route"]


# Holding conversations ----------------------------------------------------------------------------------------------

TALKS = """
- name: paid across a restart
  group: happy
  customer: alex
  turns:
    - user: Pay Maria Lopez £300
      expect: {confirm: {amount: 300}, state: {pending: true, "operations:pending": 1}}
    - restart: true
    - confirm: {code: wrong}
      expect: {error: required, state: {"account:Everyday": 2480.15}}
    - confirm: {}
      expect:
        state: {"account:Everyday": 2180.15, "operations:completed": 1, pending: false}
- name: as seeded again
  group: happy
  customer: alex
  turns:
    - user: Freeze the card ending in 4821
      expect: {confirm: {card: "4821"}, state: {"account:Everyday": 2480.15, "operations:completed": 0}}
    - deny: true
      expect:
        state:
          "card:4821": active
          "card:1107": absent
          "payee:John Carter": present
          "payee:Anna Berg": absent
          "standing_order:Sunrise Lettings": 850
          "scheduled:John Carter": absent
          "operations:cancelled": 1
          "disputes:opened": 0
          "alerts:open": 1
          "cases:opened": 0
          pending: false
- name: wrong on purpose
  group: wrong
  customer: blair
  turns:
    - confirm: {}
    - user: hello
      expect: {route: fraud, state: {"account:Current": 35.61}}
- name: a visitor
  group: happy
  customer: visitor
  turns:
    - user: hello
      expect: {route: small_talk, tools: [], confirm: null, asks: null}
"""


def describe(result: Result) -> list[list[str]]:
    return [[str(difference) for difference in turn.differences] for turn in result.turns]


def test_conversations_are_held_with_the_real_bank_and_every_difference_is_told(
    settings: Settings, fresh: Services, tmp_path: Path
):
    scenarios = read_scenarios(write(tmp_path, TALKS))
    ended: list[None] = []

    results = run_scenarios(scenarios, settings, fresh, banks=1, on_end=lambda: ended.append(None))

    assert [result.scenario for result in results] == scenarios
    assert [describe(result) for result in results] == [
        [[], [], [], []],
        [[], []],
        [
            ["error: expected none, got nothing_to_confirm"],
            [
                "route: expected fraud, got small_talk",
                "state.account:Current: expected 35.61, got 35.60",
            ],
        ],
        [[]],
    ]
    assert [result.passed for result in results] == [True, True, False, True]
    assert len(ended) == 4


@pytest.mark.parametrize("name", ["corrections", "guards", "invalid_values", "ownership", "restarts"])
def test_shipped_conversations_that_protect_money_go_as_written(settings: Settings, fresh: Services, name: str):
    """The others are measured by `tellergraph evals run dialogues`."""
    results = run_scenarios(read_scenarios(SHIPPED / f"{name}.yaml"), settings, fresh, banks=1, on_end=lambda: None)

    assert {result.scenario.name: describe(result) for result in results if not result.passed} == {}


def test_the_command_tells_figures_per_group_and_what_differs(tmp_path: Path):
    command = [sys.executable, "cli.py", "evals", "run", "dialogues", str(write(tmp_path, TALKS))]
    options = ["--only", "w", "--json", "--fail-under", "pass_rate=0.9"]

    ended = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603

    assert ended.returncode == 1, ended.stderr
    assert "Missed: pass_rate is 0.0, under 0.9" in ended.stderr
    report = json.loads(ended.stdout)
    assert report["n"] == 1
    assert report["metrics"] == {
        "passed": 0,
        "failed": 1,
        "pass_rate": 0.0,
        "groups": {"wrong": {"passed": 0, "failed": 1, "pass_rate": 0.0}},
    }
    (case,) = report["cases"]
    assert (case["name"], case["passed"], [turn["passed"] for turn in case["turns"]]) == (
        "wrong on purpose",
        False,
        [False, False],
    )
    assert case["turns"][1]["differences"][0] == {"key": "route", "expected": "fraud", "got": "small_talk"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_yaml_is_read_or_refused_in_one_sentence(tmp_path_factory: pytest.TempPathFactory, content: object):
    path = write(tmp_path_factory.getbasetemp(), yaml.safe_dump([{"name": "a", "turns": content}]))

    result = CliRunner().invoke(app, ["run", "dialogues", str(path)])

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
