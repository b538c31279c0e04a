"""The gate between a model's words and the customer: what is true passes, what is not does not, however it is cut."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from agent.release import LEFT_OUT, LEFT_OUT_WORDS, Material, Release
from agent.release.gate import LONGEST
from tests.agent.release_cases import Case, material, read_cases, released

REMARKS = re.compile(f"{re.escape(LEFT_OUT)}|{re.escape(LEFT_OUT_WORDS)}")
HONEST = [*read_cases("honest"), *read_cases("honest_unseen"), *read_cases("honest_third")]
FALSE = [*read_cases("false"), *read_cases("false_unseen"), *read_cases("false_third")]
MISSED = {
    "You save £47.16 a month.",
    "You are a millionaire.",
    "Everyday holds £2,480.15, and so does Rainy Day.",
    "Your Platinum limit left is £21.91.",
    "The £249.99 was for coffee.",
    "You paid £8.27 for tickets.",
    "Daily Grind Coffee paid you £8.27.",
    "You can use your debit card abroad.",
    "Contactless is off on your debit card.",
    "Debit: **** 7733.",
    "You ate out fifteen times.",
    "The standing order to Sunrise Lettings ends on 1 December.",
    "Transfers abroad cost £3 [1].",
}
"""What the gate does not see (docs/gate.md)."""
LOST = {"Your debit card expires in 01/29, the Platinum one in 03/28."}
BALANCES = material("balances")


def said(text: str, known: Material = BALANCES) -> str:
    return released(Release(known), [text])


@pytest.mark.parametrize("case", [each for each in HONEST if each.sentence not in LOST], ids=lambda case: case.sentence)
def test_an_honest_sentence_goes_out_as_it_is(case: Case):
    assert said(case.sentence, material(case.evidence)) == case.sentence


@pytest.mark.parametrize(
    "case", [each for each in FALSE if each.sentence not in MISSED], ids=lambda case: case.sentence
)
def test_a_false_sentence_does_not_go_out(case: Case):
    gate = Release(material(case.evidence))

    out = released(gate, list(case.sentence))

    outcomes = {outcome for _, outcome in gate.outcomes}
    if case.wrong in ("citation", "rate") and outcomes == {"repaired"}:
        assert re.sub(r"\s?\[\d+\]", "", out) == re.sub(r"\s?\[\d+\]", "", case.sentence)
    else:
        assert "dropped" in outcomes
        assert REMARKS.search(out)
        assert case.sentence not in out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your balance is £2,480.16.", f"Your balance is {LEFT_OUT}"),
        ("Everyday has £2,480.15. Travel has £7. Bye.", f"Everyday has £2,480.15. Travel has {LEFT_OUT} Bye."),
        ("The fee is 15% a year\nand no more", f"The fee is {LEFT_OUT}\nand no more"),
        ("You pay 50. Pay it.", f"You pay {LEFT_OUT} Pay it."),
        ("The balance is [OWED_5000] now.", f"The balance is {LEFT_OUT}"),
        ("Call ٠٨٠٠ now.", f"Call {LEFT_OUT}"),
        ("I have sent it. Bye.", f"I have {LEFT_OUT_WORDS} Bye."),
    ],
)
def test_what_is_not_known_is_replaced_by_a_remark(text: str, expected: str):
    assert said(text) == expected
    assert released(Release(BALANCES), list(text)) == expected


def test_words_without_a_claim_do_not_wait():
    gate = Release(BALANCES)

    assert gate.push("Let me see, you have ") == "Let me see, you have"
    assert gate.push("£2,4") == ""
    assert gate.push("80.15") == ""
    assert gate.push(". And") == " £2,480.15."
    assert gate.push(" then ") == " And then"


@pytest.mark.parametrize("text", ["Steps:\n1. Open the app.\n2) Tap the card.\n 3. Confirm.", "No figures here?", ""])
def test_numbers_of_list_items_claim_nothing(text: str):
    gate = Release(Material(today=date(2026, 11, 22)))

    assert released(gate, [text]) == text


HELP = material("help")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A new card costs £5 [1]. Bye.", "A new card costs £5 [2]. Bye."),
        ("A new card costs £5 [9] [1].", "A new card costs £5 [2]."),
        ("A new card costs £5 [2][9].", "A new card costs £5 [2]."),
        ("A new card costs £5. [1] Bye.", "A new card costs £5. [2] Bye."),
        ("Freeze the card [2][77].", "Freeze the card [2]."),
    ],
)
def test_a_wrong_citation_is_put_right_where_one_passage_holds_the_figures(text: str, expected: str):
    gate = Release(HELP)

    assert released(gate, list(text)) == expected
    assert gate.outcomes["citation", "repaired"] == 1


def test_what_the_bank_says_itself_is_not_doubted():
    own = "You owe £21.91, which is 3 pounds more than 7 of 9 customers. Done: I have sent it!\n\nWe will refund you."
    known = material("balances", compose=lambda: own)

    assert said(own, known) == own
    assert said("We will refund you. You owe £22.91.", known) == f"We will refund you. You {LEFT_OUT}"


def test_an_answer_that_lost_most_of_its_claims_is_gutted():
    kept, lost = "Everyday has £2,480.15. ", "Travel has £7. "

    for text, is_gutted in [(kept, False), (kept + lost, False), (kept + lost * 2, True), (lost, True), ("Hi.", False)]:
        gate = Release(BALANCES)
        released(gate, [text])
        assert gate.is_gutted is is_gutted


def test_a_sentence_that_never_ends_is_not_held_for_ever():
    gate = Release(BALANCES)

    held = [len(gate.push("£5 and ")) for _ in range(LONGEST)]
    out = gate.push("so on.\nEveryday has £2,480.15.") + gate.finish()

    assert sum(held) == len(LEFT_OUT_WORDS)
    assert out == "\nEveryday has £2,480.15."


def test_what_became_of_the_sentences_is_counted():
    def counted(outcome: str) -> float:
        labels = {"kind": "money", "outcome": outcome}
        return REGISTRY.get_sample_value("tellergraph_release_sentences_total", labels) or 0.0

    before = counted("released"), counted("dropped")
    said("Everyday has £2,480.15. Travel has £7. Hello.")

    assert (counted("released"), counted("dropped")) == (before[0] + 1, before[1] + 1)


PIECES = st.sampled_from(
    [
        *(
            " ",
            " ",
            "\n",
            ". ",
            ".",
            ",",
            ":",
            "!",
            "?",
            ")",
            "[",
            "]",
            "-",
            "£",
            "$",
            "x",
            "You owe",
            "Everyday",
            "**",
        ),
        *("1", "12", "50", "5", "2,480.15", "2480.16", "1.5", "2026", "10", "24/7", "٥", "½", "00", "no ", "accounts"),
        *(
            "[1]",
            "[12]",
            "[123]",
            "[IBAN_1]",
            "[EMAIL_1]",
            "[X_99]",
            "[IBAN",
            "_1]",
            "1.",
            "2)",
            "\n3. ",
            " half ",
            "m",
        ),
        *(" twenty", " million", " sent ", "I have", " is ", "e.g. ", "evil.com", "www.", "<b", "PIN", " March", "%"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=25).map("".join)


@given(TEXTS, st.data())
@example("x24/7 is it. 12. no", None)
@example("See evil.com. Go", None)
@example("It is £5. [1] [2] Then", None)
def test_however_a_text_is_cut_the_same_comes_out(text: str, data: st.DataObject | None):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text))))) if data else range(len(text))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert released(Release(HELP), pieces) == released(Release(HELP), [text])


@given(TEXTS)
@example("[1]\n3. ")
def test_no_amount_comes_out_that_the_evidence_lacks(text: str):
    out = REMARKS.sub("", said(f"Your balance is £{text}"))

    assert not re.search(r"£\s?(?!2,?480\.15|2,?400\.15|10,?250|21\.91|4,?939\.59)\d", out)


@given(st.lists(st.sampled_from(["Send it to ", "[IBAN_1]", " and ", "[EMAIL_12]", " 5", "[1]", ". "])), st.data())
def test_a_placeholder_comes_out_whole(parts: list[str], data: st.DataObject):
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    gate = Release(HELP)

    out = [gate.push(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    for piece in [*out, gate.finish()]:
        assert "[" not in re.sub(r"\[[A-Z]+_\d+\]|\[[12]\]", "", piece)


@given(
    st.sampled_from(
        [
            "a a.",
            "a-",
            "1,",
            "1.",
            ".a@",
            "[1]",
            "](",
            "two ",
            "and a half ",
            "no a ",
            "0 1",
            "£ ",
            "A1 ",
            "5 to ",
            "**",
        ]
    )
)
def test_of_a_hostile_repetition_no_more_comes_out_than_went_in(piece: str):
    gate = Release(BALANCES)

    assert len(released(gate, [piece * 40] * 100)) <= 4000 * len(piece) + len(LEFT_OUT_WORDS) * 200
