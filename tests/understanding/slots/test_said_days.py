"""Whole sentences with days and times: which they name, and which of a story belong to the request."""

from datetime import time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from agent.understanding.slots import Mention, TimePeriod
from agent.understanding.slots.stretches import read_stretches
from tests.understanding.slots.finding import find, short
from tests.understanding.slots.test_find import TEXTS

HERE = Path(__file__).parent
SAID: dict[str, list[str]] = yaml.safe_load((HERE / "said_days.yaml").read_text(encoding="utf-8"))
STORIES: dict[str, list[str]] = yaml.safe_load((HERE / "stories.yaml").read_text(encoding="utf-8"))


def when(text: str) -> list[str]:
    """Days and times that are not told on the way, each once."""
    found = find(text, "date", "period", "time", "time_period")
    return list(dict.fromkeys(plain(mention) for mention in found if not mention.told))


def plain(mention: Mention) -> str:
    match mention.value:
        case TimePeriod(start, end):
            return f"{start:%H:%M}-{end:%H:%M}"
        case time():
            return f"{mention.value:%H:%M}"
        case _:
            return short(mention.value)


@pytest.mark.parametrize(("text", "named"), SAID.items(), ids=SAID)
def test_a_sentence_names(text, named):
    assert when(text) == named


@pytest.mark.parametrize(("text", "named"), STORIES.items(), ids=STORIES)
def test_the_days_of_a_story_are_not_those_of_the_request(text, named):
    assert when(text) == named


def test_the_tables_are_read():
    assert len(SAID) > 180
    assert len(STORIES) > 50


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the plumber came on Thursday. pay John 80 on Friday", [True, False]),
        ("I paid him on Tuesday", [False]),
        ("pay John on Friday, he was here on Thursday", [False, True]),
        ("it's Maria's birthday on Tuesday, send her 30", [False]),
        ("it's Maria's birthday on Tuesday, send her 30 on Monday", [True, False]),
    ],
)
def test_only_what_is_told_beside_a_request_is_told(text, told):
    assert [mention.told for mention in find(text, "date")] == told


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (
            "a standing order that starts on 1 December and ends on 30 June",
            [("from", "2026-12-01"), ("to", "2027-06-30")],
        ),
        ("transactions between March 1 and 10", [("from", "2026-03-01"), ("to", "2026-03-10")]),
        ("block it up to and including Friday", [("to", "2026-11-27")]),
        ("reschedule it to the 28th", [("to", "2026-11-28")]),
        ("schedule it to Saturday", [(None, "2026-11-28")]),
    ],
)
def test_a_day_is_an_end_where_the_words_say_so(text, ends):
    ends_of = (part for mention in find(text, "date", "period") for part in mention.parts or (mention,))

    assert [(mention.role, short(mention.value)) for mention in ends_of] == ends


@given(TEXTS)
def test_stretches_are_the_whole_message(text):
    stretches = read_stretches(text)

    assert (stretches[0].start, stretches[-1].end) == (0, len(text))
    for one, next_one in pairwise(stretches):
        assert one.end == next_one.start
