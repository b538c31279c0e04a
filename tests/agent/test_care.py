"""What a customer lets be known in passing is heard, opened as a case and told, beside what they asked for. Issue 6,
"Rights and care"."""

from pathlib import Path

import psycopg
import pytest

from agent.care.detector import MOST_PARTS, CareDetector, parts_of
from agent.care.plain import PlainSpelling
from core.errors import ConfigurationError
from core.services import Services
from knowledge.embed import Encoder
from tests.agent.conftest import Start


@pytest.fixture(scope="module")
def detector() -> CareDetector:
    return CareDetector.load()


@pytest.mark.parametrize(
    ("said", "concern"),
    [
        ("what's my balance? By the way, my mum passed away last week.", "bereavement"),
        ("my phone was stolen on the bus", "lost_phone"),
        ("I've lost my job and can't pay the loan", "hardship"),
        ("I want to make a complaint about how you treated me", "complaint"),
        ("my husband forces me to send him my wages and I'm scared", "coercion"),
        ("sumbody stole my moblie on the tram", "lost_phone"),
        (
            "we had put something aside for the winter, but then the car broke, then the boiler, and what is left now "
            "does not cover the loan any more, so I cannot pay it on Monday and do not know what will happen",
            "hardship",
        ),
    ],
)
def test_it_is_heard_alone_and_in_passing(
    detector: CareDetector, loaded: tuple[Encoder, object], said: str, concern: str
):
    assert concern in detector.detect(said, loaded[0])


@pytest.mark.parametrize(
    "said", ["why was my late payment refused", "I'm dying to know my balance", "pay my phone bill", "hello", "", "?"]
)
def test_the_same_words_about_something_else_open_nothing(
    detector: CareDetector, loaded: tuple[Encoder, object], said: str
):
    assert detector.detect(said, loaded[0]) == ()


def test_a_message_is_read_in_sentences_up_to_a_bound():
    assert parts_of("one sentence alone") == ["one sentence alone"]
    assert len(parts_of("My father died. " * 500)) == MOST_PARTS + 1
    assert len(parts_of("and my father died " * 500)) == MOST_PARTS + 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("i losst my fone plz hlp", "i lost my phone please help"),
        ("sum1 hakced my acount", "someone hacked my account"),
        ("Pay Kowalczyk 20 for the invoices, I'm texting offline", None),
    ],
)
def test_slips_are_put_right_and_names_and_other_words_stay(typed: str, meant: str | None):
    assert PlainSpelling.load().write(typed) == (meant or typed)


def test_weights_that_are_not_there_are_said_to_be(tmp_path: Path):
    with pytest.raises(ConfigurationError):
        CareDetector.load(tmp_path)


def cases(services: Services) -> list[tuple[str, str]]:
    with psycopg.connect(services.owner_url) as owner:
        return owner.execute("select kind, said from care_cases order by opened_at, kind").fetchall()


async def test_the_case_is_told_once_and_the_question_is_answered_all_the_same(start: Start, full_bank: Services):
    talk = start("alex", offline=True)

    await talk.say("What's my balance? My mum passed away last week.")
    assert talk.record is not None
    first = talk.record.answer
    await talk.say("My mum passed away last week.")
    second = talk.record.answer

    assert "2,480.15" in first
    assert "I am sorry for your loss" in first
    assert "You can ask for a colleague at any time." in first
    assert "case R-" not in second
    assert [kind for kind, _ in cases(full_bank)] == ["bereavement"]


async def test_a_visitor_opens_no_case(start: Start, full_bank: Services):
    before = cases(full_bank)
    await start(offline=True).say("My phone was stolen on the bus.")
    assert cases(full_bank) == before
