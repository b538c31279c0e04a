"""Which of the ranked passages are handed on."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.rank.selection import count_covered, count_tokens, drop_repeated, keep_within


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


@dataclass(frozen=True)
class Article:
    document_id: str
    intents: tuple[str, ...]
    score: float


def test_a_second_article_on_what_a_better_one_answers_stands_behind_one_that_answers_what_else_may_be_meant() -> None:
    lost, stolen, late = (
        Article("lost", ("lost",), 1.0),
        Article("stolen", ("lost",), 0.9),
        Article("late", ("late",), 0.6),
    )
    chances = {"lost": 0.6, "late": 0.3}
    assert count_covered([lost, lost, stolen, late], chances, 0.7) == {"lost": 0, "late": 0, "stolen": 0.6}


def test_an_article_that_answers_two_things_keeps_the_credit_for_the_one_that_is_left() -> None:
    both, one, other = Article("both", ("a", "b"), 0.8), Article("one", ("a",), 1.0), Article("other", ("b",), 0.7)
    assert count_covered([one, both, other], {"a": 0.5, "b": 0.4}, 0.7) == {"one": 0, "other": 0, "both": 0.9}


@given(
    st.lists(
        st.builds(Article, st.sampled_from("abcdef"), st.sets(st.sampled_from("xyz")).map(tuple), st.floats(0, 2))
    ),
    st.dictionaries(st.sampled_from("xyz"), st.floats(0, 1)),
)
def test_no_article_loses_more_than_its_intents_are_worth_and_the_best_loses_nothing(
    articles: list[Article], chances: dict[str, float]
) -> None:
    articles = sorted({article.document_id: article for article in articles}.values(), key=lambda each: -each.score)
    covered = count_covered(articles, chances, 0.7)
    assert list(covered)[:1] == [article.document_id for article in articles[:1]]
    for article in articles:
        assert 0 <= covered[article.document_id] <= sum(chances.get(intent, 0) for intent in article.intents)
    assert all(covered[article.document_id] == 0 for article in articles[:1])
