"""What a customer, a model or stored text brings along does nothing when it is shown. Design rule 2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.release.harmless import Disarmed, disarm, links_in

ARTICLE = "https://www.gov.uk/guide"
HOSTILE = {
    "<img src=x onerror=alert(1)>": r"\<img src=x onerror=alert(1)>",
    "</b><!-- x --><?php": r"\</b>\<!-- x -->\<?php",
    "![a](https://evil.example/p?d=1)": r"\![a]\(https\://evil.example/p?d=1)",
    "[a](https://evil.example/p)": r"[a]\(https\://evil.example/p)",
    "[a](javascript:alert(1))": r"[a]\(javascript:alert(1))",
    "[a]( javascript:alert(1))": r"[a]\( javascript:alert(1))",
    "[a](//evil.example)": r"[a]\(//evil.example)",
    r"[a](/\evil.example)": r"[a]\(/\evil.example)",
    "[a](/api/v1/auth/logout)": r"[a]\(/api/v1/auth/logout)",
    "[a](/help/../api)": r"[a]\(/help/../api)",
    r"[a\](https://evil.example)": r"[a\]\(https\://evil.example)",
    "[a][b]\n\n[b]: https://evil.example": "[a][b]\n\n[b]\\: https\\://evil.example",
    "<https://evil.example>": r"\<https\://evil.example>",
    "see HTTPS://evil.example now": r"see HTTPS\://evil.example now",
    "www.evil.example": r"www\.evil.example",
    r"\\<script>": r"\\\<script>",
    f"{ARTICLE}/2480": r"https\://www.gov.uk/guide/2480",
}
HARMLESS = [
    "2 < 3 and <3, a<1",
    "**bold** and `code` [1]",
    '[Help](/help/activate-new-card#top "Activate")',
    f"[Guide]({ARTICLE}) or {ARTICLE}.",
    "Wow! [NAME_1] is here.",
    r"\<script> stays escaped, https\://too",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_and_links_that_lead_away_lose_their_edge(text: str) -> None:
    assert disarm(text, [ARTICLE]) == HOSTILE[text]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert disarm(text, [ARTICLE]) == text


MARKUP = st.lists(
    st.sampled_from(["<", "img ", "![", "](", "]:", "https://", "e.x", "\\", " ", "\n", "www.", "a", ")"])
)


@given(MARKUP.map("".join))
def test_twice_is_once(text: str) -> None:
    assert disarm(disarm(text)) == disarm(text)


@given(MARKUP)
def test_where_a_stream_is_cut_changes_nothing(pieces: list[str]) -> None:
    disarmed = Disarmed([ARTICLE])
    assert "".join([*map(disarmed.push, pieces), disarmed.finish()]) == disarm("".join(pieces), [ARTICLE])


def test_what_was_let_through_once_is_let_through_again() -> None:
    said = disarm(f"[a]({ARTICLE}) [b](https://evil.example)", [ARTICLE])
    assert links_in(said) == {ARTICLE}
