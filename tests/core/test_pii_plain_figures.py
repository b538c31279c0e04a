"""Figures that are plainly nobody's stay, and never hide a number that is somebody's beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.security.pii import find_personal
from core.security.pii.reading.plain_figures import has_figures

PLAIN = st.sampled_from(
    [
        *(
            "£20.00",
            "**£1,204.50**",
            "-£9.99",
            "€640",
            "$12,000",
            "1 EUR = 0.87796313 GBP",
            "20 EUR",
            "a rate of 1.139",
        ),
        *(
            "23 November 2026",
            "on 4 December",
            "2026-11-30",
            "10:30",
            "12.9% APR",
            "2%",
            "36 months",
            "10 working days",
        ),
        *("card ending 4821", "the number ending 456", "18 payments", "28 lines"),
    ]
)
BESIDE = st.sampled_from([" ", ", ", "\n- ", ": ", " and then ", ". It is "])
SOMEBODYS = st.sampled_from(
    [
        ("my account number is ", "40718826"),
        ("sort code ", "20-45-77"),
        ("the card 4111 1111 1111 ", "1111"),
        ("call me on ", "07700 900123"),
        ("my PIN is ", "4821"),
        ("born on ", "4 June 1988"),
        ("the CVV is ", "123"),
        ("the one-time code is ", "482193"),
        ("I live at ", "14 Linden Way, Leeds LS6 2QT"),
    ]
)


@given(st.lists(PLAIN, min_size=1, max_size=6), st.sampled_from(["\n- ", " and then ", ". It is "]))
def test_sums_days_times_rates_and_counts_alone_are_nothing_to_look_at(said: list[str], beside: str) -> None:
    assert not has_figures(beside.join(said))


@given(st.lists(PLAIN, max_size=4), BESIDE, SOMEBODYS, st.lists(PLAIN, max_size=4))
def test_a_number_of_somebody_is_hidden_among_any_of_them(
    ahead: list[str], beside: str, somebodys: tuple[str, str], behind: list[str]
) -> None:
    cue, value = somebodys
    before = "\n\n".join([*ahead, f"Hello{beside}{cue}"])
    text = "\n\n".join([before + value, *behind])

    hidden = {at for each in find_personal(text) for at in range(each.start, each.end)}
    assert all(at in hidden for at, sign in enumerate(before + value) if at >= len(before) and sign.isalnum())


@pytest.mark.parametrize(
    "text",
    [
        "£4,929.1234",
        "£40718826",
        "4 June 1988",
        "23 November 20261",
        "10:30:45:12",
        "2026-11-30-4821",
        "ending 40718826",
        "ending 482 193",
        "1234 months",
        "07700 900 123 days",
        "1.1399",
        "192.168.0.1",
        "٤٨٢١",
    ],
)
def test_what_only_resembles_one_is_looked_at(text: str) -> None:
    assert has_figures(text)
