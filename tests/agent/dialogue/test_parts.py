"""Which parts of a message are requests of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.parts import parts_of
from tests.agent.dialogue.at_the_desk import mentions

LISTS = ("cards", "standing orders", "payees")


def parts(text, *requests):
    return parts_of(text, [text.index(each) for each in requests], mentions(text), LISTS)


@pytest.mark.parametrize(
    ("text", "requests", "expected"),
    [
        ("pay Maria 20 and John 30", (), ["pay Maria 20", "pay John 30"]),
        ("list my cards and my standing orders", (), ["list my cards", "list my standing orders"]),
        ("freeze my card and show my balance", ("freeze", "show"), ["freeze my card and", "show my balance"]),
        ("forget that, what's my balance?", ("what",), ["forget that, what's my balance?"]),
        ("yes, and are there fees?", ("are",), ["yes, and are there fees?"]),
        ("I want to send money. To Maria. 50 pounds.", (), ["I want to send money. To Maria. 50 pounds."]),
        ("pay John and Maria", (), ["pay John and Maria"]),
        ("We had dinner. So send Maria 20 pounds", ("So",), ["We had dinner. So send Maria 20 pounds"]),
        ("send 20 each to Maria Lopez and Jon", (), ["send 20 to Maria Lopez", "send 20 to Jon"]),
        ("send maria and my mum 20 each", (), ["send maria 20", "send my mum 20"]),
        ("pay Maria and Jimmy 15 pounds each", (), ["pay Maria 15 pounds", "pay Jimmy 15 pounds"]),
        (
            "pay Maria, Jimmy and John £15 for lunch",
            (),
            [f"pay {name} £15 for lunch" for name in ("Maria", "Jimmy", "John")],
        ),
        ("give both Maria and Jimmy 20 quid", (), ["give Maria 20 quid", "give Jimmy 20 quid"]),
        ("split £60 between Maria and Jimmy", (), ["split £60 between Maria and Jimmy"]),
        ("pay Marks and Spencer 20", (), ["pay Marks and Spencer 20"]),
        ("pay Maria £20 and thanks", (), ["pay Maria £20 and thanks"]),
        ("report my card lost and block it", ("block",), ["report my card lost and block it"]),
        ("Freeze my virtual card, pay Jimmy 7 pounds", (), ["Freeze my virtual card,", "pay Jimmy 7 pounds"]),
    ],
)
def test_parts(text, requests, expected):
    assert parts(text, *requests) == expected


@given(st.text(max_size=120))
def test_any_text_has_a_part(text: str):
    assert parts_of(text, [], [], LISTS)
