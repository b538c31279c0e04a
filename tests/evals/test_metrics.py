"""The figures of merit, on cases small enough to work out by hand."""

import pytest

from evals.metrics import (
    accuracy,
    accuracy_error,
    coverage_at_precision,
    expected_calibration_error,
    macro_f1,
    recall_by_label,
)


def test_accuracy_and_its_error() -> None:
    assert accuracy([True, True, True, False]) == 0.75
    assert accuracy_error([True, True, True, False]) == pytest.approx((0.75 * 0.25) ** 0.5 / 2)


def test_macro_f1_weighs_labels_equally() -> None:
    # "a": precision 1/2, recall 1; "b": precision 1, recall 1/2: both have an F1 of 2/3.
    assert macro_f1(["a", "b", "b"], ["a", "a", "b"]) == pytest.approx(2 / 3)


def test_macro_f1_counts_a_label_never_found_as_zero() -> None:
    assert macro_f1(["a", "b"], ["a", "c"]) == 0.5


def test_recall_by_label() -> None:
    assert recall_by_label(["a", "b", "b"], [True, True, False]) == {"a": 1.0, "b": 0.5}


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert expected_calibration_error([True, False], [0.9, 0.9]) == pytest.approx(0.4)
    assert expected_calibration_error([True, True], [1.0, 1.0]) == 0
    assert expected_calibration_error([True, False], [1.0, 0.0]) == 0


def test_coverage_takes_the_most_confident_first() -> None:
    assert coverage_at_precision([True, True, False, True], [0.9, 0.8, 0.7, 0.6], 0.99) == 0.5


def test_coverage_may_grow_again_after_an_early_mistake() -> None:
    assert coverage_at_precision([True, False, True, True], [0.9, 0.8, 0.7, 0.6], 0.75) == 1.0


def test_coverage_does_not_part_cases_of_equal_confidence() -> None:
    assert coverage_at_precision([True, False], [0.9, 0.9], 0.99) == 0


def test_coverage_is_zero_when_nothing_is_precise_enough() -> None:
    assert coverage_at_precision([False], [0.9], 0.5) == 0
