"""Yes and no."""

import pytest

from tests.understanding.slots.finding import find


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("yes", "yes", ""),
        ("yes please do", "yes", ""),
        ("Yep, go ahead!", "yes", ""),
        ("yeah sure", "yes", ""),
        ("oh yes, do it", "yes", ""),
        ("that's right", "yes", ""),
        ("yes, and are there fees?", "yes", "are there fees?"),
        ("yes but make it 60", "yes", "make it 60"),
        ("ok, what's my balance?", "yes", "what's my balance?"),
        ("nah", "no", ""),
        ("no thanks", "no", ""),
        ("nope sorry", "no", ""),
        ("please cancel", "no", ""),
        ("never mind", "no", ""),
        ("I changed my mind", "no", ""),
        ("no, to John", "no", "to John"),
        ("no, show me my balance", "no", "show me my balance"),
        ("ok cancel that and freeze my card", "no", "freeze my card"),
        ("stop. what's my balance?", "no", "what's my balance?"),
        ("forget it, I don't have the details", "no", "I don't have the details"),
    ],
)
def test_a_yes_or_no_and_what_else_is_said(text, kind, rest):
    (found,) = find(text, "yes", "no")

    assert (found.kind, found.value) == (kind, rest)


@pytest.mark.parametrize(
    "text",
    [
        "no idea",
        "no problem",
        "yes or no",
        "is that a yes?",
        "not sure",
        "I said yes",
        "stop my card",
        "cancel my card",
        "right now",
        "okra",
        "",
    ],
)
def test_what_is_no_answer(text):
    assert find(text, "yes", "no") == []
