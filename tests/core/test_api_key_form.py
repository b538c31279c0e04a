"""What a key looks like: scanners know it, and nobody guesses it."""

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from core.security.api_keys import PATTERN, digest_of, is_well_formed, looks_like_key, new_api_key


def test_every_key_is_another_and_has_the_form_that_scanners_know():
    keys = [new_api_key() for _ in range(200)]

    assert len({key.secret for key in keys}) == len({key.digest for key in keys}) == 200
    for key in keys:
        assert re.fullmatch(r"tg_[0-9A-Za-z]{49}", key.secret)
        assert PATTERN.fullmatch(key.secret)
        assert is_well_formed(key.secret)
        assert key.prefix == key.secret[:9]
        assert key.digest == digest_of(key.secret) == hashlib.sha256(key.secret.encode()).digest()


def test_a_key_does_not_stand_in_what_is_printed_of_it():
    key = new_api_key()

    assert key.secret not in repr(key)


@given(place=st.integers(3, 51), digit=st.sampled_from("0123456789ABCXYZabcxyz_- é"))
def test_a_key_with_a_slip_is_none(place: int, digit: str):
    secret = new_api_key().secret
    other = secret[:place] + digit + secret[place + 1 :]

    assert is_well_formed(other) is (other == secret)


@given(st.text(max_size=80))
def test_any_text_is_told_apart(text: str):
    assert not is_well_formed(text)
    assert looks_like_key("tg_" + text)
