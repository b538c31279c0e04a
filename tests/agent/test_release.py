"""The gate between a model's words and the customer."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.release import LEFT_OUT, Release, evidence_figures, figures

EVIDENCE = ('{"ledger": "2480.15", "since": "2026-10-01", "count": 5}', "The fee is 1.5%, at least £12.")
KNOWN = evidence_figures(EVIDENCE)


def released(pieces: list[str]) -> str:
    gate = Release(KNOWN)
    return "".join(gate.push(piece) for piece in pieces) + gate.finish()


@pytest.mark.parametrize(
    "text",
    [
        "You have **£2,480.15** in Everyday.",
        "From 1 October 2026: 5 payments, 1.50% each.",
        "On 2026-10-01 you paid £12.00!",
        "Open 24/7. Steps:\n1. Open the app.\n2) Tap the card.\n 3. Done [1][2].",
        "No figures here? None at all.",
        "",
    ],
)
def test_what_stands_in_the_evidence_passes(text):
    assert released([text]) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You have £2,480.16.", f"You have {LEFT_OUT}"),
        ("You have £2,480.15. You owe £7. Bye.", f"You have £2,480.15. You owe {LEFT_OUT} Bye."),
        ("The fee is 15% a year\nand no more", f"The fee is {LEFT_OUT}\nand no more"),
        # A short figure in mid-line is no list number, whatever stands before it.
        ("You owe 50. Pay it.", f"You owe {LEFT_OUT} Pay it."),
        ("You owe: 50. Pay it.", f"You owe:{' '}{LEFT_OUT} Pay it."),
        ("You owe it. 50) is the sum.", f"You owe it. {LEFT_OUT}"),
        ("The balance is [OWED_5000] now.", f"The balance is {LEFT_OUT}"),
        ("Call ٠٨٠٠ now.", f"Call {LEFT_OUT}"),
    ],
)
def test_what_does_not_is_replaced_by_a_remark(text, expected):
    assert released([text]) == expected
    assert released(list(text)) == expected


def test_a_sentence_without_figures_does_not_wait():
    gate = Release(KNOWN)

    assert gate.push("Let me see, you have ") == "Let me see, you have "
    assert gate.push("£2,4") == ""
    assert gate.push("80.15") == ""
    assert gate.push(". And") == "£2,480.15. And"


PIECES = st.sampled_from(
    [
        *(" ", " ", "\n", ".", ",", ":", "!", "?", ")", "[", "]", "-", "£", "$", "x", "You owe", "Step"),
        *("1", "12", "50", "5", "2,480.15", "2480.16", "1.5", "2026", "10", "24/7", "٥", "½", "00"),
        *("[1]", "[12]", "[123]", "[IBAN_1]", "[EMAIL_1]", "[X_99]", "[IBAN", "_1]", "1.", "2)", "\n3. "),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=25).map("".join)


@given(TEXTS, st.data())
@example("x24/7 is it. 12. no", None)
def test_however_a_text_is_cut_the_same_comes_out(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text))))) if data else range(len(text))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert released(pieces) == released([text])


@given(TEXTS)
def test_no_figure_comes_out_that_the_evidence_lacks(text):
    assert figures(released(list(text)).replace(LEFT_OUT, "")) <= KNOWN


@given(st.lists(st.sampled_from(["Send it to ", "[IBAN_1]", " and ", "[EMAIL_12]", " 5", "[1]", ". "])), st.data())
def test_a_placeholder_comes_out_whole(parts, data):
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    gate = Release(KNOWN)

    out = [gate.push(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    for piece in [*out, gate.finish()]:
        assert "[" not in re.sub(r"\[[A-Z]+_\d+\]|\[1\]", "", piece)


def test_figures_of_any_length_are_told_apart():
    assert figures("1" * 30 + "1") != figures("1" * 30 + "2")


@pytest.mark.parametrize(
    ("one", "other"),
    [("1,250.50", "1250.5"), ("£100.00", "100"), ("007", "7"), ("0.50", "0.5"), ("10:30", "10:30."), ("0", "0.00")],
)
def test_a_figure_may_be_spelled_in_several_ways(one, other):
    assert figures(one) == figures(other) != set()
