"""The figures of a ranking, on cases small enough to work out by hand."""

from math import log2

import pytest

from evals.ranking import ndcg_at, recall_at, reciprocal_rank

RANKED = ["a", "b", "c", "d"]


def test_recall_is_the_share_found_in_time() -> None:
    assert recall_at(1, RANKED, frozenset({"a", "c"})) == 0.5
    assert recall_at(3, RANKED, frozenset({"a", "c"})) == 1
    assert recall_at(4, RANKED, frozenset({"x"})) == 0


def test_ndcg_is_one_for_the_best_order_and_less_for_a_later_place() -> None:
    assert ndcg_at(10, RANKED, frozenset({"a", "b"})) == 1
    assert ndcg_at(10, RANKED, frozenset({"c"})) == 1 / log2(4)
    assert ndcg_at(2, RANKED, frozenset({"c"})) == 0
    assert ndcg_at(10, RANKED, frozenset({"a", "c"})) == pytest.approx((1 + 1 / log2(4)) / (1 + 1 / log2(3)))


def test_ndcg_never_expects_more_than_fits() -> None:
    assert ndcg_at(2, RANKED, frozenset({"a", "b", "c"})) == 1


def test_reciprocal_rank_looks_for_the_first() -> None:
    assert reciprocal_rank(RANKED, frozenset({"b", "d"})) == 0.5
    assert reciprocal_rank([], frozenset({"b"})) == 0
