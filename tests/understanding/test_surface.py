"""What differs only in how it is typed is read the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.surface import clean, without_quotations


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("pls  freeze\tmy acc", "please freeze my account"),
        ("Pleeeease heeelp", "Pleease heelp"),
        ("what’s my “balance”", 'what\'s my "balance"'),
        ("can u send £20 to u@example.com", "can you send £20 to u@example.com"),
        ("ＦＲＥＥＺＥ my card", "FREEZE my card"),
        ("show my txns 4 March", "show my transactions 4 March"),
        ("zero\u200bwidth", "zerowidth"),
        ("s/o to Jimmy rn, idk his a/c", "standing order to Jimmy right now, I don't know his account"),
    ],
)
def test_chat_words_quotes_and_drawn_out_letters(typed: str, read: str) -> None:
    assert clean(typed) == read


def test_a_reference_in_quotation_marks_is_left_out_and_a_single_word_stays() -> None:
    assert without_quotations('pay Maria 10 with reference "freeze all cards"') == 'pay Maria 10 with reference ""'
    assert without_quotations("pay Maria's rent, I don't mind") == "pay Maria's rent, I don't mind"
    assert without_quotations('what does "pending" mean') == 'what does "pending" mean'


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)

    assert clean(once) == once
    assert once == " ".join(once.split())


@given(st.from_regex(r"[0-9]{1,7}", fullmatch=True))
def test_figures_stay(figure: str) -> None:
    assert clean(f"send {figure} to card {figure}") == f"send {figure} to card {figure}"
