"""A value comes back as it went in, and in its own place alone: whatever was changed or moved is refused, never read as
something else."""

from dataclasses import fields, replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.security.encryption.errors import DataUnreadable, KeyUnknown
from core.security.encryption.fields import DataKey, Place, decrypt_field, encrypt_field

KEY = DataKey(UUID(int=7), b"k" * 32)
PLACE = Place("chat_messages", "original", "turn 1/user", "customer:1")
TEXT = "Send it to alex@demo.example, or call 07700 900123."
WORDS = st.text(st.characters(codec="utf-8"), max_size=60)
PLACES = st.builds(Place, WORDS, WORDS, WORDS, WORDS)


@given(text=st.text(st.characters(codec="utf-8")), place=PLACES, secret=st.binary(min_size=32, max_size=32))
def test_a_value_comes_back_as_it_went_in(text: str, place: Place, secret: bytes):
    key = DataKey(uuid4(), secret)
    assert decrypt_field(key, place, encrypt_field(key, place, text)) == text


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refused(at: int, flip: int):
    sealed = bytearray(encrypt_field(KEY, PLACE, TEXT))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(DataUnreadable):
        decrypt_field(KEY, PLACE, bytes(sealed))


def test_every_single_region_counts():
    """Version, key id, nonce, ciphertext, tag: each of their bytes."""
    sealed = encrypt_field(KEY, PLACE, TEXT)
    assert len(sealed) == 1 + 16 + 12 + len(TEXT) + 16
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(DataUnreadable):
            decrypt_field(KEY, PLACE, changed)


@given(cut=st.integers(0, 200), more=st.binary(max_size=40))
def test_what_was_cut_or_lengthened_is_refused(cut: int, more: bytes):
    sealed = encrypt_field(KEY, PLACE, TEXT)
    changed = sealed[:cut] + more
    if changed != sealed:
        with pytest.raises(DataUnreadable):
            decrypt_field(KEY, PLACE, changed)


@given(place=PLACES, other=PLACES)
def test_no_value_opens_in_another_place(place: Place, other: Place):
    """Rows, columns, tables and customers: also where the parts run together to the same letters."""
    sealed = encrypt_field(KEY, place, TEXT)
    if place != other:
        with pytest.raises(DataUnreadable):
            decrypt_field(KEY, other, sealed)


@pytest.mark.parametrize("part", [each.name for each in fields(Place)])
def test_each_part_of_the_place_is_bound(part: str):
    sealed = encrypt_field(KEY, PLACE, TEXT)
    with pytest.raises(DataUnreadable, match="belongs somewhere else"):
        decrypt_field(KEY, replace(PLACE, **{part: "another"}), sealed)


def test_letters_that_move_from_one_part_to_the_next_make_another_place():
    sealed = encrypt_field(KEY, Place("ab", "c", "", ""), TEXT)
    with pytest.raises(DataUnreadable):
        decrypt_field(KEY, Place("a", "bc", "", ""), sealed)


def test_another_key_is_said_to_be_another_key():
    sealed = encrypt_field(KEY, PLACE, TEXT)
    with pytest.raises(KeyUnknown, match="encrypted with another key"):
        decrypt_field(DataKey(UUID(int=8), KEY.secret), PLACE, sealed)
    with pytest.raises(DataUnreadable, match="was changed, or belongs somewhere else"):
        decrypt_field(DataKey(KEY.id, b"x" * 32), PLACE, sealed)


def test_the_same_text_looks_different_each_time():
    assert len({encrypt_field(KEY, PLACE, TEXT) for _ in range(200)}) == 200


def test_a_key_does_not_show_itself_in_a_log():
    assert "kkk" not in repr(KEY)
