"""The digits of a text in one spelling."""

import pytest

from agent.release import evidence_figures, figures


def test_figures_of_any_length_are_told_apart():
    assert figures("1" * 30 + "1") != figures("1" * 30 + "2")


@pytest.mark.parametrize(
    ("one", "other"),
    [("1,250.50", "1250.5"), ("£100.00", "100"), ("007", "7"), ("0.50", "0.5"), ("10:30", "10:30."), ("0", "0.00")],
)
def test_a_figure_may_be_spelled_in_several_ways(one: str, other: str):
    assert figures(one) == figures(other) != set()


def test_an_iso_date_gives_its_parts():
    assert evidence_figures(["2026-10-01"]) >= {"2026", "10", "1"}
