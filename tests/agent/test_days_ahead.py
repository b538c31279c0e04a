"""Days to pay on that the screen takes for dates of birth."""

from datetime import UTC, date, datetime

import pytest

from agent.nodes.days_ahead import mentions_in
from agent.understanding.slots import Known, Mention
from core.security.pii import Placeholders, mask

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def heard(text: str, placeholder: str = "[DOB_1]") -> tuple[str, tuple[Mention, ...]]:
    """The masked text, and what it mentions."""
    placeholders = Placeholders()
    said = mask(text, placeholders)
    assert placeholder in said
    return said, mentions_in(said, placeholders, NOW, Known(payees=("Jimmy Chan",)))


@pytest.mark.parametrize(
    "text",
    [
        "send Jimmy £60 on 4 December 2026, it's his birthday",
        "on 4 December it's his birthday, send Jimmy £60",
        "Jimmy's birthday is 2026-12-04: send him £60 that day",
    ],
)
def test_a_payment_for_a_birthday_names_its_day_and_the_text_keeps_the_placeholder(text: str) -> None:
    said, mentions = heard(text)
    assert [mention.value for mention in mentions if mention.kind == "date"] == [date(2026, 12, 4)]
    assert all(said[mention.start : mention.end] == mention.text for mention in mentions)
    assert {"amount", "payee", "date"} == {mention.kind for mention in mentions}


@pytest.mark.parametrize("text", ["my date of birth is 4 December 1980, pay Jimmy £60", "I was born on 22/11/2026"])
def test_a_day_that_is_over_stays_hidden(text: str) -> None:
    _, mentions = heard(text)
    assert "date" not in {mention.kind for mention in mentions}


def test_a_text_beside_the_day_does_not_give_it_away() -> None:
    _, mentions = heard('send Jimmy £60 with the reference "birthday 4 December 2026"')
    assert not any("December" in str(mention.value) for mention in mentions if isinstance(mention.value, str))


def test_a_day_that_looked_like_the_number_of_an_account_is_a_day_all_the_same() -> None:
    placeholders = Placeholders()
    said = f"move 50 to my savings on {placeholders.hide('ACCOUNT_NUMBER', '24/12/2026')}"
    mentions = mentions_in(said, placeholders, NOW, Known())
    assert date(2026, 12, 24) in [mention.value for mention in mentions]


def test_when_a_card_expires_is_no_day_to_pay_on() -> None:
    _, mentions = heard("the card that expires 12/27 is lost", "[CARD_EXPIRY_1]")
    assert "date" not in {mention.kind for mention in mentions}


@pytest.mark.parametrize("day", ["24/12/2026", "1/3/2026", "24-12-2026"])
def test_a_day_beside_an_account_is_no_number_of_one(day: str) -> None:
    for text in (f"transfer 50 to my savings on {day}", f"the statement of my account from {day} please"):
        assert mask(text, Placeholders()) == text
