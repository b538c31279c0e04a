"""Which of the ranked passages are handed on."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rank.selection import count_tokens, drop_repeated, keep_within


@dataclass(frozen=True)
class Said:
    text: str
    title: str = "Cash abroad"
    heading: str = ""


LONG = "Taking out cash abroad costs one per cent of the amount, at least two pounds, wherever the machine stands."


def test_what_a_better_passage_has_said_is_not_said_again() -> None:
    first, other = Said(LONG), Said("Cards are free of charge abroad.")
    assert drop_repeated([first, Said(LONG.replace("wherever", "Wherever")), other, Said(LONG)]) == [first, other]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (LONG.replace("two pounds", "2 pounds"), "Cash abroad"),
        (LONG, "Cash at our own machines in branches and shops of partners"),
    ],
)
def test_another_figure_or_another_article_is_another_answer(text: str, title: str) -> None:
    assert len(drop_repeated([Said(LONG), Said(text, title)])) == 2


def test_passages_are_read_as_far_as_the_budget_reaches() -> None:
    passages = [Said(f"{number} {LONG}") for number in range(5)]
    each = count_tokens(passages[0])
    assert keep_within(passages, 3 * each) == passages[:3]
    assert keep_within(passages, 3 * each - 1) == passages[:2]
    assert keep_within(passages, None) == passages


def test_the_best_passage_is_read_whatever_it_costs() -> None:
    assert keep_within([Said(LONG * 50), Said("Short.")], 10) == [Said(LONG * 50)]
    assert keep_within([], 10) == []


@given(st.lists(st.builds(Said, st.text(max_size=40)), max_size=8), st.integers(0, 60))
def test_the_order_is_kept_and_nothing_is_made_up(passages: list[Said], tokens: int) -> None:
    for chosen in (drop_repeated(passages), keep_within(passages, tokens)):
        rest = iter(passages)
        assert all(passage in rest for passage in chosen)
